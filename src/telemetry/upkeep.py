"""What one command does to a database, whether or not a service uses it: migrate, reckon anew, verify."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager

from telemetry.reports import periods
from telemetry.reports.periods import Recomputation
from telemetry.settings.audit_heads import noted
from telemetry.settings.environment import Environment
from telemetry.storage import audit
from telemetry.storage import periods as stored_periods
from telemetry.storage.audit import Chain
from telemetry.storage.embedded import EmbeddedPostgres, has_data, running
from telemetry.storage.migrate import migrate, migrations, pending
from telemetry.storage.periods import Wanted
from telemetry.storage.pool import Database, Transaction


def plan_migrations(environment: Environment) -> list[str]:
    """Names of the migrations that the database lacks; changes nothing.

    Raises StorageError, EmbeddedPostgresError.
    """
    if environment.database_url is None and not has_data(environment.data_dir):
        return [name for name, _ in migrations().values()]
    with database_url(environment) as url:
        return pending(url)


def apply_migrations(environment: Environment) -> list[str]:
    """Bring the database up to date; names of the migrations that it lacked.

    Raises StorageError, EmbeddedPostgresError.
    """
    with database_url(environment) as url:
        names = pending(url)
        migrate(url)
        return names


def recompute(environment: Environment, wanted: Wanted) -> list[Recomputation]:
    """Reckon closed periods anew from their frozen rows; empty when there are none such.

    Raises StorageError, EmbeddedPostgresError, FactorError.
    """
    with _database(environment) as database, database.connection() as tx:
        return [periods.recompute(tx, closed) for closed in stored_periods.listed(tx, wanted)]


def verify_audit(environment: Environment, heads: Mapping[int, str]) -> Chain:
    """Whether the audit log is what was written, by itself and by `heads` and those of the data folder.

    Raises StorageError, EmbeddedPostgresError.
    """
    with _database(environment) as database, database.connection() as tx:
        return audit.verified(tx, {**noted(environment.data_dir), **heads})


@contextmanager
def at_hand(environment: Environment) -> Iterator[Transaction]:
    """One transaction in the database, whether or not a service uses it; signed as this machine's.

    Raises StorageError, EmbeddedPostgresError.
    """
    url = environment.database_url or running(environment.data_dir)
    opened = closing(Database.open(url)) if url else _database(environment)
    with opened as database, database.connection() as tx:
        audit.sign(tx, "this machine", "parkwatt people")
        yield tx


@contextmanager
def _database(environment: Environment) -> Iterator[Database]:
    with database_url(environment) as url:
        migrate(url)
        database = Database.open(url)
        try:
            yield database
        finally:
            database.close()


@contextmanager
def database_url(environment: Environment) -> Iterator[str]:
    """Of the named server, or of an embedded one that runs meanwhile. Raises EmbeddedPostgresError."""
    with ExitStack() as parts:
        yield environment.database_url or _embedded(environment, parts)


def _embedded(environment: Environment, parts: ExitStack) -> str:
    server = EmbeddedPostgres()
    parts.callback(server.stop)
    return server.start(environment.data_dir)
