"""Known weaknesses of every locked package: constraints.txt by pip-audit, package-lock.json by npm audit.

Exit 0: asked for all, none known; 1: some are known; 2: none known, and not all could be asked for.
"""

import json
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PIP_AUDIT = "pip-audit==2.10.1"
LOCKS = ("web", "tests/peers")
NONE_KNOWN, KNOWN, NOT_ASKED = range(3)


@dataclass(frozen=True)
class Told:
    """What was said of one lock file."""

    place: str
    asked: int = 0
    known: Sequence[str] = ()
    silent: str = field(default="")
    """Why some or all of its packages could not be asked for."""


def of_python(place: str, output: str, error: str) -> Told:
    """What pip-audit said; of packages that it skips the service knows nothing, good or bad."""
    try:
        found = json.loads(output)["dependencies"]
    except (ValueError, KeyError):
        return Told(place, silent=_last(error))
    skipped = [each["skip_reason"] for each in found if "skip_reason" in each]
    known = [
        f"{each['name']} {each['version']}: {one['id']}" for each in found for one in each.get("vulns", [])
    ]
    silent = f"{len(skipped)} of {len(found)} packages: {skipped[0]}" if skipped else ""
    return Told(place, len(found) - len(skipped), known, silent if found else "nothing was asked")


def of_node(place: str, output: str, error: str) -> Told:
    """What npm audit said."""
    try:
        found: dict[str, Any] = json.loads(output)
        known = [f"{name}: {each['severity']}" for name, each in found["vulnerabilities"].items()]
        return Told(place, found["metadata"]["dependencies"]["total"], known)
    except (ValueError, KeyError):
        return Told(place, silent=_last(error))


def _last(error: str) -> str:
    """What a command said when it gave up."""
    lines = [line for line in error.splitlines() if line.strip() and "log of this run" not in line]
    return lines[-1].strip()[:200] if lines else "no answer"


def verdict(told: Sequence[Told]) -> int:
    if any(each.known for each in told):
        return KNOWN
    return NOT_ASKED if any(each.silent for each in told) else NONE_KNOWN


def _python() -> Told:
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        command = [f"{folder}/bin/python", "-m"]
        made = _ran([*command, "pip", "install", "--quiet", "--disable-pip-version-check", PIP_AUDIT])
        if made.returncode:
            return Told("constraints.txt", silent=_last(made.stderr))
        asked = [
            *command,
            "pip_audit",
            "--no-deps",
            "--disable-pip",
            "--progress-spinner",
            "off",
            "-f",
            "json",
        ]
        found = _ran([*asked, "-r", "constraints.txt"])
    return of_python("constraints.txt", found.stdout, found.stderr)


def _node(folder: str) -> Told:
    found = _ran(["npm", "audit", "--package-lock-only", "--json"], ROOT / folder)
    return of_node(f"{folder}/package-lock.json", found.stdout, found.stderr)


def _ran(command: list[str], folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=600)


def main() -> int:
    told = [_python(), *map(_node, LOCKS)]
    for each in told:
        print(f"{each.place}: asked for {each.asked} packages, {len(each.known)} weaknesses known")
        for one in each.known:
            print(f"    {one}")
        if each.silent:
            print(f"    NOT ASKED: {each.silent}")
    found = verdict(told)
    if found == NOT_ASKED:
        print(
            "An advisory service did not answer: this says nothing of the packages that were not asked for."
        )
    return found


if __name__ == "__main__":
    sys.exit(main())
