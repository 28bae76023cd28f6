"""|M|^2 of decays that make a heavy neutrino N, momenta drawn from it, and the polarisation of N.

Every |M|^2 is p_N.A with a four-vector A of the other momenta, because the weak current takes one chirality of N. N of spin vector s
on a neutrino line has |M|^2 with p_N -> (p_N - m_N s)/2, on an antineutrino line with (p_N + m_N s)/2: so N is polarised along A as seen in
its rest frame, P = +-A_space / A_time. Likewise a decaying lepton of spin s enters as p -+ m s. Products come in the order (N, lepton,
other) or (N, meson); the parent is at rest. Classes have the methods of `CascadeTerm`.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from .. import pdg as particles
from ..constants import G_F
from ..decays.channel import CascadeTerm
from ..decays.terms import empty_products, linear_cosine, pair_mass, spin_axis
from ..errors import ParameterError
from ..kernels.arrays import Array
from ..kernels.kinematics import kallen_sqrt, two_body_momentum
from ..kernels.lorentz import around, boost, dot, unboost
from ..kernels.spinors import SpinArray
from .semileptonic import Transition, angular_coefficients, phase_space

_CELLS = 2048
_MARGIN = 1e-4
"""Relative excess of the bound over a cell's larger end: the density bends by less within a cell, tested."""
_TINY = 1e-300


def polarised_msq(term: CascadeTerm, momenta: Array, spin: SpinArray, heavy_spin: Array) -> Array:
    """|M|^2 (n,) for N with polarisation vector `heavy_spin` (n, 3) in its rest frame, other final spins summed."""
    along: Array = term.polarisation(momenta, spin, 0, np.empty((len(momenta), 0)))
    result: Array = term.msq(momenta, spin) * (1 + np.sum(along * heavy_spin, axis=1)) / 2
    return result


def _seen_by_heavy(response: Array, momenta: Array, mass: float, sign: float) -> Array:
    """Polarisation (n, 3) of N from A, both in the parent's rest frame."""
    rest = unboost(response, momenta[:, 0], mass)
    result: Array = sign * rest[:, 1:] / rest[:, :1]
    return result


def _check_place(place: int) -> None:
    if place != 0:
        raise ParameterError(f"production: the spin of product {place} is not followed, only that of the heavy neutrino (0)")


def _per_msq(weight: Array, msq: Array) -> Array:
    """weight / msq; 0 on the edge of phase space, where both vanish."""
    result: Array = np.divide(weight, msq, out=np.zeros_like(weight), where=msq > 0)
    return result


def _isotropic(u: Array) -> Array:
    """Unit vectors (n, 3) from uniform numbers (n, 2)."""
    return around(np.tile([0.0, 0.0, 1.0], (len(u), 1)), 2 * u[:, 0] - 1, 2 * np.pi * u[:, 1])


def _flying(mass: float | Array, momentum: Array | float, direction: Array) -> Array:
    """Four-momenta (n, 4)."""
    out: Array = np.empty((4, len(direction))).T
    out[:, 0] = np.sqrt(np.square(momentum) + np.square(mass))
    for k in range(3):
        out[:, k + 1] = momentum * direction[:, k]
    return out


@dataclass(frozen=True, slots=True)
class MesonTwoBody:
    """P -> l N; products (N, l)."""

    pdg: tuple[int, ...]
    m_parent: float
    masses: tuple[float, ...]
    width: float
    sign: float
    """+1 for N on a neutrino line (P+ -> l+ N), -1 for the conjugate."""
    draws: int = 2
    via: tuple[str, ...] = ("W",)

    def _response(self, momenta: Array) -> Array:
        parent = np.zeros_like(momenta[:, 1])
        parent[:, 0] = self.m_parent
        lepton = momenta[:, 1]
        return 2 * self.m_parent * lepton[:, :1] * parent - self.m_parent**2 * lepton

    def msq(self, momenta: Array, spin: SpinArray) -> Array:
        """|M|^2 (n,), a constant."""
        q = float(two_body_momentum(self.m_parent, *self.masses))
        return np.full(len(momenta), self.width * 8 * np.pi * self.m_parent**2 / q)

    def propose(self, u: Array, spin: SpinArray) -> tuple[Array, Array]:
        """Back-to-back products; all are accepted."""
        q, direction = float(two_body_momentum(self.m_parent, *self.masses)), _isotropic(u)
        out = empty_products(2, len(u))
        for place, way in ((0, 1.0), (1, -1.0)):
            out[:, place] = _flying(self.masses[place], q, way * direction)
        return out, np.ones(len(u))

    def sample(self, u: Array) -> tuple[Array, Array]:
        """Isotropic momenta and what makes |M|^2 a weight of mean 1."""
        momenta, _ = self.propose(u, np.zeros((len(u), 3)))
        return momenta, 1 / self.msq(momenta, np.zeros((len(u), 3)))

    def polarisation(self, momenta: Array, spin: SpinArray, place: int, u: Array) -> Array:
        """Polarisation vector (n, 3) of N: along its momentum, as `heavy_polarisation` says."""
        _check_place(place)
        return _seen_by_heavy(self._response(momenta), momenta, self.masses[0], self.sign)

    def conjugate(self) -> "MesonTwoBody":
        """P- -> l- Nbar."""
        return replace(self, pdg=tuple(particles.anti(code) for code in self.pdg), sign=-self.sign)


@dataclass(frozen=True, slots=True)
class TauTwoBody:
    """tau- -> N and a meson; products (N, meson). `spin` is the tau's polarisation vector."""

    pdg: tuple[int, ...]
    m_parent: float
    masses: tuple[float, ...]
    width: float
    asymmetry: float
    """alpha of 1 + alpha P cos for this charge, cos between P and N."""
    vector: bool
    sign: float
    """+1 for tau-, -1 for tau+."""
    draws: int = 2
    via: tuple[str, ...] = ("W",)

    def msq(self, momenta: Array, spin: SpinArray) -> Array:
        """|M|^2 (n,)."""
        q = float(two_body_momentum(self.m_parent, *self.masses))
        along = np.sum(momenta[:, 0, 1:] * spin, axis=1) / q
        result: Array = self.width * 8 * np.pi * self.m_parent**2 / q * (1 + self.asymmetry * along)
        return result

    def propose(self, u: Array, spin: SpinArray) -> tuple[Array, Array]:
        """Products with the linear density in the cosine to the spin; all are accepted."""
        degree, axis = spin_axis(spin)
        direction = around(axis, linear_cosine(u[:, 0], self.asymmetry * degree), 2 * np.pi * u[:, 1])
        q = float(two_body_momentum(self.m_parent, *self.masses))
        out = empty_products(2, len(u))
        for place, way in ((0, 1.0), (1, -1.0)):
            out[:, place] = _flying(self.masses[place], q, way * direction)
        return out, np.ones(len(u))

    def sample(self, u: Array) -> tuple[Array, Array]:
        """Isotropic momenta and what makes |M|^2 a weight of mean 1."""
        none = np.zeros((len(u), 3))
        momenta, _ = self.propose(u, none)
        return momenta, 1 / self.msq(momenta, none)

    def polarisation(self, momenta: Array, spin: SpinArray, place: int, u: Array) -> Array:
        """Polarisation vector (n, 3) of N; the meson's spin summed."""
        _check_place(place)
        tau, meson, square = _spin_momentum(self.m_parent, spin, self.sign), momenta[:, 1], self.masses[1] ** 2
        response = 2 * dot(meson, tau)[:, None] * meson + (square if self.vector else -square) * tau
        return _seen_by_heavy(response, momenta, self.masses[0], self.sign)

    def conjugate(self) -> "TauTwoBody":
        """The decay of tau+."""
        return replace(self, pdg=tuple(particles.anti(code) for code in self.pdg), asymmetry=-self.asymmetry, sign=-self.sign)


def _spin_momentum(mass: float, spin: SpinArray, sign: float) -> Array:
    """p - sign m s (n, 4) of a fermion at rest with polarisation vector `spin` (n, 3)."""
    out: Array = np.empty((4, len(spin))).T
    out[:, 0] = mass
    out[:, 1:] = -sign * mass * spin
    return out


@dataclass(frozen=True, slots=True)
class LeptonicTerm:
    """tau- -> N l- nubar_l (`from_parent`) or tau- -> Nbar l- nu_tau, and mu likewise; products (N, l, nu).

    |M|^2 = 64 G_F^2 (H.nu)(N.l), or 64 G_F^2 (H.N)(l.nu), with H = p - m s of the parent, times width / width for unit mixing.
    """

    pdg: tuple[int, ...]
    m_parent: float
    masses: tuple[float, ...]
    width: float
    from_parent: bool
    scale: float
    """Width over that for unit mixing and G_F alone."""
    sign: float
    """+1 for tau- and mu-, -1 for the antiparticles."""
    draws: int = 5
    via: tuple[str, ...] = ("W",)

    @property
    def _order(self) -> tuple[int, int, int]:
        """Places of the spectator and of the pair."""
        return (2, 0, 1) if self.from_parent else (0, 1, 2)

    def msq(self, momenta: Array, spin: SpinArray) -> Array:
        """|M|^2 (n,)."""
        alone, first, second = self._order
        parent = _spin_momentum(self.m_parent, spin, self.sign)
        result: Array = 64 * G_F**2 * self.scale * dot(parent, momenta[:, alone]) * dot(momenta[:, first], momenta[:, second])
        return result

    def propose(self, u: Array, spin: SpinArray) -> tuple[Array, Array]:
        """Momenta from the pair's mass and the spectator's direction against the spin; kept with more than 0.99 of probability."""
        alone, first, second = self._order
        m, m_x, m_1, m_2 = self.m_parent, self.masses[alone], self.masses[first], self.masses[second]
        table = pair_mass(m, m_x, m_1, m_2, False)
        cell = u[:, 0] * len(table.sizes)
        index = cell.astype(np.int32)
        size = table.sizes[index]
        s = table.edges[index] + size * (cell - index)
        root = np.sqrt(s + _TINY)
        q, star = two_body_momentum(m, m_x, root), two_body_momentum(root, m_1, m_2)
        energy = np.sqrt(q * q + (m_x * m_x + _TINY))
        acceptance = size * q * star * energy / root * (4 * m**2 * len(table.sizes) / table.area) * (s - m_1**2 - m_2**2) / 2
        degree, axis = spin_axis(spin)
        direction = around(axis, linear_cosine(u[:, 1], self.sign * degree * q / energy), 2 * np.pi * u[:, 2])
        out = empty_products(3, len(u))
        out[:, alone] = _flying(m_x, q, direction)
        pair = _flying(root, q, -direction)
        out[:, first] = boost(_flying(m_1, star, _isotropic(u[:, 3:5])), pair, root)
        out[:, second] = pair - out[:, first]
        return out, acceptance

    def sample(self, u: Array) -> tuple[Array, Array]:
        """Isotropic momenta and what makes |M|^2 a weight of mean 1."""
        none = np.zeros((len(u), 3))
        momenta, acceptance = self.propose(u, none)
        alone, first, second = self._order
        table = pair_mass(self.m_parent, self.masses[alone], self.masses[first], self.masses[second], False)
        exact = self.width / self.scale * 256 * np.pi**3 * self.m_parent**3 / (64 * G_F**2)
        return momenta, _per_msq(acceptance * (table.area / exact), self.msq(momenta, none))

    def polarisation(self, momenta: Array, spin: SpinArray, place: int, u: Array) -> Array:
        """Polarisation vector (n, 3) of N: along the lepton, or against the parent's p - m s, in its rest frame."""
        _check_place(place)
        if self.from_parent:
            return _seen_by_heavy(momenta[:, 1], momenta, self.masses[0], self.sign)
        return _seen_by_heavy(_spin_momentum(self.m_parent, spin, self.sign), momenta, self.masses[0], -self.sign)

    def conjugate(self) -> "LeptonicTerm":
        """The antiparticle's decay."""
        return replace(self, pdg=tuple(particles.anti(code) for code in self.pdg), sign=-self.sign)


class Proposal(NamedTuple):
    """sqrt(q^2) = low + range sin^2(phi): cells of phi with a bound on the density maximised over the angle."""

    low: float
    range: float
    steps: Array
    """Area under the bound up to each cell's end, shape (cells + 1,)."""
    bounds: Array
    area: float
    """Of the density itself, averaged over the angle."""


def _jacobian(low: float, span: float, phi: Array) -> tuple[Array, Array]:
    """sqrt(q^2) and dq^2/dphi."""
    root = low + span * np.sin(phi) ** 2
    return root, 2 * root * span * np.sin(2 * phi)


@lru_cache(maxsize=256)
def _proposal(transition: Transition, m_lepton: float, m_heavy: float) -> Proposal:
    low, end = m_lepton + m_heavy, transition.m_parent - transition.m_daughter
    if not low < end:
        raise ParameterError(f"production of a mass {m_heavy:.6g} GeV with {m_lepton:.6g} GeV: beyond threshold {end:.6g} GeV")
    phi = np.linspace(0, np.pi / 2, _CELLS + 1)
    root, jacobian = _jacobian(low, end - low, phi)
    d0, d1, d2 = angular_coefficients(transition, root**2, m_lepton, m_heavy)
    top = np.maximum(d0 + d2 + np.abs(d1), 0.0)
    within = (d2 < 0) & (np.abs(d1) < -2 * d2)
    top = np.where(within, d0 - d1**2 / np.where(within, 4 * d2, -1.0), top)
    weight = jacobian * phase_space(transition, root**2, m_lepton, m_heavy)
    ends = weight * top
    bounds = np.maximum(ends[1:], ends[:-1]) * (1 + _MARGIN)
    mean = weight * (d0 + d2 / 3)
    step = np.pi / 2 / _CELLS
    # Simpson over the cells, which are even in number
    area = step / 3 * float(mean[0] + mean[-1] + 4 * mean[1:-1:2].sum() + 2 * mean[2:-1:2].sum())
    return Proposal(low, end - low, np.concatenate([[0.0], np.cumsum(bounds * step)]), bounds, area)


@dataclass(frozen=True, slots=True, eq=False)
class SemileptonicTerm:
    """P -> P' l N or P -> V l N, V's spin summed; products (N, l, meson)."""

    pdg: tuple[int, ...]
    m_parent: float
    masses: tuple[float, ...]
    width: float
    transition: Transition
    scale: float
    """Width over that for unit mixing and the form factors alone."""
    sign: float
    """+1 for N on a neutrino line (with l+), -1 for the conjugate."""
    draws: int = 5
    via: tuple[str, ...] = ("W",)

    def _w_frame(self, momenta: Array) -> tuple[Array, Array, Array, Array, Array]:
        """The W's momentum, its mass, its direction, and the lepton in its rest frame; the cosine's numerator p c of N."""
        pair = momenta[:, 0] + momenta[:, 1]
        # from the meson that recoils: the sum of squares loses digits for light leptons, not here
        flight = -momenta[:, 2, 1:]
        k = np.sqrt(np.sum(flight**2, axis=1))
        direction = flight / np.where(k > 0, k, 1.0)[:, None]
        root = np.sqrt(np.maximum(dot(pair, pair), _TINY))
        lepton = unboost(momenta[:, 1], pair, root)
        return pair, root, direction, lepton, -np.sum(lepton[:, 1:] * direction, axis=1)

    def _response(self, momenta: Array) -> Array:
        """A (n, 4) in the parent's rest frame, without the constants."""
        pair, root, direction, lepton, along = self._w_frame(momenta)
        h = self.transition.helicities(root**2)
        kappa = self.transition.sign()
        energy = lepton[:, 0]
        # the current is Ht in time and -H0 along the flight: 2 (H.l) H - H^2 l; each transverse one gives (E_l + s l_z)(1, 0, 0, s)
        dt, dz = h.time * energy - h.mixed * along, h.zero * along - h.mixed * energy
        forward, backward = (h.minus, h.plus) if kappa > 0 else (h.plus, h.minus)
        low, high = forward * (energy + along), backward * (energy - along)
        time = 2 * dt + low + high
        depth = 2 * dz + high - low
        square = h.time - h.zero
        vector = np.empty((4, len(momenta))).T
        vector[:, 0] = time - square * energy
        for k in range(3):
            vector[:, k + 1] = depth * direction[:, k] - square * lepton[:, k + 1]
        return boost(vector, pair, root)

    def msq(self, momenta: Array, spin: SpinArray) -> Array:
        """|M|^2 (n,); the parent has no spin."""
        _, root, _, _, along = self._w_frame(momenta)
        d0, d1, d2 = angular_coefficients(self.transition, root**2, self.masses[1], self.masses[0])
        p = kallen_sqrt(root, self.masses[0], self.masses[1]) / (2 * root)
        c = along / np.where(p > 0, p, 1.0)
        result: Array = self.transition.strength * self.scale * (d0 + d1 * c + d2 * c * c)
        return result

    def propose(self, u: Array, spin: SpinArray) -> tuple[Array, Array]:
        """Momenta from q^2 under its bound and flat angles, and the probability to keep them (0.6 to 0.9 on average)."""
        m_n, m_l, m_x = self.masses
        table = _proposal(self.transition, m_l, m_n)
        height = u[:, 0] * table.steps[-1]
        cell = np.minimum(np.searchsorted(table.steps, height, side="right") - 1, _CELLS - 1)
        step = np.pi / 2 / _CELLS
        phi = step * cell + (height - table.steps[cell]) / table.bounds[cell]
        root, jacobian = _jacobian(table.low, table.range, phi)
        d0, d1, d2 = angular_coefficients(self.transition, root**2, m_l, m_n)
        c = 2 * u[:, 1] - 1
        weight = jacobian * phase_space(self.transition, root**2, m_l, m_n)
        acceptance = weight * (d0 + d1 * c + d2 * c * c) / table.bounds[cell]
        direction = _isotropic(u[:, 3:5])
        q, star = two_body_momentum(self.m_parent, m_x, root), two_body_momentum(root, m_n, m_l)
        out = empty_products(3, len(u))
        out[:, 2] = _flying(m_x, q, -direction)
        pair = _flying(root, q, direction)
        out[:, 0] = boost(_flying(m_n, star, around(direction, c, 2 * np.pi * u[:, 2])), pair, root)
        out[:, 1] = pair - out[:, 0]
        return out, acceptance

    def sample(self, u: Array) -> tuple[Array, Array]:
        """Isotropic momenta and what makes |M|^2 a weight of mean 1."""
        none = np.zeros((len(u), 3))
        momenta, acceptance = self.propose(u, none)
        table = _proposal(self.transition, self.masses[1], self.masses[0])
        return momenta, _per_msq(acceptance * (table.steps[-1] / table.area), self.msq(momenta, none))

    def polarisation(self, momenta: Array, spin: SpinArray, place: int, u: Array) -> Array:
        """Polarisation vector (n, 3) of N."""
        _check_place(place)
        return _seen_by_heavy(self._response(momenta), momenta, self.masses[0], self.sign)

    def conjugate(self) -> "SemileptonicTerm":
        """The CP-conjugate decay: products conjugate, the polarisation reversed."""
        return replace(self, pdg=tuple(particles.anti(code) for code in self.pdg), sign=-self.sign)


ProductionTerm = MesonTwoBody | TauTwoBody | LeptonicTerm | SemileptonicTerm
