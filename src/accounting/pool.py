"""Pools of a carrier: what flows in gives the mix, what flows out carries it, and nothing is lost between.

A pool is one carrier in one place. Bought and generated energy enter it with a rate, other pools and
converters (compressor, boiler, chiller, CHP) with what went into them; users, export and loss leave with the
mix. All mixes of an interval solve one linear system, so circles, such as a CHP that feeds its own pumps,
need no order. That is proportional sharing (Kirschen, Allan and Strbac, IEEE Trans. Power Syst. 12, 1997) in
matrix form (Tranberg et al., Energy Strategy Reviews 26, 2019, 100367).
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

_Floats = NDArray[np.float64]
_Flags = NDArray[np.bool_]
_Places = NDArray[np.intp]
_BLOCK = 2_000_000
"""Entries of the systems that are solved at a time."""
_ROUNDING = 1e-12
"""Of what a storage gives, so much beyond what is in it is nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Supplies:
    """What enters pools from outside the network."""

    amount: _Floats
    """float64[s, n] in the pool's unit, NaN where it is not known."""
    pool: _Places
    """intp[s]"""
    rate: _Floats
    """float64[s, n, g] [kg per unit] of each gas."""


@dataclass(frozen=True, slots=True, eq=False)
class Transfers:
    """What goes from one pool to another of the same carrier."""

    amount: _Floats
    """float64[t, n]"""
    source: _Places
    target: _Places


@dataclass(frozen=True, slots=True, eq=False)
class Conversions:
    """What converters take from pools and give to others."""

    taken: _Floats
    """float64[i, n]"""
    source: _Places
    """intp[i]: pool."""
    taker: _Places
    """intp[i]: converter."""
    given: _Floats
    """float64[o, n]"""
    target: _Places
    """intp[o]: pool."""
    giver: _Places
    """intp[o]: converter."""
    weight: _Floats
    """float64[o]: by which the outputs of one converter share what its inputs carry, per unit."""


@dataclass(frozen=True, slots=True, eq=False)
class Uses:
    """What leaves pools for good: users, export, storage."""

    amount: _Floats
    """float64[u, n]"""
    pool: _Places


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """p pools over n intervals, g gases."""

    pools: int
    supplies: Supplies
    transfers: Transfers
    conversions: Conversions
    uses: Uses


@dataclass(frozen=True, slots=True, eq=False)
class Mixes:
    """What each pool's content carries."""

    rate: _Floats
    """float64[p, n, g] [kg per unit]; NaN where some of what flows in is not known, or nothing does."""
    entered: _Floats
    """float64[p, n]: all that flowed in; NaN where some of it is not known."""
    rest: _Floats
    """float64[p, n]: what flowed in and is in no outflow: lost, or measured by nobody; below 0: gained."""
    idle: _Floats
    """float64[i, n, g] [kg]: what converters took in intervals in which they gave nothing."""


def mixes(network: Network) -> Mixes:
    """Of every pool in every interval; by blocks, for an interval has as many entries as pools squared."""
    count = network.supplies.amount.shape[1]
    size = max(_BLOCK // max(network.pools**2, 1), 1)
    found = [_mixed(_part(network, slice(lo, lo + size))) for lo in range(0, max(count, 1), size)]
    each = zip(*((one.rate, one.entered, one.rest, one.idle) for one in found), strict=True)
    return Mixes(*(np.concatenate(parts, axis=1) for parts in each))


def _part(network: Network, cells: slice) -> Network:
    """Some of its intervals."""
    supplies, conversions = network.supplies, network.conversions
    return Network(
        network.pools,
        replace(supplies, amount=supplies.amount[:, cells], rate=supplies.rate[:, cells]),
        replace(network.transfers, amount=network.transfers.amount[:, cells]),
        replace(conversions, taken=conversions.taken[:, cells], given=conversions.given[:, cells]),
        replace(network.uses, amount=network.uses.amount[:, cells]),
    )


def _mixed(network: Network) -> Mixes:
    shares, idle = _shares(network.conversions)
    carrying = _carrying(network, shares)
    entered = _entered(network)
    supplied = _sums(network.supplies.amount, network.supplies.pool, network.pools)
    fed = _reached(np.nan_to_num(supplied) > 0, carrying)
    unknown = _reached(np.isnan(entered) | _unrated(network), _linked(network, carrying))
    told = fed & ~unknown
    rate = _solved(carrying, np.nan_to_num(entered), _supplied(network), told)
    rate[~told] = np.nan
    taken = network.conversions.taken[..., None] * rate[network.conversions.source]
    return Mixes(rate, entered, entered - _left(network), np.where(idle[..., None], taken, 0.0))


def _sums(amount: _Floats, place: _Places, count: int) -> _Floats:
    """Rows of one place together, float64[count, n]; NaN where one is not known."""
    found = np.zeros((count, amount.shape[1]))
    np.add.at(found, place, amount)
    return found


def _shares(conversions: Conversions) -> tuple[_Floats, _Flags]:
    """Part of its converter's inputs that each output carries, float64[o, n]; inputs that meet no output."""
    weighed = np.maximum(np.nan_to_num(conversions.given), 0.0) * conversions.weight[:, None]
    count = int(max(conversions.taker.max(initial=-1), conversions.giver.max(initial=-1))) + 1
    whole = _sums(weighed, conversions.giver, count)
    of_each = whole[conversions.giver]
    shares = np.divide(weighed, of_each, out=np.zeros_like(weighed), where=of_each > 0)
    return shares, whole[conversions.taker] <= 0


def _carrying(network: Network, shares: _Floats) -> _Floats:
    """Amount of pool q whose content goes into pool p, float64[n, p, q]."""
    transfers, conversions = network.transfers, network.conversions
    out, back = np.nonzero(conversions.giver[:, None] == conversions.taker)
    through = shares[out] * np.nan_to_num(conversions.taken[back])
    rows = np.concatenate([np.nan_to_num(transfers.amount), through])
    target = np.concatenate([transfers.target, conversions.target[out]])
    source = np.concatenate([transfers.source, conversions.source[back]])
    found = np.zeros((network.pools, network.pools, rows.shape[1]))
    np.add.at(found, (target, source), rows)
    return np.moveaxis(found, 2, 0)


def _entered(network: Network) -> _Floats:
    """float64[p, n]."""
    supplies, transfers, conversions = network.supplies, network.transfers, network.conversions
    amount = np.concatenate([supplies.amount, transfers.amount, conversions.given])
    pool = np.concatenate([supplies.pool, transfers.target, conversions.target])
    return _sums(amount, pool, network.pools)


def _left(network: Network) -> _Floats:
    """All outflows that are measured, float64[p, n]."""
    uses, transfers, conversions = network.uses, network.transfers, network.conversions
    amount = np.concatenate([uses.amount, transfers.amount, conversions.taken])
    pool = np.concatenate([uses.pool, transfers.source, conversions.source])
    return _sums(amount, pool, network.pools)


def _supplied(network: Network) -> _Floats:
    """What supplies carry, float64[n, p, g] [kg]."""
    supplies = network.supplies
    found = np.zeros((network.pools, *supplies.rate.shape[1:]))
    np.add.at(found, supplies.pool, np.nan_to_num(supplies.amount[..., None] * supplies.rate))
    return np.moveaxis(found, 1, 0)


def _unrated(network: Network) -> _Flags:
    """Pools that something enters without a rate, bool[p, n]."""
    supplies = network.supplies
    missing = np.isnan(supplies.rate).any(axis=2) & (np.nan_to_num(supplies.amount) != 0)
    return _sums(missing.astype(np.float64), supplies.pool, network.pools) > 0


def _linked(network: Network, carrying: _Floats) -> _Floats:
    """`carrying`, with a link wherever what a converter took is not known."""
    conversions = network.conversions
    out, back = np.nonzero(conversions.giver[:, None] == conversions.taker)
    void = np.isnan(conversions.taken[back]).astype(np.float64)
    moved = np.zeros((network.pools, network.pools, carrying.shape[0]))
    np.add.at(moved, (conversions.target[out], conversions.source[back]), void)
    found = carrying + np.moveaxis(moved, 2, 0)
    lacking = np.zeros((network.pools, carrying.shape[0]))
    np.add.at(lacking, conversions.target[out], void)
    at = np.arange(network.pools)
    found[:, at, at] += np.where(lacking > 0, np.nan, 0.0).T
    return found


def _reached(begun: _Flags, links: _Floats) -> _Flags:
    """Pools bool[p, n] from which the marked ones feed, step by step; NaN on a pool itself marks it."""
    own = np.isnan(np.einsum("npp->np", links)).T
    open_ = np.nan_to_num(links) > 0
    found: _Flags = begun | own
    for _ in range(len(begun)):
        found = found | np.einsum("npq,qn->pn", open_, found)
    return found


def _solved(carrying: _Floats, entered: _Floats, supplied: _Floats, told: _Flags) -> _Floats:
    """Rates float64[p, n, g] by which what enters each pool carries what it contains; 0 where not told."""
    pools = len(entered)
    diagonal = np.where(told, entered, 1.0)
    left = np.where(told.T[:, :, None], -carrying, 0.0)
    left[:, np.arange(pools), np.arange(pools)] += diagonal.T
    right = np.where(told.T[:, :, None], supplied, 0.0)
    return np.moveaxis(np.linalg.solve(left, right), 0, 1)


@dataclass(frozen=True, slots=True, eq=False)
class Storages:
    """k storages: what they took and gave, and which share of the first they can give again."""

    charged: _Floats
    """float64[k, n]"""
    discharged: _Floats
    """float64[k, n]"""
    efficiency: _Floats
    """float64[k], above 0 to 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """What storages carry."""

    rate: _Floats
    """float64[k, n, g] [kg per unit] of what they gave."""
    content: _Floats
    """float64[k, g] [kg] that is in them at the end."""
    unfilled: _Floats
    """float64[k, n]: given beyond what was taken so far; it carries what charging last did."""


def stored(storages: Storages, charging: _Floats) -> Stored:
    """From the rate float64[k, n, g] [kg per unit] of what charges them; NaN counts as not charged.

    The content is mixed: what comes out carries the mean of what is in, and the part of what is lost. After
    an interval max(in - given, 0) + taken x efficiency is in, and its mean has moved towards that of what was
    taken by the share that is new.
    """
    taken = np.where(np.isnan(charging).any(axis=2), 0.0, storages.charged)
    given, added = storages.discharged, taken * storages.efficiency[:, None]
    fresh = np.nan_to_num(charging) / storages.efficiency[:, None, None]
    filled = _filled(added, given)
    new = np.divide(added, filled, out=np.zeros_like(added), where=added > 0)[..., None]
    mean = _followed(1.0 - new, new * fresh)
    inside, last = _delayed(filled), _delayed(_latest(fresh, added > 0))
    short = given - inside
    beyond = np.where(short > _ROUNDING * given, short, 0.0)
    share = np.divide(beyond, given, out=(inside <= 0).astype(np.float64), where=given > 0)[..., None]
    rate = _delayed(mean) * (1.0 - share) + last * share
    return Stored(rate, filled[:, -1:] * mean[:, -1], beyond)


def _filled(added: _Floats, given: _Floats) -> _Floats:
    """What is in after each, float64[k, n]: x[t] = max(x[t - 1] - given[t], 0) + added[t], from 0."""
    level = (added - given).cumsum(axis=1)
    found: _Floats = level + np.maximum(np.maximum.accumulate(added - level, axis=1), 0.0)
    return found


def _followed(kept: _Floats, come: _Floats) -> _Floats:
    """x[t] = kept[t] x[t - 1] + come[t] from 0, float64[k, n, g], by doubling how far each looks back."""
    kept, found, step = kept.copy(), come.copy(), 1
    while step < found.shape[1]:
        found[:, step:] += kept[:, step:] * found[:, :-step]
        kept[:, step:] = kept[:, step:] * kept[:, :-step]
        step *= 2
    return found


def _latest(values: _Floats, at: _Flags) -> _Floats:
    """The value of the newest marked cell up to each one, float64[k, n, g]; 0 before the first."""
    place = np.maximum.accumulate(np.where(at, np.arange(at.shape[1]), -1), axis=1)[..., None]
    return np.where(place < 0, 0.0, np.take_along_axis(values, np.maximum(place, 0), axis=1))


def _delayed(values: _Floats) -> _Floats:
    """By one interval, from 0."""
    return np.concatenate([np.zeros_like(values[:, :1]), values[:, :-1]], axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class OwnUse:
    """What became of own generation; each float64[n]."""

    used: _Floats
    """Used here."""
    fed_in: _Floats
    bought: _Floats
    consumption: _Floats

    @property
    def self_consumption(self) -> _Floats:
        """Share of the generation that was used here, float64[n] [1]; NaN without any."""
        made = self.used + self.fed_in
        return np.divide(self.used, made, out=np.full_like(made, np.nan), where=made > 0)

    @property
    def self_sufficiency(self) -> _Floats:
        """Share of the consumption that own generation covered, float64[n] [1]; NaN without any."""
        whole = self.consumption
        return np.divide(self.used, whole, out=np.full_like(whole, np.nan), where=whole > 0)


def own_use(generated: _Floats, bought: _Floats, exported: _Floats) -> OwnUse:
    """Of the same n intervals [kWh].

    What is exported in an interval is own generation up to what was generated in it; beyond that it only
    passed through. Amounts that stay in a storage until later intervals count where they are used.
    """
    fed_in = np.minimum(exported, generated)
    used = generated - fed_in
    return OwnUse(used, fed_in, bought, used + bought - (exported - fed_in))


def recovery_rate(recovered: _Floats, recoverable: _Floats) -> _Floats:
    """Recovered heat by the heat that could be recovered, float64[n]; NaN where there was none."""
    return np.divide(recovered, recoverable, out=np.full_like(recoverable, np.nan), where=recoverable > 0)
