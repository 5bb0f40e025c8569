"""Converters of a site's file: what does not fit is named by key."""

from typing import Any

import pytest
from pydantic import ValidationError

from telemetry.model import Converter, Site
from telemetry.settings.converters import contradictions

NAMED = {"en": "C", "zh": "设备"}


def meter(code: str, **rest: Any) -> dict[str, Any]:
    return {"code": code, "name": NAMED, "area": "park", "source": "push", **rest}


def found(*converters: dict[str, Any]) -> list[tuple[str, str]]:
    site = Site.model_validate(
        {
            "code": "park",
            "name": NAMED,
            "zone": "Asia/Shanghai",
            "region": "CN-GD",
            "areas": [{"code": "park", "kind": "park", "name": NAMED}],
            "sources": [{"kind": "push", "code": "push"}],
            "meters": [
                meter("M", role="boundary"),
                meter("K"),
                meter("E"),
                meter("AIR", carrier="compressed_air"),
                meter("R", carrier="recovered_heat"),
                meter("W", carrier="water"),
                meter("PV", role="generation"),
            ],
            "converters": [{"kind": "compressor", "name": NAMED, **each} for each in converters],
        }
    )
    return list(contradictions(site))


def converter(**given: Any) -> dict[str, Any]:
    return {"code": "C", "inputs": ["K"], "outputs": ["AIR"]} | given


def test_a_converter_that_fits() -> None:
    assert found(converter(recovered=["R"], recoverable_share=0.8)) == []


@pytest.mark.parametrize(
    ("given", "key", "reason"),
    [
        ({"inputs": ["X"]}, "converters[0].inputs", "no meter 'X'"),
        ({"inputs": ["W"]}, "converters[0].inputs", "'W' measures water, which is no energy"),
        ({"inputs": ["M"]}, "converters[0].inputs", "'M' is a boundary"),
        ({"outputs": ["PV"]}, "converters[0].outputs", "'PV' is generation, which carries nothing"),
        ({"recovered": ["AIR"]}, "converters[0].recovered", "not recovered heat"),
        ({"outputs": ["E", "AIR"]}, "converters[0].weights", "AIR shows no energy"),
    ],
)
def test_what_does_not_fit_is_named(given: dict[str, Any], key: str, reason: str) -> None:
    [(place, said)] = found(converter(**given))
    assert place == key
    assert reason in said


def test_a_meter_belongs_to_one_converter() -> None:
    [(key, reason)] = found(converter(), converter(code="D", inputs=["E"]))
    assert key == "converters[1].outputs"
    assert "one of the outputs of 'C' already" in reason


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"kind": "storage"}, "has an efficiency"),
        ({"efficiency": 0.9}, "has an efficiency"),
        ({"kind": "storage", "efficiency": 0.9}, "a storage has one meter"),
        ({"outputs": ["K"]}, "what it takes and what it gives"),
        ({"weights": {"E": 1.0}}, "none of the outputs"),
        ({"weights": {"AIR": 0.0}}, "above 0"),
        ({"recoverable_share": 1.2}, "less than or equal to 1"),
    ],
)
def test_converters_that_cannot_be(given: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        Converter.model_validate({"kind": "compressor", "name": NAMED, **converter(**given)})
