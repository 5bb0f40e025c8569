import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from telemetry.storage.arrays import Texts, dump, load
from telemetry.storage.errors import StorageError
from telemetry.storage.pool import Database

_TYPES = st.sampled_from(["i2", "i4", "i8", "f4", "f8", "?"])
_ARRAYS = _TYPES.flatmap(lambda t: hnp.arrays(t, hnp.array_shapes(max_dims=2, max_side=5)))


@given(_ARRAYS)
def test_round_trip(array: NDArray[np.generic]) -> None:
    back = load(dump(array))
    assert back.dtype == array.dtype
    np.testing.assert_array_equal(back, array)


@pytest.mark.database
@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
)
@given(_ARRAYS)
def test_the_server_reads_and_writes_the_same(database: Database, array: NDArray[np.generic]) -> None:
    with database.connection() as conn:
        row = conn.execute("select %s", [array], binary=True).fetchone()
    assert row is not None
    np.testing.assert_array_equal(row[0], array)


@pytest.mark.database
@pytest.mark.parametrize(
    ("array", "text"),
    [
        (np.array(["2024-02-29", "1969-12-31"], "M8[D]"), "{2024-02-29,1969-12-31}"),
        (np.array(["2024-02-29T23:59:59.000001"], "M8[us]"), '{"2024-02-29 23:59:59.000001+00"}'),
        (np.empty(0, "f8"), "{}"),
        (np.array([[1.5, np.nan], [0, -1]]), "{{1.5,NaN},{0,-1}}"),
    ],
)
def test_dates_times_and_shapes(database: Database, array: NDArray[np.generic], text: str) -> None:
    with database.connection() as conn:
        row = conn.execute("select %(a)s::text, %(a)s", {"a": array}, binary=True).fetchone()
    assert row is not None
    assert row[0] == text
    np.testing.assert_array_equal(row[1], array)


@pytest.mark.database
def test_a_null_is_named(database: Database) -> None:
    with pytest.raises(StorageError, match="null"), database.connection() as conn:
        conn.execute("select array[1.0, null]::float8[]", binary=True).fetchone()


@pytest.mark.database
@pytest.mark.parametrize("texts", [[], [None], ["kWh", None, "", "电", 'a "b", {c}', "kWh"], ["x"] * 3])
def test_texts_arrive_as_they_are(database: Database, texts: list[str | None]) -> None:
    with database.connection() as conn:
        row = conn.execute("select %s::text[], cardinality(%s)", [Texts(texts), Texts(texts)]).fetchone()
    assert row == (texts, len(texts))
