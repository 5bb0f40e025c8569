"""Meters of areas billed apart that stand below the park's billing point, and are taken off what it shows."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from telemetry.reports.membership import lineage
from telemetry.storage.terms import MeterTerm


def behind(
    codes: Sequence[str],
    terms: Sequence[MeterTerm],
    edges: Mapping[str, NDArray[np.bool_]],
    root: str,
    apart: Collection[str],
) -> NDArray[np.bool_]:
    """Meters on the edge of the areas `apart` that have one of `root`'s edge above them, bool[m]."""
    above = {code: term.parent for code, term in zip(codes, terms, strict=True)}
    at_edge = {code for code, crosses in zip(codes, edges[root].tolist(), strict=True) if crosses}
    below = np.array([bool(at_edge.intersection(lineage(code, above)[1:])) for code in codes], np.bool_)
    found = np.zeros(len(codes), np.bool_)
    for code in apart:
        found |= edges.get(code, False)
    return below & found
