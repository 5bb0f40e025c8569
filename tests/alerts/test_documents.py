"""docs/alerts.md shows an example of every kind, and each is a rule."""

import re
from pathlib import Path

import yaml

from alerts.kinds import kinds, read_rule

TEXT = (Path(__file__).parents[2] / "docs" / "alerts.md").read_text(encoding="utf-8")


def test_every_kind_has_an_example_that_is_a_rule() -> None:
    examples = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)]
    assert {read_rule(example).kind for example in examples} == set(kinds())
