"""P -> l nu Z' and P -> l nu phi', the boson emitted from the virtual neutrino, without any portal.

The virtual neutrino of momentum Q is every mass eigenstate: with U the mixing of the lepton, the amplitude is

  sqrt2 G_F f V [ubar_j Gamma (a Q-slash + b) p-slash P_L v_l],   Gamma = gamma^mu (Z') or 1 (scalar),
  a = sum_i U*_li L_ji / (Q^2 - m_i^2),   b = sum_i U*_li R_ji m_i / (Q^2 - m_i^2),

L, R the left and right couplings of the vertex j i. The dark current alone is not conserved: with one massless i the rate grows as
1/m_Z'^2 (R. Laha, B. Dasgupta, J. Beacom, arXiv:1304.3460; P. Bakhti, Y. Farzan, arXiv:1702.04187). In the full model
sum_i U*_li U_Di = 0, and the growth stops where Q passes the heavy masses: there a longitudinal Z' is emitted as the Goldstone boson is.
Charged lepton and meson do not couple to the bosons as long as epsilon = sin(alpha) = 0; portals are left out here.

A state i that can be on its shell (m_j + m_boson < m_i < M - m_l) is production of nu_i and its decay, which the tables hold; what is left
is the finite part of the integral over its pole: the rate minus that product, for a narrow width. It can be negative.
"""

from dataclasses import dataclass

import numpy as np

from .. import pdg
from ..constants import G_F
from ..decays.couplings import couplings
from ..errors import ParameterError
from ..kernels.arrays import Array
from ..kernels.lorentz import dot
from ..kernels.spinors import ComplexArray
from ..model.model import Hnl
from ..model.spectrum import Spectrum
from ..units import HBARC
from .processes import DECAY_CONSTANTS

_X, _W = np.polynomial.legendre.leggauss(200)
_PHI = (_X + 1) * np.pi / 4
_FRACTION, _MEASURE = np.sin(_PHI) ** 2, _W * np.pi / 4 * np.sin(2 * _PHI)
_BEND, _SLOPE = np.sin(2 * _PHI) ** 2, 2 * np.sin(4 * _PHI) * _W * np.pi / 4
_DEPTH = 0.2
"""How far the path of Q leaves the real axis, in units of its range: anything that keeps off the poles gives the same."""


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A neutrino line from the W to an outgoing neutrino of mass m_out by a boson."""

    vector: bool
    """Z', else scalar."""
    m_out: float
    masses: Array
    """Of the virtual states, GeV, shape (k,)."""
    left: ComplexArray
    """U*_li L_ji, shape (k,); 1 for the Z', dimensionless for the scalar."""
    right: ComplexArray
    """U*_li R_ji, shape (k,)."""

    def sums(self, square: ComplexArray) -> tuple[ComplexArray, ComplexArray, ComplexArray, ComplexArray]:
        """a, b and their complex conjugates continued analytically in Q^2 (any shape)."""
        poles = 1 / (square[..., None] - self.masses**2)
        heavy = self.masses * poles
        return poles @ self.left, heavy @ self.right, poles @ self.left.conj(), heavy @ self.right.conj()


def _root(square: ComplexArray, big: float, small: Array | float) -> ComplexArray:
    """sqrt lam(big^2, small^2, Q^2): positive on the physical interval, analytic around it."""
    q = np.sqrt(square)
    result: ComplexArray = np.sqrt(big - small - q) * np.sqrt(big - small + q) * np.sqrt(big + small - q) * np.sqrt(big + small + q)
    return result


def _pair_root(q: ComplexArray, m_out: float, m_boson: Array) -> ComplexArray:
    """sqrt lam(Q^2, m_out^2, m_boson^2)."""
    total, gap = m_out + m_boson, m_out - m_boson
    result: ComplexArray = np.sqrt(q - total) * np.sqrt(q + total) * np.sqrt(q - gap) * np.sqrt(q + gap)
    return result


def _density(line: Line, square: ComplexArray, m_parent: float, m_lepton: float, m_boson: Array) -> ComplexArray:
    """dGamma/dQ^2 per f^2 V^2, continued to complex Q^2."""
    a, b, a_bar, b_bar = line.sums(square)
    q = np.sqrt(square)
    lepton_energy = m_parent**2 + m_lepton**2 - square  # 2 p.l
    parent_q, lepton_q = (m_parent**2 - m_lepton**2 + square) / 2, (m_parent**2 - m_lepton**2 - square) / 2
    current = lepton_energy * parent_q - m_parent**2 * lepton_q
    out_q, boson_q = (square + line.m_out**2 - m_boson**2) / 2, (square - line.m_out**2 + m_boson**2) / 2
    mixed = (a * b_bar + a_bar * b) / 2
    if line.vector:
        both = (square - line.m_out**2 - m_boson**2) / 2
        even = out_q / square + 2 * both * boson_q / (square * m_boson**2)
        squared = 2 * even * (a * a_bar * square + b * b_bar) - 12 * line.m_out * mixed
    else:
        squared = 2 * out_q * (a * a_bar + b * b_bar / square) + 4 * line.m_out * mixed
    phase_space = _root(square, m_parent, m_lepton) * _pair_root(q, line.m_out, m_boson) / square
    result: ComplexArray = 2 * G_F**2 * current * squared * phase_space / (256 * np.pi**3 * m_parent**3)
    return result


def spectrum_q2(line: Line, square: Array, m_parent: float, m_lepton: float, m_boson: float, coupling: float) -> Array:
    """dGamma/dQ^2 (n,) in 1/GeV, Q the momentum of neutrino and boson; `coupling` = f V in GeV. 0 outside phase space."""
    low, high = (line.m_out + m_boson) ** 2, (m_parent - m_lepton) ** 2
    inside = (square > low) & (square < high)
    safe = np.where(inside, square, (low + high) / 2).astype(complex)
    density = _density(line, safe, m_parent, m_lepton, np.asarray(m_boson)).real * coupling**2
    return np.where(inside, density, 0.0)


def width(line: Line, m_parent: float, m_lepton: float, m_boson: Array, coupling: float) -> Array:
    """Width in GeV at boson masses of any shape; 0 beyond threshold. On-shell states excepted, as said above.

    The path from threshold to threshold runs beside the real axis; the real part is the mean over both sides.
    """
    m_boson = np.asarray(m_boson, float)
    end = m_parent - m_lepton
    is_open = line.m_out + m_boson < end
    boson = np.where(is_open, m_boson, 0.5 * (end - line.m_out))[..., None]
    low = line.m_out + boson
    span = end - low
    q = low + span * (_FRACTION + 1j * _DEPTH * _BEND)
    step = span * (_MEASURE + 1j * _DEPTH * _SLOPE)
    total = np.sum(2 * q * step * _density(line, q * q, m_parent, m_lepton, boson), axis=-1).real
    return np.where(is_open, coupling**2 * total, 0.0)


def msq(line: Line, momenta: Array, m_parent: float, m_boson: float, coupling: float) -> Array:
    """|M|^2 (n,), spins summed, with momenta (n, 3, 4) of (l, nu_j, boson) in any frame."""
    lepton, out, boson = momenta[:, 0], momenta[:, 1], momenta[:, 2]
    q, parent = out + boson, lepton + out + boson
    square = dot(q, q)
    a, b, _, _ = line.sums(square.astype(complex))
    response = 2 * dot(parent, lepton)[:, None] * parent - m_parent**2 * lepton
    turned = 2 * dot(q, response)[:, None] * q - square[:, None] * response
    mixed = (a * b.conj()).real * dot(q, response)
    weight_a, weight_b = np.abs(a) ** 2, np.abs(b) ** 2
    if line.vector:

        def emitted(x: Array) -> Array:
            return 2 * (dot(out, x) + 2 * dot(out, boson) * dot(x, boson) / m_boson**2)

        total = weight_a * emitted(turned) + weight_b * emitted(response) - 12 * line.m_out * mixed
    else:
        total = 2 * weight_a * dot(out, turned) + 2 * weight_b * dot(out, response) + 4 * line.m_out * mixed
    result: Array = 2 * G_F**2 * coupling**2 * total
    return result


def lines(spectrum: Spectrum, boson: str, flavour: int, product: str) -> tuple[Line, ...]:
    """The lines from a lepton flavour (0, 1, 2) to `product`, "nu" (each light neutrino) or a heavy state, by "zprime" or "phi".

    Raises ParameterError for a model without a dark sector.
    """
    model = spectrum.model
    if isinstance(model, Hnl):
        raise ParameterError(f"model {model.name}: has no {boson}; only dark-neutrino models do")
    found = couplings(spectrum)
    dark = spectrum.U[[k for k, row in enumerate(spectrum.rows) if row.startswith("D")]]
    hidden, masses = dark.conj().T @ dark, np.array(found.masses)
    outgoing = found.light if product == "nu" else (found.heavy(product),)
    mixing = found.charged[flavour].conj()
    made = []
    for j in outgoing:
        if boson == "zprime":
            left = model.mediator.g_dark * hidden[j]
            right = -left.conj() if found.majorana else np.zeros_like(left)
        else:
            left, right = found.scalar_left[j], found.scalar_right[j]
        light = masses == 0
        weights = mixing * left
        if boson == "zprime":
            # sum_i U*_li U_Di = 0: what rounding leaves of it must not stand as a massless pole
            weights = np.where(light & (np.cumsum(light) == 1), -weights[~light].sum(), np.where(light, 0.0, weights))
        made.append(Line(boson == "zprime", float(masses[j]), masses, weights, mixing * right))
    return tuple(made)


@dataclass(frozen=True, slots=True)
class BosonEmission:
    """P+ -> l+ nu (or a heavy state) and a dark boson."""

    parent: int
    lepton: int
    product: str
    boson: str
    width: float
    """GeV, without the on-shell states' share."""
    branching_ratio: float
    on_shell: tuple[str, ...]
    """States whose production and decay into the same products is not in it."""


def boson_emission(spectrum: Spectrum, boson: str, parent: int, lepton: int, product: str = "nu") -> BosonEmission:
    """Width of a charged pseudoscalar (PDG code) into l+ (positive PDG code of l-), `product` and "zprime" or "phi"; 0 beyond threshold."""
    if boson not in pdg.BOSONS:
        raise ParameterError(f"boson {boson!r}: known: {' '.join(sorted(pdg.BOSONS))}")
    if parent not in DECAY_CONSTANTS:
        raise ParameterError(f"parent {parent}: known: {' '.join(str(code) for code in DECAY_CONSTANTS)}")
    m_parent, m_lepton = pdg.mass(parent), pdg.mass(lepton)
    f, ckm = DECAY_CONSTANTS[parent]
    several = lines(spectrum, boson, pdg.LEPTON_OF_FLAVOUR.index(lepton), product)
    found = couplings(spectrum)
    m_boson = found.zprime.mass if boson == "zprime" else found.m_phi
    total = sum(float(width(line, m_parent, m_lepton, np.array(m_boson), float(f * ckm))) for line in several)
    on_shell = tuple(state for state in spectrum.heavy_states if several[0].m_out + m_boson < spectrum.mass(state) < m_parent - m_lepton)
    return BosonEmission(parent, lepton, product, boson, total, total * pdg.ctau(parent) / float(HBARC), on_shell)
