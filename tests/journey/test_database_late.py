"""The service is started while its database is away: it says so, collects, and goes on by itself."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import far
import httpx
import pytest
from far import Cable, stands, until, whole
from psycopg.conninfo import conninfo_to_dict, make_conninfo

pytestmark = pytest.mark.database
SITE = far.SITE.replace("edge: hall-2, ", "").replace(
    "meters:\n", "  - {{kind: push, code: scada}}\nmeters:\n"
) + ("  - {{code: P-1, name: {{en: Posts, zh: 推送}}, area: plant, source: scada}}\n")
ADDED = "  - {code: P-2, name: {en: Posts, zh: 推送}, area: plant, source: scada}\n"
AT = "2023-06-01T08:00:00+08:00"


@pytest.fixture
def counting(registers: Any) -> Iterator[Any]:
    bank = far.counting(registers)
    yield bank
    bank.stop()


@pytest.fixture
def database(new_database: Callable[[], str]) -> Iterator[tuple[str, Cable]]:
    """The URL of an empty database, by a way that is cut."""
    url = new_database()
    parts = conninfo_to_dict(url)
    host, port = str(parts["host"]), str(parts.get("port", 5432))
    cable = Cable(f"{host}/.s.PGSQL.{port}" if host.startswith("/") else int(port))
    cable.cut()
    yield make_conninfo(url, host="127.0.0.1", port=cable.port), cable
    cable.close()


def post(service: Any, meter: str) -> dict[str, Any]:
    row = {"meter": meter, "time": AT, "values": {"energy_import": 7.0}}
    answer: dict[str, Any] = httpx.post(
        f"{service.url}/api/v1/readings?source=scada", json=[row], timeout=60
    ).json()
    return answer


def ask(service: Any, path: str) -> httpx.Response:
    return httpx.get(f"{service.url}{path}", timeout=60)


def test_it_starts_collects_into_the_spool_and_goes_on_when_the_database_comes(
    database: tuple[str, Cable],  # joined until the service has ended
    serve: Callable[..., Any],
    counting: Any,
) -> None:
    url, cable = database
    service = serve(SITE.format(port=counting.port), PARKWATT_DATABASE_URL=url)
    assert ask(service, "/healthz").status_code == 200
    assert "starts without its database" in service.log.read_text()
    assert post(service, "P-1")["spooled"] == 1
    night = counting.count
    until(lambda: counting.count > night + 10)
    until(lambda: ask(service, "/api/v1/sources").json()["spool"]["rows"] > 5)
    told = ask(service, "/api/v1/sources").json()
    assert told["queue"]["failing"]
    assert "the database has not been ready since the start" in told["queue"]["last_error"]
    refused = ask(service, f"/api/v1/readings?meter=P-1&from={AT[:10]}&to=2023-06-02")
    assert (refused.status_code, "retry-after" in refused.headers) == (503, True)
    site = Path(service.variables["PARKWATT_CONFIG_DIR"]) / "sites/plant.yaml"
    site.write_text(site.read_text("utf-8") + ADDED, "utf-8")
    until(lambda: "could not take the change yet" in service.log.read_text())
    cable.join()
    until(lambda: night + 10 in stands(service) and whole(stands(service)))
    assert stands(service)[0] == 1
    assert stands(service, "P-1") == [7]
    until(lambda: ask(service, "/api/v1/sources").json()["spool"]["rows"] == 0)
    assert not ask(service, "/api/v1/sources").json()["queue"]["failing"]
    until(lambda: post(service, "P-2").get("duplicate") == 1)
    until(lambda: len(ask(service, "/api/v1/live").json()["meters"]) == 3)
