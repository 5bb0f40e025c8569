"""Whom alerts are told to: `contacts.yaml`, in which secrets are named and never stand."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml
from pydantic import TypeAdapter, ValidationError

from alerts.contacts import NOBODY, Directory
from alerts.rule import Rule
from telemetry.model import Site
from telemetry.settings.documents import read_yaml
from telemetry.settings.mistakes import Mistake, from_validation, no_such

_DIRECTORY: TypeAdapter[Directory] = TypeAdapter(Directory)
FILE = "contacts.yaml"


def load_directory(
    config_dir: Path | None, site: Site | None, rules: Sequence[Rule], mistakes: list[Mistake]
) -> Directory:
    """Nobody where there is no file; what is wrong is appended to `mistakes`."""
    file = config_dir and config_dir / FILE
    if file is None or not file.exists():
        return NOBODY
    directory = _read(file, mistakes)
    mistakes.extend(Mistake(str(file), key, reason) for key, reason in _misnamed(directory, site, rules))
    return directory


def _read(file: Path, mistakes: list[Mistake]) -> Directory:
    """As `load_file`, without what the environment holds: it is looked up when a message is sent."""
    try:
        return _DIRECTORY.validate_python(read_yaml(file))
    except ValidationError as error:
        mistakes.extend(from_validation(str(file), error))
    except (yaml.YAMLError, OSError, UnicodeDecodeError) as error:
        mistakes.append(Mistake(str(file), "", f"cannot be read: {' '.join(str(error).split())}"))
    return NOBODY


def _misnamed(directory: Directory, site: Site | None, rules: Sequence[Rule]) -> Iterator[tuple[str, str]]:
    """(key, reason) for everything that routes name and there is not."""
    known = {
        "area": {area.code for area in site.areas} if site else set(),
        "rule": {rule.code for rule in rules},
    }
    for key, what, code in directory.named():
        if code not in known[what]:
            yield key, no_such(what, code, known[what])
