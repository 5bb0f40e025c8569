from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from accounting.calendar import NO_BAND, half
from accounting.errors import TariffError
from accounting.grid import SLOT_US, Grid, local_day_edges, to_us
from accounting.tariff import Tariff

SHANGHAI = ZoneInfo("Asia/Shanghai")
PRD = "prd5-commercial-below-1kv"
CONFIG = Path(__file__).parents[2] / "config" / "tariffs"
ADAPTER = TypeAdapter(Tariff)

Raw = dict[str, Any]


def us(*when: int, zone: ZoneInfo = SHANGHAI) -> int:
    year, month, day, *clock = when
    return to_us(datetime(year, month, day, *clock, tzinfo=zone))


@pytest.fixture
def guangdong(tariffs: dict[str, Tariff]) -> Tariff:
    return tariffs["cn-gd-331-2021"]


@pytest.fixture
def raw() -> Raw:
    text = (CONFIG / "cn-gd-331-2021.yaml").read_text(encoding="utf-8")
    data: Raw = yaml.safe_load(text)
    return data


def two_bands() -> Raw:
    """Two bands, half-hour edges, a night band over midnight."""
    label = {"en": "x", "zh": "某"}
    return {
        "code": "small",
        "name": label,
        "region": "CN",
        "document": "none",
        "zone": "Europe/Berlin",
        "currency": "EUR",
        "valid_from": "2024-01-01",
        "valid_to": "2026-12-31",
        "bands": [{"code": "low", "name": label, "rank": 0}, {"code": "high", "name": label, "rank": 1}],
        "base": [{"intervals": [["23:30", "5:30", "low"], ["5:30", "23:30", "high"]]}],
        "source": "invented",
    }


@pytest.fixture
def small() -> Raw:
    return two_bands()


@cache
def night_tariff() -> Tariff:
    return ADAPTER.validate_python(two_bands())


def codes(tariff: Tariff, *instants: int) -> list[str]:
    return [tariff.bands[n].code for n in tariff.bands_at(np.array(instants))]


@pytest.mark.parametrize(
    ("clock", "band"),
    [
        ((0, 0), "valley"),
        ((7, 59, 59), "valley"),
        ((8, 0), "flat"),
        ((8, 30), "flat"),
        ((10, 0), "peak"),
        ((11, 30), "peak"),
        ((12, 0), "flat"),
        ((14, 0), "peak"),
        ((18, 59), "peak"),
        ((19, 0), "flat"),
        ((23, 59), "flat"),
    ],
)
def test_an_ordinary_day_in_guangdong(guangdong: Tariff, clock: tuple[int, ...], band: str) -> None:
    assert codes(guangdong, us(2026, 11, 22, *clock)) == [band]


def test_sharp_hours_stand_in_summer_alone(guangdong: Tariff) -> None:
    for month in range(1, 13):
        found = codes(
            guangdong, *(us(2026, month, 30 if month != 2 else 28, h) for h in (10, 11, 12, 14, 15, 16, 17))
        )
        sharp = "sharp" if month in {7, 8, 9} else "peak"
        assert found == ["peak", sharp, "flat", "peak", sharp, sharp, "peak"], month


def test_a_declared_hot_day_is_sharp(raw: Raw) -> None:
    raw["declared_days"]["gd-high-temperature"] = ["2026-06-10"]
    tariff = ADAPTER.validate_python(raw)
    assert codes(tariff, *(us(2026, 6, day, 11, 30) for day in (9, 10, 11))) == ["peak", "sharp", "peak"]


@pytest.mark.parametrize("year", [2023, 2024])
def test_every_quarter_hour_has_one_band(tariffs: dict[str, Tariff], year: int) -> None:
    for tariff in tariffs.values():
        days = (date(year + 1, 1, 1) - date(year, 1, 1)).days
        table = tariff.year(year)
        assert table.shape == (days, 48)
        edges = local_day_edges(tariff.tzinfo, date(year, 1, 1), date(year, 12, 31))
        slots = Grid(int(edges[0]), int((edges[-1] - edges[0]) // SLOT_US)).slots
        bands = tariff.bands_at(slots)
        assert bands.max() < len(tariff.bands)
        assert (bands.reshape(days, 48, 2) == table[:, :, None]).all()


def test_hours_of_a_year_by_band(guangdong: Tariff) -> None:
    hours = np.bincount(guangdong.year(2024).ravel()) / 2
    assert hours.tolist() == [8 * 366, 9 * 366, 7 * 366 - 3 * 92, 3 * 92]


def test_half_hour_edges_and_midnight(small: Raw) -> None:
    tariff = ADAPTER.validate_python(small)
    berlin = ZoneInfo("Europe/Berlin")
    clocks = [(0, 0), (5, 29), (5, 30), (23, 29), (23, 30)]
    found = codes(tariff, *(us(2025, 5, 5, *clock, zone=berlin) for clock in clocks))
    assert found == ["low", "low", "high", "high", "low"]


def test_bands_follow_the_wall_clock_through_dst(small: Raw) -> None:
    tariff = ADAPTER.validate_python(small)
    for day, low in ((date(2025, 3, 30), 5), (date(2025, 10, 26), 7), (date(2025, 6, 1), 6)):
        edges = local_day_edges(tariff.tzinfo, day, day)
        slots = np.arange(edges[0], edges[1], SLOT_US)
        assert (tariff.bands_at(slots) == 0).sum() == low * 4, day


def test_outside_its_validity_a_tariff_has_no_band(small: Raw) -> None:
    tariff = ADAPTER.validate_python(small)
    berlin = ZoneInfo("Europe/Berlin")
    before, first, last, after = (
        us(*when, zone=berlin)
        for when in [(2023, 12, 31, 23), (2024, 1, 1), (2026, 12, 31, 23), (2027, 1, 1)]
    )
    assert tariff.bands_at(np.array([before, first, last, after])).tolist() == [NO_BAND, 0, 1, NO_BAND]
    assert tariff.now(before) is None
    assert tariff.now(after) is None
    ending = tariff.now(us(2026, 12, 31, 23, 45, zone=berlin))
    assert ending is not None
    assert (ending.until_us, ending.next) == (after, None)


def test_published_prices_come_out_as_printed(guangdong: Tariff) -> None:
    clocks = [us(2021, 10, 15, hour) for hour in (3, 9, 11)]
    found = guangdong.prices_at(np.array(clocks), PRD)
    assert found.price.tolist() == [0.2556, 0.6725, 1.1433]
    assert not found.provisional.any()
    assert found.unpriced is None
    july = guangdong.prices_at(
        np.array([us(2026, 7, 3, hour) for hour in (0, 8, 10, 11)]), "north-single-below-1kv"
    )
    assert july.price.tolist() == [0.26826875, 0.66096875, 1.10426875, 1.37346875]


def test_a_month_without_its_table_takes_the_last_and_says_so(guangdong: Tariff) -> None:
    days = [us(2021, 9, 30, 9), us(2021, 10, 31, 23, 59), us(2021, 11, 1), us(2026, 11, 22, 9)]
    found = guangdong.prices_at(np.array(days), PRD)
    np.testing.assert_array_equal(found.price, [np.nan, 0.6725, 0.2556, 0.6725])
    assert found.provisional.tolist() == [False, False, True, True]
    assert found.unpriced == "no price table before 2021-10-01"


def test_a_table_announced_as_provisional_is(guangdong: Tariff) -> None:
    found = guangdong.prices_at(np.array([us(2026, 10, 9, 9)]), "prd6-single-below-1kv")
    assert (found.price.tolist(), found.provisional.tolist()) == ([0.80066875], [True])


def test_without_a_table_energy_is_unpriced_with_the_reason(guangdong: Tariff, small: Raw) -> None:
    here = np.array([us(2026, 11, 22, 9)])
    for tariff, series, reason in (
        (guangdong, None, "cn-gd-331-2021 has 3 price series and the contract names none"),
        (guangdong, "atlantis", "cn-gd-331-2021 has no price series 'atlantis'"),
        (ADAPTER.validate_python(small), None, "small has 0 price series and the contract names none"),
    ):
        found = tariff.prices_at(here, series)
        assert np.isnan(found.price).all()
        assert found.unpriced == reason


def test_the_demo_tariff_says_that_it_is_fictitious(tariffs: dict[str, Tariff], guangdong: Tariff) -> None:
    demo = tariffs["demo-park"]
    assert demo.fictitious
    assert "fictitious" in demo.name.en
    assert "虚构" in demo.name.zh
    assert not guangdong.fictitious
    assert (demo.year(2025) == guangdong.year(2025)).all()
    assert demo.prices_at(np.array([us(2026, 11, 22, 9)])).price.tolist() == [0.7]


def test_now_tells_the_band_its_end_and_the_next(guangdong: Tariff) -> None:
    now = guangdong.now(us(2026, 11, 22, 11, 10))
    assert now is not None
    assert now.next is not None
    assert (now.band.code, now.until_us, now.next.code) == ("peak", us(2026, 11, 22, 12), "flat")
    late = guangdong.now(us(2026, 12, 31, 23, 59, 59))
    assert late is not None
    assert late.next is not None
    assert (late.band.code, late.until_us, late.next.code) == ("flat", us(2027, 1, 1), "valley")


def test_one_band_all_week_has_no_next(small: Raw) -> None:
    small["base"] = [{"intervals": [[0, 24, "low"]]}]
    now = ADAPTER.validate_python(small).now(us(2025, 5, 5, 1))
    assert now is not None
    assert (now.band.code, now.until_us, now.next) == ("low", None, None)


def test_weekends_may_differ(small: Raw) -> None:
    small["base"] = [
        {"day_types": ["weekend"], "intervals": [[0, 24, "low"]]},
        {"day_types": ["weekday"], "intervals": [[0, 24, "high"]]},
    ]
    tariff = ADAPTER.validate_python(small)
    assert tariff.year(2024)[:7, 0].tolist() == [1, 1, 1, 1, 1, 0, 0]


def _cut(raw: Raw, path: str, value: Any) -> None:  # noqa: ANN401  # any YAML value
    *keys, last = (int(key) if key.isdecimal() else key for key in path.split("."))
    for key in keys:
        raw = raw[key]
    raw[last] = value


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("base.0.intervals.0", [0, "7:30", "valley"], "month 1, weekday: 7:30 has no band"),
        ("base.0.intervals.0", [0, "8:30", "valley"], "month 1, weekday: 8:00 has two bands"),
        ("base.0.months", [1, 2], "month 3, weekday: 0:00 has no band"),
        ("base.0.months", [0], "month 0 is none of 1 to 12"),
        ("base.0.intervals.0", [0, 8, "cheap"], "band 'cheap' is none of"),
        ("base.0.intervals.0", [0, "8:15", "valley"], "time '8:15' is not on a half hour"),
        ("base.0.intervals.0", [0, 480, "valley"], "time 480 is beyond 24:00; write minutes in quotes"),
        ("overlays.0.intervals", [[11, 13, "sharp"], [12, 14, "sharp"]], "'sharp-summer' claims 12:00 twice"),
        ("overlays.1.when.days", "hot", "no list 'hot' in declared_days"),
        ("prices.0.prices", {"valley": 1}, r"bands \['flat', 'peak', 'sharp'\] do not match"),
        ("prices.0.unit", "EUR/kWh", "unit 'EUR/kWh' is none of"),
        ("prices.0.source", " ", "has no source"),
        ("prices.0.standing", "fictitious", "standing fictitious"),
        ("prices.0.valid_to", "2021-09-30", "valid_to 2021-09-30 is before"),
        ("bands.1.rank", 0, "two bands share a code or a rank"),
        ("bands.1.code", "valley", "two bands share a code or a rank"),
        ("source", "", "source is empty"),
        ("colour", "red", "Unexpected keyword"),
        ("overlays.0.when.moths", [1], "Unexpected keyword"),
    ],
)
def test_a_wrong_file_is_refused_with_the_reason(
    raw: Raw, path: str, value: object, told: str | None
) -> None:
    _cut(raw, path, value)
    with pytest.raises(ValidationError, match=told):
        ADAPTER.validate_python(raw)


def test_two_tables_for_one_day_are_refused(raw: Raw) -> None:
    raw["prices"].append(deepcopy(raw["prices"][0]))
    with pytest.raises(ValidationError, match=r"two price tables 'prd5-.*' hold on 2021-10-01"):
        ADAPTER.validate_python(raw)


@given(hour=st.integers(0, 24), minute=st.sampled_from([0, 30]))
def test_clocks_are_half_hours(hour: int, minute: int) -> None:
    if (hour, minute) == (24, 30):
        with pytest.raises(TariffError):
            half("24:30")
        return
    assert half(f"{hour}:{minute:02}") == 2 * hour + minute // 30
    assert half(hour) == 2 * hour


@given(days=st.integers(0, 3000), seconds=st.integers(0, 86_399))
def test_bands_agree_with_the_wall_clock(days: int, seconds: int) -> None:
    tariff = night_tariff()
    instant = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=days % 1000, seconds=seconds)
    local = instant.astimezone(tariff.tzinfo)
    night = (local.hour, local.minute) < (5, 30) or (local.hour, local.minute) >= (23, 30)
    assert tariff.bands_at(np.array([to_us(instant)])).tolist() == [0 if night else 1]
