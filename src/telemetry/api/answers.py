"""Answers as JSON, and their place in the OpenAPI document: one msgspec type serves both."""

from typing import Any

import msgspec
from fastapi import Response
from msgspec import Struct

from telemetry.api.problems import MEDIA_TYPE, Problem

PROBLEMS: dict[int | str, dict[str, Any]] = {
    "4XX": {"description": "Refused; the problem says why."},
    "5XX": {"description": "Cannot be answered now; Retry-After says when to come again."},
}


def answer(value: Struct, status: int = 200) -> Response:
    """`value` as JSON; NaN becomes null."""
    return Response(msgspec.json.encode(value), status, media_type="application/json")


def reference(kind: type[Struct]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{kind.__name__}"}


def documented(description: str, kind: type[Struct]) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that answers with a `kind`."""
    return {200: {"description": description, "content": {"application/json": {"schema": reference(kind)}}}}


def problem_content() -> dict[str, Any]:
    return {MEDIA_TYPE: {"schema": reference(Problem)}}
