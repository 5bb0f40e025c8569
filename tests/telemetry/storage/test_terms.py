from datetime import UTC, datetime

from telemetry.model import Meter
from telemetry.storage.terms import BEGINNING, MeterTerm, first_difference, timeline

NOW = datetime(2026, 6, 1, tzinfo=UTC)
LATER = datetime(2026, 7, 1, tzinfo=UTC)
DATED = datetime(2024, 1, 1, tzinfo=UTC)


def _meter(**rest: object) -> Meter:
    return Meter.model_validate(
        {"code": "m", "name": {"en": "m", "zh": "m"}, "area": "park", "source": "push", **rest}
    )


def _term(since: datetime, multiplier: float = 1.0, area: str = "park", region: str = "CN-GD") -> MeterTerm:
    return MeterTerm(since, multiplier, area, None, "load", region)


def test_the_first_load_holds_from_the_beginning() -> None:
    assert timeline(_meter(multiplier=80), "CN-GD", (), NOW) == (_term(BEGINNING, 80.0),)


def test_an_undated_edit_takes_effect_when_loaded() -> None:
    first = timeline(_meter(), "CN-GD", (), NOW)
    assert timeline(_meter(area="hall"), "CN-GD", first, LATER) == (
        _term(BEGINNING),
        _term(LATER, area="hall"),
    )


def test_loading_the_same_again_changes_nothing() -> None:
    edited = timeline(_meter(area="hall"), "CN-GD", timeline(_meter(), "CN-GD", (), NOW), NOW)
    assert timeline(_meter(area="hall"), "CN-GD", edited, LATER) == edited


def test_a_dated_edit_holds_from_its_date_and_leaves_other_fields_alone() -> None:
    moved = timeline(_meter(area="hall"), "CN-GD", timeline(_meter(), "CN-GD", (), NOW), NOW)
    dated = _meter(area="hall", multiplier=80, history=[{"from": DATED, "multiplier": 100}])
    assert timeline(dated, "CN-GD", moved, LATER) == (
        _term(BEGINNING, 80.0),
        _term(DATED, 100.0),
        _term(NOW, 100.0, "hall"),
    )


def test_a_region_of_its_own_goes_before_the_site_s() -> None:
    assert timeline(_meter(region="CN-BJ"), "CN-GD", (), NOW)[0].region == "CN-BJ"


def test_names_the_first_moment_of_a_difference() -> None:
    old = (_term(BEGINNING, 80.0),)
    new = (_term(BEGINNING, 80.0), _term(DATED, 100.0), _term(NOW, 100.0, "hall"))
    assert first_difference(old, new, "multiplier") == DATED
    assert first_difference(old, new, "area") == NOW
    assert first_difference(old, new, "region") is None
    assert first_difference(new, old, "multiplier") == DATED


def test_a_class_holds_for_the_whole_past_unless_the_history_dates_it() -> None:
    first = timeline(_meter(accuracy_class="0.5S"), "CN-GD", (), NOW)
    (term,) = timeline(_meter(accuracy_class=1), "CN-GD", first, LATER)
    assert (term.valid_from, term.accuracy_class, term.loss_share) == (BEGINNING, 1.0, 0.0)
    dated = _meter(accuracy_class=1, history=[{"from": DATED, "accuracy_class": "C", "loss_share": 0.02}])
    found = timeline(dated, "CN-GD", first, LATER)
    assert [(each.valid_from, each.accuracy_class, each.loss_share) for each in found] == [
        (BEGINNING, 1.0, 0.0),
        (DATED, 0.5, 0.02),
    ]
