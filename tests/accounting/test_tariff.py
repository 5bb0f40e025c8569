from copy import deepcopy
from dataclasses import replace
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
from accounting.holidays import FreeDay, Holidays
from accounting.prices import by_band
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
    for shipped in tariffs.values():
        tariff = replace(shipped, valid_from=None, valid_to=None)
        days = (date(year + 1, 1, 1) - date(year, 1, 1)).days
        table = tariff.year(year)
        assert table.shape == (days, 48)
        edges = local_day_edges(tariff.tzinfo, date(year, 1, 1), date(year, 12, 31))
        slots = Grid(int(edges[0]), int((edges[-1] - edges[0]) // SLOT_US)).slots
        bands = tariff.bands_at(slots)
        assert bands.max() < len(tariff.bands)
        for row, lo, hi in zip(table, edges[:-1], edges[1:], strict=True):
            day = bands[(lo - edges[0]) // SLOT_US : (hi - edges[0]) // SLOT_US]
            assert len(day) != 96 or (day == np.repeat(row, 2)).all()


def test_hours_of_a_year_by_band(guangdong: Tariff) -> None:
    hours = np.bincount(guangdong.year(2024).ravel()) / 2
    assert hours.tolist() == [8 * 366, 9 * 366, 7 * 366 - 3 * 92, 3 * 92]


def test_half_hour_edges_and_midnight(small: Raw) -> None:
    tariff = ADAPTER.validate_python(small)
    berlin = ZoneInfo("Europe/Berlin")
    clocks = [(0, 0), (5, 29), (5, 30), (23, 29), (23, 30)]
    found = codes(tariff, *(us(2025, 5, 5, *clock, zone=berlin) for clock in clocks))
    assert found == ["low", "low", "high", "high", "low"]


@pytest.mark.parametrize(
    ("code", "bands"),
    [
        (
            "cn-hl-2024-291",
            {
                "5:15": "valley",
                "5:30": "flat",
                "11:15": "peak",
                "11:30": "flat",
                "15:30": "peak",
                "23:30": "valley",
            },
        ),
        (
            "cn-jx-2025-463",
            {"11:15": "flat", "11:30": "valley", "12:00": "deep_valley", "14:30": "flat", "20:30": "sharp"},
        ),
    ],
)
def test_published_half_hour_edges(tariffs: dict[str, Tariff], code: str, bands: dict[str, str]) -> None:
    clocks = [tuple(map(int, clock.split(":"))) for clock in bands]
    assert codes(tariffs[code], *(us(2026, 7, 15, *clock) for clock in clocks)) == list(bands.values())


def test_energy_beside_the_edges_at_half_past_8_and_half_past_11_falls_into_its_band(small: Raw) -> None:
    small["base"] = [{"intervals": [["11:30", "8:30", "low"], ["8:30", "11:30", "high"]]}]
    tariff = ADAPTER.validate_python(small)
    slots = us(2025, 5, 5, zone=ZoneInfo("Europe/Berlin")) + SLOT_US * np.arange(96)
    kwh = np.ones((1, 1, 96))
    for clock, amount in ((8.25, 2.0), (8.5, 3.0), (11.25, 5.0), (11.5, 7.0)):
        kwh[0, 0, int(clock * 4)] = amount
    found = by_band(kwh, tariff.bands_at(slots)[None, :], np.ones((1, 96)), 2)
    assert found[0, 0].tolist() == [82.0 + 2.0 + 7.0, 10.0 + 3.0 + 5.0]


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


def _cut(raw: Raw, path: str, value: Any) -> None:
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
        ("prices.0.unit", "USD/kWh", "unit USD/kWh is not of CNY"),
        ("prices.0.curve", [1] * 24, "needs either prices by band or a curve"),
        ("overlays.0.when.classes", ["large"], "no class 'large' in classes"),
        ("overlays.0.when.holidays", ["春节"], "holidays names no country"),
        ("prices.0.prices", {"valley": 1}, r"bands \['flat', 'peak', 'sharp'\] do not match"),
        ("prices.0.unit", "EUR/MWh", "unit 'EUR/MWh' is none of"),
        ("prices.0.source", " ", "has no source"),
        ("prices.0.standing", "fictitious", "standing fictitious"),
        ("prices.0.valid_to", "2021-09-30", "valid_to 2021-09-30 is before"),
        ("bands.1.rank", 0, "two bands share a code or a rank"),
        ("bands.1.code", "valley", "two bands share a code or a rank"),
        ("source", "", "source is empty"),
        ("zone", "Asia/Nowhere", "there is no zone 'Asia/Nowhere'"),
        ("zone", "Asia", "there is no zone 'Asia'"),
        ("zone", "../etc", "there is no zone"),
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


NEW_YEAR = Holidays(
    years=(2024,),
    free=tuple(FreeDay(date(2024, 2, day), ("春节",), 8) for day in range(10, 18)),
    workdays=(date(2024, 2, 4), date(2024, 2, 18)),
)


def test_holidays_and_make_up_workdays_make_the_bands_of_their_users(tariffs: dict[str, Tariff]) -> None:
    shanghai = replace(tariffs["cn-sh-2022-50-twopart"], known=NEW_YEAR)
    industry, others = shanghai.for_class("large-industry"), shanghai.for_class(None)
    at = [us(2024, 2, day, 3) for day in (9, 10, 16, 18, 24, 25)]
    """A Friday, the holiday's first day and one in its week, a Sunday that is worked, a weekend."""
    assert codes(industry, *at) == [
        "valley",
        "deep_valley",
        "deep_valley",
        "valley",
        "deep_valley",
        "deep_valley",
    ]
    assert set(codes(others, *at)) == {"valley"}
    with pytest.raises(TariffError, match="no user class 'tiny'"):
        shanghai.for_class("tiny")


def test_only_long_holidays_bring_a_deep_valley_to_anhui(tariffs: dict[str, Tariff]) -> None:
    anhui = replace(tariffs["cn-ah-2025-302"], valid_from=None).for_class("two-part-315kva")
    for run, band in ((2, "valley"), (3, "deep_valley")):
        known = Holidays((2024,), (FreeDay(date(2024, 2, 10), ("元旦",), run),))
        assert codes(replace(anhui, known=known), us(2024, 2, 10, 12)) == [band]


def test_a_year_whose_holidays_nobody_told_is_provisional_for_tariffs_with_day_types_alone(raw: Raw) -> None:
    plain = ADAPTER.validate_python(raw | {"holidays": "CN"})
    raw["overlays"][0]["when"] = {"holidays": ["春节"]}
    by_day = replace(ADAPTER.validate_python(raw | {"holidays": "CN"}), known=NEW_YEAR)
    days = np.array([us(2024, 3, 1), us(2027, 3, 1)])
    series = "prd5-commercial-below-1kv"
    endless = [replace(t, prices=(replace(t.tables(series)[0], valid_to=None),)) for t in (plain, by_day)]
    assert [tariff.prices_at(days).provisional.tolist() for tariff in endless] == [
        [False, False],
        [False, True],
    ]


@pytest.mark.parametrize("count", [24, 48, 96])
def test_a_contract_curve_prices_the_clock_beside_reference_bands(raw: Raw, count: int) -> None:
    table = raw["prices"][0] | {"curve": list(range(count)), "unit": "CNY/kWh", "standing": "contract"}
    del table["prices"]
    tariff = ADAPTER.validate_python(raw | {"prices": [table]})
    clocks = [us(2021, 10, 15, *clock) for clock in [(0, 0), (8, 45), (23, 59)]]
    found = tariff.prices_at(np.array(clocks))
    assert found.price.tolist() == [0, 35 * count // 96, count - 1]
    assert codes(tariff, *clocks) == ["valley", "flat", "flat"]
    table["curve"] = [1] * 25
    with pytest.raises(ValidationError, match="a curve has 24, 48 or 96 prices, not 25"):
        ADAPTER.validate_python(raw | {"prices": [table]})


def test_prices_follow_seasons_and_the_clock_where_it_is_changed(tariffs: dict[str, Tariff]) -> None:
    tariff = tariffs["us-pge-b19-2020-secondary"]
    pacific = ZoneInfo("America/Los_Angeles")
    hours = {(3, 8): 23, (11, 1): 25, (7, 4): 24}
    for (month, day), count in hours.items():
        edges = local_day_edges(tariff.tzinfo, date(2020, month, day), date(2020, month, day))
        prices = tariff.prices_at(np.arange(edges[0], edges[1], SLOT_US)).price
        peak = 0.1629 if month == 7 else 0.1438
        assert (len(prices), np.count_nonzero(prices == peak)) == (4 * count, 20)
    found = tariff.prices_at(np.array([us(2020, 6, 1, 14, zone=pacific), us(2020, 5, 31, 14, zone=pacific)]))
    assert found.price.tolist() == [0.1328, 0.1115]


@pytest.mark.parametrize(
    ("code", "clock", "band"),
    [
        ("cn-hl-2024-291", (6, 30), "flat"),
        ("cn-hl-2024-291", (5, 29), "valley"),
        ("cn-hl-2024-291", (23, 30), "valley"),
        ("cn-jx-2025-463", (20, 30), "sharp"),
        ("cn-jx-2025-463", (20, 29), "peak"),
        ("cn-jx-2025-463", (13, 0), "deep_valley"),
        ("cn-bj-2023-11", (16, 30), "sharp"),
        ("cn-bj-2023-11", (15, 59), "flat"),
    ],
)
def test_half_hours_deep_valleys_and_sharp_inside_flat(
    tariffs: dict[str, Tariff], code: str, clock: tuple[int, int], band: str
) -> None:
    assert codes(replace(tariffs[code], valid_from=None), us(2026, 7, 8, *clock)) == [band]


def test_every_shipped_calendar_has_its_source_and_ratios_that_its_prices_bear_out(
    tariffs: dict[str, Tariff],
) -> None:
    assert len(tariffs) == 22
    for tariff in tariffs.values():
        assert tariff.source
        assert tariff.doubts() == []


def test_prices_that_the_ratios_do_not_bear_out_are_doubted(raw: Raw) -> None:
    raw["prices"][0]["prices"]["peak"] = "120.33"
    assert ADAPTER.validate_python(raw).doubts() == [
        "price table 'prd5-commercial-below-1kv' of 2021-10-01: peak is 1.79 of flat, the document says 1.7"
    ]
