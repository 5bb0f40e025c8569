"""Whether the files of a configuration have changed, and have come to rest since."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

_FOLDERS = ("sites", "devices", "tariffs", "factors", "schemes", "alerts")
_Print = tuple[tuple[str, int, int, int], ...]
T = TypeVar("T")


class Watch:
    """Two looks in a row have to agree: an editor that is still writing is waited for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known = self._seen = self._look()

    def settled(self) -> bool:
        """True once after each change, at the first look that finds what the one before found."""
        before, self._seen = self._seen, self._look()
        if self._seen == self._known or self._seen != before:
            return False
        self._known = self._seen
        return True

    def _look(self) -> _Print:
        return tuple(sorted(self._prints()))

    def _prints(self) -> Iterator[tuple[str, int, int, int]]:
        for path in self._files():
            try:
                stat = path.stat()
            except OSError:  # gone between the two calls
                continue
            yield str(path), stat.st_mtime_ns, stat.st_size, stat.st_ino

    def _files(self) -> Iterator[Path]:
        yield self._folder / "influx.yaml"
        yield self._folder / "contacts.yaml"
        for name in _FOLDERS:
            yield from (self._folder / name).rglob("*.yaml")
            yield from (self._folder / name).rglob("*.csv")


def watched(folder: Path | None, load: Callable[[], T]) -> tuple[T, Watch | None]:
    """What `load` makes of the files, and a watch that tells of each change since it began to read them."""
    watch = None if folder is None else Watch(folder)
    return load(), watch
