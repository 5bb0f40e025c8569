"""Which pools have a part in what others carry: all that feeds them, step by step."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping

from telemetry.reports.pools.layout import Layout, Part, PoolKey, Row

_FLOWS = frozenset({Part.SENT, Part.RECEIVED})
_ENDS = frozenset({Part.USED, Part.EXPORTED})
_CONVERSIONS = frozenset({Part.TAKEN, Part.CONVERTED})


def feeding(rows: Iterable[Row], wanted: Collection[PoolKey]) -> set[PoolKey]:
    """`wanted`, what their converters give to, and every pool that feeds one of them, step by step."""
    known = list(rows)
    feeds, takers = _feeds(known), {r.converter for r in known if r.part is Part.TAKEN and r.pool in wanted}
    found = {*wanted, *(r.pool for r in known if r.part is Part.CONVERTED and r.converter in takers)}
    open_ = list(found)
    while open_:
        new = feeds.get(open_.pop(), set()) - found
        found |= new
        open_.extend(new)
    return found


def _feeds(rows: Collection[Row]) -> Mapping[PoolKey, set[PoolKey]]:
    """Pool -> those that feed it; a converter's outputs go together, for they share what its inputs carry."""
    joined: defaultdict[str, set[PoolKey]] = defaultdict(set)
    for row in rows:
        if row.part in _CONVERSIONS and row.converter:
            joined[row.converter].add(row.pool)
    found: defaultdict[PoolKey, set[PoolKey]] = defaultdict(set)
    for row in rows:
        if row.part is Part.CONVERTED and row.converter:
            found[row.pool] |= joined[row.converter]
        elif row.part in _FLOWS and row.other is not None:
            source, target = (row.pool, row.other) if row.part is Part.SENT else (row.other, row.pool)
            found[target].add(source)
    return found


def narrowed(laid: Layout, asked: Callable[[PoolKey], bool], flows: Callable[[Row], bool]) -> Layout:
    """Rows of the pools asked for, and of those before them; `flows`: whether a row ever showed anything."""
    moving = [row for row in laid.rows if flows(row)]
    near = feeding(moving, [key for key in laid.pools if asked(key)])
    whole = {row.converter for row in moving if row.part is Part.CONVERTED and row.pool in near}
    return Layout(
        [row for row in moving if asked(row.pool) or (row.pool in near and _passes(row, near, whole))]
    )


def _passes(row: Row, near: Collection[PoolKey], whole: Collection[str | None]) -> bool:
    """Whether a row of a pool that feeds others has a part in what it feeds them with."""
    if row.part is Part.SENT:
        return row.other in near
    return row.converter in whole if row.part is Part.TAKEN else row.part not in _ENDS
