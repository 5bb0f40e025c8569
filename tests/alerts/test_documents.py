"""docs/alerts.md shows an example of every kind, and each is a rule."""

import json
import re
from pathlib import Path
from typing import Any

import yaml

from alerts.kinds import kinds, read_rule

TEXT = (Path(__file__).parents[2] / "docs" / "alerts.md").read_text(encoding="utf-8")


def test_every_kind_has_an_example_that_is_a_rule() -> None:
    examples = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)]
    assert {read_rule(example).kind for example in examples} == set(kinds())


def test_every_kind_says_what_to_do_in_both_languages_and_a_rule_may_say_it_itself() -> None:
    examples = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)]
    own = {"en": "Call the shift leader.", "zh": "请通知班长。"}
    for example in examples:
        usual, said = read_rule(example).told_as(), read_rule({**example, "advice": own}).told_as()
        assert (said.advice.en, said.advice.zh) == ("Call the shift leader.", "请通知班长。")
        assert usual.figure.en
        assert usual.figure.zh
        if example["kind"] != "composite":
            assert usual.advice.en
            assert usual.advice.zh


def test_a_rule_stays_the_same_through_a_browser_which_leaves_out_the_fraction_of_whole_numbers() -> None:
    for block in re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL):
        rule = read_rule(yaml.safe_load(block) | {"hold": "1 min", "clear": "90 s"})
        assert read_rule(_through_browser(rule.model_dump(mode="json", by_alias=True))) == rule


def _through_browser(document: dict[str, Any]) -> Any:
    return json.loads(json.dumps(document), parse_float=lambda text: json.loads(text.removesuffix(".0")))
