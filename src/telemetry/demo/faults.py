"""The faults switch: which meters are cut off, stuck or wrong, and whose counters were reset.

python -m telemetry.demo.faults drop A-M07
"""

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import cycle
from pathlib import Path

from telemetry.demo.memory import data_folder
from telemetry.settings.environment import read_environment

_FILE = "faults.json"
_KINDS = ("drop", "stuck", "jump", "reset")
_REHEARSAL = (("drop", "A-M07"), ("stuck", "B-M03"), ("jump", "D-M03"), ("reset", "C-M01"), ("drop", "P-G01"))
_SOUND_S, _FAULTY_S = 20.0, 90.0


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong in the park now."""

    drop: tuple[str, ...] = ()
    """Meters that do not answer."""
    stuck: dict[str, float] = field(default_factory=dict)
    """Meters that go on showing what they showed at an instant [s]."""
    jump: tuple[str, ...] = ()
    """Meters whose power and counters are far too high."""
    resets: dict[str, float] = field(default_factory=dict)
    """Meters whose counters started at 0 again at an instant [s]; it stays so."""

    def with_fault(self, kind: str, meter: str, now: float) -> "Faults":
        """Raises ValueError for a kind that is none."""
        clean = self if kind == "reset" else self.cleared(meter)
        if kind == "drop":
            return replace(clean, drop=(*clean.drop, meter))
        if kind == "jump":
            return replace(clean, jump=(*clean.jump, meter))
        if kind == "stuck":
            return replace(clean, stuck=clean.stuck | {meter: now})
        if kind == "reset":
            return replace(clean, resets=clean.resets | {meter: now})
        raise ValueError(f"{kind!r} is no fault; there are drop, stuck, jump and reset")

    def cleared(self, meter: str) -> "Faults":
        return replace(
            self,
            drop=tuple(code for code in self.drop if code != meter),
            jump=tuple(code for code in self.jump if code != meter),
            stuck={code: at for code, at in self.stuck.items() if code != meter},
        )


class Switch:
    """The faults file of a data folder; read again when it has changed."""

    def __init__(self, data: Path) -> None:
        self.path = data / _FILE
        self._seen = -1
        self._faults = Faults()

    def faults(self) -> Faults:
        try:
            changed = self.path.stat().st_mtime_ns
        except FileNotFoundError:
            return Faults()
        if changed != self._seen:
            self._faults, self._seen = _read(self.path), changed
        return self._faults

    def set(self, faults: Faults) -> None:
        """Replaces the file in one step."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(asdict(faults), indent=1), "utf-8")
        draft.replace(self.path)


async def rehearse(switch: Switch, say: Callable[[str], None]) -> None:
    """Goes round: one meter after the other fails in its own way, until cancelled."""
    try:
        for kind, meter in cycle(_REHEARSAL):
            await asyncio.sleep(_SOUND_S)
            switch.set(switch.faults().with_fault(kind, meter, time.time()))
            say(f"fault: {kind} {meter}")
            await asyncio.sleep(_FAULTY_S)
            switch.set(switch.faults().cleared(meter))
    finally:
        for _, meter in _REHEARSAL:
            switch.set(switch.faults().cleared(meter))


def _read(path: Path) -> Faults:
    content = json.loads(path.read_text("utf-8"))
    return Faults(tuple(content["drop"]), content["stuck"], tuple(content["jump"]), content["resets"])


def main(arguments: Sequence[str]) -> int:
    """Switches one fault on or off, or prints what is wrong now."""
    options = _parser().parse_args(arguments)
    switch = Switch(Path(options.data))
    faults = switch.faults()
    if options.kind == "clear":
        switch.set(faults.cleared(options.meter))
    elif options.kind != "list":
        switch.set(faults.with_fault(options.kind, options.meter, time.time()))
    sys.stdout.write(json.dumps(asdict(switch.faults())) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m telemetry.demo.faults", description=main.__doc__)
    parser.add_argument("kind", choices=[*_KINDS, "clear", "list"])
    parser.add_argument("meter", nargs="?", default="")
    parser.add_argument(
        "--data", default=str(data_folder(read_environment())), help="the data folder of the park"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
