"""Formulas of virtual meters: sums of other meters' settled quantities, each times a number."""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from accounting.errors import FormulaError
from accounting.quantity import CATALOGUE
from accounting.recipes import SETTLED

_TOKEN = re.compile(r"\s*(?:(?P<word>[A-Za-z0-9][A-Za-z0-9_.\-]*)|(?P<mark>[-+*/()]))")
_NUMBER = re.compile(r"\d+(\.\d*)?([eE]-?\d+)?")
_LONGEST = 2000
_DEEPEST = 20
_END = ""


@dataclass(frozen=True, slots=True)
class Term:
    """A meter's settled quantity times a factor."""

    factor: float
    meter: str
    quantity: str

    def __str__(self) -> str:
        return f"{self.factor:g} * {self.meter}.{self.quantity}"


@dataclass(frozen=True, slots=True)
class Formula:
    """A sum of terms, each meter's quantity once."""

    terms: tuple[Term, ...]

    @property
    def meters(self) -> frozenset[str]:
        return frozenset(term.meter for term in self.terms)

    @property
    def factors(self) -> NDArray[np.float64]:
        """float64[m], one a term."""
        return np.array([term.factor for term in self.terms])


def combined(
    factors: NDArray[np.float64], amount: NDArray[np.float64], coverage: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Sum of terms float64[m, n], each times its factor float64[m]; and its coverage, float64[n], float32[n].

    Where a term is missing the sum is missing, never less: NaN with coverage 0. Elsewhere the coverage is the
    smallest of the terms', so that the sum is estimated where any of them is.
    """
    found: NDArray[np.float64] = (factors[:, None] * amount).sum(axis=0)
    return found, np.where(np.isnan(found), np.float32(0), coverage.min(axis=0)).astype(np.float32)


@lru_cache(maxsize=4096)
def parse(text: str) -> Formula:
    """Read `M-01.energy_import - 0.5 * (M-02.energy_import + M-03.energy_import)`.

    Numbers, `+ - * /` and brackets, of which a sum of terms has to remain. Raises FormulaError.
    """
    if len(text) > _LONGEST:
        raise FormulaError(f"is longer than {_LONGEST} characters")
    found = _Reader(text).whole()
    if "" in found:
        raise FormulaError(f"the number {found['']:g} is added alone; every term names a meter's quantity")
    return Formula(tuple(_term(name, factor) for name, factor in found.items()))


def _term(name: str, factor: float) -> Term:
    meter, _, quantity = name.rpartition(".")
    if not factor or not math.isfinite(factor):
        raise FormulaError(f"{name} is left with the factor {factor:g}")
    if quantity not in SETTLED:
        raise FormulaError(f"{name}: {_unsettled(quantity)}")
    return Term(factor, meter, quantity)


def _unsettled(quantity: str) -> str:
    if quantity not in CATALOGUE:
        return f"{quantity!r} is not in the catalogue of quantities"
    return f"{quantity} is no settled quantity, such as energy_import is"


_Sum = dict[str, float]
"""Factor by name of a meter's quantity; a number alone bears the name ''."""


class _Reader:
    """A reader of sums of products, one mark after the other."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._next = next(self._tokens)
        self._depth = 0

    def whole(self) -> _Sum:
        found = self._sum()
        if self._next != _END:
            raise FormulaError(f"{self._next!r} stands where + - * / or the end is expected")
        return found

    def _take(self) -> str:
        taken, self._next = self._next, next(self._tokens, _END)
        return taken

    def _sum(self) -> _Sum:
        found: _Sum = {}
        sign = self._take() if self._next in {"+", "-"} else "+"
        while True:
            for name, factor in self._product().items():
                found[name] = found.get(name, 0.0) + (factor if sign == "+" else -factor)
            if self._next not in {"+", "-"}:
                return found
            sign = self._take()

    def _product(self) -> _Sum:
        found = self._factor()
        while self._next in {"*", "/"}:
            found = (_times if self._take() == "*" else _over)(found, self._factor())
        return found

    def _factor(self) -> _Sum:
        word = self._take()
        if word == "(":
            return self._bracket()
        if word in {*"+-*/)", _END}:
            raise FormulaError(f"{word or 'the end'!r} stands where a meter's quantity is expected")
        if _NUMBER.fullmatch(word):
            return {"": float(word)}
        if not word.rpartition(".")[0]:
            raise FormulaError(f"{word!r} is no meter's quantity, such as M-01.energy_import is")
        return {word: 1.0}

    def _bracket(self) -> _Sum:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise FormulaError(f"brackets stand more than {_DEEPEST} deep")
        found = self._sum()
        if self._take() != ")":
            raise FormulaError("a bracket is not closed")
        self._depth -= 1
        return found


def _times(one: _Sum, other: _Sum) -> _Sum:
    number, rest = (one, other) if one.keys() == {""} else (other, one)
    if number.keys() != {""}:
        raise FormulaError("two meters are multiplied; a formula adds and subtracts them")
    return {name: factor * number[""] for name, factor in rest.items()}


def _over(one: _Sum, other: _Sum) -> _Sum:
    if other.keys() != {""} or not other[""]:
        raise FormulaError("it divides by what is not a number other than 0")
    return {name: factor / other[""] for name, factor in one.items()}


def _tokens(text: str) -> Iterator[str]:
    at = 0
    while at < len(text.rstrip()):
        found = _TOKEN.match(text, at)
        if found is None:
            raise FormulaError(f"{text[at:].strip()[:20]!r} is not understood")
        yield found["word"] or found["mark"]
        at = found.end()
    yield _END


def parsed(formulas: Mapping[str, str] | None) -> Mapping[str, Formula]:
    """Formulas by the quantity that they tell. Raises FormulaError."""
    return {quantity: parse(text) for quantity, text in (formulas or {}).items()}
