"""Mixes of pools, chains of converters, circles, storages and own use."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounting.pool import (
    Conversions,
    Mixes,
    Network,
    Storages,
    Supplies,
    Transfers,
    Uses,
    mixes,
    own_use,
    recovery_rate,
    stored,
)


def network(
    pools: int,
    *,
    supplies: list[tuple[int, float, float]],
    transfers: list[tuple[int, int, float]] = [],  # noqa: B006  # read only
    taken: list[tuple[int, int, float]] = [],  # noqa: B006
    given_: list[tuple[int, int, float, float]] = [],  # noqa: B006
    uses: list[tuple[int, float]] = [],  # noqa: B006
) -> Network:
    """One interval and one gas: pool, amount, rate; from, to, amount; converter, pool, amount, weight."""

    def column(rows: list[tuple[float, ...]], at: int) -> np.ndarray:
        return np.array([row[at] for row in rows], dtype=np.float64)

    def place(rows: list[tuple[float, ...]], at: int) -> np.ndarray:
        return np.array([row[at] for row in rows], dtype=np.intp)

    return Network(
        pools,
        Supplies(column(supplies, 1)[:, None], place(supplies, 0), column(supplies, 2)[:, None, None]),
        Transfers(column(transfers, 2)[:, None], place(transfers, 0), place(transfers, 1)),
        Conversions(
            column(taken, 2)[:, None],
            place(taken, 1),
            place(taken, 0),
            column(given_, 2)[:, None],
            place(given_, 1),
            place(given_, 0),
            column(given_, 3),
        ),
        Uses(column(uses, 1)[:, None], place(uses, 0)),
    )


def rates(of: Network) -> list[float]:
    return mixes(of).rate[:, 0, 0].tolist()


def test_sun_and_grid_mix() -> None:
    """300 kWh at 0.5 and 100 from the roof: 0.375 for everybody, 20 kWh are in no outflow."""
    found = mixes(network(1, supplies=[(0, 300, 0.5), (0, 100, 0)], uses=[(0, 380)]))
    assert found.rate[0, 0, 0] == pytest.approx(0.375)
    assert found.rest[0, 0] == pytest.approx(20)


def test_a_compressor_passes_on_what_it_took_and_a_neighbour_gets_its_part() -> None:
    """50 kWh at 0.4 become 400 m3 of air, of which the neighbour takes 100: 5 kg."""
    of = network(
        3,
        supplies=[(0, 50, 0.4)],
        taken=[(0, 0, 50)],
        given_=[(0, 1, 400, 1)],
        transfers=[(1, 2, 100)],
        uses=[(1, 300), (2, 100)],
    )
    assert rates(of) == pytest.approx([0.4, 0.05, 0.05])
    assert 100 * mixes(of).rate[2, 0, 0] == pytest.approx(5)


def test_heat_and_power_share_the_gas_by_their_weights() -> None:
    """100 m3 of gas at 2 kg: 300 kWh of power and 1.8 GJ of heat by energy (1.08 GJ to 1.8): 3 to 5."""
    of = network(
        3,
        supplies=[(0, 100, 2.0)],
        taken=[(0, 0, 100)],
        given_=[(0, 1, 300, 3.6e-3), (0, 2, 1.8, 1.0)],
    )
    assert rates(of)[1:] == pytest.approx([75 / 300, 125 / 1.8])


def test_a_circle_is_solved() -> None:
    """A CHP's pumps take 10 of the 110 kWh that it makes from 100 kg: 100 leave with all of it."""
    of = network(
        2,
        supplies=[(0, 50, 2.0)],
        taken=[(0, 0, 50), (0, 1, 10)],
        given_=[(0, 1, 110, 1)],
        uses=[(1, 100)],
    )
    assert rates(of)[1] == pytest.approx(1.0)


def test_neighbours_that_sell_to_one_another() -> None:
    """A buys 100 at 1.0 and 20 from B, B makes 100 at 0 and gets 40 from A; solved by hand: 6/7 and 12/49."""
    of = network(2, supplies=[(0, 100, 1.0), (1, 100, 0.0)], transfers=[(0, 1, 40), (1, 0, 20)])
    a, b = rates(of)
    assert a * 120 == pytest.approx(100 + 20 * b)
    assert b * 140 == pytest.approx(40 * a)


def test_a_pool_that_nothing_feeds_has_no_rate() -> None:
    assert np.isnan(rates(network(2, supplies=[(0, 10, 0.5)]))[1])
    circle = network(3, supplies=[(0, 10, 0.5)], transfers=[(1, 2, 5), (2, 1, 5)])
    assert np.isnan(rates(circle)[1:]).all()
    assert rates(circle)[0] == pytest.approx(0.5)


def test_what_is_not_known_reaches_those_it_feeds_and_no_others() -> None:
    of = network(
        4,
        supplies=[(0, np.nan, 0.5), (1, 10, 0.5)],
        transfers=[(0, 2, 5)],
        taken=[(0, 1, np.nan)],
        given_=[(0, 3, 7, 1)],
    )
    assert np.isnan(rates(of)).tolist() == [True, False, True, True]


def test_a_pool_of_which_one_inflow_is_not_known_has_no_rate() -> None:
    of = network(1, supplies=[(0, 10, 0.5)], given_=[(0, 0, np.nan, 1)])
    assert np.isnan(rates(of)).all()


def test_a_supply_without_a_rate_is_not_free() -> None:
    assert np.isnan(rates(network(1, supplies=[(0, 10, np.nan), (0, 5, 0.5)]))[0])
    assert rates(network(1, supplies=[(0, 0, np.nan), (0, 5, 0.5)])) == [0.5]


def test_a_converter_that_gives_nothing_keeps_what_it_took() -> None:
    found = mixes(network(2, supplies=[(0, 50, 0.4)], taken=[(0, 0, 50)], given_=[(0, 1, 0, 1)]))
    assert found.idle[0, 0, 0] == pytest.approx(20)


amounts = st.floats(0, 1e4).map(lambda value: round(value, 3))


@st.composite
def networks(draw: st.DrawFn) -> Network:
    count = draw(st.integers(2, 5))
    pool = st.integers(0, count - 1)
    return network(
        count,
        supplies=[(at, draw(amounts) + 1.0, draw(st.floats(0, 3))) for at in range(count)],
        transfers=draw(st.lists(st.tuples(pool, pool, amounts).filter(lambda t: t[0] != t[1]), max_size=5)),
        taken=draw(st.lists(st.tuples(st.integers(0, 2), pool, amounts), max_size=5)),
        given_=draw(st.lists(st.tuples(st.integers(0, 2), pool, amounts, st.floats(0.1, 9)), max_size=4)),
        uses=draw(st.lists(st.tuples(pool, amounts), max_size=5)),
    )


def carried_out(of: Network, found: Mixes) -> float:
    """By users, by converters at a stand, and by what is in no outflow."""
    rate = found.rate[:, 0, 0]
    used = (of.uses.amount[:, 0] * rate[of.uses.pool]).sum()
    return float(used + (found.rest[:, 0] * rate).sum() + found.idle.sum())


@given(networks())
def test_emissions_in_are_emissions_out(of: Network) -> None:
    """Made-up converters may give more energy than they take; emissions they never do."""
    found = mixes(of)
    carried_in = float((of.supplies.amount * of.supplies.rate[..., 0]).sum())
    assert carried_out(of, found) == pytest.approx(carried_in, rel=1e-9, abs=1e-9 * max(1.0, abs(carried_in)))


def test_long_stretches_are_solved_in_blocks_as_they_are_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    n, rng = 50, np.random.default_rng(2)
    of = Network(
        2,
        Supplies(rng.uniform(1, 9, (2, n)), np.array([0, 1]), rng.uniform(0, 1, (2, n, 2))),
        Transfers(rng.uniform(0, 1, (2, n)), np.array([0, 1]), np.array([1, 0])),
        Conversions(
            rng.uniform(0, 1, (1, n)),
            np.array([0]),
            np.array([0]),
            rng.uniform(0, 1, (1, n)),
            np.array([1]),
            np.array([0]),
            np.ones(1),
        ),
        Uses(rng.uniform(0, 1, (1, n)), np.array([1])),
    )
    whole = mixes(of)
    monkeypatch.setattr("accounting.pool._BLOCK", 4 * 7)
    parts = mixes(of)
    for name in ("rate", "entered", "rest", "idle"):
        np.testing.assert_allclose(getattr(parts, name), getattr(whole, name))


def test_a_storage_gives_what_it_took_with_its_losses() -> None:
    """10 kWh at 0.4 go in, 9 can come out: 4 kg leave with 9 kWh."""
    storages = Storages(np.array([[10.0, 0, 0]]), np.array([[0.0, 4.5, 4.5]]), np.array([0.9]))
    found = stored(storages, np.full((1, 3, 1), 0.4))
    assert found.rate[0, 1:, 0] == pytest.approx([4 / 9, 4 / 9])
    assert found.content[0, 0] == pytest.approx(0.0)
    assert found.unfilled.sum() == 0


def test_what_a_storage_gives_beyond_what_it_took_is_told() -> None:
    storages = Storages(np.array([[2.0, 0.0]]), np.array([[0.0, 5.0]]), np.array([1.0]))
    found = stored(storages, np.full((1, 2, 1), 0.5))
    assert found.rate[0, 1, 0] == pytest.approx(0.5)
    assert found.unfilled[0].tolist() == [0.0, 3.0]


@given(
    st.lists(st.tuples(amounts, st.floats(0, 2)), min_size=1, max_size=12),
    st.lists(st.floats(0, 1), min_size=12, max_size=12),
    st.sampled_from([1.0, 0.85]),
)
def test_what_went_into_a_storage_came_out_or_is_in_it(
    taken: list[tuple[float, float]], part: list[float], efficiency: float
) -> None:
    charged = np.array([[amount for amount, _ in taken]])
    rate = np.array([[[each] for _, each in taken]])
    given_, content = np.zeros_like(charged), 0.0
    for t in range(charged.shape[1]):
        given_[0, t] = content * part[t]
        content += charged[0, t] * efficiency - given_[0, t]
    found = stored(Storages(charged, given_, np.array([efficiency])), rate)
    put = (charged[0] * rate[0, :, 0]).sum()
    came = (given_[0] * found.rate[0, :, 0]).sum() + found.content[0, 0]
    assert came == pytest.approx(put, rel=1e-9, abs=1e-9)


@given(st.data())
def test_a_storage_is_what_it_is_interval_by_interval(data: st.DataObject) -> None:
    whole = st.integers(0, 50).map(float)
    n = data.draw(st.integers(1, 40))
    charged, given_ = (np.array(data.draw(st.lists(whole, min_size=n, max_size=n))) for _ in range(2))
    rate = np.array(data.draw(st.lists(st.sampled_from([0.0, 0.25, 1.0, np.nan]), min_size=n, max_size=n)))
    found = stored(Storages(charged[None], given_[None], np.array([0.5])), rate[None, :, None])
    energy = mass = last = 0.0
    for t in range(n):
        inside = min(given_[t], energy)
        mean = mass / energy if energy else last
        if given_[t]:
            carried = inside * mean + (given_[t] - inside) * last
            assert found.rate[0, t, 0] == pytest.approx(carried / given_[t], rel=1e-9, abs=1e-12)
        assert found.unfilled[0, t] == pytest.approx(given_[t] - inside, rel=1e-9)
        energy, mass = energy - inside, mass - inside * mean
        if charged[t] and not np.isnan(rate[t]):
            energy, mass, last = energy + charged[t] / 2, mass + charged[t] * rate[t], rate[t] * 2
    assert found.content[0, 0] == pytest.approx(mass, rel=1e-9, abs=1e-9)


def test_own_use() -> None:
    """100 made, 30 fed in, 50 bought; at night all is bought; at noon more is fed in than was made."""
    found = own_use(np.array([100.0, 0.0, 10.0]), np.array([50.0, 20.0, 5.0]), np.array([30.0, 0.0, 12.0]))
    assert found.used.tolist() == [70.0, 0.0, 0.0]
    assert found.consumption.tolist() == [120.0, 20.0, 3.0]
    np.testing.assert_allclose(found.self_consumption, [0.7, np.nan, 0.0])
    np.testing.assert_allclose(found.self_sufficiency, [70 / 120, 0.0, 0.0])


def test_recovery_rate() -> None:
    found = recovery_rate(np.array([3.0, 0.0]), np.array([4.0, 0.0]))
    np.testing.assert_allclose(found, [0.75, np.nan])
