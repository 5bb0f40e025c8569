"""Every package that pyproject.toml asks for is locked in constraints.txt, at a version that it allows."""

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCKED = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().split())
VERSIONS = {canonicalize_name(name): version for name, version in LOCKED.items()}
WANTED = [
    *PROJECT["dependencies"],
    *(text for extra in PROJECT["optional-dependencies"].values() for text in extra),
]


@pytest.mark.parametrize("text", [text for text in WANTED if not text.startswith("parkwatt")])
def test_is_locked(text: str) -> None:
    wanted = Requirement(text)
    assert wanted.specifier.contains(VERSIONS[canonicalize_name(wanted.name)])
