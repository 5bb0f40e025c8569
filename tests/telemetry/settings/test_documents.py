from pathlib import Path

import pytest
from pydantic import BaseModel, TypeAdapter

from telemetry.settings.documents import load_file, load_folders
from telemetry.settings.mistakes import Mistake


class Thing(BaseModel):
    code: str
    size: int = 0


THING = TypeAdapter(Thing)


def write(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_every_file_of_every_folder_is_loaded(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.mkdir()
    second.mkdir()
    write(first, "x.yaml", "code: x\nsize: 2")
    write(second, "y.yaml", "code: y")
    mistakes: list[Mistake] = []
    assert set(load_folders([first, second], THING, mistakes)) == {"x", "y"}
    assert mistakes == []


def test_a_code_that_stands_twice_names_both_files(tmp_path: Path) -> None:
    write(tmp_path, "x.yaml", "code: x")
    write(tmp_path, "z.yaml", "code: x")
    mistakes: list[Mistake] = []
    load_folders([tmp_path], THING, mistakes)
    assert [(Path(m.file).name, m.key) for m in mistakes] == [("z.yaml", "code")]
    assert "x.yaml" in mistakes[0].reason


def test_a_wrong_value_is_named_with_file_key_and_value(tmp_path: Path) -> None:
    mistakes: list[Mistake] = []
    assert load_file(write(tmp_path, "x.yaml", "code: x\nsize: big"), THING, mistakes) is None
    assert mistakes[0].key == "size"
    assert "'big'" in mistakes[0].reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("code: x\ncode: y", "stands twice"),
        ("code: [", "cannot be read"),
        ("code: ${PW_NOWHERE}", "PW_NOWHERE"),
    ],
)
def test_unreadable_files_are_mistakes_and_not_crashes(tmp_path: Path, text: str, reason: str) -> None:
    mistakes: list[Mistake] = []
    assert load_file(write(tmp_path, "x.yaml", text), THING, mistakes) is None
    assert reason in mistakes[0].reason


def test_variables_are_taken_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PW_SIZE", "7")
    file = write(tmp_path, "x.yaml", "code: ${PW_CODE:-x}\nsize: ${PW_SIZE:-1}")
    assert load_file(file, THING, []) == Thing(code="x", size=7)


def test_anchors_and_merges_still_work(tmp_path: Path) -> None:
    class Pair(BaseModel):
        one: Thing
        two: Thing

    file = write(tmp_path, "x.yaml", "one: &one {code: x, size: 3}\ntwo: {<<: *one, code: y}")
    pair = load_file(file, TypeAdapter(Pair), [])
    assert pair == Pair(one=Thing(code="x", size=3), two=Thing(code="y", size=3))
