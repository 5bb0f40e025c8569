"""From no park to a reading by the generated client, and a refusal: client_smoke.py URL KEY."""

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from parkwatt_client import AuthenticatedClient
from parkwatt_client.api.meters import get_meters
from parkwatt_client.api.park import get_site
from parkwatt_client.api.readings import get_readings, post_readings
from parkwatt_client.api.site import post_site, post_site_additions
from parkwatt_client.models import (
    MeterList,
    PostedAdditions,
    PostedPark,
    Problem,
    PushedRow,
    PushedRowValues,
    ReadingColumns,
    Receipt,
    SiteAnswer,
    SiteChange,
)

T = TypeVar("T")
PARK = {"code": "park", "name": {"en": "Park", "zh": "园区"}, "zone": "Asia/Shanghai", "region": "CN-GD"}
METER = {"code": "M-1", "name": {"en": "Incomer", "zh": "总进线"}, "area": "park", "role": "boundary"}
ADDED = {
    "meters": [METER | {"carrier": "electricity", "source": "push"}],
    "sources": [{"kind": "push", "code": "push"}],
}


def a(kind: type[T], answer: object) -> T:
    assert isinstance(answer, kind), answer
    return answer


def await_(found: Callable[[], bool]) -> None:
    """What a site file says holds within seconds."""
    until = time.monotonic() + 30
    while not found():
        assert time.monotonic() < until
        time.sleep(0.3)


def declare(client: AuthenticatedClient) -> None:
    a(SiteChange, post_site.sync(client=client, body=PostedPark.from_dict(PARK)))
    await_(lambda: isinstance(get_site.sync(client=client), SiteAnswer))
    a(SiteChange, post_site_additions.sync(client=client, body=PostedAdditions.from_dict(ADDED)))
    await_(lambda: a(MeterList, get_meters.sync(client=client)).meters != [])


def main() -> None:
    url, key = sys.argv[1:]
    with AuthenticatedClient(url, key) as client:
        declare(client)
        assert [each.code for each in a(MeterList, get_meters.sync(client=client)).meters] == ["M-1"]
        values = PushedRowValues.from_dict({"active_power": 412.5})
        row = PushedRow(meter="M-1", time=datetime.now(UTC), values=values)
        assert a(Receipt, post_readings.sync(client=client, body=[row])).accepted == 1
        shown = a(ReadingColumns, get_readings.sync(client=client, meter="M-1"))
        assert shown.quantities["active_power"].values == [412.5]
        refused = a(Problem, get_readings.sync(client=client, meter="M-1", from_="yesterday"))
        assert (refused.status, refused.errors[0].field) == (422, "from")
    print("client: from no park to a reading, and a refusal that names its field")


if __name__ == "__main__":
    main()
