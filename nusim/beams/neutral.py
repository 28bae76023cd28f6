"""Neutral mesons that decay where they are made: pi0, eta, omega and eta', which a portal turns into dark bosons.

They come from the same cascades as the charged parents, before any horn: of a thin target all generations inside its core, of a dump
all its depth. pi0 of the beam proton's own interaction are the mean of pi+ and pi- (isospin) where the card has formulas for both; the
others are Pythia's. omega and eta' stand here with their own decays, and the pi0 and eta they decay to are counted among pi0 and eta.
Accuracy: pi0 as the charged pions of the beam, 10-20%; eta, omega and eta' rest on the generator alone, 30% (a choice).
"""

import math
from array import array
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .. import pdg
from ..errors import ParameterError
from ..kernels.arrays import Array
from .beam import Beam
from .build import born_mesons, joined, reduced
from .cascade import KEPT, LOWEST_KINETIC, Generator, numbers, proton_tracks
from .dump import Follower, Track, block
from .parents import ParentFlux

NEUTRALS = (111, 221, 223, 331)
ROWS = {111: 24_000, 221: 10_000, 223: 5_000, 331: 4_000}
"""Rows kept by species."""
DUMP_PROTONS, TARGET_PROTONS = 2_500, 1e6
"""Followed through a dump; through a thin target, times their momentum in GeV/c."""
_LOWEST = 2.0
"""GeV of kinetic energy below which a dump's hadrons are not followed: what they make is slow and goes all ways."""
PRIMARY_DRAWS = 200_000
"""Primary pi0 drawn from each of the formulas of pi+ and pi-."""
_INTERMEDIATE = (223, 331)
"""Mesons whose decay the generator makes on the spot: they are taken from the record's decayed particles."""
_NUCLEONS = (2212, 2112, -2212, -2112)


def build_neutrals(
    beam: Beam,
    seed: int,
    protons: int | None = None,
    rows: dict[int, int] | None = None,
    start: Callable[[str, int], None] = lambda what, total: None,
    step: Callable[[int], None] = lambda n: None,
) -> ParentFlux:
    """Neutral mesons of a beam per proton on target, reduced to `rows` of each species; deterministic in `seed`.

    `protons` are followed through target or dump. `start` and `step` tell of progress. Raises MissingExtraError without pythia8mc.
    """
    if beam.dump is None and beam.target is None:
        raise ParameterError(f"beam {beam.name}: the card gives no target: its neutral mesons cannot be generated")
    n = (DUMP_PROTONS if beam.dump is not None else round(TARGET_PROTONS / beam.momentum)) if protons is None else protons
    rng = np.random.Generator(np.random.Philox(key=[seed, 2]))
    start("neutral mesons", n)
    if beam.dump is not None:
        pieces = [_of_dump(beam, n, seed, rng, step)]
    else:
        formulas = [name for name in ("pi+", "pi-") if name in beam.yields and beam.yields[name].parametrised]
        has_both = len(formulas) == 2
        pieces = [_of_target(beam, n, seed, rng, has_both, step)]
        pieces += [_as_pi0(beam, name, rng) for name in formulas if has_both]
    whole = joined(pieces, float(n), f"build_neutrals({beam.name!r}, seed={seed})")
    return reduced(whole, ROWS if rows is None else rows, rng)


def _as_pi0(beam: Beam, name: str, rng: np.random.Generator) -> ParentFlux:
    """Half of the primary charged pions of one sign, taken as pi0."""
    pions = born_mesons(beam, name, PRIMARY_DRAWS, rng)
    kept = pions.weight > 0
    n = int(kept.sum())
    return ParentFlux(
        np.full(n, 111), pions.momentum[kept], pions.position[kept], pions.time[kept], np.zeros(n), pions.weight[kept] / 2, True, 0.0, ""
    )


def _noted(found: "array[float]", event: Any, place: tuple[float, float, float], time: float, weight: float, pions: bool) -> None:
    """Note the neutral mesons of an event, without its pi0 unless asked for."""
    for k in range(event.size()):
        particle = event[k]
        code = particle.id()
        if code in NEUTRALS and (code in _INTERMEDIATE or particle.isFinal()) and (pions or code != 111):
            found.extend((code, *place, particle.px(), particle.py(), particle.pz(), time, weight))


def _flux(found: "array[float]", protons: int) -> ParentFlux:
    table = np.frombuffer(found, dtype=float).reshape(-1, 9) if len(found) else np.zeros((0, 9))
    n = len(table)
    moving = np.linalg.norm(table[:, 4:7], axis=1) > 0
    table, n = table[moving], int(moving.sum())
    code = table[:, 0].astype(np.int64)
    return ParentFlux(
        code, table[:, 4:7].copy(), table[:, 1:4].copy(), table[:, 7].copy(), np.zeros(n), table[:, 8] / protons, True, float(protons), ""
    )


class _Noting(Follower):
    """Follows a dump's hadrons and notes the neutral mesons of every interaction."""

    def __init__(self, generator: Generator, beam: Beam, uniform: Iterator[float]) -> None:
        super().__init__(generator, *block(beam), uniform)
        self.neutral: array[float] = array("d")

    def products(self, event: Any, x: float, y: float, z: float, time: float, weight: float) -> list[Track]:
        """As those of the follower."""
        if z >= self.dump.begin:
            _noted(self.neutral, event, (x, y, z), time, weight, True)
        return [track for track in super().products(event, x, y, z, time, weight) if track[7] - track[8] > _LOWEST]


def _of_dump(beam: Beam, protons: int, seed: int, rng: np.random.Generator, step: Callable[[int], None]) -> ParentFlux:
    follow = _Noting(Generator(seed), beam, numbers(rng))
    for i in range(protons):
        if i % 100 == 0:
            step(min(100, protons - i))
        follow.proton(beam.momentum)
    return _flux(follow.neutral, protons)


def _of_target(
    beam: Beam, protons: int, seed: int, rng: np.random.Generator, has_formulas: bool, step: Callable[[int], None]
) -> ParentFlux:
    """Interactions inside a thin target's core, all generations; the first one's pi0 only if no formulas give them."""
    target = beam.target
    assert target is not None
    generator = Generator(seed)
    cascade, vector = generator.cascade, generator.vector
    material = beam.materials[target.material]
    nuclei = material.interactions_per_metre(1.0)
    found: array[float] = array("d")
    uniform = numbers(rng)
    mass = pdg.mass(2212)
    energy = math.hypot(beam.momentum, mass)
    x0, y0, slope_x, slope_y = proton_tracks(beam, rng, protons)
    for i in range(protons):
        if i % 100 == 0:
            step(min(100, protons - i))
        x, y = x0[i] + slope_x[i] * target.begin, y0[i] + slope_y[i] * target.begin
        pz = beam.momentum / math.sqrt(1 + slope_x[i] ** 2 + slope_y[i] ** 2)
        start = target.begin * energy / beam.momentum
        stack = [(2212, x, y, target.begin, slope_x[i] * pz, slope_y[i] * pz, pz, energy, mass, start)]
        first = True
        while stack:
            code, x, y, z, px, py, pz, energy_now, m, time = stack.pop()
            kind = (311 if next(uniform) < 0.5 else -311) if code == 130 else code
            if energy_now - m < LOWEST_KINETIC or not cascade.sigmaSetuphN(kind, vector(px, py, pz, energy_now), m):
                first = False
                continue
            own = cascade.sigmahA(target.mass_number)
            sigma = target.production_cross_section if first else own
            p = math.sqrt(px * px + py * py + pz * pz)
            d = -math.log1p(-next(uniform)) / (nuclei * max(sigma, 1e-12))
            x, y, z, time = x + d * px / p, y + d * py / p, z + d * pz / p, time + d * energy_now / p
            if math.hypot(x, y) > target.radius or not target.begin <= z <= target.end:
                first = False
                continue
            event = cascade.nextColl(target.charge_number, target.mass_number)
            _noted(found, event, (x, y, z), time, 1.0, not (first and has_formulas))
            first = False
            for k in range(event.size()):
                particle = event[k]
                made = particle.id()
                if abs(made) == 311:
                    made = 130
                if particle.isFinal() and (made in KEPT or made in _NUCLEONS) and particle.pz() > 0:
                    stack.append((made, x, y, z, particle.px(), particle.py(), particle.pz(), particle.e(), particle.m(), time))
    return _flux(found, protons)


def proton_interactions(beam: Beam, n: int) -> tuple[Array, float]:
    """Depths z (n,) in metres at which beam protons first interact, evenly over their distribution, and how many do per proton.

    0 where the card gives neither target nor dump.
    """
    where = beam.dump or beam.target
    if where is None:
        return np.zeros(n), 0.0
    rate = beam.materials[where.material].interactions_per_metre(where.production_cross_section)
    some = -math.expm1(-rate * (where.end - where.begin))
    # golden-ratio steps: any part of the rows covers all depths
    u = (np.arange(n) * 0.6180339887498949 + 0.5) % 1.0
    depth: Array = where.begin - np.log1p(-u * some) / rate
    return depth, some
