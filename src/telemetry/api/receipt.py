"""What became of posted rows, row by row."""

import asyncio
import logging
import re
import time
from collections.abc import Container
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from importlib import import_module
from importlib.util import find_spec
from typing import Annotated, Protocol, cast
from zoneinfo import ZoneInfo

import numpy as np
from fastapi import Response
from msgspec import Meta, Struct
from numpy.typing import NDArray

from ingest.batch import Batch, Outcome, picked
from ingest.collectors.push import columns, rows, unmapped
from ingest.collectors.push.parsed import NO_FORMS, Forms, Parsed, Rejected
from ingest.errors import PayloadError, QueueFull, StoreUnavailable, TooManyRows
from ingest.template import CODE
from telemetry.access.asker import Asker
from telemetry.access.posting import Posting
from telemetry.api import bodies
from telemetry.api.answers import answer
from telemetry.api.dependencies import Dependencies
from telemetry.api.metrics import Metrics
from telemetry.api.problems import Mistake, Refusal, come_again, shortened
from telemetry.model import Site
from telemetry.storage import stray
from telemetry.storage.errors import StorageError

JSON = "application/json"
ARROW = "application/vnd.apache.arrow.stream"
_LOG = logging.getLogger(__name__)
_ASIDE = "no meter has this code; the row is kept aside"
_FOREIGN = "this key may not post for the meter"
_CODE = re.compile(CODE)
_MOST_ERRORS = 1000
"""Mistakes that one answer lists."""


class _Parser(Protocol):
    def __call__(
        self,
        body: bytes,
        source: str,
        known: Container[str],
        zone: tzinfo | None,
        now: float,
        *,
        forms: Forms,
    ) -> Parsed: ...


class _WellFormed(Container[str]):
    def __contains__(self, code: object) -> bool:
        return isinstance(code, str) and _CODE.fullmatch(code) is not None


WELL_FORMED = _WellFormed()
"""Every code that a meter may have: rows of those that no plan declares yet are kept aside."""


class PushedRow(Struct, frozen=True):
    """What a meter showed at an instant, as it showed it: multipliers are ParkWatt's business."""

    meter: Annotated[str, Meta(min_length=1, max_length=64, examples=["M-101"])]
    time: Annotated[
        str,
        Meta(
            description="RFC 3339 with a zone, unless the source declares one",
            examples=["2026-11-22T08:00:00+08:00"],
            extra_json_schema={"format": "date-time"},
        ),
    ]
    values: Annotated[
        dict[str, float | None],
        Meta(description="By name of the catalogue, in its unit", examples=[{"active_power": 412.5}]),
    ]


class RejectedField(Struct, frozen=True):
    """A field that could not be used; the rest of its row was."""

    row: Annotated[int, Meta(description="Position in the body, from 0")]
    field: Annotated[str, Meta(examples=["values.active_power"])]
    value: str | None
    reason: Annotated[str, Meta(examples=["not a number"])]


class Receipt(Struct, frozen=True):
    """Rows by what became of them; everything counted here is durable, save what was rejected."""

    accepted: Annotated[int, Meta(description="New rows, and rows that completed one")]
    duplicate: Annotated[int, Meta(description="Rows that stood already")]
    conflict: Annotated[int, Meta(description="Rows with another value than the one that stands; kept aside")]
    spooled: Annotated[
        int,
        Meta(description="Rows kept on the disk while the database is away; it gets them later"),
    ]
    rejected: list[RejectedField]

    @property
    def taken(self) -> int:
        return self.accepted + self.duplicate + self.conflict + self.spooled


EXAMPLE = Receipt(95, 4, 1, 0, [RejectedField(7, "values.active_power", "n/a", "not a number")])


@dataclass(frozen=True, slots=True)
class Posted:
    """A body as it came, and what its headers and query say of it."""

    body: bytes
    media: str
    """JSON or ARROW."""
    encoding: str
    source: str
    edition: str = ""
    """Of the templates that an edge decoded it by."""


async def take(dependencies: Dependencies, metrics: Metrics, posted: Posted, asker: Asker) -> Response:
    """Answers once the rows are durable. Raises Refusal when none was taken, or to come again."""
    _check_source(asker, posted.source)
    try:
        parsed = await asyncio.to_thread(_parse, dependencies.plan.site, posted)
    except Refusal as refusal:
        if isinstance(refusal.__cause__, PayloadError):
            shown = b"" if posted.encoding or posted.media == ARROW else posted.body
            dependencies.arrivals.refused(posted.source, time.time(), refusal.__cause__, shown)
        raise
    dated = replace(parsed, batch=replace(parsed.batch, edition=posted.edition))
    receipt = await store(dependencies, metrics, dated, asker)
    if receipt.rejected and not receipt.taken:
        raise _nothing_taken(receipt)
    return answer(receipt)


async def keep(dependencies: Dependencies, posted: Posted, asker: Asker) -> Response:
    """The same of numbers that an edge's templates do not mention."""
    try:
        plain = await asyncio.to_thread(bodies.unpack, posted.body, posted.encoding)
        batch = unmapped.parse(plain, posted.source, WELL_FORMED, time.time())
    except PayloadError as error:
        mistake = Mistake(error.field or "body", shortened(error.value), error.reason)
        raise Refusal(422, "The body cannot be read.", [mistake]) from error
    parsed = _permitted(dependencies, Parsed(batch, np.arange(len(batch)), ()), asker)
    return answer(_receipt(parsed, await _written(dependencies, parsed.batch)))


async def store(dependencies: Dependencies, metrics: Metrics, found: Parsed, asker: Asker) -> Receipt:
    """Returns once the rows that `asker` may post are durable, the others rejected.

    Raises Refusal (403), and (429, 503) when the sender should come again.
    """
    parsed, begun = _permitted(dependencies, found, asker), time.monotonic()
    outcomes = await _written(dependencies, parsed.batch)
    if parsed.unnamed:
        await asyncio.to_thread(_keep_aside, dependencies, parsed)
    known = declared(parsed, dependencies.plan.site)
    dependencies.arrivals.took(known.batch, known.rejected, time.time(), time.monotonic() - begun)
    receipt = _receipt(parsed, outcomes)
    metrics.pushed(_counted(receipt))
    return receipt


async def _written(dependencies: Dependencies, batch: Batch) -> NDArray[np.uint8]:
    try:
        return await dependencies.sink.write(batch)
    except QueueFull as error:
        raise come_again(429, f"Too much comes at once: {error}.") from error
    except StoreUnavailable as error:
        raise come_again(503, "The readings could not be made durable; please send them again.") from error


def _check_source(asker: Asker, source: str) -> None:
    if asker.sources is not None and source not in asker.sources:
        raise Refusal(403, f"The key {asker.name!r} may not post under the source {source!r}.")


def _permitted(dependencies: Dependencies, parsed: Parsed, asker: Asker) -> Parsed:
    """The rows of meters that may be posted for; the others are rejected, whether or not there is one.

    Raises Refusal (403).
    """
    _check_source(asker, parsed.batch.source)
    posting = Posting(asker, dependencies.plan.site, datetime.now(UTC))
    if posting.free:
        return parsed
    codes = {*parsed.batch.meters, *(each.meter for each in parsed.unnamed)}
    allowed = posting.meters(tuple(codes))
    kept = _of_meters(parsed, allowed, _FOREIGN)
    return replace(kept, unnamed=tuple(each for each in parsed.unnamed if each.meter in allowed))


def _keep_aside(dependencies: Dependencies, parsed: Parsed) -> None:
    """Best effort: what is kept here was not acknowledged."""
    try:
        with dependencies.store.connection() as conn:
            stray.put_unnamed(conn, parsed.batch.source, parsed.unnamed)
    except StorageError as error:
        dependencies.strays.dropped += len(parsed.unnamed)
        _LOG.warning("numbers under names that mean nothing yet could not be kept: %s", error)


def declared(parsed: Parsed, site: Site | None) -> Parsed:
    """The rows of the site's meters; those of others are rejected by name."""
    return _of_meters(parsed, site.meter_codes if site else frozenset(), _ASIDE)


def _of_meters(parsed: Parsed, known: frozenset[str], reason: str) -> Parsed:
    if known.issuperset(parsed.batch.meters):
        return parsed
    ours = np.array([code in known for code in parsed.batch.meters], bool)[parsed.batch.row_meter]
    strangers = [
        Rejected(int(parsed.rows[row]), "meter", parsed.batch.meters[parsed.batch.row_meter[row]], reason)
        for row in np.flatnonzero(~ours)
    ]
    rows = np.flatnonzero(ours)
    kept = picked(parsed.batch, rows)
    return Parsed(kept, parsed.rows[rows], (*parsed.rejected, *strangers), parsed.unnamed)


def _parse(site: Site | None, posted: Posted) -> Parsed:
    plain = bodies.unpack(posted.body, posted.encoding)
    parse = _parser(plain, posted.media)
    declared = site.push_source(posted.source) if site else None
    zone = ZoneInfo(declared.zone) if declared and declared.zone else None
    forms = declared.forms if declared else NO_FORMS
    try:
        return parse(plain, posted.source, WELL_FORMED, zone, time.time(), forms=forms)
    except TooManyRows as error:
        raise Refusal(413, f"The body holds {error.reason}; send it in parts.") from error
    except PayloadError as error:
        mistake = Mistake(error.field or "body", shortened(error.value), error.reason)
        raise Refusal(422, "The body cannot be read.", [mistake]) from error


def _parser(plain: bytes, media: str) -> _Parser:
    """By the body's form. Raises Refusal (415)."""
    if media == ARROW:
        return _arrow()
    return columns.parse if plain.lstrip()[:1] == b"{" else rows.parse


def _arrow() -> _Parser:
    if find_spec("pyarrow") is None:
        mistake = Mistake("Content-Type", ARROW, "needs the package pyarrow: pip install 'parkwatt[arrow]'")
        raise Refusal(415, "Arrow is not installed beside this service; JSON is read.", [mistake])
    return cast("_Parser", import_module("ingest.collectors.push.arrow").parse)


def _receipt(parsed: Parsed, outcomes: NDArray[np.uint8]) -> Receipt:
    accepted, duplicate, conflict, _, spooled = np.bincount(outcomes, minlength=len(Outcome)).tolist()
    fields = [RejectedField(r.row, r.field, shortened(r.value), r.reason) for r in parsed.rejected]
    for index in np.flatnonzero(outcomes == Outcome.UNKNOWN_METER).tolist():
        code = parsed.batch.meters[parsed.batch.row_meter[index]]
        fields.append(RejectedField(int(parsed.rows[index]), "meter", code, _ASIDE))
    return Receipt(accepted, duplicate, conflict, spooled, sorted(fields, key=lambda each: each.row))


def _counted(receipt: Receipt) -> dict[str, int]:
    rejected = len({each.row for each in receipt.rejected})
    return {
        "accepted": receipt.accepted,
        "duplicate": receipt.duplicate,
        "conflict": receipt.conflict,
        "spooled": receipt.spooled,
        "rejected": rejected,
    }


def _nothing_taken(receipt: Receipt) -> Refusal:
    mistakes = [Mistake(f"{each.row}.{each.field}", each.value, each.reason) for each in receipt.rejected]
    return Refusal(
        422, f"None of the rows could be taken; {len(mistakes)} mistakes.", mistakes[:_MOST_ERRORS]
    )
