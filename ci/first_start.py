"""A fresh machine's first start, tried as root on Linux: first_start.py [private] [ordinary] [wheel].

private   a clone under a 0700 folder with a space in its path: `make run`, Ctrl-C, `make run`, kill -9 of
          everything, `make run`, Ctrl-C; the data stays and no process is left
ordinary  the same clone as an ordinary user: `make run`, Ctrl-C
wheel     the wheel in an environment outside any checkout: without the extra one line says what to install,
          with it `parkwatt demo` shows the page
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FIRST_S, AGAIN_S, END_S = 120.0, 15.0, 30.0
ORDINARY = 65534


class TrialError(Exception):
    pass


def expect(what: object, text: str) -> None:
    if not what:
        raise TrialError(text)


class Run:
    """One start of the demo park, by the command given."""

    def __init__(self, command: list[str], folder: Path, home: Path, variables: Mapping[str, str]) -> None:
        self.port = free_port()
        self.log = home / "run.log"
        self.mark = f"PARKWATT_FIRST_START={os.getpid()}.{time.monotonic_ns()}"
        self.home = home
        environment = {**os.environ, **variables, "PARKWATT_PORT": str(self.port)}
        environment.pop("PARKWATT_DATABASE_URL", None)
        name, _, value = self.mark.partition("=")
        self.started = time.monotonic()
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                cwd=folder,
                env={**environment, name: value},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def get(self, path: str) -> bytes:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            body: bytes = answer.read()
            return body

    def read(self, path: str) -> Any:
        return json.loads(self.get(f"/api/v1{path}"))

    def await_live(self, patience: float) -> float:
        """Until meters are live; the seconds that took."""
        while time.monotonic() - self.started < patience:
            if self.process.poll() is not None:
                raise TrialError(f"ended with {self.process.returncode}")
            if attempt(lambda: self.read("/live")["counts"]["live"] > 0):
                return time.monotonic() - self.started
            time.sleep(0.2)
        raise TrialError(f"nothing live after {patience:.0f} s")

    def past(self) -> Any:
        """The readings of one meter on one past day, once the past is posted."""
        meter = self.read("/meters")["meters"][0]["code"]
        day = [
            time.strftime("%Y-%m-%dT00:00:00Z", time.gmtime(time.time() - days * 86400)) for days in (31, 30)
        ]
        path = f"/readings?meter={meter}&from={day[0]}&to={day[1]}"
        patience = time.monotonic() + 300
        while time.monotonic() < patience:
            readings = self.read(path)
            if len(readings["times"]) == 96:
                return readings
            time.sleep(1)
        raise TrialError("the past was not posted")

    def processes(self) -> set[int]:
        """Everything that this start brought to life, the server and its guard among it."""
        found = {pid for pid in pids() if self.mark in text(pid, "environ") or self._inside(pid)}
        while more := {pid for pid in pids() if parent(pid) in found} - found:
            found |= more
        guarded = {f"parkwatt-guard {pid}" for pid in found}
        return found | {pid for pid in pids() if any(text(pid, "cmdline").endswith(g) for g in guarded)}

    def _inside(self, pid: int) -> bool:
        try:
            return Path(f"/proc/{pid}/cwd").readlink().is_relative_to(self.home)
        except OSError:
            return False

    def interrupt(self) -> None:
        """Ctrl-C, as a terminal sends it to its foreground group; then nothing may be left."""
        running, sockets = self.processes(), self.sockets()
        expect(len(running) > 5 and sockets, f"only {len(running)} processes, sockets in {sockets}")
        os.killpg(self.process.pid, signal.SIGINT)
        try:
            self.process.wait(END_S)
        except subprocess.TimeoutExpired:
            raise TrialError(f"still there {END_S:.0f} s after Ctrl-C") from None
        self.expect_gone(running)
        expect(not any(folder.exists() for folder in sockets), f"left behind: {sockets}")

    def sockets(self) -> list[Path]:
        """The folders of the server's socket, as the data folders note them."""
        return [Path(record.read_text()) for record in self.home.glob("**/postgres/runtime")]

    def kill(self) -> None:
        """kill -9 of everything at once."""
        self.close()
        self.process.wait()

    def expect_gone(self, running: set[int]) -> None:
        patience = time.monotonic() + 5
        while left := {pid for pid in running | self.processes() if text(pid, "cmdline")}:
            expect(time.monotonic() < patience, f"left behind: {[text(pid, 'cmdline') for pid in left]}")
            time.sleep(0.1)

    def close(self) -> None:
        for pid in self.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def attempt(question: Callable[[], bool]) -> bool:
    try:
        return question()
    except (OSError, ValueError, KeyError):
        return False


def pids() -> set[int]:
    return {int(entry.name) for entry in Path("/proc").glob("[0-9]*")}


def text(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


def parent(pid: int) -> int:
    return int((text(pid, "stat").rpartition(")")[2].split() or ["", "0"])[1])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def clone(home: Path) -> Path:
    checkout = home / "park watt"
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", ROOT, checkout], check=True)
    return checkout


def modes(home: Path) -> list[int]:
    return [path.stat().st_mode for path in (home, *home.parents)]


def try_private(home: Path) -> None:
    home.chmod(0o700)
    before, checkout = modes(home), clone(home)
    variables = {"XDG_DATA_HOME": str(home / "share")}

    def start(patience: float) -> tuple[Run, float]:
        run = Run(["make", "run"], checkout, home, variables)
        try:
            return run, run.await_live(patience)
        except TrialError:
            run.close()
            raise

    first, seconds = start(FIRST_S)
    print(f"   first make run: live after {seconds:.1f} s")
    past = first.past()
    first.interrupt()
    second, seconds = start(AGAIN_S)
    print(f"   second make run: live after {seconds:.1f} s")
    expect(second.past() == past, "the data changed by a second start")
    second.kill()
    third, seconds = start(AGAIN_S)
    print(f"   after kill -9 of everything: live after {seconds:.1f} s")
    expect(third.past() == past, "the data changed by kill -9")
    third.interrupt()
    expect(modes(home) == before, "permissions changed outside the checkout")


def try_ordinary(home: Path) -> None:
    clone(home)
    subprocess.run(["chown", "-R", f"{ORDINARY}:{ORDINARY}", home], check=True)
    command = ["setpriv", f"--reuid={ORDINARY}", f"--regid={ORDINARY}", "--clear-groups"]
    command += ["make", "run", "PYTHON=/usr/bin/python3"]
    run = Run(command, home / "park watt", home, {"HOME": str(home)})
    try:
        print(f"   make run: live after {run.await_live(FIRST_S):.1f} s")
        owners = {Path(f"/proc/{pid}").stat().st_uid for pid in run.processes()}
        expect(owners == {ORDINARY}, f"processes of users {owners}")
        run.interrupt()
    finally:
        run.close()


def try_wheel(home: Path) -> None:
    checkout, elsewhere = clone(home), home / "elsewhere"
    elsewhere.mkdir()
    pip = ["python3", "-m", "pip", "-qq", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", home, checkout], check=True)
    (wheel,) = home.glob("parkwatt-*.whl")
    lock = checkout / "constraints.txt"
    subprocess.run(["python3", "-m", "venv", home / "venv"], check=True)
    pip[0] = str(home / "venv" / "bin" / "python")
    parkwatt = str(home / "venv" / "bin" / "parkwatt")
    variables = {"XDG_DATA_HOME": str(home / "share")}
    subprocess.run([*pip, "install", "--constraint", lock, wheel], check=True)
    shutil.rmtree(checkout / "src")
    said = subprocess.run(
        [parkwatt, "demo"],
        cwd=elsewhere,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **variables},
    )
    line = (said.stdout + said.stderr).strip()
    expect(
        said.returncode != 0 and "pip install 'parkwatt[demo]'" in line and "\n" not in line, f"said {line!r}"
    )
    subprocess.run([*pip, "install", "--constraint", lock, f"{wheel}[demo]"], check=True)
    run = Run([parkwatt, "demo"], elsewhere, home, variables)
    try:
        print(f"   parkwatt demo: live after {run.await_live(FIRST_S):.1f} s")
        page = run.get("/").decode()
        assets = re.findall(r'(?:src|href)="(/assets/[^"]+)"', page)
        expect(bool(assets) and all(run.get(asset) for asset in assets), f"assets {assets}")
        run.interrupt()
    finally:
        run.close()


TRIALS = {"private": try_private, "ordinary": try_ordinary, "wheel": try_wheel}


def main(names: list[str]) -> int:
    failed = 0
    for name in names or TRIALS:
        print(f"== first start: {name}", flush=True)
        home = Path(tempfile.mkdtemp(prefix="parkwatt-first-"))
        home.chmod(0o755)
        try:
            TRIALS[name](home)
        except (TrialError, subprocess.CalledProcessError, OSError) as failure:
            failed += 1
            print(f"   failed: {failure}")
            log = home / "run.log"
            print(
                "\n".join(log.read_text(errors="replace").splitlines()[-40:]) if log.exists() else "   no log"
            )
        finally:
            shutil.rmtree(home, ignore_errors=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
