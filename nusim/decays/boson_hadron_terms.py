"""Events of Z' and dark-scalar decays into hadrons: pairs and three pions, with the spin of the Z'.

The `hadrons` of a Z' have terms up to 1.1 GeV, where exclusive final states are all there is, those of the dark scalar up to 1 GeV.
Their energies above are a matter of many final states, for which no term stands.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from .. import pdg as particles
from ..kernels.arrays import Array, ArrayLike
from ..kernels.kinematics import kallen_sqrt, two_body_momentum
from ..kernels.lorentz import around, orthonormal_frame
from ..kernels.spinors import SpinArray
from .boson_hadrons import M_OMEGA, M_PI0, OMEGA_PI0_TOP, r_exclusive, r_remainder, three_pion_amplitude
from .channel import CascadeTerm
from .couplings import Couplings
from .form_factors import M_PION
from .scalar_hadrons import CHIRAL_TOP, chiral_widths
from .terms import empty_products

LONGITUDINAL, TRANSVERSE, FLAT = (0.0, 3.0), (1.5, 0.0), (1.0, 1.0)
"""|M|^2 over its average of a Z' polarised across and along the products' direction."""
SHAPES = {
    "pi+ pi-": LONGITUDINAL,
    "K+ K-": LONGITUDINAL,
    "KL KS": LONGITUDINAL,
    "pi0 gamma": TRANSVERSE,
    "eta gamma": TRANSVERSE,
    "pi0 omega": TRANSVERSE,
}


def _longitudinal(direction: Array, spin: SpinArray) -> Array:
    """|e.n|^2 / |e|^2 for unit n (n, 3); 1/3 where there is no spin."""
    square = np.sum(spin.real**2 + spin.imag**2, axis=1)
    amplitude = np.sum(direction * spin, axis=1)
    result: Array = np.where(square > 0, (amplitude.real**2 + amplitude.imag**2) / np.where(square > 0, square, 1.0), 1 / 3)
    return result


@dataclass(frozen=True, slots=True)
class MesonPairTerm:
    """A boson's decay into two mesons, or a meson or photon and a photon; a `CascadeTerm`.

    Two scalars couple to a Z' as (p_1 - p_2).e, a vector and a pseudoscalar as eps(e, e_V, p, q).
    """

    pdg: tuple[int, ...]
    m_parent: float
    masses: tuple[float, ...]
    width: float
    shape: tuple[float, float]
    """|M|^2 over its average for a Z' polarised across and along the first product."""
    via: tuple[str, ...]
    draws: int = 2

    @property
    def _average(self) -> float:
        return 8 * np.pi * self.m_parent**2 * self.width / float(two_body_momentum(self.m_parent, *self.masses))

    def _relative(self, direction: Array, spin: SpinArray) -> Array:
        across, along = self.shape
        if across == along:
            return np.ones(len(direction))
        result: Array = across + (along - across) * _longitudinal(direction, spin)
        return result

    def msq(self, momenta: Array, spin: SpinArray) -> Array:
        """|M|^2 (n,), summed over final spins, half for identical particles included."""
        p = momenta[:, 0, 1:]
        return self._average * self._relative(p / np.sqrt(np.sum(p**2, axis=1))[:, None], spin)

    def propose(self, u: Array, spin: SpinArray) -> tuple[Array, Array]:
        """Isotropic products and |M|^2 over its largest value."""
        direction = isotropic(u)
        return self._products(direction), self._relative(direction, spin) / max(self.shape)

    def sample(self, u: Array) -> tuple[Array, Array]:
        """Isotropic products, and the constant that makes |M|^2 a weight of mean 1."""
        return self._products(isotropic(u)), np.full(len(u), 1 / self._average)

    def _products(self, direction: Array) -> Array:
        q = float(two_body_momentum(self.m_parent, *self.masses))
        out = empty_products(2, len(direction))
        for place, sign in ((0, 1.0), (1, -1.0)):
            out[:, place, 0] = np.hypot(q, self.masses[place])
            for k in range(3):
                out[:, place, k + 1] = sign * q * direction[:, k]
        return out

    def polarisation(self, momenta: Array, spin: SpinArray, place: int, u: Array) -> SpinArray:
        """0: no product is a state whose spin is followed."""
        return np.zeros((len(momenta), 3))

    def conjugate(self) -> "MesonPairTerm":
        """The decay with each product, in its place, turned into its antiparticle."""
        return replace(self, pdg=tuple(particles.anti(code) for code in self.pdg))


def isotropic(u: Array) -> Array:
    """Unit vectors (n, 3) from uniform numbers (n, 2)."""
    z = np.broadcast_to([0.0, 0.0, 1.0], (len(u), 3))
    return around(z, 2.0 * u[:, 0] - 1.0, 2 * np.pi * u[:, 1])


_GRID = 240
_ROOM = 1.02
"""Above the largest weight on the grid."""


THREE_PIONS = (111, 211, -211)
_PION_MASSES = (float(M_PI0), float(M_PION), float(M_PION))


def three_pion_plane(m: ArrayLike, t: Array, cosine: Array) -> tuple[Array, Array]:
    """Momenta (n, 3, 4) of (pi0, pi+, pi-) of energy m, pi0 along -z and all in the xz plane, and dPhi_3 / (dt dcos) over the measure.

    `m` in GeV, a number or (n,); the measure is `three_pion_measure`. The charged pair's invariant mass squared is
    low + (high - low) sin^2(pi t / 2), the cosine that of pi+ in its frame.
    """
    low, high = (2 * M_PION) ** 2, (np.asarray(m) - M_PI0) ** 2
    side = np.sqrt(low + (high - low) * np.sin(np.pi / 2 * t) ** 2)
    star = kallen_sqrt(side, M_PION, M_PION) / (2 * side)
    q = kallen_sqrt(m, side, M_PI0) / (2 * np.asarray(m))
    sine = np.sqrt((1 - cosine) * (1 + cosine))
    out = empty_products(3, len(t))
    out[:, 0, 0], out[:, 0, 1], out[:, 0, 2], out[:, 0, 3] = np.hypot(q, M_PI0), 0.0, 0.0, -q
    energy = m - out[:, 0, 0]
    for place, sign in ((1, 1.0), (2, -1.0)):
        along = sign * star * cosine
        out[:, place, 0] = (energy * side / 2 + q * along) / side
        out[:, place, 1], out[:, place, 2] = sign * star * sine, 0.0
        out[:, place, 3] = (q * side / 2 + energy * along) / side
    return out, np.sin(np.pi * t) * q * star / side


def three_pion_measure(m: ArrayLike) -> Array:
    """What turns the density of `three_pion_plane` into dPhi_3 / (dt dcos), the isotropic orientation included."""
    m = np.asarray(m, float)
    result: Array = ((m - M_PI0) ** 2 - (2 * M_PION) ** 2) * np.pi / 2 / (64 * np.pi**3 * m)
    return result


def three_pion_dynamics(m: ArrayLike, momenta: Array) -> Array:
    """|p+ x p-|^2 |sum of rho lines|^2 in the frame where the three have energy m."""
    normal = np.cross(momenta[:, 1, 1:], momenta[:, 2, 1:])
    m = np.asarray(m, float)
    pairs = [m**2 + _PION_MASSES[k] ** 2 - 2 * m * momenta[:, k, 0] for k in range(3)]
    amplitude = three_pion_amplitude(*pairs)
    result: Array = np.sum(normal**2, axis=1) * (amplitude.real**2 + amplitude.imag**2)
    return result


def oriented(plane: Array, u: Array) -> Array:
    """Momenta in the xz plane (n, k, 4) turned to a random orientation by uniform numbers (n, 3)."""
    axis = isotropic(u[:, :2])
    first, second = orthonormal_frame(axis)
    roll = 2 * np.pi * u[:, 2]
    side = np.cos(roll)[:, None] * first + np.sin(roll)[:, None] * second
    out = empty_products(plane.shape[1], len(u))
    out[:, :, 0] = plane[:, :, 0]
    for k in range(3):
        out[:, :, k + 1] = plane[:, :, 1] * side[:, None, k] + plane[:, :, 3] * axis[:, None, k]
    return out


@dataclass(frozen=True)
class ThreePionTerm:
    """Z' -> pi0 pi+ pi-: amplitude m e.(p+ x p-) times the sum of the three rho lines; a `CascadeTerm`."""

    m_parent: float
    width: float
    via: tuple[str, ...]
    pdg: tuple[int, ...] = THREE_PIONS
    masses: tuple[float, ...] = _PION_MASSES
    draws: int = 5

    def _plane(self, t: Array, cosine: Array) -> tuple[Array, Array]:
        """Momenta of `three_pion_plane`, and the weight: the density of phase space times the dynamics."""
        momenta, density = three_pion_plane(self.m_parent, t, cosine)
        return momenta, density * three_pion_dynamics(self.m_parent, momenta)

    @cached_property
    def _largest_and_mean(self) -> tuple[float, float]:
        """Largest and mean of the weight over t and the cosine."""
        middle = (np.arange(_GRID) + 0.5) / _GRID
        t, c = (one.ravel() for one in np.meshgrid(middle, 2 * middle - 1, indexing="ij"))
        weight = self._plane(t, c)[1]
        return _ROOM * float(weight.max()), float(weight.mean())

    @cached_property
    def _constant(self) -> float:
        """|M|^2 over the dynamics, for an unpolarised Z'."""
        # width = |M|^2 dPhi_3 / 2m
        x, w = np.polynomial.legendre.leggauss(48)
        t, c = (one.ravel() for one in np.meshgrid((x + 1) / 2, x, indexing="ij"))
        integral = float(np.sum(np.outer(w / 2, w).ravel() * self._plane(t, c)[1]) * three_pion_measure(self.m_parent))
        return 2 * self.m_parent * self.width / integral

    def msq(self, momenta: Array, spin: SpinArray) -> Array:
        """|M|^2 (n,): three times the average times |e.n|^2, n the normal of the plane."""
        normal = np.cross(momenta[:, 1, 1:], momenta[:, 2, 1:])
        size = np.sqrt(np.sum(normal**2, axis=1))
        along = _longitudinal(normal / np.where(size > 0, size, 1.0)[:, None], spin)
        result: Array = self._constant * three_pion_dynamics(self.m_parent, momenta) * 3 * along
        return result

    def _oriented(self, u: Array) -> tuple[Array, Array]:
        """Momenta in a random orientation, and the weight of t and the cosine."""
        plane, weight = self._plane(u[:, 0], 2 * u[:, 1] - 1)
        return oriented(plane, u[:, 2:5]), weight

    def propose(self, u: Array, spin: SpinArray) -> tuple[Array, Array]:
        """Momenta and the probability (n,) to accept them."""
        momenta, weight = self._oriented(u)
        normal = np.cross(momenta[:, 1, 1:], momenta[:, 2, 1:])
        size = np.sqrt(np.sum(normal**2, axis=1))
        along = _longitudinal(normal / np.where(size > 0, size, 1.0)[:, None], spin)
        bound = np.where(np.any(spin != 0, axis=1), 1.0, 1 / 3)
        return momenta, np.minimum(weight / self._largest_and_mean[0] * along / bound, 1.0)

    def sample(self, u: Array) -> tuple[Array, Array]:
        """Isotropic momenta, and the factors that make |M|^2 weights of mean 1."""
        momenta, weight = self._oriented(u)
        dynamics = three_pion_dynamics(self.m_parent, momenta)
        density = np.divide(weight, dynamics, out=np.zeros(len(u)), where=dynamics > 0)
        return momenta, density / (self._constant * self._largest_and_mean[1])

    def polarisation(self, momenta: Array, spin: SpinArray, place: int, u: Array) -> SpinArray:
        """0: pions have no spin."""
        return np.zeros((len(momenta), 3))

    def conjugate(self) -> "ThreePionTerm":
        """The decay with each product, in its place, turned into its antiparticle: the same |M|^2."""
        return replace(self, pdg=tuple(particles.anti(code) for code in self.pdg))


def _codes(name: str) -> tuple[int, ...]:
    return tuple(particles.CODES[one] for one in name.split())


BARE_MASSES = {223: float(M_OMEGA)}


def zprime_hadron_terms(found: Couplings, width: float) -> list[CascadeTerm]:
    """The Z' decays into exclusive hadrons, whose widths sum to `width`; none above 1.1 GeV, nor below threshold."""
    m = found.zprime.mass
    if not width > 0 or m > OMEGA_PI0_TOP:
        return []
    ratios = {name: float(value) for name, value in r_exclusive(m * m).items()} | {"pi0 omega": float(r_remainder(m * m))}
    unit = width / sum(ratios.values())
    terms: list[CascadeTerm] = []
    for name, ratio in ratios.items():
        if not ratio * unit > 0:
            continue
        if name == "pi0 pi+ pi-":
            terms.append(ThreePionTerm(m, ratio * unit, ("Z'",)))
            continue
        codes = _codes(name)
        masses = tuple(BARE_MASSES.get(abs(code), particles.mass(abs(code))) for code in codes)
        if m > sum(masses):
            terms.append(MesonPairTerm(codes, m, masses, ratio * unit, SHAPES[name], ("Z'",)))
    return terms


def scalar_hadron_terms(found: Couplings, width: float) -> list[CascadeTerm]:
    """Decays of the dark scalar into pairs of pions and kaons, whose widths sum to `width`; none above 1 GeV, nor below threshold."""
    m = found.m_phi
    if not width > 0 or m > CHIRAL_TOP:
        return []
    widths = {name: float(value) for name, value in chiral_widths(m).items()}
    unit = width / sum(widths.values())
    terms: list[CascadeTerm] = []
    for name, own in widths.items():
        codes = _codes(name)
        masses = tuple(particles.mass(abs(code)) for code in codes)
        if own > 0 and m > sum(masses):
            terms.append(MesonPairTerm(codes, m, masses, own * unit, FLAT, ("phi'",)))
    return terms


def photon_pair_terms(found: Couplings, width: float) -> list[CascadeTerm]:
    """phi' -> gamma gamma."""
    return [MesonPairTerm((22, 22), found.m_phi, (0.0, 0.0), width, FLAT, ("phi'",))] if width > 0 else []
