"""The log of deliveries through the API: dead letters tried again, and messages that try a contact."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from receivers import Receiver

from alerts.contacts import Directory
from telemetry.jobs.desks import InDatabase
from telemetry.jobs.sending import Sender
from telemetry.model import Site

pytestmark = pytest.mark.database
VARIABLES = {"PARKWATT_HOOK_OF_A_TEST": "a secret of the test"}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with closing(Receiver()) as opened:
        yield opened


@pytest.fixture
def service(start: Callable[..., Any], make_site: Callable[..., Site], receiver: Receiver) -> Any:
    made = start(make_site({"code": "m"}))
    hook = {"kind": "webhook", "url": receiver.url, "secret_variable": "PARKWATT_HOOK_OF_A_TEST"}
    contact = {"code": "duty", "name": {"en": "On duty", "zh": "值班"}, "channels": [hook]}
    directory = Directory.model_validate({"contacts": [contact]})
    made.current.adopt(replace(made.plan, directory=directory))
    return made


def send(service: Any) -> None:
    asyncio.run(Sender(InDatabase(service.database), service.current, VARIABLES).step())


def test_a_contact_is_tried_and_a_dead_letter_tried_again(service: Any, receiver: Receiver) -> None:
    receiver.answers.append(410)
    posted = service.call("POST", "/api/v1/contacts/duty/test")
    assert posted.status_code == 200, posted.text
    (waiting,) = posted.json()["deliveries"]
    assert (waiting["state"], waiting["what"], waiting["channel"]) == ("waiting", "test", "webhook")
    send(service)
    (dead,) = service.get("/deliveries", state="dead")["deliveries"]
    assert dead["id"] == waiting["id"]
    assert dead["error"] == "the receiver answers 410"
    assert dead["sent"] is None
    again = service.call("POST", f"/api/v1/deliveries/{dead['id']}/retry").json()["deliveries"][0]
    assert (again["state"], again["attempts"]) == ("waiting", 0)
    send(service)
    (sent,) = service.get("/deliveries", contact="duty")["deliveries"]
    assert sent["state"] == "sent"
    assert sent["sent"].endswith("+08:00")
    assert [body["key"] for body in receiver.bodies] == [sent["key"]] * 2
    assert service.get("/deliveries", state="dead")["deliveries"] == []


def test_only_what_was_given_up_is_tried_again(service: Any) -> None:
    number = service.call("POST", "/api/v1/contacts/duty/test").json()["deliveries"][0]["id"]
    assert service.call("POST", f"/api/v1/deliveries/{number}/retry").status_code == 409
    assert service.call("POST", "/api/v1/deliveries/99999/retry").status_code == 404
    assert service.call("POST", "/api/v1/contacts/nobody/test").status_code == 404


def test_contacts_are_listed_without_what_is_secret(service: Any, receiver: Receiver) -> None:
    answered = service.call("GET", "/api/v1/contacts")
    (duty,) = answered.json()["contacts"]
    assert duty["missing"] == ["PARKWATT_HOOK_OF_A_TEST"]
    assert duty["channels"] == ["webhook"]
    assert receiver.address not in answered.text


def test_the_log_is_read_page_by_page(service: Any) -> None:
    for _ in range(3):
        service.call("POST", "/api/v1/contacts/duty/test")
    page = service.get("/deliveries", limit=2)
    first, rest = page["deliveries"], service.get("/deliveries", cursor=page["next"])["deliveries"]
    assert len(first) == 2
    assert len(rest) == 1
    assert service.get("/deliveries", alert=rest[0]["alert"])["deliveries"] == rest
