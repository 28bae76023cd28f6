"""Decay products drawn from a channel's exact |M|^2, each event from its own stream of random numbers."""

from collections.abc import Sequence

import numpy as np

from ..kernels.arrays import Array, BoolArray, IntArray
from ..kernels.random import uniforms
from ..kernels.spinors import ComplexArray, SpinArray
from ..pdg import VECTOR_STATES
from .channel import Term


def choose(widths: Array, u: Array) -> IntArray:
    """Indices (n,) drawn in proportion to `widths` (k,) from uniform numbers (n,)."""
    steps = np.cumsum(widths)
    chosen: IntArray = np.minimum(np.searchsorted(steps, u * steps[-1], side="right"), len(steps) - 1)
    return chosen


def spin_of(state: str, spin: ComplexArray) -> SpinArray:
    """Spins (n, 3) as terms take them: complex for a vector boson, real for a fermion."""
    return spin if state in VECTOR_STATES else np.asfortranarray(spin.real)


def draw_products(
    terms: Sequence[Term], spin: SpinArray, antiparticle: BoolArray, seed: int, stage: int, index: IntArray
) -> tuple[IntArray, Array, IntArray]:
    """PDG codes (n, k), momenta (n, k, 4) of the products in the parent's rest frame, and the index of each decay's term (n,).

    `terms`: the incoherent pieces of one channel; where one has fewer products than another its last places hold code 0.
    `spin` (n, 3): the parent's polarisation vector (a vector boson's complex one).
    `antiparticle` (n,): a Dirac antiparticle decays into the conjugate products. `index`: the events' numbers, ascending.
    Each attempt of an event reads the same number of uniforms whatever its term: the proposal's, one to accept it, one to choose
    the term (used by the first attempt).
    """
    n, k = len(index), max(len(term.masses) for term in terms)
    codes, momenta = np.zeros((k, n), dtype=np.int64).T, np.zeros((k, 4, n)).transpose(2, 0, 1)
    draws = max(term.draws for term in terms)
    widths = np.array([term.width for term in terms])
    pending, which, attempt = np.arange(n), np.zeros(n, dtype=np.int64), 0
    while len(pending):
        u = uniforms(seed, stage, index[pending], draws + 2, attempt)
        if attempt == 0:
            which = 2 * choose(widths, u[:, draws + 1]) + antiparticle
        kept = np.empty(len(pending), dtype=bool)
        for number in np.unique(which[pending]):
            rows = np.flatnonzero(which[pending] == number)
            term = terms[number // 2].conjugate() if number % 2 else terms[number // 2]
            own = u.T.take(rows, axis=1).T
            proposal, acceptance = term.propose(own[:, : term.draws], spin.T.take(pending[rows], axis=1).T)
            kept[rows] = accepted = own[:, draws] < acceptance
            good = np.flatnonzero(accepted)
            done = pending[rows[good]]
            # component by component: they are contiguous
            for place, code in enumerate(term.pdg):
                codes[done, place] = code
                for component in range(4):
                    momenta[done, place, component] = proposal[:, place, component].take(good)
        pending = pending[~kept]
        attempt += 1
    return codes, momenta, which // 2
