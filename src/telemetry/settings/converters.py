"""What in a site's converters does not fit its meters."""

from collections.abc import Iterator, Mapping

from accounting.carriers import FLOWS, energy_of
from accounting.quantity import Carrier
from telemetry.model import Converter, ConverterKind, Meter, Role, Site
from telemetry.settings.mistakes import no_such


def contradictions(site: Site) -> Iterator[tuple[str, str]]:
    """(key, reason)."""
    meters = {meter.code: meter for meter in site.meters}
    held: dict[tuple[str, str], str] = {}
    for index, converter in enumerate(site.converters):
        key = f"converters[{index}]"
        unknown = [
            (name, code)
            for name in ("inputs", "outputs", "recovered")
            for code in getattr(converter, name)
            if code not in meters
        ]
        yield from ((f"{key}.{name}", no_such("meter", code, meters)) for name, code in unknown)
        if not unknown:
            yield from _fitting(key, converter, meters)
            yield from _made(key, converter, meters)
        for name in ("inputs", "outputs"):
            for code in getattr(converter, name):
                other = held.setdefault((name, code), converter.code)
                if other != converter.code:
                    yield f"{key}.{name}", f"{code!r} is one of the {name} of {other!r} already"


def _made(key: str, converter: Converter, meters: Mapping[str, Meter]) -> Iterator[tuple[str, str]]:
    if converter.kind is ConverterKind.STORAGE:
        return
    for code in converter.outputs:
        if meters[code].role is Role.GENERATION:
            reason = "is generation, which carries nothing; what a converter gives has the role load"
            yield f"{key}.outputs", f"{code!r} {reason}"


def _fitting(key: str, converter: Converter, meters: Mapping[str, Meter]) -> Iterator[tuple[str, str]]:
    for name in ("inputs", "outputs"):
        for code in getattr(converter, name):
            if meters[code].carrier not in FLOWS:
                yield f"{key}.{name}", f"{code!r} measures {meters[code].carrier.value}, which is no energy"
            if meters[code].role is Role.BOUNDARY:
                yield f"{key}.{name}", f"{code!r} is a boundary; a meter of the converter itself is meant"
    for code in converter.recovered:
        if meters[code].carrier is not Carrier.RECOVERED_HEAT:
            yield f"{key}.recovered", f"{code!r} measures {meters[code].carrier.value}, not recovered heat"
    flows = {code: FLOWS.get(meters[code].carrier, ()) for code in converter.outputs}
    plain = [code for code, names in flows.items() if names and energy_of(names[0]) is None]
    if len(converter.outputs) > 1 and set(plain) - set(converter.weights):
        yield f"{key}.weights", f"{', '.join(plain)} shows no energy, so its weight beside others is needed"
