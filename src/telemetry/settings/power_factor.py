"""The tables by which charges are adjusted for the power factor: one file each."""

import csv
from decimal import InvalidOperation
from pathlib import Path

from accounting.charges import Adjustments, adjustments
from accounting.errors import ChargeError
from telemetry.settings.mistakes import Mistake


def load_adjustments(folders: list[Path], mistakes: list[Mistake]) -> dict[str, Adjustments]:
    """Every `*.csv` of the folders, by its name; what is wrong is appended to `mistakes`."""
    found: dict[str, Adjustments] = {}
    for path in (path for folder in folders for path in sorted(folder.glob("*.csv"))):
        try:
            with path.open(encoding="utf-8", newline="") as lines:
                found[path.stem] = adjustments(csv.DictReader(lines))
        except (ChargeError, InvalidOperation, KeyError, TypeError, OSError, UnicodeDecodeError) as error:
            mistakes.append(Mistake(str(path), "", f"cannot be read: {error}"))
    return found
