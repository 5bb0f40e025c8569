"""Names that a source declares as its own, in each form in which it may post."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml
from pydantic import ValidationError

from ingest.collectors.push import PushSource, arrow, columns, rows
from ingest.collectors.push.parsed import Parsed

NOW = 1_795_332_600.0
AT = "2026-11-22T08:00:00+08:00"
FIELDS = [
    {"field": "total_wh", "quantity": "energy_import", "unit": "Wh"},
    {"field": "P", "quantity": "active_power", "unit": "W", "scale": 10},
]
SOURCE = PushSource.model_validate({"kind": "push", "code": "scada", "fields": FIELDS})


def as_row(values: dict[str, Any]) -> Parsed:
    body = json.dumps([{"meter": "M", "time": AT, "values": values}]).encode()
    return rows.parse(body, "scada", {"M"}, None, NOW, forms=SOURCE.forms)


def as_columns(values: dict[str, Any]) -> Parsed:
    body = json.dumps({"meter": "M", "time": [AT]} | {name: [value] for name, value in values.items()})
    return columns.parse(body.encode(), "scada", {"M"}, None, NOW, forms=SOURCE.forms)


def as_arrow(values: dict[str, Any]) -> Parsed:
    times = pa.array([datetime(2026, 11, 22, tzinfo=UTC)], pa.timestamp("us", "UTC"))
    table = pa.table({"meter": ["M"], "time": times} | {name: [value] for name, value in values.items()})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return arrow.parse(sink.getvalue().to_pybytes(), "scada", {"M"}, None, NOW, forms=SOURCE.forms)


def test_the_source_in_the_documents_is_one() -> None:
    text = (Path(__file__).parents[4] / "docs" / "integrations.md").read_text(encoding="utf-8")
    [source] = yaml.safe_load(text.partition("```yaml\n")[2].partition("```")[0])["sources"]
    assert PushSource.model_validate(source) == SOURCE


way = pytest.mark.parametrize("post", [as_row, as_columns, as_arrow])


def shown(parsed: Parsed) -> dict[str, float]:
    return dict(zip(parsed.batch.quantities, parsed.batch.values[0].tolist(), strict=True))


@way
def test_they_are_converted_beside_the_catalogues(post: Callable[..., Parsed]) -> None:
    parsed = post({"total_wh": 5000.0, "P": 4.5, "voltage": 230.0})
    assert {name: value for name, value in shown(parsed).items() if value == value} == {  # noqa: PLR0124  # NaN
        "energy_import": 5.0,
        "active_power": 0.045,
        "voltage": 230.0,
    }
    assert (parsed.rejected, parsed.unnamed) == ((), ())


@way
def test_a_quantity_that_comes_by_two_names_counts_once_and_the_other_is_named(
    post: Callable[..., Parsed],
) -> None:
    parsed = post({"energy_import": 1.0, "total_wh": 5000.0})
    assert shown(parsed)["energy_import"] == 1.0
    (rejected,) = parsed.rejected
    assert rejected.field.endswith("total_wh")
    assert "energy_import stands in this row already" in rejected.reason or (
        "energy_import stands in another column already" in rejected.reason
    )


@way
def test_what_no_rule_names_is_kept_as_it_came(post: Callable[..., Parsed]) -> None:
    parsed = post({"total_wh": 5000.0, "mystery": 1.5})
    (kept,) = parsed.unnamed
    assert (kept.meter, kept.measurement, dict(kept.values)) == ("M", "", {"mystery": 1.5})
    assert "not in the catalogue of quantities" in parsed.rejected[0].reason


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ([FIELDS[0], FIELDS[0]], "has more than one rule"),
        ([FIELDS[0] | {"field": "voltage"}], "is a name of the catalogue and means just that"),
        ([FIELDS[0] | {"unit": "kW"}], "kW"),
    ],
)
def test_rules_that_contradict_are_refused(fields: list[dict[str, Any]], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        PushSource.model_validate({"kind": "push", "code": "scada", "fields": fields})
