"""Decay products drawn from a channel's exact |M|^2, each event from its own stream of random numbers."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..kernels.arrays import Array, BoolArray, IntArray
from ..kernels.random import uniforms
from .channel import Term


def choose(widths: Array, u: Array) -> IntArray:
    """Indices (n,) drawn in proportion to `widths` (k,) from uniform numbers (n,)."""
    steps = np.cumsum(widths)
    chosen: IntArray = np.minimum(np.searchsorted(steps, u * steps[-1], side="right"), len(steps) - 1)
    return chosen


def draw_products(
    terms: Sequence[Term], spin: Array, antiparticle: BoolArray, seed: int, stage: int, index: IntArray
) -> tuple[NDArray[np.int64], Array]:
    """PDG codes (n, k) and momenta (n, k, 4) of the products in the parent's rest frame.

    `terms`: the incoherent pieces of one channel. `spin` (n, 3): the parent's polarisation vector. `antiparticle` (n,):
    a Dirac parent that is the antiparticle decays into the conjugate products. `index`: the events' numbers, ascending.
    """
    n, k = len(index), len(terms[0].masses)
    codes = np.empty((n, k), dtype=np.int64)
    momenta = np.empty((k, 4, n)).transpose(2, 0, 1)
    which = choose(np.array([term.width for term in terms]), uniforms(seed, stage, index, 1)[:, 0])
    for number, plain in enumerate(terms):
        for conjugate in (False, True):
            pending = np.flatnonzero((which == number) & (antiparticle == conjugate))
            if not len(pending):
                continue
            term = plain.conjugate() if conjugate else plain
            codes[pending] = term.pdg
            attempt = 1
            while len(pending):
                u = uniforms(seed, stage, index[pending], term.draws + 1, attempt)
                proposal, acceptance = term.propose(u[:, : term.draws], spin[pending])
                kept = u[:, term.draws] < acceptance
                momenta[pending[kept]] = proposal[kept]
                pending = pending[~kept]
                attempt += 1
    return codes, momenta
