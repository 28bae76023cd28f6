"""The paper's limiting formulas (arXiv:1903.07590, Eqs. 9-12) as printed and as corrected, and the text's rounded readings.

None of these is used to solve a model: `radiative` is exact at one loop. They are here because papers quote them, and
because the printed ones need corrections. ISS means Lambda >> mu' (nearly degenerate pair), ESS means Lambda << mu'; both
assume m_D << Lambda, and all give the dark (Z', scalar) part alone. Masses in GeV, m3 in GeV; everything broadcasts.
"""

import numpy as np

from ..kernels.arrays import Array, ArrayLike, BoolArray
from .radiative import ONE_LOOP, angle_from_mass, loop_strength


def _log(a: ArrayLike, b: ArrayLike) -> Array:
    """ln(a^2/b^2)."""
    result: Array = 2.0 * np.log(np.divide(a, b))
    return result


def _seesaw(m_dirac: ArrayLike, lambda_: ArrayLike) -> Array:
    """m_D^2 Lambda^2 / (m_D^2 + Lambda^2), GeV^2."""
    result: Array = np.square(np.multiply(m_dirac, lambda_) / np.hypot(m_dirac, lambda_))
    return result


def eq9_as_printed(
    m_dirac: ArrayLike, lambda_: ArrayLike, mu_prime: ArrayLike, m_zprime: ArrayLike, m_phi: ArrayLike, g_dark: ArrayLike
) -> Array:
    """Eq. 9 as printed, stated for ISS with m_Z', m_phi << Lambda; wrong there (negative, off by orders of magnitude).

    It is twice the heavy-mediator limit, see `iss_heavy_mediators`.
    """
    bracket = 3.0 * _log(m_zprime, lambda_) + _log(m_phi, lambda_) - 4.0
    result: Array = 2.0 * ONE_LOOP * np.square(np.multiply(g_dark, m_dirac) / m_zprime) * mu_prime * bracket
    return result


def iss_heavy_mediators(
    m_dirac: ArrayLike, lambda_: ArrayLike, mu_prime: ArrayLike, m_zprime: ArrayLike, m_phi: ArrayLike, g_dark: ArrayLike
) -> Array:
    """Eq. 9 corrected: ISS with m_Z', m_phi >> Lambda, and 16 pi^2 in place of 8 pi^2."""
    return 0.5 * eq9_as_printed(m_dirac, lambda_, mu_prime, m_zprime, m_phi, g_dark)


def eq10_as_printed(
    m_dirac: ArrayLike, lambda_: ArrayLike, mu_prime: ArrayLike, m_zprime: ArrayLike, m_phi: ArrayLike, g_dark: ArrayLike
) -> Array:
    """Eq. 10 as printed, stated for ISS with m_Z', m_phi >> Lambda; the formula belongs to the opposite regime.

    See `iss_light_mediators`.
    """
    result: Array = ONE_LOOP * np.square(np.multiply(g_dark, m_dirac) / lambda_) * mu_prime * (3.0 + np.square(np.divide(m_phi, m_zprime)))
    return result


def iss_light_mediators(
    m_dirac: ArrayLike, lambda_: ArrayLike, mu_prime: ArrayLike, m_zprime: ArrayLike, m_phi: ArrayLike, g_dark: ArrayLike
) -> Array:
    """Eq. 10 corrected: the printed formula, in its regime of ISS with m_Z', m_phi << Lambda."""
    return eq10_as_printed(m_dirac, lambda_, mu_prime, m_zprime, m_phi, g_dark)


def eq11_as_printed(
    m_dirac: ArrayLike, lambda_: ArrayLike, mu_prime: ArrayLike, m_zprime: ArrayLike, m_phi: ArrayLike, g_dark: ArrayLike
) -> Array:
    """Eq. 11 as printed, stated for ESS with m_Z', m_phi << mu'; the formula belongs to the opposite regime.

    See `ess_heavy_mediators`.
    """
    bracket = 3.0 * _log(m_zprime, mu_prime) + _log(m_phi, mu_prime)
    result: Array = ONE_LOOP * np.square(np.divide(g_dark, m_zprime)) * _seesaw(m_dirac, lambda_) * mu_prime * bracket
    return result


def ess_heavy_mediators(
    m_dirac: ArrayLike, lambda_: ArrayLike, mu_prime: ArrayLike, m_zprime: ArrayLike, m_phi: ArrayLike, g_dark: ArrayLike
) -> Array:
    """Eq. 11 corrected: the printed formula, in its regime of ESS with m_Z', m_phi >> mu'."""
    return eq11_as_printed(m_dirac, lambda_, mu_prime, m_zprime, m_phi, g_dark)


def eq12_as_printed(
    m_dirac: ArrayLike, lambda_: ArrayLike, mu_prime: ArrayLike, m_zprime: ArrayLike, m_phi: ArrayLike, g_dark: ArrayLike
) -> Array:
    """Eq. 12 as printed, stated for ESS with m_Z', m_phi >> mu'; no limit of Eq. 4 has this form (it repeats Eq. 9's bracket).

    What holds instead: `ess_heavy_mediators`, `ess_intermediate_mediators` and `ess_light_mediators`.
    """
    bracket = 3.0 * _log(m_zprime, lambda_) + _log(m_phi, lambda_) - 4.0
    result: Array = 2.0 * ONE_LOOP * np.square(g_dark) * _seesaw(m_dirac, lambda_) / mu_prime * bracket
    return result


def ess_intermediate_mediators(
    m_dirac: ArrayLike, lambda_: ArrayLike, mu_prime: ArrayLike, m_zprime: ArrayLike, m_phi: ArrayLike, g_dark: ArrayLike
) -> Array:
    """In place of Eq. 12: ESS with m4 << m_Z', m_phi << mu'."""
    bracket = 3.0 * _log(mu_prime, m_zprime) + np.square(np.divide(m_phi, m_zprime)) * _log(mu_prime, m_phi)
    result: Array = ONE_LOOP * np.square(g_dark) * _seesaw(m_dirac, lambda_) / mu_prime * bracket
    return result


def ess_light_mediators(
    m_dirac: ArrayLike, lambda_: ArrayLike, mu_prime: ArrayLike, m_zprime: ArrayLike, m_phi: ArrayLike, g_dark: ArrayLike
) -> Array:
    """In place of Eq. 12: ESS with m_Z', m_phi << m4; here the dependence on m_Z' at fixed m_phi/m_Z' is gone."""
    bracket = (3.0 + np.square(np.divide(m_phi, m_zprime))) * _log(mu_prime, np.hypot(lambda_, m_dirac))
    result: Array = 2.0 * ONE_LOOP * np.square(g_dark) * _seesaw(m_dirac, lambda_) / mu_prime * bracket
    return result


def mixing2_text_reading(
    m3: ArrayLike,
    m4: ArrayLike,
    m5: ArrayLike,
    mu_prime: ArrayLike,
    m_zprime: ArrayLike,
    m_phi: ArrayLike,
    g_dark: ArrayLike,
) -> tuple[Array, Array]:
    """|U_a4|^2 and |U_a5|^2 with the text's sum_i U_Di^2 ~ U_a4^2 and U_D5^2 ~ 1 (below Eq. 13) taken literally in Eq. 4.

    The exact factors are (1+r)|U_a4|^2 and (1-s) r/(1+r), so this gives r/(1-s) times the exact mixing; m3 in GeV. For
    comparison with the paper only.
    """
    r = np.divide(m4, m5)
    nu4: Array = np.asarray(m3) * r / ((1.0 + r) * loop_strength(m4, m5, mu_prime, m_zprime, m_phi, g_dark).total)
    return nu4, r * nu4


def type1_tree_mixing2(m3: ArrayLike, mass: ArrayLike) -> Array:
    """|U|^2 = m3/m_h of the tree-level Type-I seesaw: one reading of the dashed line of Fig. 2. Masses in one unit."""
    result: Array = np.divide(m3, mass)
    return result


def type1_loop_mixing2(m3: ArrayLike, m4: ArrayLike, m5: ArrayLike, mu_prime: ArrayLike) -> tuple[Array, Array, BoolArray]:
    """|U_a4|^2 and |U_a5|^2 for which Eq. 7 alone (Z and Higgs loops) gives m3: the other reading of the dashed line of Fig. 2.

    Small branch; GeV. The third array says where a solution exists; where none does (m3 above the largest mass the SM
    loops reach) the mixings are 0.
    """
    strength = loop_strength(m4, m5, mu_prime, 1.0, 1.0, 0.0).standard
    m3_, r = np.broadcast_arrays(np.asarray(m3, dtype=float), np.divide(m4, m5) + np.zeros_like(strength))
    solvable: BoolArray = 4.0 * m3_ <= strength
    sin2, _ = angle_from_mass(np.where(solvable, m3_, 0.0), strength)
    return sin2 / (1.0 + r), sin2 * r / (1.0 + r), solvable
