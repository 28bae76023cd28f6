"""Decays of pions and kaons into light neutrinos: branching ratios, and K -> pi l nu over its Dalitz plot."""

from functools import cache

import numpy as np

from .. import pdg
from ..kernels.arrays import Array
from ..kernels.lorentz import dot

LEPTONIC = {(211, 13): 0.999877, (211, 11): 1.230e-4, (321, 13): 0.6356, (321, 11): 1.582e-5}
"""Branching ratios of P+ -> l+ nu; PDG 2022."""
SEMILEPTONIC = {(321, 13): 0.03352, (321, 11): 0.0507, (130, 13): 0.2704, (130, 11): 0.4055}
"""Branching ratios of K+ -> pi0 l+ nu and K_L -> pi l nu (both charges together); PDG 2022."""
LAMBDA_PLUS, LAMBDA_ZERO = 0.0277, 0.0183
"""Slopes of the K_l3 form factors in q^2 / m_pi+^2: f+(q^2) = 1 + lambda+ q^2/m^2, f0 likewise; PDG 2006 averages (K+, linear)."""


def semileptonic_msq(mass: float, pion: float, lepton: float, e_nu: Array, e_lepton: Array) -> Array:
    """|M|^2 of K -> pi l nu in the kaon's rest frame, up to a constant, over neutrino and lepton energies (GeV).

    2 (H.k)(H.l) - H^2 k.l with H = f+ (P + p') + f- (P - p'), f- = (f0 - f+)(M^2 - m'^2)/q^2; linear form factors.
    Zero outside the Dalitz plot is the caller's matter.
    """
    e_pion = mass - e_nu - e_lepton
    q2 = np.maximum(mass**2 + pion**2 - 2 * mass * e_pion, 1e-12)
    scale = pdg.mass(211) ** 2
    plus, zero = 1 + LAMBDA_PLUS * q2 / scale, 1 + LAMBDA_ZERO * q2 / scale
    minus = (zero - plus) * (mass**2 - pion**2) / q2
    a, b = plus + minus, plus - minus  # H = a P + b p'
    k_dot_l = (q2 - lepton**2) / 2
    # p'.k and p'.l from (p' + k)^2 = (P - l)^2 and (p' + l)^2 = (P - k)^2
    p_dot_k = (mass**2 + lepton**2 - 2 * mass * e_lepton - pion**2) / 2
    p_dot_l = (mass**2 - 2 * mass * e_nu - pion**2 - lepton**2) / 2
    h_dot_k = a * mass * e_nu + b * p_dot_k
    h_dot_l = a * mass * e_lepton + b * p_dot_l
    h2 = a * a * mass**2 + b * b * pion**2 + 2 * a * b * mass * e_pion
    result: Array = 2 * h_dot_k * h_dot_l - h2 * k_dot_l
    return result


def semileptonic_spectrum(mass: float, pion: float, lepton: float, e_nu: Array) -> Array:
    """dGamma/dE_nu of K -> pi l nu in the kaon's rest frame, up to a constant, shape of `e_nu`; zero beyond the endpoint."""
    e_nu = np.asarray(e_nu, float)
    # the pair (pi, l) recoils with invariant mass squared s = M^2 - 2 M E_nu
    s = mass**2 - 2 * mass * e_nu
    threshold = (pion + lepton) ** 2
    inside = (s > threshold) & (e_nu > 0)
    safe = np.where(inside, s, threshold)
    root = np.sqrt(np.maximum((safe - threshold) * (safe - (pion - lepton) ** 2), 0.0))
    # e_lepton runs linearly with the cosine in the pair's frame
    centre = (mass - e_nu) * (safe + lepton**2 - pion**2) / (2 * safe)
    half = e_nu * root / (2 * safe)
    nodes, weights = np.polynomial.legendre.leggauss(24)
    e_lepton = centre[..., None] + half[..., None] * nodes
    integral = semileptonic_msq(mass, pion, lepton, e_nu[..., None], e_lepton) @ weights * half
    result: Array = np.where(inside, integral, 0.0)
    return result


@cache
def _semileptonic_quantiles(mass: float, pion: float, lepton: float) -> tuple[Array, Array]:
    endpoint = (mass**2 - (pion + lepton) ** 2) / (2 * mass)
    energy = np.linspace(0.0, endpoint, 2001)
    density = semileptonic_spectrum(mass, pion, lepton, energy)
    cumulative = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2)])
    return cumulative / cumulative[-1], energy


def draw_semileptonic(mass: float, pion: float, lepton: float, u: Array) -> Array:
    """Neutrino energies of K -> pi l nu in the kaon's rest frame, GeV, from uniform numbers."""
    cumulative, energy = _semileptonic_quantiles(mass, pion, lepton)
    result: Array = np.interp(u, cumulative, energy)
    return result


def lepton_energies(mass: float, pion: float, lepton: float, u: Array) -> tuple[Array, Array, Array]:
    """Neutrino and lepton energies (n,), GeV, of K -> pi l nu in the kaon's rest frame, with weights of mean 1; `u` uniform (n, 2)."""
    endpoint = (mass**2 - (pion + lepton) ** 2) / (2 * mass)
    e_nu = endpoint * u[:, 0]
    s = mass**2 - 2 * mass * e_nu
    root = np.sqrt(np.maximum((s - (pion + lepton) ** 2) * (s - (pion - lepton) ** 2), 0.0))
    half = e_nu * root / (2 * s)
    e_lepton = (mass - e_nu) * (s + lepton**2 - pion**2) / (2 * s) + half * (2 * u[:, 1] - 1)
    density = 2 * half * endpoint * semileptonic_msq(mass, pion, lepton, e_nu, e_lepton)
    return e_nu, e_lepton, density / _semileptonic_area(mass, pion, lepton)


@cache
def _semileptonic_area(mass: float, pion: float, lepton: float) -> float:
    """Integral of `semileptonic_spectrum`: Simpson's rule."""
    endpoint = (mass**2 - (pion + lepton) ** 2) / (2 * mass)
    density = semileptonic_spectrum(mass, pion, lepton, np.linspace(0.0, endpoint, 2001))
    return float(endpoint / 2000 / 3 * (density[0] + density[-1] + 4 * density[1:-1:2].sum() + 2 * density[2:-1:2].sum()))


def lepton_response(kaon: Array, daughter: Array, neutrino: Array) -> Array:
    """Four-vector A of |M|^2 = l.A in K -> pi l nu, up to a constant, from momenta (n, 4) in any frame: A = 2 (H.k) H - H^2 k.

    H as in `semileptonic_msq`. l- with spin vector s has (l - m s).A / 2, l+ has (l + m s).A / 2: its polarisation lies along -+A.
    """
    m2, d2 = dot(kaon, kaon), dot(daughter, daughter)
    q = kaon - daughter
    q2 = np.maximum(dot(q, q), 1e-12)
    scale = pdg.mass(211) ** 2
    plus, zero = 1 + LAMBDA_PLUS * q2 / scale, 1 + LAMBDA_ZERO * q2 / scale
    minus = (zero - plus) * (m2 - d2) / q2
    h = (plus + minus)[:, None] * kaon + (plus - minus)[:, None] * daughter
    result: Array = 2 * dot(h, neutrino)[:, None] * h - dot(h, h)[:, None] * neutrino
    return result
