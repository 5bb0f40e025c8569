import pytest

from ingest.rhythm import Station, next_poll, phase


def test_the_pause_of_a_dead_station_doubles_to_five_minutes() -> None:
    station = Station("M")
    pauses = []
    for _ in range(12):
        station.fell_silent(1000.0, 5.0)
        pauses.append(next(s for s in range(400) if station.due(1000.0 + s)))
    assert pauses == [0, 5, 15, 35, 75, 155, 300, 300, 300, 300, 300, 300]
    station.answered()
    assert station.due(1000.0)
    assert not station.silent


def test_polls_are_aligned_and_never_pile_up() -> None:
    assert next_poll(1003.0, 5.0, 0.25, None) == (2.25, 201)
    assert next_poll(1005.249, 5.0, 0.25, 201) == (pytest.approx(5.001), 202)
    assert next_poll(1017.0, 5.0, 0.25, 201) == (3.25, 204)


def test_sources_are_not_polled_all_at_once() -> None:
    phases = {phase(f"gateway-{n}", 60.0) for n in range(20)}
    assert len(phases) == 20
    assert 0 <= min(phases) < max(phases) <= 0.5
