"""What an edge makes of the centre's answers."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import zstandard

from ingest.batch import Batch
from ingest.errors import StoreUnavailable
from ingest.spool import Spool
from telemetry.edge.link import Link
from telemetry.edge.uplink import Uplink
from telemetry.settings.mistakes import ConfigError

TAKEN = {"accepted": 2, "duplicate": 0, "conflict": 0, "spooled": 0, "rejected": []}
UNKNOWN = {"row": 1, "field": "meter", "value": "b", "reason": "no meter has this code"}


class Centre:
    """Answers what a test has prepared, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[httpx.Request] = []
        self.answers: list[httpx.Response | Exception] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0) if self.answers else httpx.Response(200, json=TAKEN)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def body(self, number: int = -1) -> Any:
        return json.loads(zstandard.decompress(self.asked[number].content))


@pytest.fixture
def centre() -> Centre:
    return Centre()


@pytest.fixture
def aside(tmp_path: Path) -> Iterator[Spool]:
    with closing(Spool.open(tmp_path / "aside")) as spool:
        yield spool


@pytest.fixture
def uplink(centre: Centre, aside: Spool) -> Uplink:
    client = httpx.Client(base_url="https://centre", transport=httpx.MockTransport(centre))
    return Uplink(Link(client), aside)


def batch(*meters: str, source: str = "line-1") -> Batch:
    known = tuple(dict.fromkeys(meters))
    return Batch(
        source,
        known,
        np.array([known.index(meter) for meter in meters], np.int32),
        np.arange(len(meters)) + 1_795_332_600_000_000,
        ("active_power", "energy_import"),
        np.array([[1.5, np.nan]] * len(meters)),
    )


def test_a_batch_is_posted_as_columns_under_its_source(centre: Centre, uplink: Uplink) -> None:
    (outcome,) = uplink.write([batch("a", "b")])
    assert outcome.tolist() == [0, 0]
    assert centre.asked[0].url == "https://centre/api/v1/readings?source=line-1"
    assert centre.body() == {
        "meter": ["a", "b"],
        "time": [1_795_332_600_000_000, 1_795_332_600_000_001],
        "time_unit": "us",
        "active_power": [1.5, 1.5],
        "energy_import": [None, None],
    }


def test_the_edition_of_the_templates_goes_along(centre: Centre, uplink: Uplink) -> None:
    uplink.write([replace(batch("a"), edition="4be1c0a7d2936f58"), batch("b")])
    assert [dict(each.url.params) for each in centre.asked] == [
        {"source": "line-1", "edition": "4be1c0a7d2936f58"},
        {"source": "line-1"},
    ]


def test_what_no_template_mentions_goes_along_under_any_name(centre: Centre, uplink: Uplink) -> None:
    named = replace(batch("a", "b"), quantities=("time", "voltage"), unmapped=True)
    outcomes = uplink.write([named, batch("a")])
    assert [outcome.tolist() for outcome in outcomes] == [[0, 0], [0]]
    assert dict(centre.asked[0].url.params) == {"source": "line-1", "unmapped": "true"}
    assert centre.body(0) == {
        "meter": ["a", "b"],
        "time": [1_795_332_600_000_000, 1_795_332_600_000_001],
        "values": {"time": [1.5, 1.5], "voltage": [None, None]},
    }
    assert dict(centre.asked[1].url.params) == {"source": "line-1"}


def test_batches_of_one_form_share_a_post_and_a_large_one_is_cut(centre: Centre, uplink: Uplink) -> None:
    uplink.write([batch("a"), batch("b"), batch("c", source="line-2")])
    assert [len(centre.body(number)["time"]) for number in (0, 1)] == [2, 1]
    uplink.write([batch(*["a"] * 25_000)])
    lengths = [len(centre.body(number)["time"]) for number in range(2, len(centre.asked))]
    assert len(lengths) > 1
    assert sum(lengths) == 25_000


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (httpx.ConnectError("connection refused"), "connection refused"),
        (httpx.ReadTimeout(""), "ReadTimeout"),
        (httpx.Response(503, json={"detail": "The database does not answer."}), "does not answer"),
        (httpx.Response(502, text="<html>"), "502: Bad Gateway"),
        (httpx.Response(401, json={"detail": "A token is needed"}), "PARKWATT_TOKEN"),
        (httpx.Response(421, json={}), "PARKWATT_ALLOWED_HOSTS"),
        (httpx.Response(404, text="not here"), "no ParkWatt at this address"),
        (httpx.Response(200, text="<html>Please sign in"), "sign-in page of the network"),
        (httpx.Response(200, json={}), "what answers is not ParkWatt"),
        (httpx.Response(422, text="<html>Blocked"), "what answers is not ParkWatt"),
    ],
)
def test_whatever_the_centre_has_not_looked_at_has_to_be_kept(
    answer: httpx.Response | Exception, said: str, centre: Centre, uplink: Uplink
) -> None:
    centre.answers = [answer]
    with pytest.raises(StoreUnavailable, match=said):
        uplink.write([batch("a")])


@pytest.mark.parametrize(
    ("answer", "least"),
    [
        (httpx.Response(429, headers={"Retry-After": "7"}, json={"detail": "too much"}), 6.9),
        (httpx.Response(503, headers={"Retry-After": "100000"}, json={"detail": "away"}), 299.0),
        (httpx.Response(401, json={}), 29.0),
    ],
)
def test_a_centre_that_asks_for_a_pause_gets_it(
    answer: httpx.Response, least: float, centre: Centre, uplink: Uplink, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr("telemetry.edge.link.time.monotonic", lambda: now)
    centre.answers = [answer]
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            uplink.write([batch("a")])
    assert len(centre.asked) == 1
    now += least
    with pytest.raises(StoreUnavailable):
        uplink.write([batch("a")])
    assert len(centre.asked) == 1
    now += 2
    uplink.write([batch("a")])
    assert len(centre.asked) == 2


def test_rows_that_the_centre_cannot_use_yet_stand_aside_until_it_can(
    centre: Centre, uplink: Uplink, aside: Spool, caplog: pytest.LogCaptureFixture
) -> None:
    centre.answers = [httpx.Response(200, json={**TAKEN, "rejected": [UNKNOWN]})] * 2
    uplink.write([batch("a", "b")])
    uplink.write([batch("a", "b")])
    assert aside.health().rows == 2
    assert sum("meter b: no meter has this code" in record.getMessage() for record in caplog.records) == 1
    centre.answers = [httpx.ConnectError("gone")]
    with pytest.raises(StoreUnavailable):
        uplink.offer_again()
    assert aside.health().rows == 2
    centre.answers = [httpx.Response(200, json={**TAKEN, "rejected": [{**UNKNOWN, "row": 0}]})] * 2
    uplink.offer_again()
    assert aside.health().rows == 2
    uplink.offer_again()
    assert aside.health().rows == 0
    assert centre.body()["meter"] == ["b"]


def test_a_body_of_which_nothing_was_taken_stands_aside_whole(
    centre: Centre, uplink: Uplink, aside: Spool
) -> None:
    errors = [{"field": "0.meter", "value": "a", "reason": "no meter has this code"}]
    centre.answers = [httpx.Response(422, json={"detail": "None of the rows", "errors": errors})]
    uplink.write([batch("a", "a")])
    assert aside.health().rows == 2


def test_a_value_that_the_centre_leaves_out_does_not_hold_its_row_back(
    centre: Centre, uplink: Uplink, aside: Spool
) -> None:
    rejected = {"row": 0, "field": "active_power", "value": 1e30, "reason": "no meter shows so much"}
    centre.answers = [httpx.Response(200, json={**TAKEN, "rejected": [rejected]})]
    uplink.write([batch("a")])
    assert aside.health().rows == 0


@pytest.mark.parametrize("url", ["http://10.0.0.7:8000", "centre:8000", "https://", "ftp://centre"])
def test_a_way_that_would_show_the_key_is_not_taken(url: str) -> None:
    with pytest.raises(ConfigError, match="--to"):
        Link.to(url, "a-token-of-sixteen-letters", None)


def test_the_key_goes_with_every_post(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def send(client: httpx.Client, request: httpx.Request) -> httpx.Response:
        del client
        seen.append(request.headers["authorization"])
        return httpx.Response(200, json=TAKEN)

    monkeypatch.setattr(httpx.Client, "send", send)
    Link.to("https://centre", "a-token-of-sixteen-letters", None).post("/", {})
    assert seen == ["Bearer a-token-of-sixteen-letters"]


def test_a_file_without_certificates_is_named(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    with pytest.raises(ConfigError, match=r"ca\.pem holds no certificates"):
        Link.to("https://centre", None, tmp_path / "ca.pem")
