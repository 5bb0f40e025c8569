"""Writes web/openapi.json, from which the page's types are made; with --check it only compares."""

import json
import sys
from pathlib import Path
from typing import Any, cast

from telemetry.api.application import create
from telemetry.api.dependencies import Dependencies, Settings
from telemetry.api.guard import served
from telemetry.settings.current import Current
from telemetry.settings.library import load_library
from telemetry.settings.plan import Plan
from telemetry.storage.pool import Database

DOCUMENT = Path(__file__).with_name("openapi.json")
_NO_TYPE = {"4XX", "5XX", "description", "summary", "example", "examples", "tags", "title"}


def contract() -> str:
    """What the routes take and give, without the prose; no route is asked, so they stand on nothing."""
    nothing = cast("Any", None)
    current = Current(Plan(None, None, load_library(None, [])))
    settings = Settings(served("localhost"))
    document = create(Dependencies(Database(""), current, nothing, nothing, dict, settings)).openapi()
    return json.dumps(_typed(document), indent=1, ensure_ascii=False) + "\n"


def _typed(node: Any, *, named: bool = False) -> Any:  # noqa: ANN401  # JSON
    """`named`: the keys are a person's own names, not the words of JSON Schema."""
    if isinstance(node, list):
        return [_typed(each) for each in node]
    if not isinstance(node, dict):
        return node
    kept = {key: value for key, value in node.items() if named or key not in _NO_TYPE}
    return {
        key: _typed(value, named=key in {"properties", "schemas", "paths"}) for key, value in kept.items()
    }


def main() -> None:
    """Raises SystemExit when the file lags behind and only a check was asked for."""
    written = contract()
    if "--check" not in sys.argv:
        DOCUMENT.write_text(written, encoding="utf-8")
    elif not DOCUMENT.exists() or DOCUMENT.read_text(encoding="utf-8") != written:
        raise SystemExit("web/openapi.json lags behind the routes: run `python web/contract.py`")


if __name__ == "__main__":
    main()
