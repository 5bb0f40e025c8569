"""Production plans, as a planner posts them."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from telemetry.model import Site

pytestmark = pytest.mark.database
Service = JSON = Any
Start = Callable[..., Service]
Made = Callable[..., Site]
DEMO = {"tariff": "demo-park", "contract_kw": 500}
"""Valley 0-8 at 0.30, flat 8-10, 12-14 and 19-24 at 0.70, peak 10-12 and 14-19 at 1.15."""
DAY = {"from": "2023-10-12", "to": "2023-10-13"}
FACTOR = 0.4419


def at(clock: str) -> str:
    return f"2023-10-12T{clock}:00+08:00"


def job(code: str = "J", **given: JSON) -> dict[str, Any]:
    return {"code": code, "line": "m1", "power_kw": 100.0, "duration_min": 60} | given


@pytest.fixture
def service(start: Start, make_site: Made) -> JSON:
    meters = {"code": "m", "role": "boundary"}, {"code": "m1"}, {"code": "m2"}
    return start(make_site(*meters, billing=DEMO))


def check(service: Service, *jobs: dict[str, Any], **rest: JSON) -> JSON:
    response = service.call("POST", "/api/v1/plans/check", json={**DAY, "base_kw": 350, "jobs": jobs} | rest)
    assert response.status_code == 200, response.text
    return response.json()


def refused(service: Service, *jobs: JSON, **rest: JSON) -> list[tuple[str, str | None, str]]:
    response = service.call("POST", "/api/v1/plans/check", json={**DAY, "jobs": jobs} | rest)
    assert response.status_code == 422, response.text
    return [(each["field"], each["value"], each["reason"]) for each in response.json()["errors"]]


def test_a_job_across_a_band_edge_costs_what_the_bands_cost(service: Service) -> None:
    found = check(service, job(start=at("07:30")))
    [one] = found["jobs"]
    assert [(band["band"], band["energy"]) for band in one["bands"]] == [("valley", 50.0), ("flat", 50.0)]
    assert one["cost"] == pytest.approx(50.0)
    assert one["carbon"] == pytest.approx(100 * FACTOR)
    assert one["conflicts"] == []
    assert one["runs"] == [{"from": at("07:30"), "to": at("08:30")}]
    assert (found["cost"], found["currency"], found["fictitious"]) == (pytest.approx(50.0), "CNY", True)


def test_what_could_move_and_what_that_saves(service: Service) -> None:
    found = check(service, job(start=at("10:00")), job("K", start=at("00:00")))
    assert found["jobs"][0]["move"] == {
        "runs": [{"from": at("01:00"), "to": at("02:00")}],
        "saves": pytest.approx(85.0),
    }
    assert found["jobs"][1]["move"] is None


def test_promises_that_are_broken_are_named_with_their_time(service: Service) -> None:
    found = check(
        service,
        job(start=at("09:45"), deadline=at("10:30"), duration_min=60),
        job("K", start=at("10:15"), crew=3, duration_min=30),
        crew=[{"from": "08:00", "to": "20:00", "people": 2}],
    )
    broken = {
        (one["code"], each["kind"]): (each["from"][11:16], each["to"][11:16], each["amount"], each["limit"])
        for one in found["jobs"]
        for each in one["conflicts"]
    }
    assert broken == {
        ("J", "late"): ("10:30", "10:45", None, None),
        ("J", "demand"): ("10:15", "10:45", 550.0, 500.0),
        ("K", "line"): ("10:15", "10:45", None, None),
        ("K", "crew"): ("10:15", "10:45", 3.0, 2.0),
        ("K", "demand"): ("10:15", "10:45", 550.0, 500.0),
    }


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "as-excel-saves-it"])
def test_a_table_is_read_as_its_jobs(service: Service, mark: str) -> None:
    text = (
        f"{mark}code,line,power_kw,energy_kwh,profile_kw,duration_min,start,interruptible,after\n"
        f"A,m1,100,,,60,{at('00:00')},false,\n"
        f"B,m1,,40,,30,{at('01:00')},true,A\n"
        f"C,m2,,,10;20;30,,,,A;B\n"
    )
    response = service.call(
        "POST", "/api/v1/plans/check", params=DAY, content=text, headers={"Content-Type": "text/csv"}
    )
    assert response.status_code == 200, response.text
    found = response.json()
    assert [one["energy"] for one in found["jobs"]] == [100.0, 40.0, 15.0]
    assert found["unplaced"] == ["C"]
    assert found["jobs"][0]["cost"] == pytest.approx(30.0)


@pytest.mark.parametrize(
    ("wrong", "field", "reason"),
    [
        ({"line": "nowhere"}, "line", "no area and no meter of the park has this code"),
        (
            {"deadline": at("00:00"), "earliest": at("01:00")},
            "deadline",
            "the deadline is not after the start",
        ),
        ({"power_kw": None, "energy_kwh": -5}, "energy_kwh", "expected float >= 0.0"),
        ({"energy_kwh": 5}, "power_kw", "give one of power_kw, energy_kwh and profile_kw"),
        ({"duration_min": 20}, "duration_min", "expected int that's a multiple of 15"),
        ({"start": at("08:07")}, "start", "is not on a quarter hour"),
        ({"after": ["X"]}, "after", "no job of this plan has this code"),
        ({"colour": "red"}, "colour", "is no field of this"),
    ],
)
def test_what_is_wrong_is_named_by_job_and_field(
    service: Service, wrong: dict[str, Any], field: str, reason: str
) -> None:
    [(place, _, said)] = refused(
        service, job("A"), {k: v for k, v in job("B", **wrong).items() if v is not None}
    )
    assert (place, said) == (f"jobs.1.{field}", reason)


def test_what_is_wrong_in_a_table_is_named_as_in_a_body(service: Service) -> None:
    head = "code,line,power_kw,energy_kwh,duration_min,interruptible,profile_kw\n"
    rows = "A,m1,,-5,60,true,\nB,m1,80,,-60,,\nC,m1,abc,,60,,\nD,m1,,,,,10;-2\nE,m1,80,,60,,\n"
    response = service.call(
        "POST", "/api/v1/plans/check", params=DAY, content=head + rows, headers={"Content-Type": "text/csv"}
    )
    assert [(each["field"], each["reason"]) for each in response.json()["errors"]] == [
        ("jobs.0.energy_kwh", "expected float >= 0.0"),
        ("jobs.1.duration_min", "expected int >= 0"),
        ("jobs.2.power_kw", "expected float | null, got str"),
        ("jobs.3.profile_kw[1]", "expected float >= 0.0"),
    ]


def test_jobs_that_wait_for_one_another_are_named(service: Service) -> None:
    jobs = [job("A"), job("B", after=["C"]), job("C", after=["B"])]
    [(field, value, reason)] = refused(service, *jobs)
    assert (field, value, reason) == ("jobs.1.after", "B, C", "these jobs wait for one another")
    [(field, *_)] = refused(service, job("A", after=["A"]))
    assert field == "jobs.0.after"


def test_several_mistakes_are_told_at_once(service: Service) -> None:
    fields = [field for field, *_ in refused(service, job(line="x"), job("J"), job("J"), 7)]
    assert fields == ["jobs.0.line", "jobs.2.code", "jobs.3.row"]


def test_a_job_is_named_by_its_place_in_the_body_whatever_else_is_wrong(service: Service) -> None:
    found = refused(service, job("A", line="x"), job("B", after=["C"]))
    assert [field for field, *_ in found] == ["jobs.0.line", "jobs.1.after"]


def test_what_may_begin_before_the_plan_begins_with_it(service: Service) -> None:
    found = begin(service, job("A", earliest="2023-10-11T20:00:00+08:00"))
    assert (found["state"], found["cost"]) == ("done", pytest.approx(30.0))


def test_a_night_shift_belongs_to_the_day_on_which_it_begins(service: Service) -> None:
    """2023-10-12 is a Thursday: who comes on Wednesdays at 22:00 is there until 06:00."""
    night = [{"from": "22:00", "to": "06:00", "people": 2, "weekdays": [3]}]
    jobs = [
        job(each, crew=1, start=at(clock)) for each, clock in (("A", "05:00"), ("B", "06:00"), ("C", "22:00"))
    ]
    found = check(service, *jobs, crew=night)
    kinds = [[each["kind"] for each in one["conflicts"]] for one in found["jobs"]]
    assert kinds == [[], ["crew"], ["crew"]]


def _rising(
    meter: str, per_quarter: Callable[[datetime], float], days: int, quantity: str = "energy_import"
) -> list[dict[str, Any]]:
    when = datetime.fromisoformat("2023-10-12T00:00:00+08:00") - timedelta(days=days)
    rows, counter = [], 0.0
    for _ in range(days * 96 + 1):
        rows.append({"meter": meter, "time": when.isoformat(), "values": {quantity: counter}})
        counter += per_quarter(when)
        when += timedelta(minutes=15)
    return rows


def test_all_else_is_forecast_without_the_lines_of_the_plan(service: Service) -> None:
    """The park drew 400 kW by day and 200 by night, of which the line 100: 300 and 100 are left."""

    def park(when: datetime) -> float:
        return 100.0 if 8 <= when.hour < 20 else 50.0

    service.post(_rising("m", park, 15))
    service.post(_rising("m1", lambda _: 25.0, 15))
    service.settle()
    found = check(service, job(start=at("09:00")), base_kw=None)
    base = found["outlook"]["base_kw"]
    assert (base[0], base[40]) == (pytest.approx(100.0), pytest.approx(300.0))
    assert found["outlook"]["limit_kw"] == 500.0
    assert found["forecast_error"]["mean_kw"] == pytest.approx(0.0, abs=1e-6)
    assert found["notes"] == []


def test_a_warm_day_draws_what_warmth_was_seen_to_draw(start: Start, make_site: Made) -> None:
    """100 kW and 8 for each degree above 20: with 25 degrees all day 140 are expected."""
    weather = {"code": "w", "carrier": "ambient", "role": "check"}
    service = start(make_site({"code": "m", "role": "boundary"}, {"code": "m1"}, weather, billing=DEMO))

    def outside(when: datetime) -> float:
        return 14.0 + (7 * when.day + 5 * when.hour) % 16

    service.post(_rising("m", lambda when: (100 + 8 * max(outside(when) - 20, 0)) / 4, 28))
    begun = datetime.fromisoformat("2023-09-14T00:00:00+08:00")
    times = [begun + timedelta(minutes=15 * n) for n in range(28 * 96)]
    service.post(
        [
            {"meter": "w", "time": when.isoformat(), "values": {"ambient_temperature": outside(when)}}
            for when in times
        ]
    )
    service.settle()
    found = check(service, job(start=at("09:00")), base_kw=None, outside_c=[25.0] * 24)
    assert found["warmth_kw_per_k"] == pytest.approx(8.0, rel=0.05)
    assert sum(found["outlook"]["base_kw"]) / 96 == pytest.approx(140, rel=0.05)


def test_without_a_history_contract_demand_is_not_checked_and_said_so(service: Service) -> None:
    found = check(service, job(start=at("09:00"), power_kw=9e5), base_kw=None)
    assert found["outlook"]["limit_kw"] is None
    assert found["outlook"]["base_kw"][0] is None
    assert found["jobs"][0]["conflicts"] == []
    assert found["notes"] == ["no history to forecast all other load from, so contract demand is not checked"]


def test_without_a_tariff_a_plan_has_no_cost_and_says_why(start: Start, make_site: Made) -> None:
    service = start(make_site({"code": "m", "role": "boundary"}, {"code": "m1"}))
    found = check(service, job(start=at("09:00")))
    assert (found["cost"], found["jobs"][0]["cost"], found["jobs"][0]["move"]) == (None, None, None)
    assert found["jobs"][0]["carbon"] == pytest.approx(100 * FACTOR)
    assert found["notes"] == ["the site's contract names no tariff"]
    response = service.call("POST", "/api/v1/plans/optima", json={**DAY, "jobs": [job()]})
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "aim"


def _awaited(service: Service, begun: JSON) -> JSON:
    deadline = time.monotonic() + 90
    while begun["state"] == "running" and time.monotonic() < deadline:
        time.sleep(0.05)
        begun = service.get(f"/plans/optima/{begun['id']}")
    return begun


def begin(service: Service, *jobs: dict[str, Any], **rest: JSON) -> JSON:
    response = service.call("POST", "/api/v1/plans/optima", json={**DAY, "base_kw": 350, "jobs": jobs} | rest)
    assert response.status_code == 200, response.text
    return _awaited(service, response.json())


def test_the_cheapest_plan_is_found_and_told_as_a_plan(service: Service) -> None:
    """Two jobs of an hour on one line take valley hours; a third on another line needs their demand."""
    found = begin(service, job("A"), job("B", after=["A"]), job("C", line="m2", earliest=at("06:00")))
    assert (found["state"], found["left_out"], found["gap"]) == ("done", [], pytest.approx(0.0, abs=0.01))
    assert found["cost"] == pytest.approx(90.0, rel=0.01)
    assert found["plan"]["cost"] == pytest.approx(found["cost"])
    assert [one["conflicts"] for one in found["plan"]["jobs"]] == [[], [], []]


def test_a_plan_that_cannot_be_gets_the_reason(service: Service) -> None:
    found = begin(service, job("A", deadline=at("01:30")), job("B", deadline=at("01:30")))
    assert found["state"] == "impossible"
    assert found["obstacles"] == [{"kind": "line", "jobs": ["A", "B"], "need_min": 120, "have_min": 90}]
    assert found["left_out"] != []


def test_a_load_that_ran_in_the_peak_every_day_is_found_with_what_it_missed(service: Service) -> None:
    """200 kW from 10 to 12, dear at 1.15, on 11 days of October: 0.85 of 4 400 kWh."""

    def crusher(when: datetime) -> float:
        return 50.0 if 10 <= when.hour < 12 else 0.0

    service.post(_rising("m1", crusher, 11))
    service.post(_rising("m2", lambda _: 10.0, 11))
    service.settle()
    found = service.get("/plans/shifts", month="2023-10")
    assert [(one["meter"], one["from"], one["to"], one["days"]) for one in found["shifts"]] == [
        ("m1", "10:00", "12:00", 11)
    ]
    assert found["saves"] == pytest.approx(0.85 * 4400)
    assert found["shifts"][0]["dear_energy"] == pytest.approx(4400)


@pytest.mark.parametrize("month", ["2023-13", "0001-01", "9999-12", "1-1"])
def test_a_month_that_is_none_is_refused(service: Service, month: str) -> None:
    response = service.call("GET", "/api/v1/plans/shifts", params={"month": month})
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "month"


def test_afterwards_a_plan_is_set_against_what_its_line_drew(service: Service) -> None:
    """110 kW where 100 were planned, and 30 at other times; of the last hour nothing is known yet."""

    def drawn(when: datetime) -> float:
        return 110.0 / 4 if 9 <= when.hour < 10 else 30.0 / 4

    whole = [
        {**one, "time": (datetime.fromisoformat(one["time"]) + timedelta(days=1)).isoformat()}
        for one in _rising("m1", drawn, 1)
    ]
    service.post(whole[: 23 * 4 + 1])
    service.settle()
    body = DAY | {"jobs": [job(start=at("09:00")), job("K", start=at("22:30")), job("L")]}
    response = service.call("POST", "/api/v1/plans/metered", json=body)
    assert response.status_code == 200, response.text
    first, last = response.json()["jobs"]
    assert (first["planned"], first["metered"]) == (100.0, pytest.approx(110.0))
    assert first["difference"] == pytest.approx(10.0)
    assert (last["known"], last["metered"]) == (0.5, pytest.approx(15.0))
    assert last["difference"] == pytest.approx(-35.0)
    [line] = response.json()["lines"]
    assert line["metered"] == pytest.approx(110 + 22 * 30)
    assert line["outside"] == pytest.approx(110 + 22 * 30 - 110 - 15)


def test_a_search_that_nobody_began_is_not_there(service: Service) -> None:
    assert service.call("GET", "/api/v1/plans/optima/00ff").status_code == 404


def _sunny(make_site: Made) -> Site:
    roof = {"code": "pv", "role": "generation", "rated_kw": 100, "panels": {"tilt": 10}}
    return make_site(
        {"code": "m", "role": "boundary"},
        {"code": "m1"},
        roof,
        billing=DEMO,
        position={"latitude": 23.0, "longitude": 113.7},
    )


def test_panels_without_a_history_make_their_part_of_a_clear_sky(start: Start, make_site: Made) -> None:
    found = check(start(_sunny(make_site)), job(start=at("09:00")), base_kw=None)
    sun = found["outlook"]["sun_kw"]
    assert (sun[0], sun[95], found["sun_error"]) == (0.0, 0.0, None)
    assert 11.5 * 4 <= sun.index(max(sun)) <= 13 * 4
    assert 65 < max(sun) < 80


def test_panels_are_forecast_by_how_much_of_a_clear_sky_came_through(start: Start, make_site: Made) -> None:
    service = start(_sunny(make_site))
    clear = check(service, job(start=at("09:00")), base_kw=None)["outlook"]["sun_kw"]

    def cloudy(when: datetime) -> float:
        return clear[(when.hour * 60 + when.minute) // 15] / 4 / 2

    service.post(_rising("pv", cloudy, 20, "energy_export"))
    service.settle()
    found = check(service, job(start=at("09:00")), base_kw=None)
    assert found["outlook"]["sun_kw"][48] == pytest.approx(clear[48] / 2, rel=0.06)
    assert found["sun_error"]["days"] == 14
    assert found["sun_error"]["share"] < 0.1
