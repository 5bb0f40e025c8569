"""Emissions of settled amounts: amount x factor, gases apart, and a named shortfall where none fits."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from accounting.errors import FactorError
from accounting.factors import Choice, Factor, Rule, choose
from accounting.sources import SOURCES, UNSETTLED, Source


def choose_for(
    factors: Sequence[Factor], quantity: str, *, day: date, known: date, regions: Sequence[str]
) -> Choice | None:
    """The factor of a quantity on a day, or its shortfall; None when the quantity emits nothing."""
    if quantity in UNSETTLED:
        return Choice(None, Rule.NONE, UNSETTLED[quantity])
    if quantity not in SOURCES:
        return None
    return choose_of(factors, SOURCES[quantity], day=day, known=known, regions=regions)


def choose_of(
    factors: Sequence[Factor], source: Source, *, day: date, known: date, regions: Sequence[str]
) -> Choice:
    """The factor of a source, per the first of its units that has one."""
    choices = [
        choose(
            factors, day=day, known=known, regions=regions, purpose=source.purpose, item=source.item, per=unit
        )
        for unit, _ in source.per
    ]
    chosen = next((choice for choice in choices if choice.factor), choices[0])
    if source.assumed and chosen.factor:
        return replace(chosen, why=f"{chosen.why}; {source.assumed}")
    return chosen


def rate(source: Source, factor: Factor) -> float:
    """Mass of the factor's gas per unit of the quantity [kg/kWh, kg/GJ, kg/m3].

    Raises FactorError when the factor is per something that the quantity cannot be converted to.
    """
    ratio = dict(source.per).get(factor.unit_denominator)
    if ratio is None:
        raise FactorError(
            f"factor {factor.id!r} is per {factor.unit_denominator}, not per {source.per[0][0]}"
        )
    return factor.kg * ratio


def emitted(
    amount: NDArray[np.float64], rates: NDArray[np.float64], which: NDArray[np.integer]
) -> NDArray[np.float64]:
    """Mass float64[m, s] [kg] of amounts float64[m, s] by rates float64[r] [kg per unit], which[s] in slot s.

    What has no amount or no rate (NaN) stays NaN: unknown is not zero.
    """
    kg: NDArray[np.float64] = amount * rates[which]
    return kg
