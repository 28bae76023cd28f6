"""Heavy states that an event makes besides the one the detector sees: each flies on, and decays where its lifetime says.

Decays within the sphere about the beam's origin that holds the detector are part of the event, with their products and, in turn,
theirs; states that fly farther leave it. Each daughter decays with its own polarisation; correlations between the spins of
two daughters of one decay are not kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .. import pdg
from ..decays.channel import CascadeTerm, DecayTable, Term
from ..decays.draw import choose, draw_products, spin_of
from ..experiment.aim import norm
from ..experiment.chain import helicity, moved
from ..kernels import streams
from ..kernels.arrays import Array, BoolArray, IntArray, four_vectors
from ..kernels.lorentz import boost
from ..kernels.random import uniforms
from ..kernels.spinors import ComplexArray, SpinArray
from .particles import UNKNOWN_SPIN, Particles
from .products import add_hadrons, is_parton, string_of

_NEGLIGIBLE = 1e-15
"""Branching ratios below this are never drawn."""


@dataclass(frozen=True, slots=True, eq=False)
class Waiting:
    """Heavy states whose fate is not yet drawn, of one kind and at one place of their events; arrays of m.

    The place tells the random numbers of an event's states apart: they do not depend on what other events hold.
    """

    state: str
    place: int
    events: IntArray
    antiparticle: BoolArray
    momentum: Array
    """GeV, beam frame, shape (m, 4)."""
    origin: Array
    """(ct, x, y, z), metres, shape (m, 4)."""
    spin: ComplexArray

    def take(self, rows: IntArray | BoolArray) -> "Waiting":
        """The given rows."""
        return Waiting(self.state, self.place, *(getattr(self, name)[rows] for name in Waiting.__slots__[2:]))


@dataclass(frozen=True, slots=True, eq=False)
class Decaying:
    """Decays of heavy states by one term; arrays of m."""

    term: Term
    mass: float
    """GeV."""
    events: IntArray
    mother: IntArray | int
    """Places of the decaying states."""
    frame: Array
    """Their momenta, GeV, beam frame, shape (m, 4)."""
    spin: SpinArray
    """As the term takes it."""
    vertex: Array
    """(ct, x, y, z), metres, shape (m, 4)."""
    momenta: Array
    """Of the products, GeV, in the rest frames of the decaying states, shape (m, k, 4)."""


@dataclass(frozen=True, slots=True, eq=False)
class Followed:
    """The product whose fate is drawn already."""

    place: int
    """Among the term's products."""
    spin: Array
    """As files show it, shape (m,)."""


def add_products(
    particles: Particles, decays: Decaying, seed: int, index: IntArray, stage: int, followed: Followed | None = None
) -> tuple[list[Waiting], IntArray]:
    """Put the products of decays into their events; gives the heavy ones whose fate is to be drawn, and places of the one `followed`.

    `index`: numbers in the run of all events; `stage`: tells the decays of one event apart.
    """
    waiting, kept = [], np.zeros(0, np.int64)
    term, events = decays.term, decays.events
    for k, (code, m) in enumerate(zip(term.pdg, term.masses, strict=True)):
        if is_parton(code):
            continue
        lab = boost(decays.momenta[:, k], decays.frame, decays.mass)
        state = pdg.NAMES.get(abs(code), "")
        if followed is not None and k == followed.place:
            kept = particles.add(events, code, decays.mother, lab, m, decays.vertex, followed.spin)
            continue
        if state not in pdg.HEAVY_STATE_CODES:
            particles.add(events, code, decays.mother, lab, m, decays.vertex)
            continue
        assert isinstance(term, CascadeTerm), "a term with heavy products tells their spins"
        u = uniforms(seed, streams.spin_of_product(stage, k), index[events], 2)
        own = term.polarisation(decays.momenta, decays.spin, k, u)
        spin = moved(own, decays.momenta[:, k], decays.frame, m, decays.mass, lab)
        places = particles.add(events, code, decays.mother, lab, m, decays.vertex, shown_spin(spin, lab, state))
        for place in np.unique(places).tolist():
            rows = np.flatnonzero(places == place)
            anti = np.full(len(rows), code < 0)
            waiting.append(Waiting(state, place, events[rows], anti, lab[rows], decays.vertex[rows], spin[rows]))
    if partons := string_of(term):
        both = decays.momenta[:, partons]
        add_hadrons(particles, term, events, decays.mother, both, decays.frame, decays.mass, decays.vertex, seed, stage, index)
    return waiting, kept


def shown_spin(spin: ComplexArray, momentum: Array, state: str) -> Array:
    """Cosine between spin and momentum as files show it, (m,): unknown for bosons."""
    if state in pdg.BOSONS:
        return np.full(len(spin), UNKNOWN_SPIN)
    return helicity(spin, momentum[:, 1:] / norm(momentum[:, 1:])[:, None], state)


def follow(
    particles: Particles, waiting: Sequence[Waiting], tables: Mapping[str, DecayTable], radius: float, seed: int, index: IntArray
) -> None:
    """Let heavy states fly and decay inside the sphere of `radius` metres about the beam's origin.

    `index`: numbers in the run of all events.
    """
    queue = list(waiting)
    while queue:
        one = queue.pop()
        table = tables[one.state]
        if table.total_width > 0:
            queue += _fly(particles, one, table, radius, seed, index)


def _fly(particles: Particles, one: Waiting, table: DecayTable, radius: float, seed: int, index: IntArray) -> list[Waiting]:
    """Let states of one kind fly; those that decay in time leave their products in the events: gives the heavy ones among them."""
    p = norm(one.momentum[:, 1:])
    u = uniforms(seed, streams.FLIGHT + one.place, index[one.events], 2)
    distance = -p * (table.ctau / table.mass) * np.log1p(-u[:, 0])
    end = four_vectors(len(p))
    end[:, 0] = one.origin[:, 0] + distance * one.momentum[:, 0] / p
    end[:, 1:] = one.origin[:, 1:] + (distance / p)[:, None] * one.momentum[:, 1:]
    channels = [channel for channel in table if channel.width > _NEGLIGIBLE * table.total_width]
    chosen = choose(np.array([channel.width for channel in channels]), u[:, 1])
    # what decays inclusively has no products to show: it stays as it is
    known = np.array([not channel.inclusive for channel in channels])[chosen]
    inside = np.flatnonzero((norm(end[:, 1:]) <= radius) & known)
    one, end, chosen = one.take(inside), end[inside], chosen[inside]
    particles.decayed(one.events, np.full(len(inside), one.place), (distance * table.mass / p)[inside])
    found: list[Waiting] = []
    for number in np.unique(chosen).tolist():
        rows = np.flatnonzero(chosen == number)
        stage = streams.products_of(one.place, number)
        found += decay(particles, one.take(rows), one.place, end[rows], channels[number].terms, table.mass, seed, index, stage, one.place)
    return found


def decay(
    particles: Particles, one: Waiting, mother: IntArray | int, end: Array, terms: Sequence[Term], mass: float, seed: int, index: IntArray,
    stage: int, spin_stage: int,
) -> list[Waiting]:  # fmt: skip
    """Draw decays of heavy states by a channel's terms at given points, put the products into the events and give the heavy ones.

    `mother`: places of the decaying states; `stage`, `spin_stage`: places of the random numbers of momenta and of spins.
    """
    own = spin_of(one.state, one.spin)
    _, momenta, which = draw_products(terms, own, one.antiparticle, seed, stage, index[one.events])
    kind = 2 * which + one.antiparticle
    found: list[Waiting] = []
    for number in np.unique(kind).tolist():
        rows = np.flatnonzero(kind == number)
        term = terms[number // 2].conjugate() if number % 2 else terms[number // 2]
        place = mother if isinstance(mother, int) else mother[rows]
        some = Decaying(term, mass, one.events[rows], place, one.momentum[rows], own[rows], end[rows], momenta[rows])
        found += add_products(particles, some, seed, index, spin_stage)[0]
    return found
