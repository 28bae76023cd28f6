"""Puts into events what Pythia makes: hadrons of strings, and the decays of ordinary particles that the user names."""

import numpy as np

from .. import pdg
from ..decays.channel import Term
from ..decays.strings import StringTerm
from ..errors import ConvergenceError, ParameterError
from ..experiment.aim import norm
from ..kernels import streams
from ..kernels.arrays import Array, BoolArray, IntArray
from ..kernels.lorentz import boost
from ..kernels.random import uniforms
from .hadrons import Made, decayed, fragment, seeds_of
from .particles import Particles
from .sample import FINAL

_TRIES = 1000
"""Of one string, or one decay; a light string of the least mass needs ten on average."""
_LONG = 0.01
"""Metres of c tau from which a decay is in the event only where the event's sphere holds it."""
_LEAST = 1e-6
"""Metres of mean c tau below which a particle decays where it is made."""


def is_parton(code: int) -> bool:
    """Whether a PDG code is that of a quark or a gluon."""
    return abs(code) <= 6 or code == 21


def string_of(term: Term) -> list[int]:
    """Places of a term's partons; none for one whose products are particles."""
    return [k for k, code in enumerate(term.pdg) if is_parton(code)]


def add_hadrons(
    particles: Particles, term: Term, events: IntArray, mother: IntArray | int, partons: Array, frame: Array, mass: float, vertex: Array,
    seed: int, stage: int, index: IntArray,
) -> None:  # fmt: skip
    """Hadrons of strings of a term's partons (m, 2, 4) in the rest frames of the decaying states (`frame`, `mass`), with their decays.

    `events`, `mother`, `vertex` as in `follow.Decaying`; `stage` tells the decays of one event apart; `index`: numbers in the run. Raises
    MissingExtraError without Pythia and ConvergenceError for a string that it does not make into hadrons.
    """
    first, second = (term.pdg[k] for k in string_of(term))
    excluded = term.excluded if isinstance(term, StringTerm) else ()
    mothers = np.broadcast_to(np.asarray(mother, np.int64), events.shape)
    pending = np.arange(len(events))
    for attempt in range(_TRIES):
        u = uniforms(seed, streams.HADRONS + stage, index[events[pending]], 1, attempt)[:, 0]
        made, good = fragment((first, second), partons[pending], seeds_of(u), excluded)
        rows = pending[good]
        if len(rows):
            lab = boost(made.momentum, np.repeat(frame[pending], np.diff(made.offsets), axis=0), mass)
            _add(particles, made, lab, good, events[rows], mothers[rows], vertex[rows])
        pending = pending[~good]
        if not len(pending):
            return
    raise ConvergenceError(f"event {index[events[pending[0]]]}: Pythia makes no hadrons of partons {first} and {second}")


def _add(particles: Particles, made: Made, momentum: Array, good: BoolArray, events: IntArray, mother: IntArray, vertex: Array) -> None:
    """Put particles, whose momenta are in the beam frame, into events; the rows that are not `good` hold none."""
    count, begin = np.diff(made.offsets)[good], made.offsets[:-1][good]
    start = np.empty((len(made.pdg), 4))
    base = np.zeros(len(events), np.int64)
    for k in range(int(count.max(initial=0))):
        rows = np.flatnonzero(count > k)
        at = begin[rows] + k
        own = made.mother[at]
        above = begin[rows] + np.maximum(own, 0)
        flown = np.where(made.decayed[above], made.ctau[above] / np.where(made.mass[above] > 0, made.mass[above], 1.0), 0.0)
        start[at] = np.where((own < 0)[:, None], vertex[rows], start[above] + flown[:, None] * momentum[above])
        places = particles.add(
            events[rows], made.pdg[at], np.where(own < 0, mother[rows], base[rows] + own), momentum[at], made.mass[at], start[at]
        )
        if k == 0:
            base[rows] = places
        over = made.decayed[at]
        particles.decayed(events[rows[over]], places[over], made.ctau[at[over]])


def decay_named(particles: Particles, codes: tuple[int, ...], radius: float, seed: int, index: IntArray) -> None:
    """Let ordinary particles of these codes (without sign) decay, and what they leave in turn, within `radius` metres of the beam's origin.

    Those that live long fly first. Unpolarised: a tau's or muon's spin is not followed. What Pythia cannot decay stays.
    """
    tried = np.zeros(0, np.int64)
    while True:
        columns = particles.columns()
        offsets, code = columns["offsets"], columns["pdg"]
        event = np.repeat(np.arange(particles.n), np.diff(offsets))
        place = np.arange(len(code)) - offsets[event]
        # a particle keeps it through all rounds
        label = (event << 20) + place
        new = (columns["status"] == FINAL) & np.isin(np.abs(code), codes) & ~np.isin(label, tried)
        if not new.any():
            return
        tried = np.concatenate([tried, label[new]])
        for one in np.unique(place[new]).tolist():
            mine = np.flatnonzero(new & (place == one))
            for kind in np.unique(code[mine]).tolist():
                rows = mine[code[mine] == kind]
                momentum, mass, vertex = (columns[name][rows] for name in ("momentum", "mass", "vertex"))
                _decay(particles, kind, one, event[rows], momentum, mass, vertex, radius, seed, index)


def _decay(
    particles: Particles, code: int, place: int, events: IntArray, momentum: Array, mass: Array, vertex: Array, radius: float, seed: int,
    index: IntArray,
) -> None:  # fmt: skip
    """Decays of particles of one code at one place of their events."""
    u = uniforms(seed, streams.LATER_DECAYS + place, index[events], 2)
    mean = _mean_ctau(code)
    ctau = -mean * np.log1p(-u[:, 1])
    end = vertex + (ctau / mass)[:, None] * momentum
    pending = np.flatnonzero((mean < _LONG) | (norm(end[:, 1:]) <= radius))
    attempt = 0
    while len(pending) and attempt < _TRIES:
        if attempt:
            u[pending] = uniforms(seed, streams.LATER_DECAYS + place, index[events[pending]], 2, attempt)
        made, good = decayed(code, momentum[pending], mass[pending], seeds_of(u[pending, 0]))
        rows = pending[good]
        if len(rows):
            particles.decayed(events[rows], np.full(len(rows), place), ctau[rows])
            _add(particles, made, made.momentum, good, events[rows], np.full(len(rows), place), end[rows])
        pending, attempt = pending[~good], attempt + 1


def _mean_ctau(code: int) -> float:
    """Metres; 0 for what decays where it is made."""
    try:
        mean = pdg.ctau(abs(code))
    except ParameterError:
        # resonances whose lifetime the tables leave out
        return 0.0
    return mean if mean >= _LEAST else 0.0
