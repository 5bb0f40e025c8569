"""What is wrong in the configuration: the file, the key, the reason.

ParkWattError
├── ConfigError   every mistake that was found, at once
└── UnknownName   somebody asked for what the configuration does not have
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from pydantic import ValidationError

from telemetry.model import ParkWattError


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    file: str
    key: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.reason}" if self.key else f"{self.file}: {self.reason}"


class ConfigError(ParkWattError):
    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(map(str, self.mistakes)))


class UnknownName(ParkWattError):  # noqa: N818  # a question's fault, not the program's
    pass


def from_validation(file: str, error: ValidationError) -> list[Mistake]:
    """One mistake per field that pydantic refused."""
    return [Mistake(file, _path(item["loc"]), _reason(item["msg"], item["input"])) for item in error.errors()]


def _path(location: tuple[int | str, ...]) -> str:
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".")


def _reason(message: str, value: object) -> str:
    plain = message.removeprefix("Value error, ")
    shown = "" if isinstance(value, dict | list | tuple) else f" (got {value!r})"
    return plain + shown


def no_such(what: str, name: str | None, known: Iterable[str]) -> str:
    """That a name is unknown, and which known one is near it."""
    near = get_close_matches(name or "", list(known), n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"there is no {what} {name!r}{hint}"
