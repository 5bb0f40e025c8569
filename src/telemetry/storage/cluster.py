"""A PostgreSQL cluster on disk: its making, its password, what its server says of itself."""

import secrets
import shutil
import subprocess
from pathlib import Path

from telemetry.storage.binaries import Account
from telemetry.storage.errors import EmbeddedPostgresError

ROLE = "parkwatt"
FORM = (
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
)
LOG_BYTES = 1 << 20


def owner_password(folder: Path) -> str:
    """The owner role's password, made on the first call and kept in a file of mode 0600."""
    path = folder / "password"
    if not path.exists():
        draft = _secret(folder / "password.new", secrets.token_urlsafe(24))
        draft.rename(path)
    return path.read_text()


def initialise(bindir: Path, cluster: Path, private: Path, account: Account, password: str) -> None:
    """Make the cluster beside its place and rename it, so that a broken attempt never counts.

    `private` is a folder of the account's, for the moment in which initdb reads the password.
    """
    draft = cluster.with_suffix(".new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    account.own(draft)
    secret = _secret(private / "password", password)
    account.own(secret)
    command = [
        str(bindir / "initdb"),
        "-D",
        reference(draft, account),
        "-U",
        ROLE,
        f"--pwfile={secret}",
        *FORM,
    ]
    with log_file(cluster).open("ab") as log:
        code = account.popen(command, cwd=draft, stdin=subprocess.DEVNULL, stdout=log, stderr=log).wait()
    secret.unlink()
    if code:
        raise EmbeddedPostgresError(f"initdb failed: {last_words(cluster)}")
    draft.rename(cluster)


def _secret(path: Path, text: str) -> Path:
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(text)
    return path


def reference(cluster: Path, account: Account) -> str:
    """How the server, started inside the cluster's folder, names it.

    Another user may not pass through the folders above it; its own working directory is open to it.
    """
    if account.ours:
        return str(cluster)
    if not Path("/proc/self/cwd").exists():
        raise EmbeddedPostgresError("without /proc the embedded PostgreSQL needs an ordinary user, not root")
    return "/proc/self/cwd"


def status(cluster: Path) -> tuple[int | None, bool]:
    """The server's process as it noted it, and whether it says that it is ready."""
    try:
        lines = (cluster / "postmaster.pid").read_text().split()
    except FileNotFoundError:
        return None, False
    return (int(lines[0]) if lines and lines[0].isdigit() else None), lines[-1:] == ["ready"]


def log_file(cluster: Path) -> Path:
    log = cluster.with_name("server.log")
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
    return log


def last_words(cluster: Path) -> str:
    lines = cluster.with_name("server.log").read_text(errors="replace").splitlines()
    return " / ".join(lines[-5:]) or "it said nothing"
