"""Keys from their making to their end, as the service keeps them."""

import logging
import re
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from telemetry.access.keyring import Keyring
from telemetry.api.access import Access
from telemetry.api.application import create
from telemetry.api.dependencies import Settings
from telemetry.api.guard import served
from telemetry.cli import app
from telemetry.jobs.keys import KeyWatch
from telemetry.model import Site
from telemetry.settings.token import digest

pytestmark = pytest.mark.database
FIRST = "the-token-of-the-start"


class Wall:
    ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def service(start: Callable[..., Any], make_site: Callable[..., Site], wall: Wall) -> Any:
    """One that asks everybody for a key."""
    far = {"kind": "modbus", "code": "far", "host": "192.0.2.1", "edge": "plant-2"}
    sources = [{"kind": "push", "code": "push"}, far]
    service = start(make_site({"code": "M1", "area": "hall"}, {"code": "M2"}, sources=sources))
    ring = Keyring(digest(FIRST), wall)
    settings = Settings(served("localhost"), Access(ring, asked=True, now=wall))
    service.app = create(replace(service.dependencies, settings=settings))
    service.watch = KeyWatch(service.database, ring)
    service.watch.step()
    return service


def ask(service: Any, secret: str, method: str, path: str, **rest: Any) -> Any:
    headers = {"Authorization": f"Bearer {secret}"}
    return service.call(method, f"/api/v1{path}", headers=headers, **rest)


def make(service: Any, **body: Any) -> Any:
    answer = ask(service, FIRST, "POST", "/keys", json={"name": "k", **body})
    assert answer.status_code == 200, answer.text
    return answer.json()


def refused(service: Any, **body: Any) -> str:
    answer = ask(service, FIRST, "POST", "/keys", json={"name": "k", **body})
    assert answer.status_code == 422
    [mistake] = answer.json()["errors"]
    return str(mistake["field"])


def row(meter: str) -> dict[str, Any]:
    return {"meter": meter, "time": "2026-06-01T08:00:00+08:00", "values": {"active_power": 1.0}}


def test_the_token_of_the_start_is_a_key_that_is_listed_rotated_and_revoked(service: Any, wall: Wall) -> None:
    [first] = ask(service, FIRST, "GET", "/keys").json()["keys"]
    assert (first["name"], first["roles"], first["areas"]) == ("first token", ["park-administrator"], None)
    rotated = ask(service, FIRST, "POST", f"/keys/{first['id']}/rotation", json={"overlap_hours": 1}).json()
    for secret in (FIRST, rotated["secret"]):
        assert ask(service, secret, "GET", "/meters").status_code == 200
    wall.ahead = 3601
    assert ask(service, FIRST, "GET", "/meters").status_code == 401
    assert ask(service, rotated["secret"], "POST", f"/keys/{first['id']}/revocation").status_code == 200
    assert ask(service, rotated["secret"], "GET", "/meters").status_code == 401


def test_only_the_hash_of_a_secret_is_kept(service: Any) -> None:
    made = make(service, roles=["read"], whole_park=True)
    assert made["secret"] not in ask(service, FIRST, "GET", "/keys").text
    with service.database.connection() as tx:
        [(kept,)] = tx.execute("select digest from api_key_secret order by id desc limit 1").fetchall()
    assert kept == digest(made["secret"])


def test_a_key_may_what_its_roles_may_and_no_more(service: Any) -> None:
    reads = make(service, roles=["read"], whole_park=True)["secret"]
    assert ask(service, reads, "GET", "/meters").status_code == 200
    answer = ask(service, reads, "POST", "/readings", json=[row("M1")])
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == "This needs the permission push, which read does not have."
    assert ask(service, reads, "GET", "/keys").status_code == 403
    assert ask(service, reads, "POST", "/keys", json={"name": "x", "roles": ["admin"]}).status_code == 403


def test_whoever_may_not_see_alerts_follows_the_park_without_them(service: Any) -> None:
    guest = make(service, name="wall", roles=["guest"], whole_park=True)["secret"]
    service.run(service.hub.tick())
    since = f"{service.hub.epoch}-{service.hub.sequence}"
    service.hub.tell("alert", b'{"comment": "who was it?"}')
    service.run(service.hub.tick())
    service.run(service.hub.tick())

    def followed(secret: str, events: int) -> list[str]:
        headers = {"Authorization": f"Bearer {secret}", "Last-Event-ID": since}
        path = f"/api/v1/live/stream?max_events={events}"
        return re.findall(r"^event: (\w+)$", service.call("GET", path, headers=headers).text, re.MULTILINE)

    assert followed(FIRST, 3) == ["update", "alert", "update"]
    assert followed(guest, 2) == ["update", "update"]


def test_a_key_for_an_area_sees_nothing_of_the_whole_park(service: Any) -> None:
    reads = make(service, roles=["read"], areas=["hall"])["secret"]
    for path in ("/bills", "/demand", "/pools", "/keys", "/sources", "/occupancies", "/audit"):
        assert ask(service, reads, "GET", path).status_code == 403, path


def test_a_key_posts_for_its_meters_alone(service: Any) -> None:
    pushes = make(service, roles=["push"], meters=["M1", "M9"])["secret"]
    answer = ask(service, pushes, "POST", "/readings", json=[row("M1"), row("M2"), row("M8"), row("M9")])
    assert answer.status_code == 200
    told = answer.json()
    assert told["accepted"] == 1
    reasons = {each["value"]: each["reason"] for each in told["rejected"]}
    assert reasons["M2"] == reasons["M8"] == "this key may not post for the meter"
    assert reasons["M9"].startswith("no meter has this code")
    answer = ask(service, pushes, "POST", "/readings", json=[row("M2")])
    assert answer.status_code == 422
    line = "M2 active_power=1 1780272000000000000"
    headers = {"Authorization": f"Token {pushes}"}
    assert service.call("POST", "/api/v2/write", content=line, headers=headers).status_code == 400
    with service.database.connection() as tx:
        rows = tx.execute("select meter_id from reading").fetchall()
        kept = tx.execute("select meter from stray").fetchall()
    assert (len(rows), kept) == (1, [("M9",)])


def test_a_key_posts_under_its_sources_alone(service: Any) -> None:
    pushes = make(service, roles=["push"], sources=["push"])["secret"]
    assert ask(service, pushes, "POST", "/readings", json=[row("M1")]).status_code == 200
    other = ask(service, pushes, "POST", "/readings", json=[row("M1")], params={"source": "other"})
    assert other.status_code == 403


@pytest.mark.parametrize(
    ("limits", "status"),
    [
        ({"sources": ["far"]}, 422),  # it was let in, and its report cannot be read
        ({"whole_park": True}, 422),
        ({"sources": ["push"]}, 403),
        ({"areas": ["hall"]}, 403),
        ({"meters": ["M1"]}, 403),
    ],
)
def test_an_edge_reports_with_a_key_for_each_of_its_sources(
    service: Any,
    limits: dict[str, Any],
    status: int,
) -> None:
    edge = make(service, roles=["push"], **limits)["secret"]
    assert ask(service, edge, "POST", "/edges/plant-2", json={}).status_code == status


def test_readings_are_entered_for_meters_of_ones_own_area_and_others_are_not_known(service: Any) -> None:
    enters = make(service, roles=["enterprise-administrator"], areas=["hall"])["secret"]
    entered = {"time": "2026-06-01T08:00:00+08:00", "quantity": "energy_import", "value": 1.0, "who": "li"}
    both = [{**entered, "meter": meter} for meter in ("M1", "M2", "M7")]
    answer = ask(service, enters, "POST", "/manual-readings", json=both)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["accepted"] == 1
    assert {each["value"]: each["reason"] for each in told["rejected"]} == dict.fromkeys(
        ("M2", "M7"), "no meter in service has this code"
    )


def test_a_key_that_asks_too_often_waits_as_it_is_told(service: Any, wall: Wall) -> None:
    reads = make(service, roles=["read"], whole_park=True, per_minute=2)["secret"]
    answers = [ask(service, reads, "GET", "/schemes") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    wait = int(answers[-1].headers["retry-after"])
    assert 1 <= wait <= 30
    wall.ahead += wait
    assert ask(service, reads, "GET", "/schemes").status_code == 200
    assert ask(service, FIRST, "GET", "/schemes").status_code == 200


def test_a_key_ends_when_it_was_to_end(service: Any, wall: Wall) -> None:
    ends = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    reads = make(service, roles=["read"], whole_park=True, expires_at=ends)["secret"]
    assert ask(service, reads, "GET", "/schemes").status_code == 200
    wall.ahead = 86401
    assert ask(service, reads, "GET", "/schemes").status_code == 401


def test_a_session_ends_with_the_key_that_opened_it(service: Any) -> None:
    made = make(service, roles=["guest"], whole_park=True)
    signed = service.call("POST", "/api/v1/session", json={"token": made["secret"]})
    headers = {"Cookie": signed.headers["set-cookie"].partition(";")[0]}
    assert service.call("GET", "/api/v1/site", headers=headers).status_code == 200
    assert service.call("GET", "/api/v1/cost", headers=headers).status_code == 403
    ask(service, FIRST, "POST", f"/keys/{made['key']['id']}/revocation")
    assert service.call("GET", "/api/v1/site", headers=headers).status_code == 401


def test_last_uses_are_written_down(service: Any) -> None:
    reads = make(service, roles=["read"], whole_park=True)["secret"]
    ask(service, reads, "GET", "/schemes")
    service.watch.step()
    keys = {key["name"]: key for key in ask(service, FIRST, "GET", "/keys").json()["keys"]}
    assert keys["k"]["secrets"][0]["last_used_at"] is not None


def test_what_another_process_made_or_revoked_holds_after_a_look(service: Any) -> None:
    other = create(
        replace(service.dependencies, settings=Settings(served("localhost"), Access(Keyring(), asked=True)))
    )
    ours, service.app = service.app, other
    assert ask(service, FIRST, "GET", "/schemes").status_code == 503
    service.app = ours
    made = make(service, roles=["read"], whole_park=True)
    with service.database.connection() as tx:
        tx.execute("update api_key set revoked_at = now(), revoked_by = 'x' where name = 'k'")
    assert ask(service, made["secret"], "GET", "/schemes").status_code == 200
    service.watch.step()
    assert ask(service, made["secret"], "GET", "/schemes").status_code == 401


def test_another_token_of_the_start_takes_the_place_of_the_first(service: Any) -> None:
    ring = Keyring(digest("another-token"))
    KeyWatch(service.database, ring).step()
    assert ring.find(digest("another-token"))
    assert ring.find(digest(FIRST)) is None


def test_a_token_that_was_revoked_does_not_come_back_by_a_start(
    service: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    [first] = ask(service, FIRST, "GET", "/keys").json()["keys"]
    ask(service, FIRST, "POST", f"/keys/{first['id']}/revocation")
    ring = Keyring(digest(FIRST))
    with caplog.at_level(logging.WARNING):
        KeyWatch(service.database, ring).step()
    assert ring.find(digest(FIRST)) is None
    assert "opens nothing" in caplog.text
    assert FIRST not in caplog.text


def test_what_a_key_may_reach_is_always_said(service: Any) -> None:
    assert refused(service, roles=["read"]) == "areas"
    assert refused(service, roles=["push"]) == "meters"
    assert refused(service, roles=["push", "guest"], meters=["M1"]) == "areas"
    assert refused(service, roles=["read"], areas=["nowhere"]) == "areas"
    assert refused(service, roles=["read"], areas=["hall"], whole_park=True) == "areas"
    assert refused(service, roles=["superuser"], whole_park=True) == "roles"
    assert refused(service, roles=[], whole_park=True) == "roles"
    assert (
        refused(service, roles=["read"], whole_park=True, expires_at="2020-01-01T00:00:00Z") == "expires_at"
    )
    assert refused(service, roles=["read"], whole_park=True, secret="mine") == "secret"  # noqa: S106  # refused
    make(service, roles=["read"], whole_park=True)
    assert refused(service, roles=["read"], whole_park=True) == "name"


def test_keys_that_are_not_there(service: Any) -> None:
    for what in ("rotation", "revocation"):
        answer = ask(service, FIRST, "POST", f"/keys/999/{what}", json={})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "number"


def test_keys_are_made_listed_rotated_and_revoked_at_the_command_line(
    service: Any,
    address: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PARKWATT_TOKEN", FIRST)

    def run(*asked: str) -> tuple[int, list[str]]:
        done = CliRunner().invoke(app, ["key", *asked, "--to", address])
        return done.exit_code, done.output.strip().splitlines()

    code, said = run("create", "telegraf", "--role", "push", "--meter", "M1", "--days", "30")
    assert (code, said[0]) == (0, "Key 2, telegraf. Its secret, shown this once:")
    assert ask(service, said[1], "POST", "/readings", json=[row("M1")]).status_code == 200
    code, rotated = run("rotate", "2", "--overlap-hours", "0")
    assert code == 0
    assert ask(service, said[1], "POST", "/readings", json=[row("M1")]).status_code == 401
    assert ask(service, rotated[1], "POST", "/readings", json=[row("M1")]).status_code == 200
    assert run("revoke", "2") == (0, ["The key telegraf is revoked."])
    assert ask(service, rotated[1], "POST", "/readings", json=[row("M1")]).status_code == 401
    assert any("telegraf" in line and "revoked" in line for line in run("list")[1])
    assert run("create", "erp", "--role", "read") == (
        1,
        ["areas: name the areas that it may see, or set whole_park"],
    )
