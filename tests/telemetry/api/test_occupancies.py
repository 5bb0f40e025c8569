"""Occupancies said through the API decide at once who sees what of which days."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from telemetry.model import Site
from telemetry.storage.registry import apply_site

pytestmark = pytest.mark.database

FIRST = "the-token-of-the-start"
BEGIN = datetime.now(UTC).date() - timedelta(days=20)
DAYS = [BEGIN + timedelta(days=n) for n in range(10)]
FILE = {"meter": "m-shed", "enterprise": "E1"}


def _park(make_site: Callable[..., Site], *occupancies: dict[str, Any]) -> Site:
    areas = [{"code": "park", "kind": "park", "name": {"en": "Park", "zh": "园区"}}]
    for code, kind in {"E1": "enterprise", "E2": "enterprise", "hall": "workshop"}.items():
        areas.append({"code": code, "kind": kind, "name": {"en": code, "zh": code}, "parent": "park"})
    meters = [
        {"code": "m-hall", "area": "hall", "role": "boundary", "max_gap_s": 90_000},
        {"code": "m-shed"},
        {"code": "m-lent", "area": "E1"},
    ]
    return make_site(*meters, areas=areas, occupancies=occupancies)


def _let(start: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    """Ten days of a hall that stands empty, and a shed that the file lets."""
    made = start(_park(make_site, FILE))
    made.post(
        [
            {"meter": "m-hall", "time": f"{day}T00:00:00+08:00", "values": {"energy_import": 96.0 * n}}
            for n, day in enumerate([*DAYS, DAYS[-1] + timedelta(days=1)])
        ]
    )
    made.settle()
    made.ask_for_keys(FIRST)
    return made


@pytest.fixture
def service(start: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    return _let(start, make_site)


@pytest.fixture(scope="module")
def unchanged(start_for_file: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    """For what changes nothing: one service for all of it."""
    return _let(start_for_file, make_site)


def _post(service: Any, path: str = "", status: int = 200, **body: Any) -> Any:
    told = {name.rstrip("_"): str(value) for name, value in body.items()}
    done = service.ask(FIRST, "POST", f"/occupancies{path}", json=told)
    assert done.status_code == status, done.text
    return done.json()


def _key(service: Any, area: str) -> str:
    body = {"name": area, "roles": ["enterprise-user"], "areas": [area]}
    return str(service.ask(FIRST, "POST", "/keys", json=body).json()["secret"])


def _days(service: Any, secret: str) -> list[date]:
    """On which something of the hall is told."""
    asked = {"by": "meter", "step": "day", "from": str(BEGIN), "quantity": "energy_import"}
    found = service.ask(secret, "GET", "/energy", params=asked).json()
    return [
        datetime.fromisoformat(time).date()
        for series in found["series"]
        if series["key"] == "m-hall"
        for time, value in zip(found["times"], series["values"], strict=True)
        if value is not None
    ]


def test_who_moves_in_sees_what_is_from_then_on_and_nothing_before(service: Any) -> None:
    one, two = _key(service, "E1"), _key(service, "E2")
    assert (_days(service, one), _days(service, two)) == ([], [])
    first = _post(service, area="hall", enterprise="E1", to=DAYS[3])
    _post(service, area="hall", enterprise="E2", from_=DAYS[6])
    assert (_days(service, one), _days(service, two)) == (DAYS[:4], DAYS[6:])
    ended = _post(service, f"/{first['id']}/end", to=DAYS[1])
    assert (ended["to"], _days(service, one)) == (str(DAYS[1]), DAYS[:2])
    _post(service, f"/{first['id']}/withdrawal")
    assert (_days(service, one), _days(service, two)) == ([], DAYS[6:])


def test_they_are_listed_beside_those_of_the_file_and_stand_in_the_audit_log(service: Any) -> None:
    said = _post(service, meter="m-lent", enterprise="E2", from_=DAYS[2], to=DAYS[4])
    listed = service.ask(FIRST, "GET", "/occupancies").json()["occupancies"]
    assert [(each["meter"], each["managed_by"]) for each in listed] == [
        ("m-lent", "people"),
        ("m-shed", "file"),
    ]
    assert listed[0] == said
    (entry,) = service.ask(FIRST, "GET", "/audit", params={"kind": "occupancy", "text": "m-lent"}).json()[
        "entries"
    ]
    assert (entry["who"], entry["act"], entry["name"]) == ("first token", "insert", "E2")


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("area", {"enterprise": "E1"}),
        ("area", {"enterprise": "E1", "area": "hall", "meter": "m-hall"}),
        ("area", {"enterprise": "E1", "area": "nowhere"}),
        ("meter", {"enterprise": "E1", "meter": "none"}),
        ("enterprise", {"enterprise": "hall", "area": "hall"}),
        ("enterprise", {"area": "hall"}),
        ("to", {"enterprise": "E1", "area": "hall", "from": "2026-02-02", "to": "2026-02-01"}),
        ("from", {"enterprise": "E1", "area": "hall", "from": "2026-02-30"}),
        ("from", {"enterprise": "E2", "meter": "m-shed", "from": "2026-02-01"}),
        ("until", {"enterprise": "E1", "area": "hall", "until": "2026-02-01"}),
    ],
)
def test_what_does_not_fit_is_refused(unchanged: Any, field: str, body: dict[str, str]) -> None:
    refused = unchanged.ask(FIRST, "POST", "/occupancies", json=body)
    assert refused.status_code == 422
    assert [each["field"] for each in refused.json()["errors"]] == [field], refused.text


def test_ends_that_do_not_fit_are_refused(service: Any) -> None:
    first = _post(service, area="hall", enterprise="E1", from_=DAYS[1], to=DAYS[3])["id"]
    _post(service, area="hall", enterprise="E2", from_=DAYS[5])
    _post(service, f"/{first}/end", 422, to=DAYS[5])
    _post(service, f"/{first}/end", 422, to=DAYS[0])
    _post(service, "/4711/end", 422, to=DAYS[0])
    of_file = service.ask(FIRST, "GET", "/occupancies").json()["occupancies"][-1]
    assert of_file["managed_by"] == "file"
    _post(service, f"/{of_file['id']}/end", 422, to=DAYS[5])
    _post(service, f"/{of_file['id']}/withdrawal", 422)


def test_a_file_that_speaks_of_the_same_days_goes_before(
    service: Any,
    make_site: Callable[..., Site],
) -> None:
    _post(service, area="hall", enterprise="E1", from_=DAYS[6])
    kept = _post(service, area="hall", enterprise="E1", to=DAYS[1])
    site = _park(make_site, FILE, {"area": "hall", "enterprise": "E2", "from": DAYS[4]})
    apply_site(service.database, site, datetime.now(UTC))
    listed = service.ask(FIRST, "GET", "/occupancies").json()["occupancies"]
    assert [(each["enterprise"], each["managed_by"]) for each in listed] == [
        ("E1", "people"),
        ("E2", "file"),
        ("E1", "file"),
    ]
    assert listed[0] == kept
    assert _days(service, _key(service, "E2")) == DAYS[4:]
