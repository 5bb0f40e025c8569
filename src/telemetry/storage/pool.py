"""The connections of the service, in the role that owns nothing."""

import contextlib
import math
import time
from collections.abc import Callable, Collection, Iterator
from typing import Any, LiteralString, Protocol, Self, TypeAlias

import psycopg
from psycopg import Connection
from psycopg.conninfo import make_conninfo
from psycopg.errors import InsufficientPrivilege, QueryCanceled, ReadOnlySqlTransaction
from psycopg_pool import ConnectionPool

from telemetry.storage import arrays, queries, tenancy
from telemetry.storage.errors import ClosedToTenants, StorageError, StorageUnavailable, TakesTooLong
from telemetry.storage.tenancy import Resolved

_SQL = queries.beside(__file__)
Transaction: TypeAlias = Connection[Any]
"""What the functions of this room work in; those who call them need not know the driver."""
_Pool: TypeAlias = ConnectionPool[Connection[Any]]
_TENANTS = 4
"""Connections for whoever is let in for single areas."""
_KEEPALIVE = {
    "connect_timeout": 5,
    "tcp_user_timeout": 15000,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
}


class Connections(Protocol):
    """Where a transaction comes from."""

    def connection(self) -> contextlib.AbstractContextManager[Connection[Any]]:
        """Raises StorageUnavailable, StorageError."""
        ...


class Answers:
    """Notes when the database answered last."""

    def __init__(self, database: Connections) -> None:
        self._database = database
        self.answered = -math.inf
        """As `time.monotonic` [s]."""

    @contextlib.contextmanager
    def connection(self) -> Iterator[Connection[Any]]:
        with self._database.connection() as conn:
            yield conn
        self.answered = time.monotonic()


class Database:
    """A pool of connections; lost ones are replaced when the server is back."""

    def __init__(self, url: str, size: int = 8, wait_s: float = 10.0, longest_s: float = 60.0) -> None:
        """Not connected yet; a connection is waited for up to `wait_s` [s].

        No statement of whoever asks from outside runs longer than `longest_s` [s].
        """
        self._url = url
        self._size = size
        self._wait_s = wait_s
        self._longest_s = longest_s
        self._pool: _Pool | None = None
        self._tenants = self._made(_admit, 0, _TENANTS)

    @classmethod
    def open(cls, url: str, size: int = 8, wait_s: float = 10.0) -> Self:
        """One that is connected to a migrated database. Raises StorageUnavailable."""
        database = cls(url, size, wait_s)
        database.connect()
        return database

    def connect(self) -> None:
        """To a migrated database; once is enough.

        Raises StorageUnavailable when no connection comes, StorageError when none may be used.
        """
        if self._pool is not None:
            return
        pool = self._made(_configure, 1, self._size)
        try:
            pool.open(wait=True, timeout=self._wait_s)
        except psycopg.OperationalError as error:
            pool.close()
            self._try()
            raise StorageUnavailable(f"no connection within {self._wait_s:g} s") from error
        self._pool = pool

    def _try(self) -> None:
        """The pool does not tell why none comes. Raises StorageUnavailable, StorageError."""
        with _told(), psycopg.connect(make_conninfo(self._url, **_KEEPALIVE)) as conn:
            _configure(conn)

    @contextlib.contextmanager
    def connection(self) -> Iterator[Connection[Any]]:
        """One transaction: committed at the end, rolled back on an error.

        Raises StorageUnavailable when the server is away, StorageError for what it refuses.
        """
        with self._lent(self._connected()) as conn:
            yield conn

    @contextlib.contextmanager
    def bounded(self) -> Iterator[Connection[Any]]:
        """The same for whoever asks from outside. Raises TakesTooLong too."""
        with self._lent(self._connected()) as conn:
            self._bound(conn)
            yield conn

    @contextlib.contextmanager
    def tenant(
        self, areas: Collection[str], found: list[Resolved] | None = None
    ) -> Iterator[Connection[Any]]:
        """One transaction that reads what belongs to these areas, and nothing else.

        `found` keeps the scope for the further transactions of a request.

        Raises ClosedToTenants for what they have no part in, TakesTooLong, StorageUnavailable when the server
        is away, StorageError for what it refuses.
        """
        self._connected()
        self._tenants.open()
        with self._lent(self._tenants) as conn:
            self._bound(conn)
            scope = tenancy.enter(conn, areas, found[0] if found else None)
            if found is not None:
                found[:] = [scope]
            try:
                yield conn
            except InsufficientPrivilege as error:
                raise ClosedToTenants from error

    def close(self) -> None:
        if self._pool is not None:
            self._pool.close()
        self._tenants.close()

    def _bound(self, conn: Connection[Any]) -> None:
        conn.execute(_SQL["bound"], {"longest": f"{self._longest_s:g}s"})

    def _connected(self) -> _Pool:
        if self._pool is None:
            raise StorageUnavailable("the database has not answered since the start")
        return self._pool

    def _made(self, configure: Callable[[Connection[Any]], None], least: int, most: int) -> _Pool:
        return ConnectionPool(
            self._url,
            min_size=least,
            max_size=most,
            timeout=self._wait_s,
            kwargs=_KEEPALIVE,
            configure=configure,
            check=ConnectionPool.check_connection,
            open=False,
        )

    @staticmethod
    @contextlib.contextmanager
    def _lent(pool: _Pool) -> Iterator[Connection[Any]]:
        with _told(), pool.connection() as conn:
            yield conn


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """The driver's errors as those of this room."""
    try:
        yield
    except QueryCanceled as error:
        raise TakesTooLong from error
    except (psycopg.OperationalError, psycopg.InterfaceError, ReadOnlySqlTransaction) as error:
        raise StorageUnavailable(_reason(error)) from error
    except psycopg.Error as error:
        raise StorageError(_reason(error)) from error


def _configure(conn: Connection[Any]) -> None:
    statement: LiteralString = _SQL["session"]
    arrays.register(conn)
    conn.execute(statement)
    conn.commit()


def _admit(conn: Connection[Any]) -> None:
    arrays.register(conn)
    tenancy.configure(conn)
    conn.commit()


def _reason(error: psycopg.Error) -> str:
    return str(error).strip() or type(error).__name__
