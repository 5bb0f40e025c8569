"""Writes the table of docs/devices.md from config/devices; with --check it only says whether they agree."""  # noqa: INP001  # a script

import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "docs" / "devices.md"
HEAD = "| Code | Model | 型号 | Protocol | Confirmed | Source |\n| --- | --- | --- | --- | --- | --- |\n"


def row(template: dict[str, Any]) -> str:
    name, confirmed = template["name"], "yes" if template.get("verified") else "**no**"
    cells = [f"`{template['code']}`", name["en"], name["zh"], template["protocol"]]
    cells += [confirmed, template["source"]]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def table() -> str:
    paths = sorted((ROOT / "config" / "devices").glob("*.yaml"))
    return HEAD + "".join(row(yaml.safe_load(path.read_text(encoding="utf-8"))) for path in paths)


def main() -> None:
    """Raises SystemExit when the document lags behind and only a check was asked for."""
    text = DOCUMENT.read_text(encoding="utf-8")
    written = text[: text.index("| Code |")] + table()
    if "--check" not in sys.argv:
        DOCUMENT.write_text(written, encoding="utf-8")
    elif text != written:
        raise SystemExit("docs/devices.md lags behind config/devices: run `python docs/devices.py`")


if __name__ == "__main__":
    main()
