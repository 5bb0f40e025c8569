"""The PostgreSQL that ParkWatt runs for itself: one server to a data folder, gone when its owner is gone."""

import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from telemetry.storage.binaries import MAJOR, Account, choose_account, programs
from telemetry.storage.cluster import (
    ROLE,
    initialise,
    last_words,
    log_file,
    owner_password,
    reference,
    status,
)
from telemetry.storage.errors import EmbeddedPostgresError
from telemetry.storage.keeper import kept

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "120",
    "shared_buffers": "256MB",
    "effective_cache_size": "2GB",
    "maintenance_work_mem": "128MB",
    "work_mem": "16MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "off",
    "random_page_cost": "1.1",
    "max_worker_processes": "4",
    "max_parallel_workers": "2",
    "max_parallel_workers_per_gather": "1",
    "jit": "off",
    "log_checkpoints": "off",
}
READY_S = 300.0
SHUTDOWN = ((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0))
"""Fast, immediate, none: each signal and the patience [s] before the next."""


class EmbeddedPostgres:
    """The server of one data folder; `start` and `stop` belong to one owner, who holds the folder's lock."""

    def __init__(self) -> None:
        self._held = ExitStack()

    def start(self, data_dir: Path) -> str:
        """Start the server and return the URL of its owner role; raises EmbeddedPostgresError."""
        folder = _private(data_dir)
        cluster = folder / MAJOR
        with ExitStack() as held:
            held.enter_context(_claimed(folder))
            account = choose_account(cluster)
            _end_orphan(folder, cluster)
            runtime = held.enter_context(_runtime(folder, account))
            bindir, socket, password = programs(account, runtime), runtime / "s", owner_password(folder)
            if not cluster.exists():
                initialise(bindir, cluster, socket, account, password)
            held.enter_context(kept(lambda: _running(bindir, cluster, socket, account)))
            self._held = held.pop_all()
        return _url(socket, password)

    def stop(self) -> None:
        """Shut the server down (sessions end, what was committed stays) and free the folder."""
        self._held.close()


def running(data_dir: Path) -> str | None:
    """The URL of the server that another process runs for this data folder; None where none does."""
    folder = data_dir / "postgres"
    record = folder / "runtime"
    if not record.exists() or not _is_claimed(folder):
        return None
    return _url(Path(record.read_text()) / "s", owner_password(folder))


def _is_claimed(folder: Path) -> bool:
    with (folder / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _url(socket: Path, password: str) -> str:
    return f"postgresql://{ROLE}:{password}@/postgres?host={quote(str(socket), safe='')}"


def has_data(data_dir: Path) -> bool:
    """Whether a server has ever stored anything in this data folder."""
    return (data_dir / "postgres" / MAJOR).exists()


def _private(data_dir: Path) -> Path:
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = data_dir.resolve() / "postgres"
    folder.mkdir(exist_ok=True, mode=0o700)
    return folder


@contextmanager
def _claimed(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("a+") as lock:
        lock.seek(0)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise EmbeddedPostgresError(
                f"data folder {folder.parent} is in use by another ParkWatt (process {lock.read() or '?'})"
            ) from None
        lock.truncate(0)
        print(os.getpid(), end="", file=lock, flush=True)
        yield


@contextmanager
def _runtime(folder: Path, account: Account) -> Iterator[Path]:
    """A short folder for the socket, whose path may have 107 bytes, and for programs that must be copied."""
    runtime = Path(tempfile.mkdtemp(prefix="parkwatt-", dir=_place()))
    record = folder / "runtime"
    record.write_text(str(runtime))
    descriptor = os.open(runtime, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)  # what clears /tmp by age passes over locked folders
        runtime.chmod(0o700 if account.ours else 0o711)
        (runtime / "s").mkdir(mode=0o700)
        account.own(runtime / "s")
        yield runtime
    finally:
        os.close(descriptor)
        shutil.rmtree(runtime, ignore_errors=True)
        record.unlink(missing_ok=True)


def _place() -> str:
    noexec = getattr(os, "ST_NOEXEC", 0)
    places = ("/tmp", "/var/tmp", "/var/lib")  # noqa: S108  # mkdtemp makes a private folder there
    fit = (place for place in places if os.access(place, os.W_OK) and not os.statvfs(place).f_flag & noexec)
    return next(fit, places[0])


def _end_orphan(folder: Path, cluster: Path) -> None:
    """End a server whose owner was killed, and clear what it left: our lock says that nobody owns it."""
    record = folder / "runtime"
    if not record.exists():
        return
    runtime = Path(record.read_text())
    if runtime.name.startswith("parkwatt-"):
        pid, _ = status(cluster)
        if pid and not _ended(pid, str(runtime)):
            raise EmbeddedPostgresError(f"process {pid}, left behind by an earlier ParkWatt, does not end")
        shutil.rmtree(runtime, ignore_errors=True)
    (cluster / "postmaster.pid").unlink(missing_ok=True)
    record.unlink()


def _ended(pid: int, mark: str) -> bool:
    """Whether the process with `mark` in its command line is gone; another of its number is left alone."""
    for number, patience in SHUTDOWN:
        deadline = time.monotonic() + patience
        with suppress(ProcessLookupError):
            if mark in _command_line(pid):
                os.kill(pid, number)
        while time.monotonic() < deadline:
            if mark not in _command_line(pid):
                return True
            time.sleep(0.02)
    return False


def _command_line(pid: int) -> str:
    if Path("/proc/self").exists():
        with suppress(FileNotFoundError, ProcessLookupError):
            return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
        return ""
    ps = ["/bin/ps", "-o", "command=", "-p", str(pid)]
    return subprocess.run(ps, capture_output=True, check=False, text=True).stdout  # noqa: S603  # a number


@contextmanager
def _running(
    bindir: Path, cluster: Path, socket: Path, account: Account
) -> Iterator[subprocess.Popen[bytes]]:
    settings = SETTINGS | {"unix_socket_directories": str(socket)}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    command = [str(bindir / "postgres"), "-D", reference(cluster, account), *options]
    with log_file(cluster).open("ab") as log:
        server = account.popen(command, cwd=cluster, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        with _guarded(server.pid, account):
            _await_ready(server, cluster)
            yield server
    finally:
        _shut_down(server)


@contextmanager
def _guarded(pid: int, account: Account) -> Iterator[None]:
    """A shell that waits on a pipe from us: when we are killed, the pipe closes and it ends the server."""
    command = ["/bin/sh", "-c", 'read -r _; kill -INT "$1"', "parkwatt-guard", str(pid)]
    with account.popen(command, cwd="/", stdin=subprocess.PIPE) as guard:
        try:
            yield
        finally:
            guard.kill()


def _await_ready(server: subprocess.Popen[bytes], cluster: Path) -> None:
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise EmbeddedPostgresError(f"PostgreSQL did not start: {last_words(cluster)}")
        if status(cluster) == (server.pid, True):
            return
        time.sleep(0.02)
    raise EmbeddedPostgresError(f"PostgreSQL was not ready within {READY_S:.0f} s: {last_words(cluster)}")


def _shut_down(server: subprocess.Popen[bytes]) -> None:
    for number, patience in SHUTDOWN:
        server.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            server.wait(patience)
            return
