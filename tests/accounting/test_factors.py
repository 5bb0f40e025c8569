from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounting.errors import FactorError
from accounting.factors import Choice, Factor, FactorSet, Rule, check, choose, lineage, parse, unasked

GRID = "scope2_location"
TODAY = date(2026, 11, 22)
HEADER = FactorSet(code="s", publisher="p", title="t", edition="e", source="a page")
ROW = {
    "id": "x.1",
    "item": "electricity",
    "value": "0.5",
    "unit_numerator": "kgCO2",
    "unit_denominator": "kWh",
    "gas": "CO2",
    "scope": "2",
    "region": "CN-GD",
    "year": "2021",
    "valid_from": "2021-01-01",
    "valid_to": "2021-12-31",
    "purpose": GRID,
    "published": "2024-04-12",
    "name_en": "n",
    "name_zh": "名",
    "verified": "VERIFIED",
}


GAP = (date(2020, 12, 31), date(2023, 6, 15), date(2024, 1, 1))


def of(**changes: str) -> Factor:
    return parse(HEADER, [ROW | changes])[0]


@pytest.fixture
def guangdong(factors: tuple[Factor, ...], parents: dict[str, str]):  # noqa: ANN201  # a closure
    def ask(day: date, known: date) -> Choice:
        return choose(factors, day=day, known=known, regions=lineage(parents, "CN-GD"), purpose=GRID)

    return ask


@pytest.mark.parametrize(
    ("day", "known", "value", "rule"),
    [
        (date(2022, 6, 1), TODAY, 0.4403, Rule.OWN_YEAR),
        (date(2024, 6, 1), date(2024, 6, 1), 0.4715, Rule.NEWEST_YEAR),
        (date(2024, 6, 1), TODAY, 0.4419, Rule.NEWEST_YEAR),
        (date(2023, 7, 1), TODAY, 0.4419, Rule.OWN_YEAR),
        (date(2023, 1, 1), TODAY, 0.4419, Rule.OWN_YEAR),
        (date(2023, 12, 31), TODAY, 0.4419, Rule.OWN_YEAR),
        (date(2022, 12, 31), TODAY, 0.4403, Rule.OWN_YEAR),
        (date(2023, 7, 1), date(2024, 4, 12), 0.4715, Rule.NEWEST_YEAR),
        (date(2023, 7, 1), date(2024, 12, 19), 0.4715, Rule.NEWEST_YEAR),
        (date(2023, 7, 1), date(2024, 12, 20), 0.4403, Rule.NEWEST_YEAR),
        (date(2023, 7, 1), date(2025, 12, 31), 0.4419, Rule.OWN_YEAR),
        (date(2026, 11, 22), TODAY, 0.4419, Rule.NEWEST_YEAR),
        (date(2021, 3, 1), TODAY, 0.4715, Rule.OWN_YEAR),
    ],
)
def test_guangdong(guangdong, day: date, known: date, value: float, rule: Rule) -> None:  # noqa: ANN001
    choice = guangdong(day, known)
    assert choice.factor is not None
    assert (choice.factor.kg, choice.rule, choice.factor.region) == (value, rule, "CN-GD")
    assert choice.shortfall is None


@pytest.mark.parametrize(("day", "known"), [(date(2020, 6, 1), TODAY), (date(2023, 7, 1), date(2024, 4, 11))])
def test_before_any_edition_there_is_a_named_shortfall(guangdong, day: date, known: date) -> None:  # noqa: ANN001
    choice = guangdong(day, known)
    assert choice.factor is None
    assert choice.rule is Rule.NONE
    assert choice.shortfall == (
        f"no scope2_location factor for {day} in CN-GD > CN-SOUTH > CN was known on {known}"
    )


def test_a_gap_between_two_years_takes_the_year_before_it_and_says_so() -> None:
    """No day of the gap is zero or takes the later year; before the first there is a named shortfall."""
    later = of(id="x.2", year="2024", valid_from="2024-01-01", valid_to="2024-12-31", value="0.3")
    asked = {day: choose([of(), later], day=day, known=TODAY, regions=["CN-GD"], purpose=GRID) for day in GAP}
    before, inside, after = asked.values()
    assert (before.factor, before.rule) == (None, Rule.NONE)
    assert "no scope2_location factor for 2020-12-31 in CN-GD" in str(before.shortfall)
    assert inside.factor is not None
    assert (inside.factor.id, inside.rule) == (of().id, Rule.NEWEST_YEAR)
    assert inside.why.endswith(": 2021")
    assert after.factor is not None
    assert (after.factor.id, after.rule) == ("x.2", Rule.OWN_YEAR)


def test_a_place_without_a_factor_gets_its_grids_and_then_its_countrys(factors: tuple[Factor, ...]) -> None:
    def value(*regions: str) -> tuple[float, str, str]:
        choice = choose(factors, day=date(2023, 5, 1), known=TODAY, regions=regions, purpose=GRID)
        assert choice.factor is not None
        return choice.factor.kg, choice.why, choice.asked

    assert value("CN-XX", "CN-SOUTH", "CN") == (
        0.4042,
        "data year 2023 is the day's own, CN-SOUTH because CN-XX has none",
        "CN-XX",
    )
    assert value("CN-XX", "CN-YY", "CN")[0] == 0.5306


def test_purposes_do_not_answer_for_each_other(factors: tuple[Factor, ...]) -> None:
    def value(purpose: str) -> float | None:
        choice = choose(factors, day=date(2023, 5, 1), known=TODAY, regions=["CN"], purpose=purpose)
        return choice.factor and choice.factor.kg

    assert value("scope2_market_residual") == 0.6096
    assert value("product_footprint") == 0.6205
    assert value("ets") == 0.5703
    assert value("scope2_nothing") is None


def test_a_revision_takes_over_on_its_day(factors: tuple[Factor, ...]) -> None:
    def camx(known: date) -> str:
        choice = choose(factors, day=date(2023, 5, 1), known=known, regions=["US-CAMX", "US"], purpose=GRID)
        assert choice.factor is not None
        return choice.factor.id

    assert camx(date(2025, 6, 11)) == "us.egrid2023.camx"
    assert camx(date(2025, 6, 12)) == "us.egrid2023rev2.camx"


def test_heat_has_a_default_of_no_year(factors: tuple[Factor, ...]) -> None:
    choice = choose(factors, day=TODAY, known=TODAY, regions=["CN"], purpose="scope2_heat", item="heat")
    assert choice.factor is not None
    assert (choice.factor.kg, choice.factor.unit, choice.rule) == (110.0, "tCO2/GJ", Rule.NO_YEAR)


def test_a_default_of_no_year_answers_for_no_day_beyond_its_validity() -> None:
    default = of(year="", valid_from="2021-01-01", valid_to="2025-12-31", published="2021-01-01")

    def asked(day: date) -> Choice:
        return choose([default], day=day, known=TODAY, regions=["CN-GD"], purpose=GRID)

    assert (asked(date(2025, 12, 31)).factor, asked(date(2025, 12, 31)).rule) == (default, Rule.NO_YEAR)
    assert asked(date(2026, 1, 1)).factor is None
    assert asked(date(2026, 1, 1)).shortfall == (
        f"no scope2_location factor for 2026-01-01 in CN-GD was known on {TODAY} "
        f"({default.id} ended on 2025-12-31)"
    )
    assert asked(date(2020, 12, 31)).factor is None


def test_a_default_that_does_not_say_when_it_was_published_is_known_from_its_first_day() -> None:
    default = of(year="", valid_from="2021-01-01", valid_to="2026-12-31", published="")
    day = date(2021, 6, 1)
    assert choose([default], day=day, known=day, regions=["CN-GD"], purpose=GRID).factor == default


def test_unverified_numbers_are_never_chosen() -> None:
    factor = of(verified="UNVERIFIED")
    assert choose([factor], day=date(2021, 1, 1), known=TODAY, regions=["CN-GD"], purpose=GRID).factor is None


def test_two_answers_are_an_error_and_not_a_pick() -> None:
    pair = [of(id="a"), of(id="b")]
    with pytest.raises(FactorError, match="a, b"):
        choose(pair, day=date(2021, 1, 1), known=TODAY, regions=["CN-GD"], purpose=GRID)


def test_the_shipped_library_answers_every_question_once(factors: tuple[Factor, ...]) -> None:
    assert len(factors) > 500
    check(factors)
    assert all(factor.source for factor in factors)
    assert not [f.id for f in factors if f.verified == "UNVERIFIED"]


def test_every_province_has_its_three_years_and_a_way_up(
    factors: tuple[Factor, ...], parents: dict[str, str]
) -> None:
    provinces = {f.region for f in factors if f.purpose == GRID and f.region.startswith("CN-")}
    assert len(provinces) == 37
    for region in provinces:
        assert lineage(parents, region)[-1] == "CN"
        own = [f for f in factors if f.purpose == GRID and f.region == region]
        assert sorted(f.year or 0 for f in own) == [2021, 2022, 2023], region


def test_every_factors_region_is_declared(factors: tuple[Factor, ...], parents: dict[str, str]) -> None:
    assert {f.region for f in factors} <= set(parents)
    assert {parent for parent in parents.values() if parent} <= set(parents)


def test_regions_run_upwards(parents: dict[str, str]) -> None:
    assert lineage(parents, "CN-GD") == ("CN-GD", "CN-SOUTH", "CN")
    assert lineage(parents, "CN-GD-SZ") == ("CN-GD-SZ", "CN-GD", "CN-SOUTH", "CN")
    assert lineage(parents, "CN-XZ") == ("CN-XZ",)
    with pytest.raises(FactorError, match="circle"):
        lineage({"A": "B", "B": "A"}, "A")


def test_duplicates_and_overlaps_are_refused() -> None:
    first = of()
    with pytest.raises(FactorError, match=r"'x\.1' stands twice"):
        check([first, first])
    with pytest.raises(
        FactorError, match=r"'x.1' and 'x.2' both answer 'scope2_location electricity CO2 CN-GD kWh'"
    ):
        check([first, of(id="x.2", valid_from="2021-12-31", valid_to="")])


@pytest.mark.parametrize(
    "other",
    [
        {"valid_from": "2022-01-01", "valid_to": "2022-12-31"},
        {"region": "CN"},
        {"purpose": "ets"},
        {"item": "electricity_fossil"},
        {"unit_denominator": "MWh"},
        {"gas": "CO2e", "unit_numerator": "kgCO2e"},
        {"published": "2020-01-01", "withdrawn": "2024-04-12"},
    ],
)
def test_what_differs_in_one_respect_is_no_overlap(other: dict[str, str]) -> None:
    check([of(), of(id="x.2", **other)])


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("value", "0,5", "value '0,5' is not a number"),
        ("value", "", "value None is not a number"),
        ("value", "-0.1", "value -0.1 is not a number from 0 up"),
        ("value", "nan", "value nan is not a number from 0 up"),
        ("unit_numerator", "kWh", "unit_numerator 'kWh' is not a mass of a gas"),
        ("gas", "CO2e", "gas 'CO2e' is not that of 'kgCO2'"),
        ("region", "", "region is empty"),
        ("id", "", "id is empty"),
        ("year", "2021.5", "year '2021.5' is not a whole number"),
        ("published", "2024-04", "published '2024-04' is not a date"),
        ("valid_to", "2020-12-31", "valid_to 2020-12-31 is before 2021-01-01"),
        ("verified", "maybe", "verified 'maybe' is none of"),
    ],
)
def test_a_bad_row_is_named_by_set_line_column_and_value(column: str, value: str, told: str) -> None:
    with pytest.raises(FactorError) as caught:
        parse(HEADER, [ROW, ROW | {"id": "x.2", column: value}])
    assert str(caught.value).startswith("s, line 3: ")
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        (
            "unit_denominator",
            "furlong",
            "unit_denominator 'furlong' is none that a factor for scope2_location",
        ),
        (
            "unit_denominator",
            "t",
            "unit_denominator 't' is none that a factor for scope2_location can be per",
        ),
        ("purpose", "scope2_locaton", "purpose 'scope2_locaton' is none of"),
    ],
)
def test_what_nothing_would_ever_ask_for_is_named(column: str, value: str, told: str) -> None:
    assert (unasked(of(**{column: value})) or "").startswith(told)
    assert unasked(of()) is None


def test_a_number_without_a_source_is_refused() -> None:
    with pytest.raises(ValueError, match="source is empty"):
        replace(of(), source=" ")
    with pytest.raises(ValueError, match="factor set 's': source is empty"):
        replace(HEADER, source="")


def test_a_data_year_without_days_is_that_year_and_answers_for_none_before() -> None:
    newer = of(id="x.2", year="2023", valid_from="", valid_to="")
    assert (newer.valid_from, newer.valid_to) == (date(2023, 1, 1), date(2023, 12, 31))
    check([of(), newer])
    asked = {"known": TODAY, "regions": ["CN-GD"], "purpose": GRID}
    found = [choose([of(), newer], day=date(year, 6, 1), **asked).factor for year in (2020, 2022, 2024)]
    assert [factor and factor.id for factor in found] == [None, "x.1", "x.2"]


def test_the_header_fills_what_rows_leave_empty() -> None:
    header = replace(HEADER, published=date(2025, 1, 2))
    bare, full = parse(header, [ROW | {"published": ""}, ROW | {"edition": "f", "source": "b"}])
    assert (bare.edition, bare.source, bare.published) == ("e", "a page", date(2025, 1, 2))
    assert (full.edition, full.source, full.published) == ("f", "b", date(2024, 4, 12))


def test_tonnes_are_kilograms_too() -> None:
    assert of(unit_numerator="tCO2", value="0.11").kg == 110.0
    assert of(unit_numerator="gCO2", value="363").kg == pytest.approx(0.363)


@given(
    day=st.dates(date(2019, 1, 1), date(2027, 12, 31)),
    known=st.dates(date(2019, 1, 1), date(2027, 12, 31)),
    later=st.integers(0, 2000),
)
def test_knowing_more_never_leads_to_an_older_year(day: date, known: date, later: int) -> None:
    years = [
        of(id=f"y{y}", year=str(y), valid_from=f"{y}-01-01", valid_to=f"{y}-12-31", published=p)
        for y, p in ((2021, "2024-04-12"), (2022, "2024-12-20"), (2023, "2025-12-31"))
    ]

    def year(at: date) -> int:
        factor = choose(years, day=day, known=at, regions=["CN-GD"], purpose=GRID).factor
        return 0 if factor is None else factor.year or 0

    assert year(known) <= year(date.fromordinal(known.toordinal() + later))
    assert year(known) <= day.year


def test_a_gas_stated_as_co2e_is_its_own_mass() -> None:
    methane = of(gas="CH4", unit_numerator="kgCO2e", value="0.28", gwp_set="ar5", gwp="28")
    assert (methane.kg, methane.unit) == (pytest.approx(0.01, abs=1e-15), "kgCO2e/kWh")
    assert of(unit_numerator="lbCO2", value="1").kg == 0.45359237


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"gas": "CH4", "unit_numerator": "kgCH4", "gwp_set": "ar5", "gwp": "28"}, "is not that of 'kgCH4'"),
        ({"gas": "CO2e", "unit_numerator": "kgCO2e", "gwp_set": "ar5", "gwp": "1"}, "belongs to one gas"),
        ({"gas": "CH4", "unit_numerator": "kgCO2e", "gwp_set": "ar5"}, "gwp None is not a number"),
        ({"gas": "CH4", "unit_numerator": "kgCO2e", "gwp_set": "ar5", "gwp": "0"}, "gwp 0.0 is not above 0"),
    ],
)
def test_a_gas_stated_as_co2e_says_with_which_potential(changes: dict[str, str], told: str) -> None:
    with pytest.raises(FactorError, match=told):
        of(**changes)


def test_a_total_answers_before_its_parts(factors: tuple[Factor, ...]) -> None:
    day = date(2025, 5, 1)

    def gas(wanted: str | None) -> Factor | None:
        return choose(
            factors,
            day=day,
            known=TODAY,
            regions=["GB"],
            purpose="combustion",
            item="natural_gas",
            gas=wanted,
            per="m3",
        ).factor

    total, methane = gas(None), gas("CH4")
    assert total is not None
    assert methane is not None
    assert (total.gas, total.kg) == ("CO2e", 2.06672)
    assert (methane.gas, methane.kg) == ("CH4", methane.value / 28)


def test_the_gases_of_a_total_add_up_to_it(factors: tuple[Factor, ...]) -> None:
    totals = {
        (f.item, f.unit_denominator, f.purpose): f.kg
        for f in factors
        if f.gas == "CO2e" and f.edition == "defra2025"
    }
    sums: dict[tuple[str, str, str], float] = {}
    for f in factors:
        if f.gwp_set:
            key = (f.item, f.unit_denominator, f.purpose)
            sums[key] = sums.get(key, 0.0) + f.kg * f.gwp
    assert len(sums) == 66
    assert {key: sums[key] for key in sums if abs(sums[key] - totals[key]) > 3e-5 * totals[key] + 2e-5} == {}
