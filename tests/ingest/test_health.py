import pytest

from ingest.errors import LineDown, PayloadError, SourceError, StoreUnavailable, UnitRefuses, UnitSilent
from ingest.health import Cause, Health, SourceHealth
from ingest.rate import Rate

START = 1_764_000_000.0


@pytest.mark.parametrize("period", [0.01, 0.5, 5.0, 20.0])
def test_a_steady_rate_is_what_it_is(period: float) -> None:
    rate = Rate()
    for read in range(int(180 / period)):
        rate.add(START + read * period)
    assert rate.per_second(START + 180) == pytest.approx(1 / period, rel=0.09)


def test_a_rate_is_known_from_the_beginning_and_gone_a_minute_after_the_end() -> None:
    rate = Rate()
    assert rate.per_second(START) == 0
    for second in range(10):
        rate.add(START + second, 3)
    assert rate.per_second(START + 10) == pytest.approx(3.0)
    assert rate.per_second(START + 40) == pytest.approx(30 / 40)
    assert rate.per_second(START + 75) == 0
    rate.add(START + 1000)
    assert rate.per_second(START + 1000) == pytest.approx(1 / 60)


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (LineDown("no connection to 10.0.0.7:502"), Cause.UNREACHABLE),
        (UnitSilent("no answer within 1 s"), Cause.SILENT),
        (UnitRefuses("illegal address"), Cause.REFUSED),
        (PayloadError("time", "x", "is no time"), Cause.UNREADABLE),
        (StoreUnavailable("away"), Cause.STORE),
        (SourceError("the broker disconnected"), Cause.SOURCE),
        (ZeroDivisionError(), Cause.FAULT),
    ],
)
def test_a_failure_says_of_what_kind_it_was(error: Exception, cause: Cause) -> None:
    health = Health("meter M-1")
    health.failed(START, error)
    assert health.last_cause is cause
    assert health.last_error == (str(error) or "ZeroDivisionError")


def test_an_answer_in_part_is_logged_once_and_so_is_its_end(caplog: pytest.LogCaptureFixture) -> None:
    health, error = Health("meter M-1"), UnitRefuses("holding 50 to 50: illegal address")
    caplog.set_level("INFO")
    health.failed(START, UnitSilent("no answer within 1 s"))
    for second in range(3):
        health.succeeded_in_part(START + second, error)
    assert (health.reads, health.failures, health.failing, health.incomplete) == (3, 1, False, True)
    health.succeeded(START + 4)
    health.succeeded(START + 5)
    assert not health.incomplete
    assert [record.message for record in caplog.records] == [
        "meter M-1 fails: no answer within 1 s",
        "meter M-1 answers again",
        "meter M-1 answers in part: holding 50 to 50: illegal address",
        "meter M-1 answers all that it is asked again",
    ]


def test_a_success_ends_the_wait_for_the_next_attempt() -> None:
    health = Health("meter M-1")
    health.failed(START, UnitSilent("no answer"))
    health.next_attempt = START + 300
    health.succeeded(START + 300)
    assert (health.failing, health.next_attempt, health.last_error) == (False, None, "no answer")


def test_a_meter_answers_once_it_has_been_read_and_until_it_fails() -> None:
    health = SourceHealth.of("line-1", "modbus", ["M-1", "M-2", "M-3"])
    health.meters["M-1"].succeeded(START)
    health.meters["M-2"].succeeded(START)
    assert health.answering == 2
    health.meters["M-2"].failed(START, UnitSilent("no answer"))
    assert health.answering == 1


def test_strangers_are_counted_by_name_and_only_so_many_are_remembered() -> None:
    health = SourceHealth.of("broker", "mqtt", [])
    for number in range(1000):
        health.met(START + number, f"park/{number}")
        health.met(START + number, "park/0")
    assert len(health.strangers) == 300
    assert (health.strangers["park/0"].times, health.strangers["park/0"].last) == (1001, START + 999)
