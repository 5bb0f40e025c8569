"""The site file as the page changes it: checked whole, written in one piece, the one before kept."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from ingest.kinds import Source, read_source
from telemetry.model import Site
from telemetry.settings.documents import load_text, parse_yaml
from telemetry.settings.mistakes import ConfigError, Mistake, from_validation
from telemetry.settings.plan import Plan, contradictions
from telemetry.settings.site_text import Items, SiteTextError, added, written

_SITE: TypeAdapter[Site] = TypeAdapter(Site)
_PORT = re.compile(r"/dev/(tty[A-Za-z]+\d+|serial/by-(id|path)/[\w.:@+-]+)|COM\d+")
_FILES = frozenset({"ca", "cert", "certificate", "key", "server_certificate"})
_LISTED = re.compile(r"(?P<list>\w+)\[(?P<place>\d+)\](?P<rest>.*)")
NEW = "park.yaml"
"""What a first site file is called."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What the site file is to hold; nothing contradicts it."""

    file: Path
    text: str
    site: Site


def described(plan: Plan, folder: Path, text: str) -> Draft:
    """A first site file. Raises ConfigError with every mistake."""
    _refuse(Mistake("", key, reason) for key, reason in foreign(_plain(text)))
    return _checked(plan, folder / "sites" / NEW, text)


def drawn_up(plan: Plan, folder: Path, document: Mapping[str, Any]) -> Draft:
    """As `described`, of plain data. Raises ConfigError."""
    return described(plan, folder, written(document))


def extended(plan: Plan, lists: Mapping[str, Items]) -> Draft:
    """The site file with further items in its lists, whose mistakes are named by their place among those.

    Raises ConfigError; SiteTextError for a file that is built too strangely; OSError.
    """
    if plan.site is None or plan.site_file is None:
        raise SiteTextError("there is no site file yet")
    _refuse(Mistake("", key, reason) for key, reason in foreign(lists))
    for place, source in enumerate(lists.get("sources", ())):
        posted_source(source, f"sources[{place}]")
    text = plan.site_file.read_text(encoding="utf-8")
    before = _plain(text)
    stood = {key: len(before.get(key) or ()) for key in lists} if isinstance(before, dict) else {}
    try:
        return _checked(plan, plan.site_file, added(text, lists))
    except ConfigError as error:
        raise ConfigError([_among(each, stood) for each in error.mistakes]) from error


def keep(draft: Draft, now: datetime) -> Path | None:
    """Write it in one piece; where the file of before is kept, None for a first one. Raises OSError."""
    file = draft.file.resolve()
    file.parent.mkdir(parents=True, exist_ok=True)
    before = _kept(file, now)
    fresh = file.with_name(f".{file.name}.new")
    try:
        with fresh.open("w", encoding="utf-8") as handle:
            handle.write(draft.text)
            handle.flush()
            os.fsync(handle.fileno())
        if before:
            fresh.chmod(file.stat().st_mode & 0o777)
        fresh.replace(file)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
    return before


def foreign(node: object, key: str = "") -> Iterator[tuple[str, str]]:
    """(key, reason) for what only who can write files on this machine may say of a site."""
    if isinstance(node, dict):
        for name, value in node.items():
            yield from _named(f"{key}.{name}".lstrip("."), str(name), value)
    elif isinstance(node, list | tuple):
        for place, value in enumerate(node):
            yield from foreign(value, f"{key}[{place}]")
    elif isinstance(node, str) and "${" in node:
        yield key, "names a variable of the environment; only who writes the file on this machine may do that"


def _named(key: str, name: str, value: object) -> Iterator[tuple[str, str]]:
    source = key.startswith(("sources[", "source."))
    if source and name in _FILES and value is not None:
        yield key, "names a file of this machine; only who writes the site file on it may do that"
    elif source and name == "serial" and not (isinstance(value, str) and _PORT.fullmatch(value)):
        yield key, f"is no serial port such as /dev/ttyUSB0 or COM3 (got {value!r})"
    else:
        yield from foreign(value, key)


def _plain(text: str) -> object:
    """None for what is no YAML; why not is told when it is checked."""
    with suppress(yaml.YAMLError):
        return parse_yaml(text)
    return None


def _checked(plan: Plan, file: Path, text: str) -> Draft:
    mistakes: list[Mistake] = []
    site = load_text(file.name, text, _SITE, mistakes)
    if site is not None:
        mistakes += [Mistake(file.name, key, reason) for key, reason in contradictions(site, plan.library)]
    if mistakes or site is None:
        raise ConfigError(mistakes)
    return Draft(file, text, site)


def _refuse(mistakes: Iterator[Mistake]) -> None:
    found = list(mistakes)
    if found:
        raise ConfigError(found)


def _among(mistake: Mistake, stood: Mapping[str, int]) -> Mistake:
    """An item by its place among those that were added, not in the whole list."""
    found = _LISTED.fullmatch(mistake.key)
    if found is None or int(found["place"]) < stood.get(found["list"], 0) or found["list"] not in stood:
        return mistake
    place = int(found["place"]) - stood[found["list"]]
    return Mistake(mistake.file, f"{found['list']}[{place}]{found['rest']}", mistake.reason)


def _kept(file: Path, now: datetime) -> Path | None:
    if not file.exists():
        return None
    before = file.with_name(f"{file.name}.{now.astimezone(UTC):%Y%m%dT%H%M%S%fZ}")
    before.write_bytes(file.read_bytes())
    return before


def posted_source(document: Mapping[str, Any], key: str = "source") -> Source:
    """A source as somebody who is elsewhere may describe it. Raises ConfigError."""
    _refuse(Mistake("", at, reason) for at, reason in foreign(document, key))
    try:
        return read_source(document)
    except ValidationError as error:
        told = from_validation("", error)
        raise ConfigError(
            [Mistake("", f"{key}.{each.key}".rstrip("."), each.reason) for each in told]
        ) from error
    except ValueError as error:
        raise ConfigError([Mistake("", f"{key}.kind", str(error))]) from error
