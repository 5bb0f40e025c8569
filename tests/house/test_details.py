"""Each reason and each text of a failure that the page has Chinese for is one that the service says."""

import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TABLE = (ROOT / "web/src/i18n/details.ts").read_text("utf-8")
PHRASES = [said.replace("{#}", "{}") for said in re.findall(r'^  \["(.*?)", "', TABLE, re.MULTILINE)]
SAID = "\n".join(
    re.sub(r'"\s*\n\s*f?"', "", path.read_text("utf-8"))
    for room in ("accounting", "alerts", "ingest", "telemetry")
    for path in sorted((ROOT / "src" / room).rglob("*.py"))
) + "\n".join(os.strerror(number) for number in range(1, 134))


def test_there_are_phrases() -> None:
    assert len(PHRASES) == len(set(PHRASES)) > 50


@pytest.mark.parametrize("phrase", PHRASES)
def test_the_service_says_it(phrase: str) -> None:
    # The source has an expression where the phrase has {}.
    pieces = [re.escape(piece) for piece in phrase.split("{}")]
    assert re.search(r"\{[^{}]*\}".join(pieces), SAID) or max(phrase.split("{}"), key=len).strip() in SAID
