"""Dark-neutrino models to test decays with, and amplitudes with one boson from explicit Dirac spinors."""

import numpy as np

from nusim.decays.couplings import Couplings, couplings
from nusim.model.model import DarkNeutrino, Mediator, Physical, Portals
from nusim.model.spectrum import solve

from . import spinors as sp

EYE = np.eye(3)


def found(
    m4: float = 0.3, m5: float = 1.0, m_zprime: float = 0.1, m_phi: float = 0.25, g_dark: float = 0.7, majorana: bool = True,
    mixing2: float = 1e-2, epsilon: float = 0.0, sin_alpha: float = 0.0,
) -> Couplings:  # fmt: skip
    mass, mediator = Physical(m5, m4=m4, mixing2=mixing2), Mediator(m_zprime, m_phi, g_dark)
    portals = Portals(epsilon=epsilon, sin_alpha=sin_alpha)
    return couplings(solve(DarkNeutrino("test", "made for a test", majorana, (0.2, 0.5, 0.3), mass, mediator, portals)))


def back_to_back(m, m_1, m_2, direction):
    """Momenta of two products, the first along `direction`."""
    p = np.sqrt((m - m_1 - m_2) * (m + m_1 + m_2) * (m - m_1 + m_2) * (m + m_1 - m_2)) / (2 * m)
    return np.array([np.hypot(p, m_1), *(p * direction)]), np.array([np.hypot(p, m_2), *(-p * direction)])


def boosted(vector, p, m):
    """A spatial vector in the rest frame of p, as a four-vector, after a pure boost."""
    along = vector @ p[1:]
    return np.array([along / m, *(vector + along * p[1:] / (m * (p[0] + m)))])


def emission(fermion, m_fermion, boson, m_boson, m, left, right, vector, particle=True):
    """Amplitude of (parent spin, fermion spin[, number of the boson's cartesian polarisation]); antiparticles by their own v spinors.

    For `particle` = False, (left, right) are those of nubar_i nu_j, the vertex of the conjugate transition.
    """
    rest, chiral = np.array([m, 0, 0, 0]), left * sp.LEFT + right * sp.RIGHT

    def ends(parent, spin):
        if particle:
            return sp.u_spinor(fermion, m_fermion, spin), sp.u_spinor(rest, m, parent)
        return sp.v_spinor(rest, m, parent), sp.v_spinor(fermion, m_fermion, spin)

    def amplitude(parent, spin, k=0):
        bra, ket = ends(parent, spin)
        if vector:
            return sp.contract(sp.current(bra, chiral, ket), boosted(EYE[k], boson, m_boson))
        return sp.bar(bra) @ chiral @ ket

    return amplitude


def pair(first, m_1, second, m_2, left, right, vector):
    """Amplitude of (boson's polarisation vector in its rest frame, spin of the fermion, spin of the antifermion)."""
    chiral = left * sp.LEFT + right * sp.RIGHT

    def amplitude(state, spin_1, spin_2):
        bra, ket = sp.u_spinor(first, m_1, spin_1), sp.v_spinor(second, m_2, spin_2)
        if vector:
            return sp.contract(sp.current(bra, chiral, ket), np.array([0, *state]))
        return sp.bar(bra) @ chiral @ ket

    return amplitude


def total(amplitude, *ranges):
    """Sum of |amplitude|^2 over all combinations of arguments."""
    if not ranges:
        return abs(amplitude()) ** 2
    return sum(total(lambda *rest, value=value: amplitude(value, *rest), *ranges[1:]) for value in ranges[0])


def direction(rng):
    v = rng.normal(size=3)
    return v / np.linalg.norm(v)


def coupling(rng):
    return complex(*rng.normal(size=2))
