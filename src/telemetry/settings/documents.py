"""The one loader: a folder of YAML files becomes checked objects by code."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from telemetry.settings.mistakes import Mistake, from_validation

_VARIABLE = re.compile(r"\$\{(?P<name>[A-Z][A-Z0-9_]*)(?::-(?P<default>[^}]*))?\}")


class Coded(Protocol):
    @property
    def code(self) -> str: ...


T = TypeVar("T")
C = TypeVar("C", bound=Coded)


def load_folders(folders: list[Path], adapter: TypeAdapter[C], mistakes: list[Mistake]) -> dict[str, C]:
    """Every `*.yaml` of the folders, by code; what is wrong is appended to `mistakes`."""
    found: dict[str, C] = {}
    files: dict[str, str] = {}
    for path in _yaml_files(folders):
        item = load_file(path, adapter, mistakes)
        if item is None:
            continue
        if item.code in found:
            mistakes.append(Mistake(str(path), "code", f"{item.code!r} stands in {files[item.code]} already"))
            continue
        found[item.code] = item
        files[item.code] = str(path)
    return found


def load_file(path: Path, adapter: TypeAdapter[T], mistakes: list[Mistake]) -> T | None:
    """The object in one file, or None with the reasons appended to `mistakes`."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        mistakes.append(Mistake(str(path), "", _unreadable(error)))
        return None
    return load_text(str(path), text, adapter, mistakes)


def load_text(file: str, text: str, adapter: TypeAdapter[T], mistakes: list[Mistake]) -> T | None:
    """As `load_file`, of what the file holds or is to hold."""
    try:
        return adapter.validate_python(_expanded(parse_yaml(text), os.environ))
    except ValidationError as error:
        mistakes.extend(from_validation(file, error))
    except KeyError as error:
        mistakes.append(Mistake(file, "", f"the environment variable {error.args[0]} is not set"))
    except yaml.YAMLError as error:
        mistakes.append(Mistake(file, "", _unreadable(error)))
    return None


def _unreadable(error: Exception) -> str:
    return f"cannot be read: {' '.join(str(error).split())}"


def read_yaml(path: Path) -> object:
    """Plain data of a file. Raises yaml.YAMLError also for a key written twice."""
    return parse_yaml(path.read_text(encoding="utf-8"))


def parse_yaml(text: str) -> object:
    """Plain data of a text. Raises yaml.YAMLError also for a key written twice."""
    return yaml.load(text, Loader=_UniqueKeys)  # noqa: S506  # derives from SafeLoader


def _yaml_files(folders: list[Path]) -> Iterator[Path]:
    for folder in folders:
        yield from sorted(folder.glob("*.yaml"))


def _expanded(node: object, variables: Mapping[str, str]) -> object:
    """`${NAME}` and `${NAME:-default}` in strings, replaced from the environment."""
    if isinstance(node, dict):
        return {key: _expanded(value, variables) for key, value in node.items()}
    if isinstance(node, list):
        return [_expanded(value, variables) for value in node]
    if isinstance(node, str):
        return _VARIABLE.sub(lambda match: _value(match, variables), node)
    return node


def _value(match: re.Match[str], variables: Mapping[str, str]) -> str:
    name, default = match["name"], match["default"]
    if default is None:
        return variables[name]
    return variables.get(name) or default


class _UniqueKeys(yaml.CSafeLoader):
    """YAML in which a key that stands twice is a mistake and not a silent choice, read by libyaml."""


def _mapping(loader: _UniqueKeys, node: yaml.MappingNode) -> dict[object, object]:
    seen: set[str] = set()
    for key_node, _ in node.value:
        if key_node.value in seen:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {key_node.value!r} stands twice", key_node.start_mark
            )
        seen.add(key_node.value)
    loader.flatten_mapping(node)
    return loader.construct_mapping(node, deep=True)


_UniqueKeys.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
