"""How much of what was bought fell into each band, against the share of valley hours that was set."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated

from msgspec import Meta, Struct

from accounting.quantity import Carrier
from accounting.tariff import Tariff
from telemetry.reports import cost, energy
from telemetry.reports.cost import CostSeries
from telemetry.reports.energy import Question
from telemetry.reports.membership import By, Selection
from telemetry.reports.moment import Moment
from telemetry.reports.names import Name
from telemetry.storage.pool import Transaction
from telemetry.storage.registry import RegisteredMeter, Registry

_FLAT = "flat"
_PRODUCED = ("production_count", "production_mass")


class BandShare(Struct, frozen=True):
    band: Annotated[str | None, Meta(description="null: not known by band")]
    name: Name
    kwh: float
    share: float


class ShareSeries(Struct, frozen=True):
    """One group."""

    key: str
    name: Name
    kwh: Annotated[float | None, Meta(description="null: nothing is known")]
    bands: list[BandShare]
    valley_share: Annotated[float | None, Meta(description="Of the bands cheaper than flat; null: not known")]
    short_kwh: Annotated[
        float | None, Meta(description="To be moved into valley hours for the target; null: no target is set")
    ]
    produced: Annotated[float | None, Meta(description="Of a product; null: no product, or not known")]
    unit: Annotated[str | None, Meta(description="Of produced")]


class SharesAnswer(Struct, frozen=True, rename={"from_": "from"}):
    """Shares of bought energy by band."""

    from_: Moment
    to: Moment
    target: Annotated[float | None, Meta(description="billing.valley_share of the site's file")]
    valley: Annotated[list[str], Meta(description="Bands that count as valley", examples=[["valley"]])]
    series: list[ShareSeries]


def valley_bands(tariff: Tariff | None) -> list[str]:
    """Bands cheaper than flat, or the cheapest where none is called so."""
    bands = sorted(tariff.bands, key=lambda band: band.rank) if tariff else []
    flat = next((band.rank for band in bands if band.code == _FLAT), 1)
    return [band.code for band in bands if band.rank < flat]


@dataclass(frozen=True, slots=True)
class Mark:
    """What shares are held against."""

    valley: list[str]
    """Bands that count as valley."""
    target: float | None


@dataclass(frozen=True, slots=True)
class Marks:
    """Of the park, and of areas under a supply contract of their own."""

    park: Mark
    own: Mapping[str, Mark]

    def of(self, area: str) -> Mark:
        return self.own.get(area, self.park)


def report(
    tx: Transaction, registry: Registry, tariffs: Mapping[str, Tariff], question: Question, marks: Marks
) -> SharesAnswer:
    """Groups of the question. Raises QueryError for codes that are not there."""
    found = cost.report(tx, registry, tariffs, question, "")
    return _answer(question, marks, [_series(each, marks.of(each.key)) for each in found.series])


def by_product(
    tx: Transaction, registry: Registry, tariffs: Mapping[str, Tariff], question: Question, marks: Marks
) -> SharesAnswer:
    """Products by the area that makes them: what crossed its boundary, and how much came out."""
    meters = [meter for meter in registry.meters if meter.carrier == Carrier.PRODUCTION]
    place = {meter.code: meter.at(question.now).area for meter in meters}
    areas = tuple(sorted(set(place.values())))
    if not areas:
        return _answer(question, marks, [])
    used = cost.report(
        tx, registry, tariffs, replace(question, selection=Selection(By.AREA, areas=areas)), ""
    )
    drawn = {each.key: _series(each, marks.of(each.key)) for each in used.series}
    made = energy.report(
        tx,
        registry,
        replace(question, selection=Selection(By.METER, meters=tuple(place)), quantities=_PRODUCED),
    )
    amounts = {each.key: (_sum(each.values), each.unit) for each in made.series}
    return _answer(question, marks, list(_products(meters, place, drawn, amounts)))


def _products(
    meters: Iterable[RegisteredMeter],
    place: Mapping[str, str],
    drawn: Mapping[str, ShareSeries],
    amounts: Mapping[str, tuple[float | None, str]],
) -> Iterator[ShareSeries]:
    for meter in meters:
        amount, unit = amounts.get(meter.code, (None, None))
        of_area = drawn.get(place[meter.code])
        yield ShareSeries(
            key=meter.code,
            name=Name(meter.name_en, meter.name_zh),
            kwh=of_area.kwh if of_area else None,
            bands=of_area.bands if of_area else [],
            valley_share=of_area.valley_share if of_area else None,
            short_kwh=of_area.short_kwh if of_area else None,
            produced=amount,
            unit=unit,
        )


def _answer(question: Question, marks: Marks, series: list[ShareSeries]) -> SharesAnswer:
    steps, park = question.steps, marks.park
    return SharesAnswer(steps.times()[0], steps.end, park.target, park.valley, series)


def _series(of: CostSeries, mark: Mark) -> ShareSeries:
    target = mark.target
    sums = [(band.band, band.name, sum(band.amounts)) for band in of.bands]
    whole = sum(kwh for *_, kwh in sums)
    low = sum(kwh for code, _, kwh in sums if code in mark.valley)
    known = whole > 0 and all(code is not None for code, *_ in sums)
    return ShareSeries(
        key=of.key,
        name=of.name,
        kwh=_sum(of.amounts),
        bands=[BandShare(code, name, kwh, kwh / whole) for code, name, kwh in sums if whole],
        valley_share=low / whole if known else None,
        short_kwh=max(0.0, target * whole - low) if known and target is not None else None,
        produced=None,
        unit=None,
    )


def _sum(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
