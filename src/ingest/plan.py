"""Which blocks one poll of a device reads: as few as its limits allow."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ingest.device import Device, Table


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Addresses `start` to `start + count` of one table."""

    table: Table
    start: int
    count: int

    @property
    def end(self) -> int:
        return self.start + self.count

    def __str__(self) -> str:
        return f"{self.table} {self.start} to {self.end - 1}"


def plan(device: Device) -> tuple[Span, ...]:
    """The block reads that fetch everything the device's template asks for."""
    return blocks(needs(device), device.max_words, device.max_gap)


def needs(device: Device) -> Iterator[Span]:
    """What each register, scale register and identity word occupies."""
    for register in device.registers:
        yield Span(register.table, register.address, register.type.words)
        if register.scale_register is not None:
            yield Span(register.table, register.scale_register, 1)
    for identity in device.identity:
        yield Span(identity.table, identity.address, 1)


def blocks(spans: Iterable[Span], max_words: int, max_gap: int) -> tuple[Span, ...]:
    """Blocks of at most `max_words` that hold every span whole and bridge at most `max_gap` unneeded ones."""
    merged: list[Span] = []
    for span in sorted(set(spans)):
        limit = span.table.read_limit if span.table.holds_bits else max_words
        if merged and _joins(merged[-1], span, limit, max_gap):
            last = merged[-1]
            merged[-1] = Span(last.table, last.start, max(last.end, span.end) - last.start)
        else:
            merged.append(span)
    return tuple(merged)


def _joins(block: Span, span: Span, max_words: int, max_gap: int) -> bool:
    return (
        span.table == block.table
        and span.start - block.end <= max_gap
        and max(block.end, span.end) - block.start <= max_words
    )
