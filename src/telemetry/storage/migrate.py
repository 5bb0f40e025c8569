"""Which migrations a database has, and how it gets the rest."""

import contextlib
from collections.abc import Iterator
from importlib.resources import files
from typing import Any, LiteralString

import psycopg
from psycopg import Connection
from psycopg.errors import InsufficientPrivilege

from telemetry.storage import queries, server, tenancy
from telemetry.storage.errors import SchemaError, StorageUnavailable

_SQL = queries.beside(__file__)
ROLE = "parkwatt_service"


def migrations() -> dict[int, tuple[str, LiteralString]]:
    """Name and text of each file of schema/ by its number."""
    found = sorted(p.name for p in files("telemetry.storage").joinpath("schema").iterdir())
    return {int(name[:4]): (name, _text(name)) for name in found if name.endswith(".sql")}


def pending(url: str) -> list[str]:
    """Names of the migrations that this database lacks; changes nothing.

    Raises SchemaError, StorageUnavailable.
    """
    with _owner(url) as conn:
        return [migrations()[number][0] for number in _missing(conn)]


def migrate(url: str) -> None:
    """Bring the database at `url` up to date; services that start at once wait for one another.

    Raises SchemaError, StorageUnavailable.
    """
    with _owner(url) as conn:
        server.check_version(conn)
        conn.execute(_SQL["lock"])
        conn.execute(_SQL["ledger"])
        server.install(conn)
        _apply(conn)
        server.partition(conn)
        with _entitled(conn), conn.transaction():
            _give(conn)


def _apply(conn: Connection[Any]) -> None:
    missing = _missing(conn)
    if missing:
        tenancy.clear(conn)
    for number in missing:
        name, text = migrations()[number]
        with conn.transaction():
            conn.execute(text)
            conn.execute(_SQL["applied"], {"number": number, "name": name})


def _missing(conn: Connection[Any]) -> list[int]:
    known, done = migrations().keys(), _applied(conn)
    if unknown := done - known:
        raise SchemaError(f"the database was migrated by a newer ParkWatt: {sorted(unknown)} not known here")
    return sorted(known - done)


def _applied(conn: Connection[Any]) -> set[int]:
    if conn.execute(_SQL["has_ledger"]).fetchone() == (None,):
        return set()
    return {number for (number,) in conn.execute(_SQL["done"])}


def _give(conn: Connection[Any]) -> None:
    conn.execute(_SQL["role"])
    conn.execute(_SQL["reader"])
    conn.execute(_SQL["membership"])
    tenancy.make_role(conn)
    conn.execute(_SQL["grants"])
    tenancy.install(conn)


@contextlib.contextmanager
def _entitled(conn: Connection[Any]) -> Iterator[None]:
    """Raises SchemaError with what a superuser can do about it."""
    try:
        yield
    except InsufficientPrivilege as error:
        user = conn.info.user
        raise SchemaError(
            f"The database's user {user!r} may not make or take the roles that ParkWatt works in"
            f" ({error.diag.message_primary}). A superuser lets it by: alter role {user} createrole;"
            f" or, where they are there: grant {ROLE}, parkwatt_reader, parkwatt_tenant to {user}"
            " with admin option"
        ) from error


@contextlib.contextmanager
def _owner(url: str) -> Iterator[Connection[Any]]:
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=10) as conn:
            yield conn
    except psycopg.OperationalError as error:
        raise StorageUnavailable(str(error)) from error
    except psycopg.Error as error:
        raise SchemaError(str(error)) from error


def _text(name: str) -> LiteralString:
    return files("telemetry.storage").joinpath("schema", name).read_text(encoding="utf-8")
