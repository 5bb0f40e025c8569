"""What the template of a device behind an OPC UA server says: which node holds which quantity."""

import re
from typing import Literal

from pydantic import Field, field_validator

from ingest.template import Frozen, Measured, Template

_NODE = re.compile(r"(nsu=(?P<uri>[^;]+);|ns=0;)?(?P<rest>[isgb]=.+)")


class NodeValue(Measured):
    node: str
    """Node id with the URI of its namespace: nsu=urn:maker:meters;s={meter}.Power; {meter} is the address."""
    index: int | None = Field(None, ge=0)
    """Position in the node's array, from 0."""
    missing: tuple[float, ...] = ()
    """Numbers that mean no value."""

    @property
    def place(self) -> str:
        return self.node if self.index is None else f"{self.node}[{self.index}]"

    @field_validator("node")
    @classmethod
    def _by_its_uri(cls, value: str) -> str:
        if _NODE.fullmatch(value) is None:
            raise ValueError(
                f"{value!r} is no node id such as nsu=urn:maker:meters;s=Power; "
                "the number of a namespace (ns=2) may be another after the server's next start"
            )
        return value


class Example(Frozen):
    """Values of nodes as the server shows them, and the catalogue values that they mean."""

    note: str
    nodes: dict[str, object]
    values: dict[str, float | None]


class OpcUaDevice(Template):
    """A device whose values stand in an OPC UA server."""

    protocol: Literal["opcua"]
    nodes: tuple[NodeValue, ...] = Field(min_length=1)
    examples: tuple[Example, ...] = ()

    @property
    def measured(self) -> tuple[NodeValue, ...]:
        return self.nodes


def split(node: str) -> tuple[str | None, str]:
    """The namespace's URI (None: the standard's own) and the identifier."""
    match = _NODE.fullmatch(node)
    return (match["uri"], match["rest"]) if match else (None, node)
