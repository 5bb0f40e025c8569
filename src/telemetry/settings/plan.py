"""The resolved plan: the library, the site, and what contradicts itself between them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter

from accounting.quantity import CATALOGUE
from accounting.supply import Held
from accounting.tariff import Tariff
from alerts.contacts import NOBODY, Directory
from alerts.rule import Rule
from ingest.collector import pace_of
from ingest.collectors.influx.mapping import InfluxMapping
from ingest.collectors.mqtt import BrokerSource
from ingest.decode import AS_IT_IS, Meaning, mentioned
from ingest.kinds import Source, kind
from ingest.template import Template
from telemetry.model import Area, AreaKind, Meter, Site
from telemetry.settings import billing, converters, formulas, occupancies
from telemetry.settings.alert_rules import load_rules
from telemetry.settings.contacts import load_directory
from telemetry.settings.documents import load_file
from telemetry.settings.library import Library, library_folder, load_library
from telemetry.settings.mistakes import ConfigError, Mistake, UnknownName, no_such
from telemetry.settings.supplies import Supplied, of_park, own

_SITE: TypeAdapter[Site] = TypeAdapter(Site)
_INFLUX: TypeAdapter[InfluxMapping] = TypeAdapter(InfluxMapping)


@dataclass(frozen=True, slots=True)
class Plan:
    """All that the service runs by."""

    site: Site | None
    site_file: Path | None
    library: Library
    influx: InfluxMapping = field(default_factory=InfluxMapping)
    """What posts in InfluxDB's line protocol mean."""
    announced: Mapping[str, tuple[date, ...]] = field(default_factory=dict)
    """Days declared for the tariff while the service runs, by list."""
    rules: tuple[Rule, ...] = ()
    """Of alerts, from files: every edition."""
    directory: Directory = NOBODY
    """Whom alerts are told to."""

    @property
    def zone(self) -> ZoneInfo:
        """The park's; UTC while none is described."""
        return ZoneInfo(self.site.zone if self.site else "UTC")

    @property
    def tariff(self) -> Tariff | None:
        """As the park's contract has it."""
        return self.supply().tariff

    def supply(self, area: str | None = None, day: date = date.max) -> Supplied:
        """The contract that supplies an area on a day; that of the park without one."""
        held = self.own_supplies.get(area or "")
        if held is not None and held.holds(day):
            return held
        return of_park(self.site, self.library.tariffs, self.announced)

    @property
    def own_tariffs(self) -> Mapping[str, Held]:
        """Area -> tariff, of areas that are not always under the park's supply contract."""
        return {code: each.held for code, each in self.own_supplies.items() if each.held}

    @property
    def own_supplies(self) -> Mapping[str, Supplied]:
        """Area -> the supply contract of its enterprise, where that has its own."""
        return own(self.site, self.library.tariffs, self.announced)

    def polled_s(self) -> Mapping[str, float]:
        """How often meters are read [s], by code; without those whose readings come as they please."""
        if self.site is None:
            return {}
        sources = {source.code: source for source in self.site.sources}
        read = self.site.read_meters
        pace = {meter.code: pace_of(meter, self.library.devices) for meter in read}
        period = {meter.code: sources[meter.source].period_s(pace[meter.code]) for meter in read}
        return {code: seconds for code, seconds in period.items() if seconds is not None}

    def named(self, source: str, measurement: str, name: str, device: str | None = None) -> Meaning | None:
        """The quantity that a name of a sender's own is, and how its numbers become the catalogue's.

        `measurement` is that of line protocol, '' elsewhere. `device` is the template of a meter that sent a
        number which its template did not mention.
        """
        if device is not None:
            template = self.library.devices.get(device)
            return mentioned(template, name) if template else None
        if measurement:
            return self.influx.form(measurement, name)
        declared = self.site.push_source(source) if self.site else None
        own = declared.forms.get(name) if declared else None
        return own or ((name, AS_IT_IS) if name in CATALOGUE else None)

    def meter(self, code: str) -> tuple[Meter, Source]:
        """A meter and where it is read. Raises UnknownName."""
        meters = {meter.code: meter for meter in self.site.meters} if self.site else {}
        sources = {source.code: source for source in self.site.sources} if self.site else {}
        if code not in meters:
            raise UnknownName(no_such("meter", code, meters))
        if meters[code].formula:
            raise UnknownName(f"{code!r} is reckoned by a formula and read nowhere")
        return meters[code], sources[meters[code].source]

    def device(self, code: str) -> Template:
        """A template. Raises UnknownName."""
        if code not in self.library.devices:
            raise UnknownName(no_such("device template", code, self.library.devices))
        return self.library.devices[code]


def load_plan(config_dir: Path | None, mqtt_url: str | None = None) -> Plan:
    """The plan; `mqtt_url` replaces every MQTT source's broker. Raises ConfigError with every mistake."""
    mistakes: list[Mistake] = []
    library = load_library(config_dir, mistakes)
    file = _site_file(config_dir, mistakes)
    site = load_file(file, _SITE, mistakes) if file else None
    if site is not None:
        mistakes.extend(Mistake(str(file), key, reason) for key, reason in contradictions(site, library))
    influx = _influx(config_dir, site, mistakes)
    own = config_dir and config_dir / "alerts"
    shipped = library_folder() / "alerts"
    rules = load_rules(shipped, None if own == shipped else own, site, mistakes, library.bands)
    directory = load_directory(config_dir, site, rules, mistakes)
    if mistakes:
        raise ConfigError(mistakes)
    site = _with_broker(site, mqtt_url) if site and mqtt_url else site
    return Plan(site, file, library, influx, rules=rules, directory=directory)


def _influx(config_dir: Path | None, site: Site | None, mistakes: list[Mistake]) -> InfluxMapping:
    file = config_dir and config_dir / "influx.yaml"
    mapping = load_file(file, _INFLUX, mistakes) if file and file.exists() else None
    codes = {meter.code for meter in site.meters} if site else set()
    for index, rule in enumerate(mapping.meters if mapping else ()):
        if site and rule.meter and rule.meter not in codes:
            mistakes.append(Mistake(str(file), f"meters[{index}].meter", no_such("meter", rule.meter, codes)))
    return mapping or InfluxMapping()


def _with_broker(site: Site, url: str) -> Site:
    sources = (
        source.model_copy(update={"url": url}) if isinstance(source, BrokerSource) else source
        for source in site.sources
    )
    return site.model_copy(update={"sources": tuple(sources)})


def _site_file(config_dir: Path | None, mistakes: list[Mistake]) -> Path | None:
    files = sorted((config_dir / "sites").glob("*.yaml")) if config_dir else []
    mistakes.extend(
        Mistake(str(extra), "", f"one service keeps one site, and {files[0].name} is it")
        for extra in files[1:]
    )
    return files[0] if files else None


def contradictions(site: Site, library: Library) -> Iterator[tuple[str, str]]:
    """(key, reason) for everything in the site that does not fit the rest."""
    yield from _repeated("areas", [area.code for area in site.areas])
    yield from _repeated("sources", [source.code for source in site.sources])
    yield from _repeated("meters", [meter.code for meter in site.meters])
    yield from _area_tree(site.areas)
    yield from billing.contradictions(site, library.tariffs)
    yield from billing.contract_contradictions(site, library.tariffs, library.adjustments)
    yield from _regions(site, library)
    for index, meter in enumerate(site.meters):
        yield from _meter(f"meters[{index}]", meter, site, library)
    yield from _loops("meters", {meter.code: meter.parent for meter in site.meters})
    yield from formulas.contradictions(site)
    yield from _repeated("converters", [converter.code for converter in site.converters])
    yield from converters.contradictions(site)
    yield from occupancies.contradictions(site)


def _repeated(key: str, codes: Sequence[str]) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for index, code in enumerate(codes):
        if code in seen:
            yield f"{key}[{index}].code", f"{code!r} stands twice"
        seen.add(code)


def _area_tree(areas: Sequence[Area]) -> Iterator[tuple[str, str]]:
    codes = {area.code for area in areas}
    parks = [area.code for area in areas if area.kind is AreaKind.PARK]
    if len(parks) != 1:
        yield "areas", f"exactly one area is of kind park, here {len(parks)}: {parks}"
    for index, area in enumerate(areas):
        if area.kind is not AreaKind.PARK and area.parent not in codes:
            yield f"areas[{index}].parent", f"there is no area {area.parent!r}"
    yield from _loops("areas", {area.code: area.parent for area in areas})


def _loops(key: str, parents: dict[str, str | None]) -> Iterator[tuple[str, str]]:
    for code, parent in parents.items():
        trail, at = {code}, parent
        while at is not None and at not in trail:
            trail.add(at)
            at = parents.get(at)
        if at == code:
            yield key, f"{code!r} stands above itself"


def _regions(site: Site, library: Library) -> Iterator[tuple[str, str]]:
    known = {factor.region for factor in library.factors}
    named = [("region", site.region)]
    named += [(f"meters[{i}].region", meter.region) for i, meter in enumerate(site.meters) if meter.region]
    for key, region in named:
        if region not in known:
            yield key, f"no factor of the library is for the region {region!r}"


def _meter(key: str, meter: Meter, site: Site, library: Library) -> Iterator[tuple[str, str]]:
    if meter.area not in {area.code for area in site.areas}:
        yield f"{key}.area", f"there is no area {meter.area!r}"
    if meter.panels and site.position is None:
        yield f"{key}.panels", "says nothing as long as the site's position (latitude, longitude) is missing"
    if meter.panels and not (meter.panels.kw_peak or meter.rated_kw):
        yield f"{key}.panels.kw_peak", "is missing, and so is rated_kw"
    if meter.parent and meter.parent not in {other.code for other in site.meters}:
        yield f"{key}.parent", f"there is no meter {meter.parent!r}"
    if not meter.formula:
        yield from _read(key, meter, site, library)


def _read(key: str, meter: Meter, site: Site, library: Library) -> Iterator[tuple[str, str]]:
    source = next((source for source in site.sources if source.code == meter.source), None)
    if source is None:
        yield f"{key}.source", f"there is no source {meter.source!r}"
        return
    if hasattr(kind(source.kind), "Template"):
        yield from _device(key, meter, source.kind, library)
    for name in sorted(meter.pace.model_fields_set - source.heeds):
        yield f"{key}.pace.{name}", f"has no meaning behind a source of kind {source.kind}"
    misfit = source.misfit(meter.address)
    if misfit:
        yield f"{key}.address", misfit


def _device(key: str, meter: Meter, kind: str, library: Library) -> Iterator[tuple[str, str]]:
    device = library.devices.get(meter.device or "")
    if device is None:
        yield f"{key}.device", no_such("device template", meter.device, library.devices)
    elif device.protocol != kind:
        yield (
            f"{key}.device",
            f"{meter.device!r} speaks {device.protocol}, its source {meter.source!r} is {kind}",
        )
