"""What whoever asks from outside may take of the database's time."""

import pytest

from telemetry.access.asker import MACHINE, Asker
from telemetry.access.doorway import VISIT, Doorway, Visit
from telemetry.storage.errors import TakesTooLong
from telemetry.storage.pool import Database

pytestmark = pytest.mark.database
TENANT = Asker("E1's", ("read",), frozenset({"E1"}))


@pytest.mark.parametrize("asker", [MACHINE, TENANT])
@pytest.mark.parametrize("writes", [False, True])
def test_a_statement_of_a_request_ends_when_its_time_is_over(
    migrated_url: str, asker: Asker, *, writes: bool
) -> None:
    database = Database(migrated_url, longest_s=1.0)
    database.connect()
    outside = VISIT.set(Visit(asker, "test", writes))
    try:
        with pytest.raises(TakesTooLong), Doorway(database).connection() as tx:
            tx.execute("select pg_sleep(60)")
        with Doorway(database).connection() as tx:
            assert tx.execute("select 1").fetchone() == (1,)
        with database.connection() as tx:
            assert tx.execute("show statement_timeout").fetchone() == ("0",)
    finally:
        VISIT.reset(outside)
        database.close()
