"""Writes the tables of docs/security.md from permissions.yaml; with --check it only compares them."""  # noqa: INP001  # a script

import sys
from pathlib import Path

from telemetry.access.permissions import PERMISSIONS

DOCUMENT = Path(__file__).with_name("security.md")
BEGIN, END = "<!-- tables -->\n", "<!-- end of tables -->\n"


def roles() -> str:
    head = "| role | who | permissions |\n| --- | --- | --- |\n"
    rows = (
        f"| {name} | {role.means} | {', '.join(p for p in PERMISSIONS.meanings if p in role.may)} |\n"
        for name, role in PERMISSIONS.roles.items()
    )
    return head + "".join(rows)


def permissions() -> str:
    """The routes of each, with how far they reach."""
    head = "| permission | what it opens | routes |\n| --- | --- | --- |\n"
    return head + "".join(
        f"| {name} | {meaning} | {'<br>'.join(_routes(name))} |\n"
        for name, meaning in PERMISSIONS.meanings.items()
    )


def _routes(permission: str) -> list[str]:
    rules = PERMISSIONS.routes.items()
    return [f"`{route}` {rule.reach}" for route, rule in rules if rule.permission == permission]


def main() -> None:
    """Raises SystemExit when the document lags behind and only a check was asked for."""
    text = DOCUMENT.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    written = f"{before}{BEGIN}\n{roles()}\n{permissions()}\n{END}{rest.split(END)[1]}"
    if "--check" not in sys.argv:
        DOCUMENT.write_text(written, encoding="utf-8")
    elif text != written:
        raise SystemExit("docs/security.md lags behind permissions.yaml: run `python docs/security.py`")


if __name__ == "__main__":
    main()
