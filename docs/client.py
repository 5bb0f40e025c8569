"""Makes a typed Python client of a running service: client.py URL [FOLDER], with a key in PARKWATT_TOKEN.

The generator is openapi-python-client, in an environment of its own; docs/client.yaml is what it goes by.
"""  # noqa: INP001  # a script

import json
import os
import subprocess
import sys
import tempfile
import urllib.request
import venv
from pathlib import Path
from typing import Any

GENERATOR = "openapi-python-client==0.29.1"
CONFIG = Path(__file__).with_name("client.yaml")
JSON = "application/json"


def document(url: str, token: str) -> dict[str, Any]:
    """As the service tells it. Raises OSError."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    asked = urllib.request.Request(f"{url}/api/openapi.json", headers=headers)  # noqa: S310  # as its caller says
    with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310  # as above
        told: dict[str, Any] = json.load(answer)
    return told


def in_json(told: dict[str, Any]) -> dict[str, Any]:
    """The same with one form of each body: the generator cannot tell lists from files by their type."""
    for operations in told["paths"].values():
        for operation in operations.values():
            content = operation.get("requestBody", {}).get("content", {})
            for form in [form for form in content if form != JSON and JSON in content]:
                del content[form]
    return told


def generate(told: dict[str, Any], folder: Path) -> None:
    """Raises subprocess.CalledProcessError."""
    with tempfile.TemporaryDirectory() as work:
        venv.create(work, with_pip=True)
        described = Path(work) / "openapi.json"
        described.write_text(json.dumps(in_json(told)), encoding="utf-8")
        _run(work, "python", "-m", "pip", "install", "-q", "--disable-pip-version-check", GENERATOR)
        told_by = ["--path", str(described), "--config", str(CONFIG), "--meta", "setup"]
        made = ["--output-path", str(folder), "--overwrite", "--fail-on-warning"]
        _run(work, "openapi-python-client", "generate", *told_by, *made)


def _run(work: str, program: str, *words: str) -> None:
    environment = {**os.environ, "PATH": f"{work}/bin:{os.environ['PATH']}"}
    subprocess.run([f"{work}/bin/{program}", *words], check=True, env=environment)  # noqa: S603  # named above


def main() -> None:
    url, *folder = sys.argv[1:]
    told = document(url.rstrip("/"), os.environ.get("PARKWATT_TOKEN", ""))
    generate(told, Path(folder[0] if folder else "parkwatt-client"))


if __name__ == "__main__":
    main()
