"""What the documents promise is there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from telemetry.cli import app

ROOT = Path(__file__).parents[2]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("**/*.md"))]
TEXT = "\n".join(document.read_text(encoding="utf-8") for document in DOCUMENTS)
SOURCES = "\n".join(
    path.read_text(encoding="utf-8")
    for folder in ("src", "config", "tests", "ci", "image", "deploy")
    for path in (ROOT / folder).glob("**/*")
    if path.is_file() and path.suffix in {".py", ".yaml", ".sh"}
)


@pytest.mark.parametrize("target", sorted(set(re.findall(r"(?:^|`)make ([a-z][a-z-]*)", TEXT, re.MULTILINE))))
def test_every_make_target_exists(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize(
    "command", sorted(set(re.findall(r"^ *(?:\$ )?(?:\.venv/bin/)?parkwatt ([a-z]+)", TEXT, re.MULTILINE)))
)
def test_every_command_exists(command: str) -> None:
    assert CliRunner().invoke(app, [command, "--help"]).exit_code == 0


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(PARKWATT_[A-Z_]+)`", TEXT))))
def test_every_variable_is_read_somewhere(name: str) -> None:
    assert name in SOURCES


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_and_path_leads_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    links = [link.split("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    paths = re.findall(r"`((?:src|docs|config|tests|bench|web|ci|deploy)/[\w./-]+)`", text)
    named = [document.parent / link for link in links if link] + [ROOT / path for path in paths]
    assert [str(path) for path in named if not path.exists()] == []


def _anchors(document: Path) -> set[str]:
    """Of its headings, as GitHub names them."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_into_a_document_finds_its_heading(document: Path) -> None:
    links = re.findall(r"\]\(([^)\s:#]*\.md)?#([^)\s]+)\)", document.read_text(encoding="utf-8"))
    lost = [
        f"{path}#{anchor}"
        for path, anchor in links
        if anchor not in _anchors(document.parent / path if path else document)
    ]
    assert lost == []


def test_the_rooms_of_the_house_are_those_that_imports_keep_to() -> None:
    drawn = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").split("```")[1]
    packages = {path.parent.name for path in ROOT.glob("src/*/__init__.py")}
    assert packages == packages & set(re.findall(r"\w+", drawn))


@pytest.mark.parametrize(
    ("path", "test"),
    sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", TEXT))),
    ids=lambda word: word,
)
def test_every_test_named_exists(path: str, test: str) -> None:
    assert f"def {test}(" in (ROOT / path).read_text(encoding="utf-8")


def test_the_traps_name_cases_that_exist() -> None:
    text = (ROOT / "docs" / "traps.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z0-9]+(?:-[a-z0-9]+)+)`", text))
    assert named
    assert sorted(named - {path.name for path in (ROOT / "tests" / "ingest" / "cases").iterdir()}) == []


def test_the_documents_name_no_machine() -> None:
    assert not re.search(r"/(?:work|farm|root)/[\w.-]{3,}", TEXT)


def test_the_list_of_meter_models_is_what_the_folder_holds() -> None:
    subprocess.run([sys.executable, ROOT / "docs" / "devices.py", "--check"], check=True)


def test_decisions_are_numbered_one_after_the_other() -> None:
    decisions = sorted((ROOT / "docs/adr").glob("*.md"))
    numbers = [int(decision.name[:4]) for decision in decisions]
    headings = [
        int(decision.read_text("utf-8").split(".", 1)[0].removeprefix("# ")) for decision in decisions
    ]
    assert numbers == headings == list(range(1, len(decisions) + 1))
