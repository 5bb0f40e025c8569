"""The connections of the service, in the role that owns nothing."""

import contextlib
from collections.abc import Iterator
from typing import Any, LiteralString, Self, TypeAlias

import psycopg
from psycopg import Connection
from psycopg.errors import ReadOnlySqlTransaction
from psycopg_pool import ConnectionPool

from telemetry.storage import arrays, queries
from telemetry.storage.errors import StorageError, StorageUnavailable

_SQL = queries.beside(__file__)
Transaction: TypeAlias = Connection[Any]
"""What the functions of this room work in; those who call them need not know the driver."""
_KEEPALIVE = {
    "connect_timeout": 5,
    "tcp_user_timeout": 15000,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
}


class Database:
    """A pool of connections; lost ones are replaced when the server is back."""

    def __init__(self, pool: ConnectionPool[Connection[Any]]) -> None:
        self._pool = pool

    @classmethod
    def open(cls, url: str, size: int = 8, wait_s: float = 10.0) -> Self:
        """Connect to a migrated database; a connection is waited for up to `wait_s` [s].

        Raises StorageUnavailable when none comes.
        """
        pool = ConnectionPool(
            url,
            min_size=1,
            max_size=size,
            timeout=wait_s,
            kwargs=_KEEPALIVE,
            configure=_configure,
            check=ConnectionPool.check_connection,
            open=False,
        )
        try:
            pool.open(wait=True, timeout=wait_s)
        except psycopg.OperationalError as error:
            pool.close()
            raise StorageUnavailable(f"no connection within {wait_s:g} s") from error
        return cls(pool)

    @contextlib.contextmanager
    def connection(self) -> Iterator[Connection[Any]]:
        """One transaction: committed at the end, rolled back on an error.

        Raises StorageUnavailable when the server is away, StorageError for what it refuses.
        """
        try:
            with self._pool.connection() as conn:
                yield conn
        except (psycopg.OperationalError, psycopg.InterfaceError, ReadOnlySqlTransaction) as error:
            raise StorageUnavailable(_reason(error)) from error
        except psycopg.Error as error:
            raise StorageError(_reason(error)) from error

    def close(self) -> None:
        self._pool.close()


def _configure(conn: Connection[Any]) -> None:
    statement: LiteralString = _SQL["session"]
    arrays.register(conn)
    conn.execute(statement)
    conn.commit()


def _reason(error: psycopg.Error) -> str:
    return str(error).strip() or type(error).__name__
