"""One-loop masses of the light neutrinos of n hidden families, arXiv:1903.07590, Eqs. 3-8, for complex matrices.

At one loop, zero external momentum and no kinetic or scalar mixing the 3 x 3 mass matrix of the states massless at tree level is

    m_light = W X S X^T W^T        S = sum_k U_D,k U_D,k^T m_k G(m_k^2)
    G(x) = (1/16 pi^2) x [F(x, mZ^2, mh^2)/vH^2 + F(x, mZ'^2, mphi^2)/vPhi^2]

with the notation of `families.py`: the active and the dark couplings of the loop are proportional, because U_a = X U_D. Its rank is at
most n.
"""

from dataclasses import dataclass

import numpy as np

from ..constants import M_HIGGS, M_Z, V_HIGGS
from ..kernels.arrays import Array
from ..kernels.loops import loop_function
from ..kernels.takagi import takagi
from .families import Families, heavy_states
from .mass_matrix import ComplexArray
from .model import Mediator
from .radiative import ONE_LOOP

_SPACING = 0.3
"""In ln V. The integrand's poles lie at imaginary part pi: the trapezoid rule is off by exp(-2 pi^2/0.3), 3e-29."""
_BELOW, _ABOVE = 20.0, 38.0
"""How far ln V goes beyond the smallest and the largest squared mass: the integrand falls as V^2 and as 1/V."""


@dataclass(frozen=True, slots=True, eq=False)
class LoopMatrix:
    """S by its two sources, (n, n), GeV; m_light is W X S X^T W^T."""

    standard: ComplexArray
    """Z and Higgs loops."""
    dark: ComplexArray
    """Z' and dark-scalar loops."""

    @property
    def total(self) -> ComplexArray:
        """S."""
        return self.standard + self.dark


@dataclass(frozen=True, slots=True, eq=False)
class LightMasses:
    """The light states at one loop."""

    masses: Array
    """(3,), ascending, GeV; 3 - n of them are exactly 0 for n < 3."""
    basis: ComplexArray
    """Unitary (3, 3): m_light = basis diag(masses) basis^T. The light mixing matrix is W basis."""
    standard: Array
    """(3,): part of each mass from Z and Higgs loops, GeV; the two parts add up to the mass."""
    dark: Array
    """(3,): part of each mass from Z' and dark-scalar loops, GeV."""


def dark_propagator(found: Families, v: Array) -> ComplexArray:
    """-sum_k U_D',k U_D',k^T m_k/(V + m_k^2) at V >= 0 (GeV^2), shape (..., n, n), 1/GeV, without the cancellation between k.

    P [1 - T P]^-1 with P = L'^T (V + L'* L'^T)^-1 mu* (V + L' L'^dagger)^-1 L' and T = -V L'^-1 mu L'^-T: proportional to mu, as it must
    be. For n = 1 it is mu L'^2 / [(V + L'^2)^2 + V mu^2]. With the singular values L' = p s q^dagger, E = 1/(V + s^2) and those of
    E^1/2 p^dagger mu p* E^1/2 = a g b^dagger it reads q* s E^1/2 b [g/(1 + V g^2)] a^dagger E^1/2 s q^dagger: nothing is inverted.
    """
    p, s, q = np.linalg.svd(found.lambda_prime)
    v = np.asarray(v, dtype=float)[..., None]
    root = 1.0 / np.sqrt(v + s**2)
    a, g, b = np.linalg.svd(root[..., :, None] * (p.conj().T @ found.mu @ p.conj()) * root[..., None, :])
    inner = np.swapaxes(b, -1, -2).conj() @ ((g / (1.0 + v * g**2))[..., None] * np.swapaxes(a, -1, -2).conj())
    side = (root * s)[..., None] * q
    result = np.swapaxes(side, -1, -2) @ inner @ side
    symmetric: ComplexArray = ((result + np.swapaxes(result, -1, -2)) / 2.0).astype(np.complex128)
    return symmetric


def loop_matrix(found: Families, mediator: Mediator) -> LoopMatrix:
    """S by an integral in which nothing cancels: full accuracy for pseudo-Dirac pairs of any splitting, 5e-16 measured.

    S = (1/16 pi^2) A [int V dV w(V) dark_propagator(V)] A^T, w = [3 m_Z'^2/(V + m_Z'^2) + m_phi^2/(V + m_phi^2)]/vPhi^2 and the same of
    the Z and the Higgs boson: x F(x, a, b) = int dV [3 a/(V + a) + b/(V + b)] x/(V + x), and sum_k m_k U_D,k U_D,k^T = 0.
    """
    heavy = np.linalg.svd(np.block([[found.mu, found.lambda_prime], [found.lambda_prime.T, 0 * found.mu]]), compute_uv=False)
    smallest = np.linalg.svd(found.lambda_prime, compute_uv=False)[-1]
    squares = np.square([smallest * min(1.0, smallest / heavy[0]), heavy[0], M_Z, M_HIGGS, mediator.m_zprime, mediator.m_phi])
    low, high = np.log(squares.min()) - _BELOW, np.log(squares.max()) + _ABOVE
    v = np.exp(np.linspace(low, high, int(np.ceil((high - low) / _SPACING)) + 1))
    measure = (high - low) / (len(v) - 1) * v**2
    values = dark_propagator(found, v)

    def integral(vector: float, scalar: float, vev: float) -> ComplexArray:
        weight = measure * (3.0 * vector**2 / (v + vector**2) + scalar**2 / (v + scalar**2)) / vev**2
        result: ComplexArray = ONE_LOOP * found.a @ np.einsum("v,vij->ij", weight, values) @ found.a.T
        return result

    return LoopMatrix(integral(float(M_Z), float(M_HIGGS), float(V_HIGGS)), integral(mediator.m_zprime, mediator.m_phi, mediator.v_phi))


def loop_matrix_spectral(found: Families, mediator: Mediator) -> LoopMatrix:
    """S as the sum over heavy states, Eq. 4 literally; the sum cancels, and loses 1e-16 m/mu for nearly degenerate pairs."""
    masses, u = heavy_states(found)
    dark = u[3 + found.number :]

    def total(vector: float, scalar: float, vev: float) -> ComplexArray:
        weight = ONE_LOOP * masses**3 * loop_function(masses**2, vector**2, scalar**2) / vev**2
        result: ComplexArray = np.einsum("ik,jk,k->ij", dark, dark, weight)
        return result

    return LoopMatrix(total(float(M_Z), float(M_HIGGS), float(V_HIGGS)), total(mediator.m_zprime, mediator.m_phi, mediator.v_phi))


def light_mass_matrix(found: Families, s: ComplexArray) -> ComplexArray:
    """W X S X^T W^T over e, mu, tau, GeV."""
    result: ComplexArray = found.mixing @ s @ found.mixing.T
    return result


def light_masses(found: Families, loop: LoopMatrix) -> LightMasses:
    """Takagi factorisation of the light mass matrix within the space that the n families reach, so its rank is exact."""
    rank = min(found.number, 3)
    frame, triangle = np.linalg.qr(found.mixing, mode="complete")
    small = triangle[:rank]
    masses, inner = takagi(small @ loop.total @ small.T)
    basis = np.concatenate([frame[:, rank:], frame[:, :rank] @ inner], axis=1)
    parts = []
    for source in (loop.standard, loop.dark):
        own = inner.conj().T @ (small @ source @ small.T) @ inner.conj()
        parts.append(np.concatenate([np.zeros(3 - rank), np.diagonal(own).real]))
    return LightMasses(np.concatenate([np.zeros(3 - rank), masses]), basis, *parts)
