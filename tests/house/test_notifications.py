"""What the document on notifications shows works as it stands there."""

import re
import time
from pathlib import Path
from typing import Any

import yaml

from alerts.contacts import Directory
from alerts.notify.webhook import signed

TEXT = (Path(__file__).parents[2] / "docs" / "notifications.md").read_text(encoding="utf-8")


def _block(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
    assert found
    return found[1]


def test_the_file_of_contacts_is_one() -> None:
    directory = Directory.model_validate(yaml.safe_load(_block("yaml")))
    assert [len(contact.channels) for contact in directory.contacts] == [2, 1, 1]


def test_the_check_of_the_signature_knows_ours_and_no_other() -> None:
    names: dict[str, Any] = {}
    exec(_block("python"), names)  # noqa: S102  # the document's own lines
    headers = signed(b"{}", "secret", str(int(time.time())))
    genuine = names["genuine"]
    assert genuine("secret", headers, b"{}")
    assert not genuine("secret", headers, b"{ }")
    assert not genuine("other", headers, b"{}")
    assert not genuine("secret", signed(b"{}", "secret", str(int(time.time()) - 400)), b"{}")
