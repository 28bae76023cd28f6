"""Hadrons with charm or beauty and taus of a beam: they decay within millimetres of where the protons first interact.

Nothing of them depends on horns or cascades, so a beam with horns has no table of them: they are drawn when they are asked for.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import numpy as np

from .. import pdg
from ..errors import ParameterError
from ..kernels.arrays import Array
from .beam import Beam, Dump, Polarity, load_parents
from .build import joined, reduced
from .charm import draw_hadrons, draw_taus, tau_of
from .materials import Material
from .parents import ParentFlux

DRAWS = 100_000
"""Hadrons drawn of each species with heavy quarks."""
ROWS = {411: 12_000, 421: 8_000, 431: 12_000, 4122: 2_000, 521: 6_000, 511: 5_000, 531: 3_000, 15: 6_000}
"""Rows kept of each heavy-quark species and tau, by absolute PDG code; 3000 of one that is not listed."""
_DRAWS_OF_HORNS = 40_000
_FLIGHT = 20.0
"""Length of a prompt decay's segment in decay lengths."""


# rates of many models ask for the same parents again and again
@lru_cache(maxsize=2)
def beam_parents(beam: Beam, polarity: Polarity) -> ParentFlux:
    """`load_parents`, and the heavy-quark hadrons and taus of a horn beam's target, the same at every call."""
    parents = load_parents(beam, polarity)
    if beam.dump is not None or beam.files is not None or not beam.pairs:
        return parents
    prompt = prompt_rows(beam, _DRAWS_OF_HORNS, np.random.Generator(np.random.Philox(key=[1, 3])))
    whole = joined([parents, prompt], parents.protons_simulated, parents.command, parents.axisymmetric)
    return replace(whole, notes=parents.notes, yield_error=parents.yield_error)


def prompt_rows(beam: Beam, n: int, rng: np.random.Generator, step: Callable[[int], None] = lambda n: None) -> ParentFlux:
    """`prompt_decays` of n hadrons of each species, reduced to the rows above."""
    drawn = prompt_decays(beam, n, rng, step)
    return reduced(drawn, {code: ROWS.get(abs(code), 3000) for code in drawn.species}, rng)


def pair_block(beam: Beam) -> tuple[Dump, Material]:
    """What the pairs are made in: the dump, or a horn beam's target. Raises ParameterError for a beam without either."""
    block = beam.pair_block
    if block is None:
        raise ParameterError(f"beam {beam.name}: the card gives neither dump nor target: there is nothing to make pairs in")
    return block, beam.materials[block.material]


def prompt_decays(beam: Beam, n: int, rng: np.random.Generator, step: Callable[[int], None] = lambda n: None) -> ParentFlux:
    """n decays of each species of hadron with charm or beauty, and of the taus they make.

    They are born where the beam proton first interacts: those of the cascade would be a few interaction lengths deeper and softer.
    Neither they nor the taus interact, which takes away a few percent of the fastest.
    """
    dump, material = pair_block(beam)
    length = 1 / material.interactions_per_metre(dump.production_cross_section)
    deep = -math.expm1(-(dump.end - dump.begin) / length)
    yields = beam.prompt_yields
    beta = beam.momentum / float(np.hypot(beam.momentum, pdg.mass(2212)))
    pieces = []

    def add(code: int, momentum: Array, depth: Array, beyond: Array, late: Array, made: float) -> None:
        mass = pdg.mass(abs(code))
        z = dump.begin + depth
        start = beyond + np.column_stack([np.zeros((len(z), 2)), z])
        path = _FLIGHT * np.linalg.norm(momentum, axis=1) / mass * pdg.ctau(abs(code))
        weight = np.full(len(z), made * deep / len(z))
        pieces.append(ParentFlux(np.full(len(z), code), momentum, start, z / beta + late, path, weight, True, 0.0, ""))
        step(len(z))

    shares: dict[int, list[tuple[Array, Array, Array, Array, float]]] = {}
    for pair in beam.pairs:
        per_proton = pair.per_proton(material.mass_number, dump.production_cross_section)
        for name, fraction in pair.fractions.items():
            code = pdg.CODES[name]
            momentum = draw_hadrons(pair, code, n, beam.momentum, rng)
            depth = -length * np.log1p(-rng.random(n) * deep)
            add(code, momentum, depth, np.zeros((n, 3)), np.zeros(n), yields[code])
            if name in pair.tau:
                tau, flown = draw_taus(code, momentum, rng)
                p = np.linalg.norm(momentum, axis=1)
                beyond = flown[:, None] * momentum / p[:, None]
                late = flown * np.hypot(p, pdg.mass(abs(code))) / p
                made = per_proton * fraction * pair.tau[name]
                shares.setdefault(tau_of(code), []).append((tau, depth, beyond, late, made))
    for code, parts in shares.items():
        for tau, depth, beyond, late, made in parts:
            add(code, tau, depth, beyond, late, made)
    return joined(pieces, 0.0, "")
