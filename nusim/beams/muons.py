"""Muons that pions and kaons of a beam leave: their momenta and spins, where they decay, and the rows of parents they make.

Muons come from pi+-, K+- -> mu nu and from K+-, K_L -> pi mu nu. Parent and neutrino fix the mean polarisation of each exactly: 1 along
the neutrino of P+ -> mu+ nu as the muon sees it, or the vector of the K_l3 matrix element. Muons fly straight to the wall of the tunnel;
a mu+ that reaches it stops in the ground beyond and decays there, unpolarised (a choice: matter takes part of its polarisation, and it is
soon turned). mu- that stop are left out: most are captured.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from .. import pdg
from ..kernels import streams
from ..kernels.arrays import Array, IntArray, four_vectors
from ..kernels.kinematics import two_body_energy
from ..kernels.lorentz import around, boost, unboost
from ..kernels.random import uniforms
from .choice import importance, probabilities
from .decay_region import Section, draw_along, free_path
from .meson_decays import LEPTONIC, SEMILEPTONIC, lepton_energies, lepton_response
from .parents import REST_MOMENTUM, ParentFlux

BIRTH_DRAWS, END_DRAWS = 5, 3
"""Uniform numbers of a muon's birth, and of its end."""
_MOTHERS = {code for code, lepton in (*LEPTONIC, *SEMILEPTONIC) if lepton == 13}

_ROWS = 60_000
"""About as many rows of muons are made of a beam's pions and kaons."""
_LOSS, _RADIATION = 0.46, 8e-4
"""Energy loss of a muon in the ground behind a wall, GeV/m and 1/m: 2.0 MeV cm^2/g, 3.5e-6 cm^2/g (recalled, standard rock), 2.3 g/cm^3.
What the walls are made of is not in the cards: a choice, which moves decays at rest by metres."""


@dataclass(frozen=True, slots=True, eq=False)
class Muons:
    """One muon of each of n decays."""

    charge: int
    number: Array
    """Muons per decay of the parent, shape (n,)."""
    momentum: Array
    """GeV, shape (n, 4)."""
    spin: Array
    """Mean polarisation vector in the rest frame that a pure boost from the beam frame leads to, shape (n, 3)."""


@dataclass(frozen=True, slots=True, eq=False)
class Ends:
    """Decays of muons: in flight, before the wall, or at rest beyond it."""

    momentum: Array
    """GeV, shape (n, 3)."""
    spin: Array
    start: Array
    """Of the straight segment on which they decay, metres, shape (n, 3)."""
    path: Array
    """Its length, 0 for those at rest."""
    late: Array
    """c t in metres from the muon's birth to `start`."""
    number: Array
    """Decays per muon, shape (n,)."""


def born(code: int, momentum: Array, u: Array) -> Iterator[Muons]:
    """Muons of decays of pions or kaons with three-momenta (n, 3), channel by channel, from uniform numbers (n, BIRTH_DRAWS)."""
    mass, muon, n = pdg.mass(abs(code)), pdg.mass(13), len(momentum)
    sign = 1 if code > 0 else -1
    frame = four_vectors(n)
    frame[:, 0], frame[:, 1:] = np.sqrt(np.sum(momentum**2, axis=1) + mass * mass), momentum
    direction = around(np.tile([0.0, 0.0, 1.0], (n, 1)), 2 * u[:, 0] - 1, 2 * np.pi * u[:, 1])
    if (abs(code), 13) in LEPTONIC:
        star = float(two_body_energy(mass, 0.0, muon))
        of_muon = boost(np.column_stack([np.full(n, mass - star), star * direction]), frame, mass)
        of_neutrino = boost(np.column_stack([np.full(n, star), -star * direction]), frame, mass)
        spin = unboost(of_neutrino, of_muon, muon)[:, 1:]
        spin *= sign / np.maximum(np.sqrt(np.sum(spin**2, axis=1)), 1e-30)[:, None]
        yield Muons(sign, np.full(n, LEPTONIC[abs(code), 13]), of_muon, spin)
    if (abs(code), 13) in SEMILEPTONIC:
        daughter = pdg.mass(211) if code == 130 else pdg.mass(111)
        e_nu, e_muon, weight = lepton_energies(mass, daughter, muon, u[:, 2:4])
        p_muon = np.sqrt((e_muon - muon) * (e_muon + muon))
        p2 = (mass - e_nu - e_muon) ** 2 - daughter**2
        cosine = (p2 - e_nu**2 - p_muon**2) / np.maximum(2 * e_nu * p_muon, 1e-30)
        neutrino = around(direction, np.clip(cosine, -1.0, 1.0), 2 * np.pi * u[:, 4])
        of_muon = boost(np.column_stack([e_muon, p_muon[:, None] * direction]), frame, mass)
        of_neutrino = boost(np.column_stack([e_nu, e_nu[:, None] * neutrino]), frame, mass)
        response = unboost(lepton_response(frame, frame - of_muon - of_neutrino, of_neutrino), of_muon, muon)
        polarisation = -response[:, 1:] / response[:, :1]
        for charge in (1, -1) if code == 130 else (sign,):
            share = SEMILEPTONIC[abs(code), 13] / (2 if code == 130 else 1)
            yield Muons(charge, share * weight, of_muon, charge * polarisation)


def ends(muons: Muons, origin: Array, tunnel: tuple[Section, ...], u: Array) -> Iterator[Ends]:
    """Decays of muons born at `origin` (n, 3): in flight, then of mu+ at rest, from uniform numbers (n, END_DRAWS)."""
    mass, n = pdg.mass(13), len(origin)
    p = np.sqrt(np.sum(muons.momentum[:, 1:] ** 2, axis=1))
    heading = muons.momentum[:, 1:] / p[:, None]
    path = free_path(tunnel, origin, heading)
    survival = path / (p / mass * pdg.ctau(13))
    yield Ends(muons.momentum[:, 1:], muons.spin, origin, path, np.zeros(n), -np.expm1(-survival))
    if muons.charge > 0:
        energy = muons.momentum[:, 0]
        flown = path + np.log1p(_RADIATION / _LOSS * (energy - mass)) / _RADIATION
        at_rest = REST_MOMENTUM * around(np.tile([0.0, 0.0, 1.0], (n, 1)), 2 * u[:, 0] - 1, 2 * np.pi * u[:, 1])
        late = flown * energy / p - pdg.ctau(13) * np.log1p(-u[:, 2])
        yield Ends(at_rest, np.zeros((n, 3)), origin + flown[:, None] * heading, np.zeros(n), late, np.exp(-survival))


def lists_muons(parents: ParentFlux) -> bool:
    """Whether the list holds muons in flight: then it holds all there are."""
    return bool(np.any(~parents.at_rest & (np.abs(parents.pdg) == 13)))


# rates of many models ask for the same muons again and again
@lru_cache(maxsize=2)
def with_muons(parents: ParentFlux, tunnel: tuple[Section, ...], seed: int, angle: float = 0.0) -> ParentFlux:
    """The parents and, as further rows, the muons they leave; the parents alone without a tunnel, or if they hold muons in flight.

    Every row in flight gives at most one muon of each channel; rows at rest give none, lists that have them name their muons too. Muons are
    chosen by what they are worth to a far detector at `angle` to the beam, every expectation kept.
    """
    if not tunnel or lists_muons(parents):
        return parents
    moving = ~parents.at_rest
    pieces: list[tuple[Array | IntArray, ...]] = []
    for code in parents.species:
        rows = np.flatnonzero((parents.pdg == code) & moving & (parents.weight > 0))
        if not len(rows) or abs(code) not in _MOTHERS:
            continue
        u = uniforms(seed, streams.MUONS, rows, 1 + BIRTH_DRAWS + END_DRAWS)
        momentum, mass = parents.momentum[rows], pdg.mass(abs(code))
        p = np.sqrt(np.sum(momentum**2, axis=1))
        distance = draw_along(parents.path[rows], p / mass * pdg.ctau(abs(code)), u[:, 0])
        place = parents.start[rows] + (distance / p)[:, None] * momentum
        time = parents.time[rows] + distance * np.hypot(p, mass) / p
        for muons in born(code, momentum, u[:, 1:]):
            for end in ends(muons, place, tunnel, u[:, 1 + BIRTH_DRAWS :]):
                number = parents.weight[rows] * muons.number * end.number
                kind = np.full(len(rows), -13 * muons.charge)
                pieces.append((kind, end.momentum, end.start, time + end.late, end.path, number, end.spin, rows))
    if not pieces:
        return parents
    kind, momentum, start, time, path, weight, spin, mother = (np.concatenate(column) for column in zip(*pieces, strict=True))
    u = uniforms(seed, streams.MUONS + 1, np.arange(len(kind)), 1)
    whole = replace(parents, pdg=kind, momentum=momentum, start=start, time=time, path=path, weight=weight, spin=spin, mother=mother)
    chance = probabilities(importance(whole, angle), _ROWS)
    kept = np.flatnonzero(u[:, 0] < chance)
    before = np.zeros((len(parents.pdg), 3)) if parents.spin is None else parents.spin
    return replace(
        parents,
        pdg=np.concatenate([parents.pdg, kind[kept]]),
        momentum=np.concatenate([parents.momentum, momentum[kept]]),
        start=np.concatenate([parents.start, start[kept]]),
        time=np.concatenate([parents.time, time[kept]]),
        path=np.concatenate([parents.path, path[kept]]),
        weight=np.concatenate([parents.weight, weight[kept] / chance[kept]]),
        spin=np.concatenate([before, spin[kept]]),
        mother=np.concatenate([parents.roots, mother[kept]]),
    )
