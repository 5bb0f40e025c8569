"""The typed Python client, made of a service that was just started, and used against it."""

import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import venv
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SMOKE = Path(__file__).with_name("client_smoke.py")


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def await_ready(url: str, service: subprocess.Popen[bytes], patience_s: float = 120.0) -> None:
    until = time.monotonic() + patience_s
    while time.monotonic() < until and service.poll() is None:
        with suppress(OSError), urllib.request.urlopen(f"{url}/readyz", timeout=5):
            return
        time.sleep(0.3)
    raise SystemExit("client: the service did not become ready")


def try_client(url: str, token: str, work: Path) -> None:
    """Raises subprocess.CalledProcessError."""
    made = [sys.executable, str(ROOT / "docs/client.py"), url, str(work / "parkwatt-client")]
    subprocess.run(made, check=True, env={**os.environ, "PARKWATT_TOKEN": token})
    venv.create(work / "venv", with_pip=True)
    python = str(work / "venv/bin/python")
    install = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "httpx", "attrs"]
    subprocess.run([*install, str(work / "parkwatt-client")], check=True)
    subprocess.run([python, str(SMOKE), url, token], check=True)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        work, token, port = Path(folder), secrets.token_urlsafe(24), free_port()
        variables = {
            "PARKWATT_PORT": str(port),
            "PARKWATT_DATA_DIR": str(work / "data"),
            "PARKWATT_CONFIG_DIR": str(work / "config"),
            "PARKWATT_TOKEN": token,
        }
        environment = {**os.environ, **variables}
        environment.pop("PARKWATT_DATABASE_URL", None)
        (work / "config").mkdir()
        with (work / "serve.log").open("wb") as log:
            command = [str(Path(sys.executable).with_name("parkwatt")), "serve"]
            service = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            await_ready(f"http://127.0.0.1:{port}", service)
            try_client(f"http://127.0.0.1:{port}", token, work)
        except (Exception, SystemExit):
            print((work / "serve.log").read_text(encoding="utf-8")[-4000:])
            raise
        finally:
            service.terminate()
            service.wait(30)


if __name__ == "__main__":
    main()
