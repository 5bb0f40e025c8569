"""How the metrics of one device become the values of its meter."""

from collections.abc import Iterable, Iterator
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from accounting.errors import UnitError
from accounting.quantity import CATALOGUE, LARGEST
from accounting.units import conversion
from ingest.collectors.sparkplug.node import Scope
from ingest.collectors.sparkplug.payload import Metric, Payload, signed
from ingest.collectors.sparkplug.template import SparkplugDevice, SparkplugValue
from ingest.decode import Linear, scaled
from ingest.errors import PayloadError
from ingest.moment import check_plausible

_SESSION = "bdSeq"
_DATE_TIME = 13
_Rows = dict[int, NDArray[np.float64]]
"""Values float64[k] by the template's quantities, by time [us]."""


class MetricReader:
    """Reads the births and data of one device by its template."""

    def __init__(self, template: SparkplugDevice) -> None:
        self.quantities = template.quantities
        self._wanted: dict[str, list[tuple[int, SparkplugValue, Linear]]] = {}
        for column, value in enumerate(template.values):
            self._wanted.setdefault(value.metric, []).append((column, value, Linear.of(value)))
        self._contradicted: dict[int, PayloadError] = {}

    def announce(self, metrics: Iterable[Metric]) -> None:
        """Takes note of the units that a birth names; what contradicts the template is not read."""
        self._contradicted = {}
        for metric in metrics:
            for column, value, _ in self._wanted.get(metric.name, ()):
                if metric.unit != value.unit and _measures(metric.unit, value.quantity):
                    reason = f"the device says {metric.unit}, its template {value.unit}"
                    self._contradicted[column] = PayloadError(metric.name, metric.value, reason)

    def read(self, payload: Payload, scope: Scope, now: float) -> tuple[_Rows, list[PayloadError]]:
        """A row for each instant of the metrics, and what could not be read."""
        rows: _Rows = {}
        complaints: list[PayloadError] = []
        for metric in payload.metrics:
            try:
                for column, number in self._numbers(metric, scope):
                    time_us = _time_us(metric, payload, now)
                    rows.setdefault(time_us, np.full(len(self.quantities), np.nan))[column] = number
            except PayloadError as error:
                complaints.append(error)
        return rows, complaints

    def unmapped(self, payload: Payload, scope: Scope, now: float) -> Iterator[tuple[str, int, float]]:
        """Of the metrics that the template does not mention."""
        return (each for each in numbers(payload, scope, now) if each[0] not in self._wanted)

    def _numbers(self, metric: Metric, scope: Scope) -> Iterator[tuple[int, float]]:
        name = scope.name_of(metric)
        if name is None:
            raise PayloadError("alias", metric.alias, "no birth announced it")
        for column, value, linear in self._wanted.get(name, ()):
            if column in self._contradicted:
                raise self._contradicted[column]
            raw = _raw(metric, metric.datatype or scope.datatypes.get(name, 0), name)
            number = scaled(raw, name, value, linear, value.missing)
            if not np.isnan(number):
                yield column, number


def numbers(payload: Payload, scope: Scope, now: float) -> Iterator[tuple[str, int, float]]:
    """Name, time [us] and number of all metrics that hold one."""
    for metric in payload.metrics:
        name = scope.name_of(metric)
        if name is None or name == _SESSION:
            continue
        number = _beside(metric, metric.datatype or scope.datatypes.get(name, 0))
        if number is not None:
            with suppress(PayloadError):
                yield name, _time_us(metric, payload, now), number


def _beside(metric: Metric, datatype: int) -> float | None:
    value = signed(metric.value, datatype)
    if datatype == _DATE_TIME or isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) <= LARGEST else None


def _raw(metric: Metric, datatype: int, name: str) -> object:
    if metric.structure:
        raise PayloadError(name, "a data set or template", "it holds no single number")
    return signed(metric.value, datatype)


def _time_us(metric: Metric, payload: Payload, now: float) -> int:
    time_ms = payload.time_ms if metric.time_ms is None else metric.time_ms
    if time_ms is None:
        raise PayloadError("timestamp", None, "neither the metric nor its payload tells the time")
    return check_plausible("timestamp", time_ms, time_ms * 1000, now)


def _measures(unit: str, quantity: str) -> bool:
    """The unit is one of this quantity."""
    try:
        conversion(unit, CATALOGUE[quantity].unit)
    except UnitError:
        return False
    return True
