"""The band of Fig. 2: mixings of nu5 and nu4 that give the light neutrino its mass, and the Type-I lines beside it.

Source: arXiv:1903.07590, Fig. 2 and Eq. 4, exactly at one loop (docs/physics/masses.md); not the text's rounded reading of it.
"""

from dataclasses import dataclass, field

import numpy as np

from ..constants import DM2_ATM_EV2
from ..errors import ParameterError
from ..kernels.arrays import Array, ArrayLike, BoolArray
from ..model.asymptotics import type1_loop_mixing2, type1_tree_mixing2
from ..model.model import Mediator
from ..model.radiative import angle_from_mass, loop_strength
from ..units import eV

PAPER_MEDIATOR = Mediator(1.0, 2.0, 1.0)
"""m_Z' = 1 GeV, m_phi' = 2 GeV, g' = 1: the paper's choice for Fig. 2."""
PAPER_RATIOS = 0.01, 0.99
"""m4/m5 from 1% to 99%."""
ATMOSPHERIC_EV = float(DM2_ATM_EV2**0.5)
"""sqrt(Delta m^2_atm), eV."""

_SAMPLES = 801
"""Ratios tried for each mass: their smallest and largest mixings are those of the band to 1e-4 where the extremum is inside, exactly
where it is at an end of the range."""
_LARGEST_YUKAWA2 = 4.0 * np.pi


@dataclass(frozen=True, slots=True, eq=False)
class MassBand:
    """Smallest and largest |U|^2 of one state, summed over flavours, over a range of m4/m5; columns (n,), NaN without solution."""

    state: str
    mass: Array
    """Of this state, GeV."""
    low: Array
    high: Array
    ratio_low: Array
    """m4/m5 at which the smallest is found."""
    ratio_high: Array
    perturbative: BoolArray = field(repr=False)
    """Whether y_N stays below sqrt(4 pi) at both edges."""


def mixing2_from_mass(
    state: str, mass: ArrayLike, ratio: ArrayLike, m3_ev: float, mediator: Mediator, difference: ArrayLike | None = None
) -> Array:
    """|U|^2 of nu4 or nu5 of this mass, summed over flavours, for which the loops give m3; NaN where no mixing does.

    `ratio` is m4/m5; `difference` 1 - m4/m5 where that is known without rounding. Small branch of the mass condition.
    """
    r, m = np.broadcast_arrays(np.asarray(ratio, float), np.asarray(mass, float))
    d = 1.0 - r if difference is None else np.broadcast_to(np.asarray(difference, float), r.shape)
    m5 = m if _checked(state) == "nu5" else m / r
    strength = loop_strength(r * m5, m5, d * m5, mediator.m_zprime, mediator.m_phi, mediator.g_dark).total
    solvable = 4.0 * m3_ev * eV <= strength
    sin2, _ = angle_from_mass(np.where(solvable, m3_ev * eV, 0.0), strength)
    share = r / (1.0 + r) if state == "nu5" else 1.0 / (1.0 + r)
    return np.where(solvable, sin2 * share, np.nan)


def mass_band(
    state: str,
    mass: Array,
    mediator: Mediator = PAPER_MEDIATOR,
    ratios: tuple[float, float] = PAPER_RATIOS,
    m3_ev: float = ATMOSPHERIC_EV,
) -> MassBand:
    """The band in the plane of a state's mass and mixing while m4/m5 runs over a range, at fixed mass of that state.

    For the mediators of the paper both mixings rise with the ratio, so that the edges are its ends. Ratios for which no mixing gives m3 are
    left out.
    """
    low, high = ratios
    if not 0 < low < high < 1:
        raise ParameterError(f"mass ratios {low:g} to {high:g}: 0 < lowest < highest < 1 is needed (at m4 = m5 there is no light mass)")
    if not (m3_ev > 0 and np.isfinite(m3_ev)):
        raise ParameterError(f"m3_ev = {m3_ev:g}: the light mass must be positive")
    mass = np.asarray(mass, float)
    if mass.ndim != 1 or not (np.all(mass > 0) and np.all(np.isfinite(mass))):
        raise ParameterError(f"mass band: masses from {np.min(mass, initial=np.inf):g}: a list of positive finite numbers in GeV is needed")
    # evenly in ln r/(1-r), ends exactly; 1 - r is carried beside r
    steps = np.linspace(np.log(low / (1 - low)), np.log(high / (1 - high)), _SAMPLES)
    r, d = 1 / (1 + np.exp(-steps)), 1 / (1 + np.exp(steps))
    r[0], r[-1], d[0], d[-1] = low, high, 1 - low, 1 - high
    found = mixing2_from_mass(state, mass[:, None], r, m3_ev, mediator, d)
    none = np.all(np.isnan(found), axis=1)
    filled = np.where(np.isnan(found), np.inf, found)
    least, most = np.argmin(filled, axis=1), np.argmax(np.where(np.isnan(found), -np.inf, found), axis=1)
    rows = np.arange(len(mass))
    m5 = mass[:, None] if state == "nu5" else mass[:, None] / r
    yukawa2 = 2.0 * r * np.square(m5 / mediator.v_phi)
    edges = np.maximum(yukawa2[rows, least], yukawa2[rows, most])
    return MassBand(
        state,
        mass,
        np.where(none, np.nan, found[rows, least]),
        np.where(none, np.nan, found[rows, most]),
        np.where(none, np.nan, r[least]),
        np.where(none, np.nan, r[most]),
        edges <= _LARGEST_YUKAWA2,
    )


def type1_tree(mass: Array, m3_ev: float = ATMOSPHERIC_EV) -> Array:
    """|U|^2 = m3/m_h: the dashed line of Fig. 2 read as the tree-level seesaw."""
    return type1_tree_mixing2(m3_ev * eV, np.asarray(mass, float))


def type1_loop(state: str, mass: Array, ratio: float, m3_ev: float = ATMOSPHERIC_EV) -> Array:
    """|U|^2 for which Eq. 7 alone, the loops of Z and Higgs, gives m3 at this m4/m5: the other reading; NaN without solution."""
    m5 = np.asarray(mass, float) if _checked(state) == "nu5" else np.asarray(mass, float) / ratio
    nu4, nu5, solvable = type1_loop_mixing2(m3_ev * eV, ratio * m5, m5, (1 - ratio) * m5)
    return np.where(solvable, nu5 if state == "nu5" else nu4, np.nan)


def _checked(state: str) -> str:
    if state not in ("nu4", "nu5"):
        raise ParameterError(f"band of {state!r}: nu4 or nu5")
    return state
