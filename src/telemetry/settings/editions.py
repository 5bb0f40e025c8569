"""The sets of factors one by one, and how another comes to stand beside them."""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from accounting.factors import Factor, FactorSet
from telemetry.settings.factor_sets import load_factor_sets, read_set
from telemetry.settings.library import library_folder
from telemetry.settings.mistakes import ConfigError, Mistake


@dataclass(frozen=True, slots=True)
class Edition:
    """One publication and its numbers."""

    folder: Path
    header: FactorSet
    factors: tuple[Factor, ...]


def editions(config_dir: Path | None) -> dict[str, Edition]:
    """Every set by code, those shipped and the park's own. Raises ConfigError with every mistake."""
    return _checked(_roots(config_dir))


def take_in(folder: Path, config_dir: Path | None, *, dry_run: bool) -> Edition:
    """Put a set into the park's own folder, once it stands without a mistake beside all others.

    Raises ConfigError, and then nothing was written.
    """
    if config_dir is None:
        reason = "names the folder that the set goes to; set it to your configuration folder"
        raise ConfigError([Mistake("environment", "PARKWATT_CONFIG_DIR", reason)])
    own = config_dir / "factors"
    new = _offered(folder, own)
    if not dry_run:
        own.mkdir(exist_ok=True)
        _move_in(folder, own / new.header.code)
    return Edition(own / new.header.code, new.header, new.factors)


def _roots(config_dir: Path | None) -> list[Path]:
    shipped = library_folder()
    own = [] if config_dir is None or config_dir.samefile(shipped) else [config_dir / "factors"]
    return [shipped / "factors", *own]


def _offered(folder: Path, own: Path) -> Edition:
    """The set in `folder`, read as a neighbour of all others."""
    if not (folder / "set.yaml").is_file():
        raise ConfigError([Mistake(str(folder), "", "has no set.yaml, which says who published the numbers")])
    with tempfile.TemporaryDirectory() as scratch:
        shutil.copytree(folder, Path(scratch) / "set")
        known = _checked([*_roots(own.parent), Path(scratch)])
    return next(one for one in known.values() if one.folder.is_relative_to(scratch))


def _checked(roots: list[Path]) -> dict[str, Edition]:
    mistakes: list[Mistake] = []
    load_factor_sets(roots, mistakes)
    found: dict[str, Edition] = {}
    for path in sorted(path for root in roots for path in root.glob("*/set.yaml")):
        header, factors = read_set(path, [])
        if header is not None and header.code in found:
            reason = f"{header.code!r} stands in {found[header.code].folder}; a new edition has its own code"
            mistakes.append(Mistake(str(path), "code", reason))
        elif header is not None:
            found[header.code] = Edition(path.parent, header, factors)
    if mistakes:
        raise ConfigError(mistakes)
    return found


def _move_in(folder: Path, home: Path) -> None:
    """All of the set's files, or none of them."""
    with tempfile.TemporaryDirectory(dir=home.parent, prefix=".incoming-") as scratch:
        whole = Path(scratch) / "set"
        shutil.copytree(folder, whole)
        whole.rename(home)
