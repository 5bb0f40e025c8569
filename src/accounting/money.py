"""Money: decimal, rounded half up, and shared out so that the parts add up to the cent."""

from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from accounting.errors import ChargeError

CENT = Decimal("0.01")
_NOTHING = Decimal(0)


def rounded(value: Decimal, unit: Decimal = CENT) -> Decimal:
    """To whole units, halves away from zero; nothing has no sign."""
    return value.quantize(unit, ROUND_HALF_UP) + _NOTHING


def decimal(value: float, digits: int = 6) -> Decimal:
    """A measured number as it is billed: with so many decimals, as it would be printed."""
    return rounded(Decimal(repr(float(value))), Decimal(1).scaleb(-digits))


def shared(total: Decimal, weights: Sequence[Decimal], unit: Decimal = CENT) -> list[Decimal]:
    """A total in whole units shared out by weight; what is left goes to the largest remainders.

    Raises ChargeError for a negative weight, and for weights that come to nothing.
    """
    whole = sum(weights, Decimal(0))
    if any(weight < 0 for weight in weights) or whole <= 0:
        raise ChargeError(f"{total} cannot be shared out by the weights {[str(w) for w in weights]}")
    sign = Decimal(-1) if total < 0 else Decimal(1)
    exact = [abs(total) * weight / whole for weight in weights]
    parts = [part.quantize(unit, ROUND_DOWN) for part in exact]
    left = int((abs(total) - sum(parts, Decimal(0))) / unit)
    order = sorted(range(len(parts)), key=lambda n: (parts[n] - exact[n], n))
    for n in order[:left]:
        parts[n] += unit
    return [sign * part + _NOTHING for part in parts]
