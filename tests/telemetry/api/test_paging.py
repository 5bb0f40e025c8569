"""Long lists page by page: all rows, each once, in the order of the whole."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from telemetry.api.paging import marked
from telemetry.model import Site

pytestmark = pytest.mark.database
Service = Any
DIESEL = {"enterprise": "hall", "kind": "diesel", "unit": "t", "who": "li.na", "amount": 1.0}
ALERT = """
insert into alert (id, rule, subject_kind, subject, severity, stage, since, fired, resolved, value,
    limit_value, unit, flapping, corrected, quiet, told, band, more, last_change)
values (%s, 'high', 'meter', 'M', 'warning', 1, %s, %s, %s, 410, 400,
    'kW', false, false, '', true, '', '{}', 1)
"""
TIMES = [f"2026-11-20T08:0{minute}:00+08:00" for minute in range(7)]
WINDOW = {"meter": "M", "from": "2026-11-20", "to": "2026-11-21"}
LISTS: list[tuple[str, dict[str, Any], tuple[str, ...]]] = [
    ("/activities", {}, ("records",)),
    ("/alerts", {"history": True}, ("alerts",)),
    ("/corrections", {}, ("corrections",)),
    ("/strays", {}, ("strays", "names")),
    ("/audit", {"kind": "record"}, ("entries",)),
]


@pytest.fixture(scope="module")
def service(start_for_file: Callable[..., Any], make_site: Callable[..., Site]) -> Service:
    service = start_for_file(make_site({"code": "M", "area": "hall"}))
    _post(service, "/activities", [DIESEL | _invoice(number) for number in range(5)])
    service.post([{"meter": "M", "time": time, "values": {"active_power": 1.0}} for time in TIMES])
    for time in TIMES[:4]:
        _post(service, "/corrections", _withdrawn(time))
    strangers = [("push", f"X{number}", "active_power") for number in range(6)]
    for source, meter, name in [
        *strangers,
        ("push", "M", "speed"),
        ("push", "M", "torque"),
        ("push", "M", "slip"),
    ]:
        row = {"meter": meter, "time": TIMES[0], "values": {name: 1.0}}
        service.call("POST", f"/api/v1/readings?source={source}", json=[row])
    with service.database.connection() as tx:
        for number in range(7):
            time = TIMES[number // 2]
            tx.execute(ALERT, [f"high/meter:M/{number}", time, time, None if number % 3 else TIMES[-1]])
    return service


def _invoice(number: int) -> dict[str, Any]:
    return {"document": f"invoice {number}", "period": f"2026-0{5 - number // 2}"}


def _withdrawn(time: str) -> dict[str, Any]:
    meter = {"meter": "M", "quantity": "active_power", "from": time, "to": time.replace(":00+", ":01+")}
    return meter | {"kind": "withdraw", "who": "li.na", "reason": "bench"}


def _post(service: Service, path: str, body: Any) -> None:
    answer = service.call("POST", f"/api/v1{path}", json=body)
    assert answer.status_code == 200, answer.text


def _walked(service: Service, path: str, asked: dict[str, Any], limit: int) -> list[Any]:
    """The pages, each of `limit` rows at most."""
    found: list[Any] = []
    cursor: dict[str, Any] = {}
    while cursor is not None:
        found.append(service.get(path, **asked, **cursor, limit=limit))
        cursor = {"cursor": found[-1]["next"]} if found[-1]["next"] else None  # type: ignore[assignment]
        assert len(found) < 20
    return found


def test_lists_are_read_page_by_page(service: Service) -> None:
    for path, asked, names in LISTS:
        _check(service, path, asked, names)


def _check(service: Service, path: str, asked: dict[str, Any], names: tuple[str, ...]) -> None:
    whole = service.get(path, **asked)
    assert whole["next"] is None
    for limit in (1, 2, 3):
        pages = _walked(service, path, asked, limit)
        assert len(pages) > 1
        for name in names:
            assert len(whole[name]) > 2
            assert [row for page in pages for row in page[name]] == whole[name], (name, limit)
            assert all(len(page[name]) <= limit for page in pages)


def test_readings_are_read_backwards_page_by_page(service: Service) -> None:
    pages = _walked(service, "/readings", WINDOW | {"step": "raw"}, 3)
    assert [len(page["times"]) for page in pages] == [3, 3, 1]
    assert [time for page in pages[::-1] for time in page["times"]] == TIMES


def test_a_table_tells_by_its_header_where_it_goes_on(service: Service) -> None:
    path, found = "/api/v1/activities?limit=2&enterprise=hall&table=records", []
    while path:
        answer = service.call("GET", path, headers={"Accept": "text/csv"})
        found += answer.text.split("\r\n")[1:-1]
        path = answer.links["next"]["url"] if "next" in answer.links else ""
        assert urlsplit(path).path in {"/api/v1/activities", ""}
    assert len(found) == len(set(found)) == 5


def test_a_cursor_of_something_else_is_refused(service: Service) -> None:
    odd = ["x", "WzBd", "!", "é", marked((1 << 70,)), marked(("2026-05-01", "\0"))]
    for path in ("/activities?", "/alerts?", "/deliveries?", "/strays?", "/audit?", "/readings?meter=M&"):
        for cursor in odd:
            answer = service.call("GET", f"/api/v1{path}cursor={cursor}")
            assert answer.status_code == 422, (path, cursor)
            assert [each["field"] for each in answer.json()["errors"]] == ["cursor"]
