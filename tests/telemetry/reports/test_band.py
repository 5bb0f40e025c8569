from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from accounting.calendar import Base
from accounting.prices import Label, PriceTable, Standing
from accounting.tariff import Band, Tariff
from telemetry.reports import band
from telemetry.reports.steps import Step, Steps

SHANGHAI = ZoneInfo("Asia/Shanghai")
_L = Label(en="x", zh="x")


def _us(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 1_000_000


@pytest.fixture
def tariff() -> Tariff:
    return Tariff(
        code="t",
        name=_L,
        region="CN-GD",
        document="d",
        zone="Asia/Shanghai",
        currency="CNY",
        valid_from=date(2024, 1, 1),
        valid_to=None,
        fictitious=True,
        bands=(Band(code="valley", name=_L, rank=0), Band(code="peak", name=_L, rank=1)),
        base=(Base(intervals=((8, 20, "peak"), (20, 8, "valley"))),),
        prices=(
            PriceTable(
                series="s",
                name=_L,
                valid_from=date(2026, 1, 1),
                valid_to=None,
                unit="fen/kWh",
                prices={"valley": Decimal(30), "peak": Decimal(108)},
                funds_included=True,
                standing=Standing.FICTITIOUS,
                source="made up",
            ),
        ),
        source="made up",
    )


def test_the_band_its_price_and_the_next(tariff: Tariff) -> None:
    held = band.now(tariff, _us("2026-11-22T19:18:00+08:00"), SHANGHAI)
    assert held is not None
    assert (held.code, held.price, held.currency, held.fictitious) == ("peak", 1.08, "CNY", True)
    assert held.until is not None
    assert held.until.isoformat() == "2026-11-22T20:00:00+08:00"
    assert held.next is not None
    assert (held.next.code, held.next.price) == ("valley", 0.3)


def test_before_the_first_price_table_a_band_is_unpriced_and_not_free(tariff: Tariff) -> None:
    held = band.now(tariff, _us("2025-11-22T19:18:00+08:00"), SHANGHAI)
    assert held is not None
    assert held.price is None


def test_outside_its_validity_and_without_a_tariff_there_is_no_band(tariff: Tariff) -> None:
    assert band.now(tariff, _us("2023-11-22T19:18:00+08:00"), SHANGHAI) is None
    assert band.now(None, 0, SHANGHAI) is None


def _spans(tariff: Tariff, lo: str, hi: str) -> list[tuple[str, str, str, float | None]]:
    steps = Steps.covering(Step.QUARTER, SHANGHAI, datetime.fromisoformat(lo), datetime.fromisoformat(hi))
    return [
        (f"{one.from_:%m-%d %H:%M}", f"{one.to:%m-%d %H:%M}", one.code, one.price)
        for one in band.spans(tariff, steps)
    ]


def test_a_day_s_bands_follow_one_another_without_a_hole(tariff: Tariff) -> None:
    assert _spans(tariff, "2026-11-22T00:00:00+08:00", "2026-11-23T00:00:00+08:00") == [
        ("11-22 00:00", "11-22 08:00", "valley", 0.3),
        ("11-22 08:00", "11-22 20:00", "peak", 1.08),
        ("11-22 20:00", "11-23 00:00", "valley", 0.3),
    ]


def test_a_band_ends_where_its_price_begins(tariff: Tariff) -> None:
    assert _spans(tariff, "2025-12-31T22:00:00+08:00", "2026-01-01T02:00:00+08:00") == [
        ("12-31 22:00", "01-01 00:00", "valley", None),
        ("01-01 00:00", "01-01 02:00", "valley", 0.3),
    ]


def test_before_the_tariff_there_are_no_bands(tariff: Tariff) -> None:
    assert _spans(tariff, "2023-12-31T20:00:00+08:00", "2024-01-01T01:00:00+08:00") == [
        ("01-01 00:00", "01-01 01:00", "valley", None)
    ]
