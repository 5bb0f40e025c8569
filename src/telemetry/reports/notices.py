"""Changes of alerts with the names of the park, the tariff at the time, and where the page shows more."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Protocol
from urllib.parse import quote
from zoneinfo import ZoneInfo

from accounting.tariff import Tariff
from alerts.journal import Quiet, Transition
from alerts.notice import Name, Notice
from alerts.rule import Rule
from alerts.verdict import Kind
from telemetry.model import Area, Site
from telemetry.reports import band
from telemetry.settings.plan import Plan

_PAGES = {Kind.METER: "meters", Kind.SOURCE: "collectors"}


class _Labelled(Protocol):
    @property
    def en(self) -> str: ...
    @property
    def zh(self) -> str: ...


class Notices:
    """What one plan has to say of changes."""

    def __init__(self, plan: Plan, site: Site, before: "Notices | None" = None) -> None:
        """`before`: what has left since keeps the name that it had then."""
        self._page = plan.directory.page.rstrip("/")
        self._zone = ZoneInfo(site.zone)
        self._tariff: Tariff | None = plan.tariff
        self._rules: dict[str, Rule] = {rule.code: rule for rule in sorted(plan.rules, key=_begins)}
        self._areas: Mapping[str, Area] = {area.code: area for area in site.areas}
        self.names: dict[tuple[Kind, str], tuple[Name, str]] = (
            (before.names if before else {})
            | {(Kind.METER, meter.code): (_name(meter.name), meter.area) for meter in site.meters}
            | {(Kind.AREA, area.code): (_name(area.name), area.code) for area in site.areas}
        )
        self._sources = {meter.code: meter.source or "" for meter in site.meters}
        self._park = next((area.code for area in site.areas if area.parent is None), "")
        self._park_name = Name(site.name.en, site.name.zh)

    def knows(self, rule: str) -> bool:
        """Whether a file has it."""
        return rule in self._rules

    def of(self, change: Transition, put: Rule | None = None) -> Notice:
        """`put` is its rule where no file has that."""
        rule, code = self._rules.get(change.rule, put), change.subject.code
        plain = Name(code, code)
        unknown = (self._park_name if change.subject.kind is Kind.PARK else plain, self._park)
        name, area = self.names.get((change.subject.kind, code), unknown)
        told, measured = (rule.told_as(), _measured(change, rule)) if rule else (None, False)
        held = band.now(self._tariff, change.at_us, self._zone)
        return Notice(
            id=change.id,
            alert=change.alert,
            rule=change.rule,
            rule_name=_name(rule.name) if rule else Name(change.rule, change.rule),
            kind=change.subject.kind,
            subject=code,
            subject_name=name,
            areas=tuple(self._up(area)),
            area_name=_name(self._areas[area].name) if area in self._areas else None,
            source=code if change.subject.kind is Kind.SOURCE else self._sources.get(code, ""),
            what=change.what,
            severity=change.severity,
            stage=change.stage,
            at_us=change.at_us,
            since_us=change.since_us,
            fired_us=change.fired_us,
            value=_known(change.value),
            limit=_known(change.limit),
            unit=change.unit,
            flapping=change.flapping,
            corrected=change.corrected,
            gone=change.quiet is Quiet.GONE,
            figure=_name(told.figure) if told and measured else None,
            share=bool(told and told.share and measured),
            advice=_name(told.advice) if told and told.advice.en else None,
            more={title: _known(figure) for title, figure in change.more.items()},
            band=self._band(held.code) if held else None,
            price=held.price if held else None,
            currency=held.currency if held else "",
            storm=rule.storm if rule else 1,
            link=self._link(change),
        )

    def _up(self, area: str) -> Iterator[str]:
        at: str | None = area
        while at is not None and at in self._areas:
            yield at
            at = self._areas[at].parent

    def _band(self, code: str) -> Name:
        bands = self._tariff.bands if self._tariff else ()
        return next((_name(each.name) for each in bands if each.code == code), Name(code, code))

    def _link(self, change: Transition) -> str:
        if not self._page:
            return ""
        place = _PAGES.get(change.subject.kind)
        return f"{self._page}/{place}/{quote(change.subject.code)}" if place else f"{self._page}/live"


def _name(label: _Labelled) -> Name:
    return Name(label.en, label.zh)


def _measured(change: Transition, rule: Rule) -> bool:
    """Whether the value is what the rule judges; of a storm it is a number of alerts."""
    of_storm = change.subject.kind is Kind.PARK and not change.unit
    return not of_storm and change.unit == rule.unit


def _known(figure: float) -> float | None:
    return None if figure != figure else figure  # noqa: PLR0124  # NaN


def _begins(rule: Rule) -> date:
    return rule.since or date.min
