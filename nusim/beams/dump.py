"""The parent table of a beam dump: heavy-quark hadrons and taus, the decays of pions and kaons among its secondaries, and decays at rest.

Protons stop in a block many interaction lengths deep. Hadrons with charm or beauty and taus decay where they are made (`charm`). Pions
and kaons mostly interact before they decay, so the whole hadronic cascade is followed with Pythia's cross sections and products
(PythiaCascade: Sjostrand and Utheim, arXiv:2108.03481, of pythia8mc); each of their tracks counts with its probability to decay.
What is left of them at the end of their range decays at rest: pi+, K+ and the mu+ of the pi+ at rest (negative ones are captured).
The block is taken as infinite: what would leave it decays in shielding as dense.
"""

import math
from array import array
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from .. import pdg
from ..errors import ParameterError
from ..units import MeV, cm
from . import prompt
from .beam import Beam, Dump
from .build import joined, reduced
from .cascade import KEPT, LOWEST_KINETIC, Generator, numbers
from .materials import Material
from .parents import REST_MOMENTUM, ParentFlux

PROTONS = 6_000
"""Followed through the cascade."""
SECONDARY_ROWS = {321: 14_000, -321: 10_000, 130: 8_000, 211: 8_000, -211: 6_000}
REST_ROWS = 400
ABSORBED_PROTONS = 12_000
"""Followed through the absorber of a horn beam."""
ABSORBED_ROWS = {321: 2_000, -321: 1_000, 130: 1_000, 211: 2_000, -211: 1_000}
ABSORBED_REST_ROWS = {321: 6_000, 211: 1_500, -13: 1_500}
"""Rows kept of its decays in flight, and of those at rest, which are most of what detectors off the axis see."""
_FULL_ENERGY = 30.0
"""GeV of kinetic energy below which the cascade keeps pions and nucleons with a probability in proportion to it."""
_BR_PION_MUON = 0.99988
"""pi+ -> mu+ nu, PDG 2022."""
_NUCLEONS = (2212, 2112, -2212, -2112)
_KAONS = (321, -321, 130, 310)
_NEUTRAL_KAONS = (130, 310)
_HYPERONS = (3122, 3112, 3222, 3312, 3322, 3334)
_ABSORPTION = {211: 929.0, -211: 929.0, -321: 652.0, 130: 307.0, 321: 0.0}
"""mb on copper below the generator's energies: its values at 0.35 GeV of kinetic energy; for K_L half of K0bar's."""
_LARGEST_WEIGHT = 60.0


def build_dump(
    beam: Beam,
    seed: int,
    hadrons: int | None = None,
    protons: int | None = None,
    start: Callable[[str, int], None] = lambda what, total: None,
    step: Callable[[int], None] = lambda n: None,
) -> ParentFlux:
    """The parents of a dump, reduced to the rows above; deterministic in `seed`.

    `hadrons` of each species with heavy quarks are drawn and `protons` followed through the cascade, by default as many as above, or none
    if the card has no secondaries: then there are no pions, kaons and muons. `start` and `step` tell of progress. Raises
    MissingExtraError without pythia8mc.
    """
    if protons is None:
        protons = PROTONS if block(beam)[0].secondaries else 0
    hadrons = prompt.DRAWS if hadrons is None else hadrons
    rng = np.random.Generator(np.random.Philox(key=[seed, 0]))
    start("heavy quarks", hadrons * len(beam.prompt_yields))
    parts = [prompt.prompt_rows(beam, hadrons, rng, step)]
    if protons:
        start("cascade", protons)
        flying, resting = cascade_decays(beam, protons, seed, step)
        parts += [reduced(flying, SECONDARY_ROWS, rng), reduced(resting, dict.fromkeys(resting.species, REST_ROWS), rng)]
    return joined(parts, float(protons), f"build_dump({beam.name!r}, seed={seed})")


def absorber_decays(beam: Beam, seed: int, protons: int | None = None, step: Callable[[int], None] = lambda n: None) -> ParentFlux:
    """Decays in flight and at rest in the absorber of a horn beam, per proton on target, reduced to the rows above.

    The protons that reach it come along the axis with the beam's momentum; what else reaches it, and what stops elsewhere, is left out.
    Raises ParameterError for a beam without absorber and MissingExtraError without pythia8mc.
    """
    if beam.absorber is None:
        raise ParameterError(f"beam {beam.name}: the card gives no absorber")
    protons = ABSORBED_PROTONS if protons is None else protons
    flying, resting = cascade_decays(replace(beam, dump=beam.absorber.block), protons, seed, step)
    rng = np.random.Generator(np.random.Philox(key=[seed, 2]))
    whole = joined([reduced(flying, ABSORBED_ROWS, rng), reduced(resting, ABSORBED_REST_ROWS, rng)], 0.0, "")
    return replace(whole, weight=whole.weight * beam.absorber.protons)


def block(beam: Beam) -> tuple[Dump, Material]:
    if beam.dump is None:
        raise ParameterError(f"beam {beam.name}: the card gives no dump: its parents cannot be generated")
    return beam.dump, beam.materials[beam.dump.material]


class Slowing:
    """Continuous energy loss of charged particles in a material, by tables: range against energy, for one mass."""

    def __init__(self, material: Material) -> None:
        # (E - m) / m on a grid, and range over mass in metres per GeV: dE/dx of a unit charge depends on velocity alone
        self._kinetic = np.geomspace(1e-5, 1e6, 2000)
        gamma = 1 + self._kinetic
        beta = np.sqrt(self._kinetic * (gamma + 1)) / gamma
        loss = material.stopping_power * material.density * MeV / cm * np.maximum(1.0, (0.96 / beta) ** (5 / 3))
        steps = np.diff(self._kinetic) * (1 / loss[1:] + 1 / loss[:-1]) / 2
        self._range = self._kinetic[0] / loss[0] + np.concatenate([[0.0], np.cumsum(steps)])

    def range(self, kinetic: float, mass: float) -> float:
        """Metres."""
        return float(np.interp(kinetic / mass, self._kinetic, self._range)) * mass

    def kinetic(self, left: float, mass: float) -> float:
        """GeV, of a particle with the range `left` in metres before it."""
        return float(np.interp(left / mass, self._range, self._kinetic)) * mass


def cascade_decays(beam: Beam, protons: int, seed: int, step: Callable[[int], None] = lambda n: None) -> tuple[ParentFlux, ParentFlux]:
    """Decays in flight of pi+-, K+- and K_L, and decays at rest of pi+, K+ and mu+, in the cascade of the beam protons.

    A track's decay carries the probability to decay before it interacts or stops, at a point drawn along it. Kaons are followed one by
    one; pions and nucleons of low energy are thinned out, the weight of those kept rising in proportion. Deterministic in `seed`.
    """
    dump, material = block(beam)
    generator = Generator(seed)
    rng = np.random.Generator(np.random.Philox(key=[seed, 1]))
    follow = Follower(generator, dump, material, numbers(rng))
    for i in range(protons):
        if i % 100 == 0:
            step(min(100, protons - i))
        follow.proton(beam.momentum)
    flying = _parents(follow.flying, protons)
    resting = _parents(follow.resting, protons)
    direction = rng.standard_normal((len(resting.pdg), 3))
    direction *= REST_MOMENTUM / np.linalg.norm(direction, axis=1)[:, None]
    pions = resting.pdg == 211
    wait = -np.log1p(-rng.random((2, len(resting.pdg))))
    decay = resting.time + wait[0] * np.where(pions, pdg.ctau(211), pdg.ctau(321))
    muons = np.full(int(pions.sum()), -13)
    at_rest = ParentFlux(
        np.concatenate([resting.pdg, muons]),
        np.concatenate([direction, direction[pions]]),
        np.concatenate([resting.start, resting.start[pions]]),
        np.concatenate([decay, decay[pions] + wait[1][pions] * pdg.ctau(13)]),
        np.zeros(len(decay) + len(muons)),
        np.concatenate([resting.weight, _BR_PION_MUON * resting.weight[pions]]),
        True,
        float(protons),
        "",
    )
    return flying, at_rest


def _parents(rows: "array[float]", protons: int) -> ParentFlux:
    """Rows of (code, x, y, z, px, py, pz, time, weight) as parents that decay there."""
    table = np.frombuffer(rows, dtype=float).reshape(-1, 9) if len(rows) else np.zeros((0, 9))
    code = table[:, 0].astype(np.int64)
    n = len(code)
    return ParentFlux(
        code, table[:, 4:7].copy(), table[:, 1:4].copy(), table[:, 7].copy(), np.zeros(n), table[:, 8] / protons, True, float(protons), ""
    )


Track = tuple[int, float, float, float, float, float, float, float, float, float, float]
"""Code, position, momentum, energy, mass, weight, time."""


class Follower:
    """Follows hadrons through the block, one after the other, and notes their decays."""

    def __init__(self, generator: Generator, dump: Dump, material: Material, uniform: Iterator[float]) -> None:
        self.flying: array[float] = array("d")
        self.resting: array[float] = array("d")
        self._cascade, self._vector = generator.cascade, generator.vector
        self.dump = dump
        self._slowing = Slowing(material)
        self._uniform = uniform
        # interactions per metre of one mb; the generator's nucleus stands for the material's, sections going as A^0.71
        self._nuclei = material.interactions_per_metre((material.mass_number / dump.mass_number) ** 0.71)
        self._first = material.interactions_per_metre(dump.production_cross_section)

    def proton(self, momentum: float) -> None:
        """A beam proton and all it makes."""
        mass = pdg.mass(2212)
        stack: list[Track] = [(2212, 0.0, 0.0, self.dump.begin, 0.0, 0.0, momentum, math.hypot(momentum, mass), mass, 1.0, self.dump.begin)]
        first = True
        while stack:
            track = stack.pop()
            if track[0] == 310 or abs(track[0]) in _HYPERONS:
                stack += self._unstable(track)
            else:
                stack += self._hadron(track, self._first if first else None)
            first = False

    def _interactions(self, code: int, px: float, py: float, pz: float, energy: float, mass: float) -> float | None:
        """Per metre; None below the generator's energies, which holds the state that the next collision starts from."""
        if energy - mass <= LOWEST_KINETIC:
            return None
        vector = self._vector(px, py, pz, energy)
        if code in _NEUTRAL_KAONS:
            # half K0, half K0bar: the mean section, and a collision of either in proportion to its own
            sections = [self._section(kind, vector, mass) for kind in (311, -311)]
            if not any(sections):
                return None
            kind = 311 if next(self._uniform) * sum(sections) < sections[0] else -311
            self._section(kind, vector, mass)
            return sum(sections) / 2 * self._nuclei
        return self._section(code, vector, mass) * self._nuclei or None

    def _section(self, code: int, vector: Any, mass: float) -> float:
        """mb on the generator's nucleus, the next collision's; 0 below the generator's energies."""
        if not self._cascade.sigmaSetuphN(code, vector, mass):
            return 0.0
        return float(self._cascade.sigmahA(self.dump.mass_number))

    def _unstable(self, track: Track) -> list[Track]:
        """K_S and hyperons: whichever comes first, decay or interaction."""
        code, x, y, z, px, py, pz, energy, mass, weight, time = track
        p = math.sqrt(px * px + py * py + pz * pz)
        decay = -math.log1p(-next(self._uniform)) * p / mass * pdg.ctau(abs(code))
        rate = self._interactions(code, px, py, pz, energy, mass)
        collision = -math.log1p(-next(self._uniform)) / rate if rate else math.inf
        d = min(decay, collision)
        if p > 0:
            x, y, z, time = x + d * px / p, y + d * py / p, z + d * pz / p, time + d * energy / p
        if decay <= collision:
            event = self._cascade.nextDecay(code, self._vector(px, py, pz, energy), mass)
        else:
            event = self._cascade.nextColl(self.dump.charge_number, self.dump.mass_number)
        return self.products(event, x, y, z, time, weight)

    def _hadron(self, track: Track, known: float | None) -> list[Track]:
        """Nucleons, pions, charged kaons and K_L: slowed down, until they interact or stop; `known`: interactions per metre, if given."""
        code, x, y, z, px, py, pz, energy, mass, weight, time = track
        p = math.sqrt(px * px + py * py + pz * pz)
        if p < 1e-6:
            return []
        ux, uy, uz = px / p, py / p, pz / p
        rate = self._interactions(code, px, py, pz, energy, mass) if known is None else known
        if known is not None:
            self._interactions(code, px, py, pz, energy, mass)
        charged = code not in (130, 2112, -2112)
        far = self._slowing.range(energy - mass, mass) if charged else math.inf
        slow = rate is None
        if slow:
            if code in _NUCLEONS:
                return []
            # below the generator's energies pions and negative kaons are absorbed as they would be just above; K+ cannot be
            rate = _ABSORPTION[code] * self._nuclei * (self.dump.mass_number / 63) ** 0.71
        d = -math.log1p(-next(self._uniform)) / rate if rate else math.inf
        stops = d >= far
        d = min(d, far)
        if code in KEPT:
            middle = self._momentum(energy, mass, far, d / 2) if charged else p
            chance = -math.expm1(-d * mass / (middle * pdg.ctau(abs(code))))
            s = d * next(self._uniform)
            q = self._momentum(energy, mass, far, s) if charged else p
            place = (x + s * ux, y + s * uy, z + s * uz)
            self.flying.extend((code, *place, q * ux, q * uy, q * uz, time + s * math.hypot(middle, mass) / middle, weight * chance))
            weight *= 1 - chance
        x, y, z = x + d * ux, y + d * uy, z + d * uz
        time += d * energy / p
        if stops:
            if code in (211, 321):
                self.resting.extend((code, x, y, z, 0.0, 0.0, 0.0, time, weight))
            return []
        if slow:
            return []
        if charged:
            q = self._momentum(energy, mass, far, d)
            energy = math.hypot(q, mass)
            if self._interactions(code, q * ux, q * uy, q * uz, energy, mass) is None:
                return []
        return self.products(self._cascade.nextColl(self.dump.charge_number, self.dump.mass_number), x, y, z, time, weight)

    def _momentum(self, energy: float, mass: float, far: float, d: float) -> float:
        """GeV, after d metres of a track whose range is `far`."""
        kinetic = self._slowing.kinetic(max(far - d, 0.0), mass)
        return math.sqrt(kinetic * (kinetic + 2 * mass))

    def products(self, event: Any, x: float, y: float, z: float, time: float, weight: float) -> list[Track]:
        """Hadrons of an event that go on, thinned out."""
        found: list[Track] = []
        if z < self.dump.begin:
            return found
        for k in range(event.size()):
            particle = event[k]
            if not particle.isFinal():
                continue
            code, energy, mass = particle.id(), particle.e(), particle.m()
            if abs(code) == 311:
                code = 130 if next(self._uniform) < 0.5 else 310
            strange = code in _KAONS
            if not strange and code not in _NUCLEONS and abs(code) != 211 and abs(code) not in _HYPERONS:
                continue
            if code in _NUCLEONS and energy - mass < LOWEST_KINETIC:
                continue
            # a particle of kinetic energy T stands for max(1, T0 / T) of its kind; kaons for as many as what made them
            wanted = weight if strange else max(weight, min(_FULL_ENERGY / max(energy - mass, 1e-3), _LARGEST_WEIGHT))
            if wanted > weight and next(self._uniform) * wanted > weight:
                continue
            found.append((code, x, y, z, particle.px(), particle.py(), particle.pz(), energy, mass, wanted, time))
        return found
