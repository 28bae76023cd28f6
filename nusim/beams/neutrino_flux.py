"""Light neutrinos of a beam at a detector: two- and three-body decays of the parents and of the muons they make."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from .. import pdg
from ..errors import ParameterError
from ..kernels import streams
from ..kernels.arrays import Array, IntArray
from ..kernels.kinematics import two_body_energy
from ..kernels.lorentz import unboost
from ..kernels.random import uniforms
from .decay_region import Section, draw_along
from .meson_decays import LEPTONIC, SEMILEPTONIC, draw_semileptonic
from .muons import BIRTH_DRAWS, END_DRAWS, born, ends, lists_muons
from .parents import ParentFlux

FLAVOURS = {"nue": 12, "numu": 14, "nuebar": -12, "numubar": -14}

_GROUPS = 128


class SampledVolume(Protocol):
    """A detector volume that can be filled with uniform points."""

    @property
    def volume(self) -> float:
        """Cubic metres."""

    def sample(self, u: Array) -> Array:
        """Points (n, 3), uniform in the volume, beam frame."""


@dataclass(frozen=True, slots=True, eq=False)
class NeutrinoFlux:
    """Flux averaged over a detector: neutrinos per cm^2 per proton IN each bin (not per GeV)."""

    edges: Array
    """Bin edges in GeV, shape (k + 1,)."""
    flux: Mapping[str, Array]
    """By flavour (numu, numubar, nue, nuebar), shape (k,)."""
    stat_error: Mapping[str, Array]
    """Standard error by flavour: the finite number of parent rows and of draws, from the scatter of groups of rows."""
    by_parent: Mapping[str, Mapping[str, Array]]
    """Flux by flavour and the neutrino's own parent: neutrinos from muons stand under mu+ and mu-."""
    notes: tuple[str, ...] = ()
    """What there is to say of the files it comes from."""

    def __getitem__(self, flavour: str) -> Array:
        return self.flux[flavour]

    def __str__(self) -> str:
        parts = ", ".join(f"{flavour} {float(values.sum()):.4g}" for flavour, values in self.flux.items())
        return f"NeutrinoFlux from {self.edges[0]:g} to {self.edges[-1]:g} GeV, cm^-2 per proton: {parts}"


@dataclass(slots=True, eq=False)
class _Tally:
    """Sums by flavour and parent, kept apart by group of rows."""

    edges: Array
    sums: dict[tuple[int, str], Array]

    def add(self, neutrino: int, parent: str, energy: Array, weight: Array, group: IntArray) -> None:
        k = len(self.edges) - 1
        place = np.searchsorted(self.edges, energy, side="right") - 1
        ok = (place >= 0) & (place < k) & (weight > 0)
        counted = np.bincount(group[ok] * k + place[ok], weights=weight[ok], minlength=_GROUPS * k)
        total: Array = np.asarray(counted, float).reshape(_GROUPS, k)
        key = (neutrino, parent)
        self.sums[key] = self.sums[key] + total if key in self.sums else total


def neutrino_flux(
    parents: ParentFlux,
    volumes: Sequence[SampledVolume],
    edges: Sequence[float] | Array,
    flavours: Sequence[str] = ("numu", "numubar", "nue", "nuebar"),
    *,
    tunnel: tuple[Section, ...] = (),
    normalisation: Mapping[str, float] | None = None,
    seed: int = 1,
    copies: int = 3,
) -> NeutrinoFlux:
    """Light-neutrino flux of `parents`, averaged over the detector made of `volumes`.

    Each row is used `copies` times with its own decay point along its path, its own point in the detector and, where the beam is
    axisymmetric, its own azimuth. Energies and solid angles are exact for every such line: a massless daughter of energy E* in the rest
    frame of a spin-0 parent arrives with E* / D and density 1 / (4 pi L^2 D^2), D = gamma (1 - beta cos theta).

    Decays: pi+-, K+- -> l nu; K+-, K_L -> pi l nu; the muons of all of these, polarised in flight up to the walls of `tunnel` (none without
    it), mu+ at rest beyond (`muons`); and mu+- among the parents, unpolarised. Left out: neutrinos of pions that kaons leave, and of what
    stops and is not among the parents. `normalisation`: factors by parent name; a muon's neutrinos take its mother's.
    """
    edges = checked_edges(edges, flavours)
    wanted = {FLAVOURS[name] for name in flavours}
    tally = _Tally(edges, {})
    complete = not tunnel or lists_muons(parents)
    for code in parents.species:
        if abs(code) not in (211, 321, 130, 13):
            continue
        factor = (normalisation or {}).get(pdg.NAMES[code], 1.0)
        rows = np.flatnonzero(parents.pdg == code)
        for copy in range(copies):
            u = uniforms(seed, streams.NEUTRINO_FLUX + copy, rows, 8 + BIRTH_DRAWS + END_DRAWS)
            origin, momentum = _decay_points(parents, rows, u[:, 0], u[:, 1])
            points = _detector_points(volumes, u[:, 2], u[:, 3:6])
            weight = parents.weight[rows] * factor / copies
            group = rows % _GROUPS
            _meson_neutrinos(tally, wanted, code, momentum, points - origin, weight, u[:, 6], group)
            if abs(code) == 13:
                _muon_neutrinos(tally, wanted, code, momentum, points - origin, weight, u[:, 6], np.zeros((len(rows), 3)), group)
            elif not complete:
                moving = np.where(parents.at_rest[rows], 0.0, weight)
                _daughter_muons(tally, wanted, code, origin, momentum, points, moving, u[:, 7:], group, tunnel)
    return _result(tally, flavours)


def checked_edges(edges: Sequence[float] | Array, flavours: Sequence[str]) -> Array:
    """Bin edges as an array; raises ParameterError for edges that do not ascend and for unknown flavours."""
    edges = np.asarray(edges, float)
    if edges.ndim != 1 or len(edges) < 2 or np.any(np.diff(edges) <= 0):
        found = ", ".join(f"{edge:g}" for edge in edges.ravel()[:5]) + (", ..." if edges.size > 5 else "")
        raise ParameterError(f"flux: edges = [{found}]: at least two ascending energies in GeV are needed")
    unknown = [name for name in flavours if name not in FLAVOURS]
    if unknown:
        raise ParameterError(f"flux: unknown flavour {unknown[0]!r}; known: {', '.join(FLAVOURS)}")
    return edges


def _decay_points(parents: ParentFlux, rows: IntArray, along: Array, azimuth: Array) -> tuple[Array, Array]:
    """Decay points and momenta (n, 3), turned to a fresh azimuth where the beam allows it."""
    momentum, start = parents.momentum[rows], parents.start[rows]
    p = np.linalg.norm(momentum, axis=1)
    code = int(parents.pdg[rows[0]])
    length = np.maximum(p / pdg.mass(code) * pdg.ctau(code), 1e-12)
    distance = draw_along(parents.path[rows], length, along)
    origin = start + (distance / np.maximum(p, 1e-30))[:, None] * momentum
    if parents.axisymmetric:
        angle = 2 * np.pi * azimuth
        origin, momentum = _turned(origin, angle), _turned(momentum, angle)
    return origin, momentum


def _turned(vectors: Array, angle: Array) -> Array:
    cosine, sine = np.cos(angle), np.sin(angle)
    x, y, z = vectors.T
    return np.stack([x * cosine - y * sine, x * sine + y * cosine, z], axis=1)


def _detector_points(volumes: Sequence[SampledVolume], which: Array, u: Array) -> Array:
    """Points (n, 3) uniform in several volumes together."""
    shares = np.cumsum([volume.volume for volume in volumes])
    chosen = np.minimum(np.searchsorted(shares / shares[-1], which, side="right"), len(volumes) - 1)
    points = np.empty((len(which), 3))
    for k, volume in enumerate(volumes):
        mine = chosen == k
        points[mine] = volume.sample(u[mine])
    return points


def _aim(momentum: Array, mass: float, line: Array) -> tuple[Array, Array]:
    """Doppler factor D = gamma (1 - beta cos theta) and arrivals per cm^2 per decay isotropic at rest, along `line` (n, 3)."""
    doppler = doppler_factor(momentum, mass, line)
    return doppler, 1e-4 / (4 * np.pi * np.sum(line**2, axis=1) * doppler**2)


def doppler_factor(momentum: Array, mass: float | Array, line: Array) -> Array:
    """gamma (1 - beta cos theta) of parents with `momentum` (n, 3) along `line` (n, 3), any length: rest-frame over lab energy of light."""
    p2 = np.sum(momentum**2, axis=1)
    energy = np.sqrt(p2 + mass * mass)
    distance2 = np.sum(line**2, axis=1)
    cosine = np.sum(momentum * line, axis=1) / np.sqrt(np.maximum(p2 * distance2, 1e-300))
    p = np.sqrt(p2)
    # E - p cos = (m^2 + p^2 (1 - cos^2)) / (E + p cos) keeps its digits forward
    ahead = (mass * mass + p2 * np.maximum((1 - cosine) * (1 + cosine), 0.0)) / (energy + p * np.maximum(cosine, 0.0))
    result: Array = np.where(cosine > 0, ahead, energy - p * cosine) / mass
    return result


def _meson_neutrinos(
    tally: _Tally, wanted: set[int], code: int, momentum: Array, line: Array, weight: Array, u: Array, group: IntArray
) -> None:
    name = pdg.NAMES[code]
    sign = 1 if code > 0 else -1
    mass = pdg.mass(abs(code))
    doppler, density = _aim(momentum, mass, line)
    arriving = weight * density
    for lepton in (11, 13):
        flavour = lepton + 1
        ratio = LEPTONIC.get((abs(code), lepton))
        if ratio and sign * flavour in wanted:
            energy = float(two_body_energy(mass, 0.0, pdg.mass(lepton)))
            tally.add(sign * flavour, name, energy / doppler, ratio * arriving, group)
        ratio = SEMILEPTONIC.get((abs(code), lepton))
        if not ratio:
            continue
        pion = pdg.mass(211) if code == 130 else pdg.mass(111)
        energy_rest = draw_semileptonic(mass, pion, pdg.mass(lepton), u)
        if code == 130:
            for charge in (1, -1):
                if charge * flavour in wanted:
                    tally.add(charge * flavour, name, energy_rest / doppler, 0.5 * ratio * arriving, group)
        elif sign * flavour in wanted:
            tally.add(sign * flavour, name, energy_rest / doppler, ratio * arriving, group)


def muon_decay_density(neutrino: int, charge: int, x: Array, cosine: Array) -> Array:
    """d2N/dx d(cos)/2 of a neutrino (PDG code) from mu of `charge`, x = 2 E / m_mu, cosine from the spin, times polarisation.

    nu_mu: 2 x^2 [(3 - 2x) -+ (1 - 2x) P cos]; nu_e: 12 x^2 (1 - x)(1 -+ P cos), upper signs for mu+. Massless electron; Gaisser,
    Cosmic Rays and Particle Physics, Table 7.2. Pass P cos as `cosine`.
    """
    along = -charge * cosine
    if abs(neutrino) == pdg.NU_MU:
        result: Array = 2 * x * x * ((3 - 2 * x) + (1 - 2 * x) * along)
        return result
    electron: Array = 12 * x * x * (1 - x) * (1 + along)
    return electron


def _daughter_muons(
    tally: _Tally,
    wanted: set[int],
    code: int,
    origin: Array,
    momentum: Array,
    points: Array,
    weight: Array,
    u: Array,
    group: IntArray,
    tunnel: tuple[Section, ...],
) -> None:
    """Neutrinos of the muons that parents leave, as `muons` has them; `u` holds uniform numbers (n, 1 + BIRTH_DRAWS + END_DRAWS)."""
    for muons in born(code, momentum, u[:, 1:]):
        for end in ends(muons, origin, tunnel, u[:, 1 + BIRTH_DRAWS :]):
            flight = np.sqrt(np.sum(end.momentum**2, axis=1))
            distance = draw_along(end.path, flight / pdg.mass(13) * pdg.ctau(13), u[:, -1])
            place = end.start + (distance / flight)[:, None] * end.momentum
            number = weight * muons.number * end.number
            _muon_neutrinos(tally, wanted, -13 * muons.charge, end.momentum, points - place, number, u[:, 0], end.spin, group)


def _muon_neutrinos(
    tally: _Tally, wanted: set[int], code: int, momentum: Array, line: Array, weight: Array, u: Array, spin: Array, group: IntArray
) -> None:
    """Neutrinos of decaying muons with rest-frame polarisation vectors `spin` (n, 3)."""
    muon = pdg.mass(13)
    charge = -1 if code > 0 else 1
    doppler, density = _aim(momentum, muon, line)
    toward = line / np.linalg.norm(line, axis=1)[:, None]
    frame = np.column_stack([np.sqrt(np.sum(momentum**2, axis=1) + muon**2), momentum])
    at_rest = unboost(np.column_stack([np.ones(len(u)), toward]), frame, muon)
    cosine = np.sum(at_rest[:, 1:] * spin, axis=1) / at_rest[:, 0]
    for neutrino in (charge * pdg.NU_E, -charge * pdg.NU_MU):
        if neutrino in wanted:
            emitted = muon_decay_density(neutrino, charge, u, cosine)
            tally.add(neutrino, pdg.NAMES[code], u * muon / 2 / doppler, weight * density * emitted, group)


def _result(tally: _Tally, flavours: Sequence[str]) -> NeutrinoFlux:
    k = len(tally.edges) - 1
    flux: dict[str, Array] = {}
    error: dict[str, Array] = {}
    parts: dict[str, dict[str, Array]] = {}
    for flavour in flavours:
        mine = {parent: sums for (neutrino, parent), sums in tally.sums.items() if neutrino == FLAVOURS[flavour]}
        grouped: Array = sum(mine.values(), np.zeros((_GROUPS, k)))
        flux[flavour] = grouped.sum(axis=0)
        error[flavour] = np.sqrt(_GROUPS * np.var(grouped, axis=0, ddof=1))
        parts[flavour] = {parent: sums.sum(axis=0) for parent, sums in sorted(mine.items())}
    return NeutrinoFlux(tally.edges, flux, error, parts)
