"""Energy and carbon per product, floor area and value, and the indicators of the schemes that rate parks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from msgspec import Meta, Struct

from accounting.frozen import Figure, Row, figures
from accounting.scheme import Input, Judged, Scheme, judge
from telemetry.reports.frozen import Stretch
from telemetry.reports.names import Name
from telemetry.reports.recovered import Recovered
from telemetry.storage.records import Sort

_STATES = frozenset({"floor_area", "employees"})
"""What stands over a period and does not add up: its mean by days counts."""
_USUAL = ("output_value", "added_value", "floor_area")
_KWH = 1000.0
_ELECTRICITY = "amount.energy_import"
_RECOVERABLE = "recoverable_heat_gj"
"""By converters where nobody posted it."""


class Intensity(Struct, frozen=True):
    """Energy and carbon of the area per unit of one product, or of value or floor area."""

    product: Annotated[str, Meta(examples=["bottle"])]
    unit: Annotated[str, Meta(examples=["piece"])]
    quantity: float
    tce: Annotated[float | None, Meta(description="Standard coal per unit [tce]")]
    kwh: Annotated[float | None, Meta(description="Electricity per unit [kWh]")]
    kgco2: Annotated[float | None, Meta(description="CO2 of scope 1 and 2, location-based, per unit [kg]")]


class IntensityAnswer(Struct, frozen=True, rename={"from_": "from"}):
    """What an area used and emitted, set against what was posted as its production."""

    area: str
    from_: date
    to: Annotated[date, Meta(description="Last day")]
    tce: float | None
    kwh: float | None
    kgco2: float | None
    incomplete: Annotated[list[str], Meta(description="What the sums lack, each with how many rows")]
    intensities: list[Intensity]
    missing: Annotated[list[str], Meta(description="Usual denominators that nobody posted")]


class InputEntry(Struct, frozen=True):
    """An input that nobody knows, and how to tell it."""

    code: str
    name: Name
    unit: str
    reason: Annotated[str, Meta(examples=["post it as production, product solid_waste_used, in t"])]


class IndicatorEntry(Struct, frozen=True):
    code: Annotated[str, Meta(examples=["co2_per_energy"])]
    name: Name
    unit: str
    core: Annotated[bool, Meta(description="Not reaching it fails the whole scheme")]
    value: Annotated[float | None, Meta(description="null: see missing")]
    better: Annotated[str, Meta(description="lower or higher")]
    threshold: Annotated[float | None, Meta(description="null: the scheme has none for this park")]
    by_year: int | None
    met: bool | None
    missing: list[InputEntry]
    incomplete: Annotated[list[str], Meta(description="What the value's inputs lack")]
    note: str


class SchemeEntry(Struct, frozen=True):
    code: Annotated[str, Meta(examples=["cn-zero-carbon-park-2025"])]
    name: Name
    document: str
    source: str
    verified: Annotated[str, Meta(description="Which part of it was seen in a source")]
    rule: str
    indicators: list[IndicatorEntry]
    qualitative: Annotated[list[Name], Meta(description="What a person judges")]


class SchemesAnswer(Struct, frozen=True, rename={"from_": "from"}):
    """Every scheme of the library, reckoned from what is known of an area in a period."""

    area: str
    from_: date
    to: Annotated[date, Meta(description="Last day")]
    schemes: list[SchemeEntry]


@dataclass(frozen=True, slots=True)
class Known:
    """What an area used, emitted and made in a period."""

    stretch: Stretch
    figures: Mapping[str, Figure]
    products: Mapping[tuple[str, str], float]
    """Quantity by product and unit."""
    certificates: float
    """[kWh]; each counted by its days in the period."""
    electricity_tce: float | None
    recovered: Recovered

    @classmethod
    def of(cls, rows: Sequence[Row], stretch: Stretch, recovered: Recovered) -> "Known":
        records = [row for row in rows if row["sort"] == "record"]
        made: dict[tuple[str, str], float] = {}
        for row in records:
            if row["what"] == Sort.PRODUCTION:
                key = (row["name"], row["unit"])
                made[key] = made.get(key, 0.0) + _part(row, stretch)
        green = sum(_part(row, stretch) * _KWH for row in records if row["what"] == Sort.CERTIFICATE)
        worth = [row["tce"] for row in rows if row.get("quantity") == "energy_import" and row.get("tce")]
        found = {each.name: each for each in figures(rows)}
        return cls(stretch, found, made, green, sum(worth) if worth else None, recovered)

    def value(self, name: str) -> float | None:
        return self.figures[name].value if name in self.figures else None

    @property
    def kgco2(self) -> float | None:
        """Scope 1 and 2, location-based."""
        known = [each.value for each in self._co2() if each.value is not None]
        return sum(known) if known else None

    def _co2(self) -> list[Figure]:
        wanted = ("emission.direct.scope1.CO2", "emission.location.scope2.CO2")
        return [self.figures[name] for name in wanted if name in self.figures]

    def incomplete(self) -> list[str]:
        counted = [*self._co2(), *(f for f in (self.figures.get("tce"),) if f)]
        return [f"{each.name}: {each.missing} rows without a value" for each in counted if each.missing]

    def inputs(self) -> dict[str, float]:
        """What ParkWatt reckons for schemes, by the code of the input."""
        kwh, kgco2 = self.value(_ELECTRICITY), self.kgco2
        found = {
            "tce": self.value("tce"),
            "co2_t": None if kgco2 is None else kgco2 / 1e3,
            "electricity_kwh": kwh,
            "electricity_tce": self.electricity_tce,
            "recovered_heat_gj": self.recovered.heat,
            "certificate_kwh": self.certificates,
        }
        return {code: value for code, value in found.items() if value is not None}


def _part(row: Row, stretch: Stretch) -> float:
    """A record's share in the period by days; of a state its mean over them."""
    first, last = date.fromisoformat(row["first_day"]), date.fromisoformat(row["last_day"])
    inside = (min(last, stretch.last) - max(first, stretch.first)).days + 1
    over = stretch if row["name"] in _STATES else Stretch("", "", first, last)
    amount: float = row["amount"]
    return amount * inside / ((over.last - over.first).days + 1)


def intensity(rows: Sequence[Row], stretch: Stretch) -> IntensityAnswer:
    known = Known.of(rows, stretch, Recovered())
    tce, kwh, kgco2 = known.value("tce"), known.value(_ELECTRICITY), known.kgco2
    posted = {product for product, _ in known.products}
    return IntensityAnswer(
        area=stretch.area,
        from_=stretch.first,
        to=stretch.last,
        tce=tce,
        kwh=kwh,
        kgco2=kgco2,
        incomplete=known.incomplete(),
        intensities=[
            Intensity(product, unit, quantity, *(_per(each, quantity) for each in (tce, kwh, kgco2)))
            for (product, unit), quantity in sorted(known.products.items())
        ],
        missing=[name for name in _USUAL if name not in posted],
    )


def _per(total: float | None, quantity: float) -> float | None:
    return total / quantity if total is not None and quantity else None


def rated(
    rows: Sequence[Row], stretch: Stretch, schemes: Mapping[str, Scheme], recovered: Recovered
) -> SchemesAnswer:
    known = Known.of(rows, stretch, recovered)
    entries = [_scheme(scheme, known) for _, scheme in sorted(schemes.items())]
    return SchemesAnswer(stretch.area, stretch.first, stretch.last, entries)


def _scheme(scheme: Scheme, known: Known) -> SchemeEntry:
    inputs = {each.code: each for each in scheme.inputs}
    numbers = known.inputs()
    for code, each in inputs.items():
        if code not in numbers and (code, each.unit) in known.products:
            numbers[code] = known.products[code, each.unit]
    if known.recovered.recoverable is not None:
        numbers.setdefault(_RECOVERABLE, known.recovered.recoverable)
    judged = judge(scheme, numbers, known.stretch.last.year)
    return SchemeEntry(
        code=scheme.code,
        name=Name.of(scheme.name),
        document=scheme.document,
        source=scheme.source,
        verified=scheme.verified,
        rule=scheme.rule,
        indicators=[_indicator(each, inputs, known) for each in judged],
        qualitative=[Name(each.en, each.zh) for each in scheme.qualitative],
    )


def _indicator(judged: Judged, inputs: Mapping[str, Input], known: Known) -> IndicatorEntry:
    indicator, threshold = judged.indicator, judged.threshold
    reckoned = {"tce", "co2_t"} & {*indicator.of, *indicator.per}
    return IndicatorEntry(
        code=indicator.code,
        name=Name.of(indicator.name),
        unit=indicator.unit,
        core=indicator.core,
        value=judged.value,
        better=indicator.better,
        threshold=threshold.value if threshold else None,
        by_year=threshold.year if threshold else None,
        met=judged.met,
        missing=[_missing(inputs[code], known) for code in judged.missing],
        incomplete=known.incomplete() if reckoned else [],
        note=indicator.note,
    )


def _missing(each: Input, known: Known) -> InputEntry:
    units = [unit for product, unit in known.products if product == each.code]
    reason = f"post it as production, product {each.code}, in {each.unit}"
    if units:
        reason = f"posted in {', '.join(units)}, needed in {each.unit}"
    return InputEntry(each.code, Name.of(each.name), each.unit, reason)
