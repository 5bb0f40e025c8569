"""A site file as text: items are added to its lists, and everything else stays as a person wrote it."""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from telemetry.settings.documents import parse_yaml

Items = Sequence[Mapping[str, Any]]


class SiteTextError(ValueError):
    """The text is built such that nothing can be added to it safely."""


def written(document: Mapping[str, Any]) -> str:
    """A site file of plain data: a line for each plain value and each item of a list."""
    return "".join(map(_entry, document.items()))


def added(text: str, lists: Mapping[str, Items]) -> str:
    """The text with items at the end of its lists. Raises SiteTextError, yaml.YAMLError."""
    before = parse_yaml(text)
    if not isinstance(before, dict):
        raise SiteTextError("the site file is no mapping of keys")
    for key in lists:
        if not isinstance(before.get(key) or [], list):
            raise SiteTextError(f"{key} of the site file is no list")
    wanted = {**before, **{key: [*(before.get(key) or ()), *items] for key, items in lists.items() if items}}
    for key, items in lists.items():
        text = _with(text, key, items) if items else text
    if _read(text) != wanted:
        raise SiteTextError("the site file is written in a way that nothing can be added to; edit it by hand")
    return text


def _read(text: str) -> object:
    try:
        return parse_yaml(text)
    except yaml.YAMLError:
        return None


def _entry(item: tuple[str, Any]) -> str:
    key, value = item
    if isinstance(value, list):
        return f"{key}:\n{_lines(value, 2)}"
    return f"{key}: {_flow(value)}\n"


def _lines(items: Items, indent: int) -> str:
    return "".join(f"{' ' * indent}- {_flow(item)}\n" for item in items)


def _flow(value: object) -> str:
    text: str = yaml.safe_dump(
        value, default_flow_style=True, allow_unicode=True, sort_keys=False, width=10_000
    )
    return text.removesuffix("...\n").strip()


def _with(text: str, key: str, items: Items) -> str:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        raise SiteTextError("the site file stands in one pair of braces; edit it by hand")
    node = next((value for name, value in root.value if name.value == key), None)
    if node is None:
        return f"{_ended(text)}{key}:\n{_lines(items, 2)}"
    if not isinstance(node, yaml.SequenceNode) or not node.value:
        start, end = node.start_mark.index, node.end_mark.index
        return f"{text[:start].rstrip(' ')}\n{_lines(items, 2).rstrip()}{text[end:]}"
    if node.flow_style:
        at = node.end_mark.index - 1
        return f"{text[:at]}, {', '.join(map(_flow, items))}{text[at:]}"
    at = _line_end(text, _end(node.value[-1]))
    return f"{_ended(text[:at])}{_lines(items, node.start_mark.column)}{text[at:]}"


def _ended(text: str) -> str:
    return text if text.endswith("\n") or not text else f"{text}\n"


def _end(node: yaml.Node) -> int:
    """Where the last thing of a node ends; a block's own end is where the next thing begins."""
    if not isinstance(node, yaml.CollectionNode) or node.flow_style or not node.value:
        index: int = node.end_mark.index
        return index
    last = node.value[-1]
    return _end(last[1] if isinstance(node, yaml.MappingNode) else last)


def _line_end(text: str, index: int) -> int:
    if index and text[index - 1] == "\n":
        return index
    found = text.find("\n", index)
    return len(text) if found < 0 else found + 1
