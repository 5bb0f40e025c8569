import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.batch import Batch, row
from ingest.errors import SpoolError, SpoolFull
from ingest.spool import Spool, SpoolState
from ingest.spool.segment import Entry

ROOM = 4096


def reading(number: int, quantities: int = 1) -> Batch:
    names = tuple(f"q{i}" for i in range(quantities))
    return row("s", f"M{number}", number, names, np.full(quantities, float(number)))


def numbers(spool: Spool) -> list[int]:
    """What the spool hands out, from the beginning."""
    spool.rewind()
    return [int(kept.batch.time[0]) for kept in spool.take(10**9)]


def offered(spool: Spool, number: int, quantities: int = 1) -> str | None:
    """Why the spool did not take it."""
    try:
        spool.append([reading(number, quantities)])
    except SpoolFull as error:
        return str(error)
    return None


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.segment"))


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., Spool]]:
    """Opens the folder's spool; the one before was killed."""
    now: list[Spool] = []

    def again(**how: int) -> Spool:
        while now:
            now.pop().close()
        now.append(Spool.open(tmp_path / "spool", clock=lambda: 1000.0, **{"segment": ROOM} | how))
        return now[0]

    yield again
    while now:
        now.pop().close()


def test_what_was_appended_is_there_after_a_crash_until_it_is_done(opened: Callable[..., Spool]) -> None:
    spool = opened()
    spool.append([reading(1), reading(2)])
    spool.append([reading(3)])
    spool.done(spool.take(2))
    again = opened()
    assert numbers(again) == [3]
    again.done([])
    assert numbers(opened()) == [3]


def test_a_thousand_records_fill_many_files_which_go_when_all_is_done(
    opened: Callable[..., Spool], tmp_path: Path
) -> None:
    spool = opened()
    for number in range(1000):
        spool.append([reading(number)])
    assert numbers(spool) == list(range(1000))
    assert len(files(tmp_path / "spool")) > 10
    assert numbers(opened()) == list(range(1000))
    spool = opened()
    spool.done(spool.take(10**9))
    assert spool.health().state is SpoolState.EMPTY
    assert len(files(tmp_path / "spool")) <= 2


def test_one_batch_larger_than_a_file_is_kept_whole(opened: Callable[..., Spool]) -> None:
    n = 40_000
    big = Batch(
        "s", ("M1",), np.zeros(n, np.int32), np.arange(n), ("q",), np.arange(n, dtype=np.float64)[:, None]
    )
    spool = opened()
    spool.append([big])
    assert [t for kept in opened().take(10**9) for t in kept.batch.time] == list(range(n))


def test_health_tells_depth_and_age(opened: Callable[..., Spool]) -> None:
    spool = opened()
    assert spool.health().oldest is None
    spool.append([reading(1), reading(2)])
    health = spool.health()
    assert (health.state, health.records, health.rows, health.oldest) == (SpoolState.HOLDING, 2, 2, 1000.0)
    assert 0 < health.bytes < ROOM
    assert spool.pending
    spool.done(spool.take(1))
    assert spool.health().rows == 1


def test_a_folder_has_one_owner_and_nobody_else_may_look(
    opened: Callable[..., Spool], tmp_path: Path
) -> None:
    folder = tmp_path / "spool"
    folder.mkdir(mode=0o755)
    opened().append([reading(1)])
    with pytest.raises(SpoolError, match="in use by another ParkWatt"):
        Spool.open(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SpoolError, match="file/spool cannot be used"):
        Spool.open(tmp_path / "file" / "spool")


def test_it_is_loud_before_it_is_full_and_says_so_once(
    opened: Callable[..., Spool], caplog: pytest.LogCaptureFixture
) -> None:
    spool = opened(limit=10 * ROOM)
    states, taken = [], 0
    caplog.set_level(logging.INFO)
    while (told := offered(spool, taken)) is None:
        taken += 1
        states.append(spool.health().state)
    assert told == "the spool takes no more readings: 40960 bytes are used"
    assert list(dict.fromkeys(states)) == [SpoolState.HOLDING, SpoolState.NEARLY_FULL]
    assert states.index(SpoolState.NEARLY_FULL) == pytest.approx(0.8 * taken, rel=0.05)
    assert spool.health().state is SpoolState.FULL
    assert offered(spool, taken) == told
    assert [record.getMessage().split(":")[0] for record in caplog.records] == [
        "the spool is 80 % full, soon readings will be turned away",
        "the spool is full, readings are turned away",
    ]
    assert numbers(spool) == list(range(taken))


def test_it_takes_readings_again_when_the_store_has_had_some(
    opened: Callable[..., Spool], caplog: pytest.LogCaptureFixture
) -> None:
    spool = opened(limit=4 * ROOM)
    while offered(spool, 1) is None:
        pass
    with caplog.at_level(logging.INFO):
        spool.done(spool.take(10**9))
    assert caplog.messages[2:] == ["the spool has room again"]
    spool.append([reading(2)])
    assert numbers(spool) == [2]


def test_a_record_that_the_store_refuses_stands_aside_until_the_next_start(
    opened: Callable[..., Spool], caplog: pytest.LogCaptureFixture
) -> None:
    spool = opened()
    spool.append([reading(1), reading(2)])
    first, second = spool.take(2)
    spool.hold(first, "no such column")
    spool.done([second])
    assert caplog.messages == ["1 rows of s stay in the spool: no such column"]
    assert numbers(spool) == []
    assert (spool.health().held, spool.pending) == (1, False)
    assert numbers(opened()) == [1]


def test_a_record_of_a_newer_version_is_kept_for_it(
    opened: Callable[..., Spool], caplog: pytest.LogCaptureFixture
) -> None:
    spool = opened()
    assert spool._spare is not None
    spool.append([])
    spool._append([Entry(b"\x02 of the future", 1)])
    spool.append([reading(2)])
    assert numbers(spool) == [2]
    assert "a record stays there unread: version: this ParkWatt reads version 1 (got 2)" in caplog.text
    assert opened().health().records == 2


def test_what_was_never_finished_is_cut(
    opened: Callable[..., Spool], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spool = opened()
    spool.append([reading(1), reading(2)])
    (file,), end = files(tmp_path / "spool"), spool._segments[0].end
    torn = spool._segments[0]._framed(end, Entry(b"x" * 50, 1), 1)
    with file.open("r+b") as handle:
        handle.seek(end)
        handle.write(torn[:60])
    again = opened()
    assert numbers(again) == [1, 2]
    assert (again.health().cut, again.health().damaged) == (1, 0)
    assert "60 bytes of a record that was never finished are cut" in caplog.text


def test_a_damaged_record_is_passed_over_counted_and_told(
    opened: Callable[..., Spool], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spool = opened()
    spool.append([reading(n) for n in range(1, 4)])
    file, size = files(tmp_path / "spool")[0], spool._segments[0].end // 3
    flip(file, size + 40)
    again = opened()
    assert numbers(again) == [1, 3]
    assert (again.health().cut, again.health().damaged) == (0, 1)
    assert "1 records are damaged, their readings are lost" in caplog.text


def flip(file: Path, at: int, bits: int = 0xFF) -> None:
    with file.open("r+b") as handle:
        handle.seek(at)
        byte = handle.read(1)
        handle.seek(at)
        handle.write(bytes([byte[0] ^ bits]))


Step = tuple[str, int, int]
STEPS = st.one_of(
    st.tuples(st.just("append"), st.integers(1, 4), st.integers(1, 12)),
    st.tuples(st.just("done"), st.integers(1, 6), st.just(0)),
    st.tuples(st.just("crash"), st.just(0), st.just(0)),
    st.tuples(st.just("torn"), st.integers(1, 200), st.just(0)),
    st.tuples(st.just("flip"), st.integers(0, 10**6), st.integers(1, 255)),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(STEPS, max_size=30))
def test_every_acknowledged_record_comes_back_whatever_happens(steps: list[Step]) -> None:
    with TemporaryDirectory() as place:
        _survive(Path(place) / "spool", steps)


def _survive(folder: Path, steps: list[Step]) -> None:
    spool, ever, live, flips = Spool.open(folder, segment=1024), 0, set[int](), 0
    damaged = cut = 0

    def reopened() -> Spool:
        nonlocal damaged, cut
        spool.close()
        again = Spool.open(folder, segment=1024)
        damaged, cut = damaged + again.health().damaged, cut + again.health().cut
        return again

    for step, one, other in [*steps, ("crash", 0, 0)]:
        if step == "append":
            spool.append([reading(ever + n, other) for n in range(one)])
            live |= set(range(ever, ever + one))
            ever += one
        elif step == "done":
            taken = spool.take(one)
            spool.done(taken)
            live -= {int(kept.batch.time[0]) for kept in taken}
        elif step == "torn" and (active := spool._active) and active.room >= 300:
            half = active._framed(active.end, Entry(b"x" * 250, 1), 1)[:one]
            with active.path.open("r+b") as handle:
                handle.seek(active.end)
                handle.write(half)
                handle.truncate()
            spool = reopened()
        elif step == "flip":
            places = [(file, at) for file in files(folder) for at in range(file.stat().st_size)]
            if places:
                flip(*places[one % len(places)], other)
                flips += 1
            spool = reopened()
        else:
            spool = reopened()
        lost = live - set(found := numbers(spool))
        assert len(found) == len(set(found))
        assert set(found) - live == set() or flips
        assert len(lost) <= min(flips, damaged + cut)
        live -= lost
        spool.rewind()
        flips -= len(lost)
        damaged, cut = damaged - min(damaged, len(lost)), cut - max(0, len(lost) - damaged)
    spool.close()


def test_bytes_that_look_like_a_record_inside_a_damaged_one_are_not_taken_for_one(
    opened: Callable[..., Spool], tmp_path: Path
) -> None:
    spool = opened()
    spool.append([reading(1)])
    inner = files(tmp_path / "spool")[0].read_bytes()[: spool._segments[0].end]
    spool._append([Entry(inner, 1)])
    spool.append([reading(2)])
    flip(files(tmp_path / "spool")[0], len(inner) + 8)
    assert numbers(opened()) == [1, 2]


PROGRAM = """
import resource, sys
from pathlib import Path
sys.path.append({tests!r})
from test_spool import numbers, offered, reading
from ingest.spool import Spool
"""
SMALL_DISK = """
spool = Spool.open(Path({folder!r}) / "spool", segment=65536)
told, number = {{}}, 0
while (error := offered(spool, number)) is None:
    number += 1
    told.setdefault(spool.health().state.value, number)
print(error)
assert numbers(spool) == list(range(number))
assert told["nearly full"] < 0.9 * number, (told, number)
spool.rewind()
spool.done(spool.take(number))
spool.append([reading(number)])
print(spool.health().state.value)
"""
LIMITED_FILES = """
spool = Spool.open(Path({folder!r}) / "spool", segment=16384)
resource.setrlimit(resource.RLIMIT_FSIZE, (20000, resource.RLIM_INFINITY))
print(offered(spool, 1, 3000))
print(offered(spool, 2), numbers(spool))
"""


def program(text: str, folder: Path) -> list[str]:
    whole = (PROGRAM + text).format(tests=str(Path(__file__).parent), folder=str(folder))
    return [sys.executable, "-c", whole]


def output(command: list[str]) -> list[str]:
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout.splitlines()


def test_what_the_disk_refuses_is_refused_and_what_fits_is_not(tmp_path: Path) -> None:
    assert output(program(LIMITED_FILES, tmp_path)) == [
        "the spool takes no more readings: [Errno 27] File too large",
        "None [2]",
    ]


def test_a_full_disk_is_found_when_room_is_allocated_and_told_while_there_is_some(tmp_path: Path) -> None:
    mount = [
        "unshare",
        "--map-root-user",
        "--mount",
        "sh",
        "-c",
        f'mount -t tmpfs -o size=256k tmpfs {tmp_path} && exec "$@"',
    ]
    if subprocess.run([*mount, "sh", "true"], capture_output=True, check=False).returncode:
        pytest.skip("does not apply: this machine lets nobody mount a small disk")
    full, then = output([*mount, "sh", *program(SMALL_DISK, tmp_path)])
    assert full == "the spool takes no more readings: [Errno 28] No space left on device"
    assert then == "holding"
