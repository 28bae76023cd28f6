"""Inclusive hadronic widths of a heavy neutrino: decays into quarks through W and Z, for unit mixing; masses in GeV.

Free quarks times the QCD correction of tau decays, above 1 GeV. Widths of a Dirac particle into one charge state. Source:
K. Bondarenko et al., arXiv:1805.08567, sec. 3.2.2.
"""

from dataclasses import dataclass

import numpy as np

from .. import pdg
from ..constants import (
    M_BOTTOM_KINEMATIC,
    M_CHARM_KINEMATIC,
    M_DOWN,
    M_STRANGE,
    M_UP,
    SIN2_THETA_W,
    V_CB,
    V_CD,
    V_CS,
    V_UB,
    V_UD,
    V_US,
)
from ..kernels.arrays import Array, ArrayLike
from .leptonic import chiral_integral, interference_integral, unit_width
from .running import qcd_correction

LEAST_MASS = 1.0
"""GeV; a choice. From here on the inclusive widths are those of quarks."""
COLOURS = 3


@dataclass(frozen=True, slots=True)
class QuarkMasses:
    """Masses of the quarks in phase space, GeV; numbers or arrays over masses of the parent."""

    up: ArrayLike = float(M_UP)
    down: ArrayLike = float(M_DOWN)
    strange: ArrayLike = float(M_STRANGE)
    charm: ArrayLike = float(M_CHARM_KINEMATIC)
    bottom: ArrayLike = float(M_BOTTOM_KINEMATIC)


DEFAULT_MASSES = QuarkMasses()
LIGHT_PAIRS, LIGHT_FLAVOURS = 2, 3
"""Number of charged and of neutral currents of u, d, s alone, listed first."""
CKM2 = np.array([float(v) ** 2 for v in (V_UD, V_US, V_CD, V_CS, V_UB, V_CB)])[:, None]


def charged_current_quarks(mass: Array, masses: QuarkMasses = DEFAULT_MASSES) -> Array:
    """N -> l- q qbar' of free quarks, shape (lepton flavours, 6, n), the pairs in the order ud, us, cd, cs, ub, cb."""
    up, down, strange, charm, bottom = masses.up, masses.down, masses.strange, masses.charm, masses.bottom
    first = _rows(mass, up, up, charm, charm, up, charm)
    second = _rows(mass, down, strange, down, strange, bottom, bottom)
    leptons = np.array([pdg.mass(code) for code in pdg.LEPTON_OF_FLAVOUR])[:, None, None]
    result: Array = COLOURS * unit_width(mass) * CKM2 * chiral_integral(leptons / mass, first, second)
    return result


def neutral_current_quarks(mass: Array, masses: QuarkMasses = DEFAULT_MASSES, sin2: float = float(SIN2_THETA_W)) -> Array:
    """N -> nu q qbar of free quarks, shape (5, n), in the order u, d, s, c, b."""
    x = _rows(mass, masses.up, masses.down, masses.strange, masses.charm, masses.bottom)
    left, right = neutral_couplings(sin2)
    width = (left**2 + right**2) * chiral_integral(0.0, x, x) + left * right * interference_integral(x)
    result: Array = COLOURS * unit_width(mass) * width
    return result


def neutral_couplings(sin2: float) -> tuple[Array, Array]:
    """g_L = T3 - Q sin^2 theta_W and g_R = -Q sin^2 theta_W of u, d, s, c, b, shape (5, 1) each."""
    up = np.array([True, False, False, True, False])[:, None]
    right = np.where(up, -2 / 3 * sin2, 1 / 3 * sin2)
    return np.where(up, 0.5, -0.5) + right, right


def _rows(mass: Array, *values: ArrayLike) -> Array:
    """Masses of quarks over that of the parent, shape (values, n)."""
    out = np.empty((len(values), len(mass)))
    for row, value in zip(out, values, strict=True):
        row[:] = value
    return out / mass


def _root(mass: Array, threshold: float) -> Array:
    """sqrt(1 - threshold^2 / M^2), 0 below."""
    result: Array = np.sqrt(np.maximum((1 - threshold / mass) * (1 + threshold / mass), 0.0))
    return result


def charged_current_thresholds(mass: Array) -> Array:
    """Factors that close light quarks beside a tau where their lightest hadrons are closed: shape (3, 2, n), 1 for e and mu."""
    pion, kaon, tau = pdg.mass(211), pdg.mass(321), pdg.mass(15)
    out = np.ones((3, LIGHT_PAIRS, len(mass)))
    out[2] = _root(mass, tau + 2 * pion), _root(mass, tau + kaon + pion)
    return out


def neutral_current_thresholds(mass: Array) -> Array:
    """The same for nu s sbar, which needs two kaons: shape (3, n), 1 for u and d."""
    out = np.ones((LIGHT_FLAVOURS, len(mass)))
    out[2] = _root(mass, 2 * pdg.mass(321))
    return out


def inclusive_pairs(mass: Array) -> tuple[Array, Array]:
    """Widths by quarks, shapes (3, 6, n) and (5, n) as above, with QCD correction and thresholds; above `LEAST_MASS`."""
    correction = 1 + qcd_correction(mass)
    charged, neutral = charged_current_quarks(mass), neutral_current_quarks(mass)
    charged[:, :LIGHT_PAIRS] *= correction * charged_current_thresholds(mass)
    neutral[:LIGHT_FLAVOURS] *= correction * neutral_current_thresholds(mass)
    return charged, neutral


def inclusive_widths(mass: Array) -> tuple[Array, Array]:
    """Widths into l- and any hadrons, by the lepton's flavour, shape (3, n), and into nu and any hadrons, (n,); above `LEAST_MASS`."""
    charged, neutral = inclusive_pairs(mass)
    return charged.sum(axis=1), neutral.sum(axis=0)
