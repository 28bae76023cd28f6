"""Decays of a heavy neutrino into a lighter one and hadrons through a virtual Z' or dark scalar that mixes with photon or Higgs boson.

The hadrons are those a boson of mass sqrt(s) would decay into: the width is the spectral integral

    Gamma = int ds/pi Gamma(nu_i -> nu_j B of mass sqrt s) sqrt s Gamma_had(sqrt s) / [(s - m_B^2)^2 + m_B^2 Gamma_B^2],

exact for the vector current, which is conserved. With a light neutrino the W and Z make the same states: where one vector meson
stands for them, rho0, omega, phi or J/psi, the amplitudes are added, and what comes out is a factor on the SM width; the rest, above 0.92
GeV, is added incoherently. A boson that can be made on its shell is not here: 'nu4 zprime' has its own channel.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from ..constants import M_Z, SIN2_THETA_W, V_HIGGS
from ..kernels.arrays import Array, BoolArray
from .boson_hadrons import (
    CONTINUUM,
    M_B,
    M_D,
    M_K_PLUS,
    M_K_ZERO,
    M_OMEGA,
    M_PHI,
    M_PI0,
    WIDTH_OMEGA,
    WIDTH_PHI,
    r_ratio,
    r_remainder,
)
from .couplings import NEUTRAL, Couplings
from .dalitz import gauss
from .dark_widths import boson_mass, neutrino_vertex, width_scalar_emission, width_vector_emission
from .form_factors import M_PION, pion_form_factor_squared
from .scalar_hadrons import CHIRAL_TOP, PERTURBATIVE_FROM, scalar_hadron_width

VECTOR_BREAKS = (
    (float(M_PI0), np.inf),
    (2 * float(M_PION), np.inf),
    (float(M_OMEGA), float(M_OMEGA * WIDTH_OMEGA)),
    (CONTINUUM[0], np.inf),
    (2 * float(M_K_PLUS), np.inf),
    (2 * float(M_K_ZERO), np.inf),
    (float(M_PHI), float(M_PHI * WIDTH_PHI)),
    (CONTINUUM[1], np.inf),
    (2 * float(M_D), np.inf),
    (2 * float(M_B), np.inf),
)
"""Energies, GeV, at which the hadrons of a vector change, and in s the width of what is there, GeV^2."""
_SCALAR_BREAKS = (
    (2 * float(M_PI0), np.inf),
    (2 * float(M_PION), np.inf),
    (2 * float(M_K_PLUS), np.inf),
    (2 * float(M_K_ZERO), np.inf),
    (CHIRAL_TOP, np.inf),
    (PERTURBATIVE_FROM, np.inf),
    (2 * float(M_D), np.inf),
    (2 * float(M_B), np.inf),
)
_NODES = 14
"""Gauss nodes in each half of the range between two breaks."""
_FINEST = 1e-13
"""Least distance from a pole over s."""
_WIDE = 1e4

VECTOR_WEIGHTS = {
    "nu rho0": (0.5 - SIN2_THETA_W, None),
    "nu omega": (-SIN2_THETA_W, float(M_OMEGA)),
    "nu phi_meson": (0.75 - SIN2_THETA_W, float(M_PHI)),
    "nu J/psi": (0.375 - SIN2_THETA_W, 3.0969),
}
"""Vector coupling to the Z's current over that to the photon's, and the mass of the narrow ones, GeV."""


def nodes(high: Array, pole: Array, breaks: Sequence[tuple[float, float]]) -> tuple[Array, Array]:
    """s and weights, shape (n, k), of a quadrature from the first of the breaks up to `high` (n,), GeV^2.

    `pole` (n, 2): a pole's place and width in s. Between two breaks nodes close in on the ends as far as a pole or a line makes it
    necessary, as in `dalitz.Region`.
    """
    x, w = gauss(_NODES)
    x, w = (x + 1) / 2, w / 2
    ends = [(np.minimum(energy**2, high), scale) for energy, scale in breaks] + [(high, np.inf)]
    s_parts, weights = [], []
    for (low, scale_low), (top, scale_top) in pairwise(ends):
        half = (top - low)[:, None] / 2
        for end, sign, scale in ((low, 1.0, scale_low), (top, -1.0, scale_top)):
            # of the pole as far as it is outside
            distance = np.maximum(np.where(sign * (end - pole[:, 0]) >= 0, np.abs(end - pole[:, 0]), np.inf), pole[:, 1])
            size = np.minimum(np.maximum(np.minimum(scale, distance), _FINEST * end), _WIDE * np.maximum(half[:, 0], _FINEST))[:, None]
            reach = np.arcsinh(np.sqrt(half / size))
            s_parts.append(end[:, None] + sign * size * np.sinh(reach * x) ** 2)
            weights.append(size * np.sinh(2 * reach * x) * reach * w)
    return np.concatenate(s_parts, axis=1), np.concatenate(weights, axis=1)


def spectral_width(
    high: Array, mass: Array, width: Array, breaks: Sequence[tuple[float, float]], emission: Callable[[Array], Array],
    hadrons: Callable[[Array], Array],
) -> Array:  # fmt: skip
    """The integral above, shape (n,): `emission` and `hadrons` give widths, GeV, for masses (n, k) of the boson."""
    s, weight = nodes(high, np.stack([mass**2, mass * width], axis=1), breaks)
    root = np.sqrt(s)
    propagator = (s - mass[:, None] ** 2) ** 2 + (mass * width)[:, None] ** 2
    result: Array = np.sum(weight * emission(root) * root * hadrons(root) / propagator, axis=1) / np.pi
    return result


def is_virtual(m: Array, daughter: Array, boson: Array, least: float = float(M_PI0)) -> BoolArray:
    """Whether a boson's hadrons come from off its shell: there is room for them, and it is closed or too light for them."""
    result: BoolArray = (m - daughter > least) & ((m - daughter <= boson) | (boson <= least))
    return result


def virtual_hadron_widths(points: Sequence[Couplings], state: str, widths: tuple[Array, Array]) -> dict[str, Array]:
    """Widths of a heavy neutrino into a lighter one and hadrons, GeV, each of shape (points,); 0 where closed. `widths` of Z' and scalar.

    'nu4 hadrons', ...: all hadrons; 'nu hadrons': those of the Z' beside rho, omega and phi, and those of the scalar.
    """
    row = points[0].heavy(state)
    masses = np.array([found.masses for found in points])
    listed = {f"{label} hadrons": np.zeros(len(points)) for label in dict.fromkeys(points[0].label(k) for k in range(row))}
    for boson, width, breaks, least in (
        ("zprime", widths[0], VECTOR_BREAKS, float(M_PI0)),
        ("phi", widths[1], _SCALAR_BREAKS, 2 * float(M_PI0)),
    ):
        strength = np.array([found.electric if boson == "zprime" else found.scalar_fermion * float(V_HIGGS) for found in points]) ** 2
        if not np.any(strength):
            continue
        m = np.array([boson_mass(found, boson) for found in points])
        left, right = (np.array(some) for some in zip(*(neutrino_vertex(found, boson) for found in points), strict=True))
        for label in dict.fromkeys(points[0].label(k) for k in range(row)):
            light, name = label == "nu", f"{label} hadrons"
            columns = list(points[0].light) if light else [points[0].heavy(label)]
            rows = np.flatnonzero(is_virtual(masses[:, row], masses[:, columns[0]], m, least) & (strength > 0))
            if len(rows):
                couplings = (some[rows][:, columns, row] for some in (left, right))
                # massless daughters count alike, and chiralities apart
                both = (np.sqrt(np.sum(np.abs(some) ** 2, axis=1, keepdims=True)) if light else some for some in couplings)
                one = masses[rows, row, None], masses[rows, columns[0], None], *both
                high = (one[0] - one[1])[:, 0] ** 2
                parts = _vector_parts(one, light) if boson == "zprime" else _scalar_parts(one)
                listed[name][rows] += strength[rows] * spectral_width(high, m[rows], width[rows], breaks, *parts)
    return listed


_One = tuple[Any, ...]
"""Masses of parent and daughter, left- and right-handed coupling, shape (n, 1)."""


def _vector_parts(one: _One, light: bool) -> tuple[Callable[[Array], Array], Callable[[Array], Array]]:
    """Emission and hadrons of a Z' with unit coupling to the electromagnetic current."""

    def emission(root: Array) -> Array:
        return width_vector_emission(one[0], one[1], root, one[2], one[3])

    def hadrons(root: Array) -> Array:
        ratio = r_remainder(root**2) if light else r_ratio(root**2)
        return root / (12 * np.pi) * ratio

    return emission, hadrons


def _scalar_parts(one: _One) -> tuple[Callable[[Array], Array], Callable[[Array], Array]]:
    """Emission and hadrons of a scalar with sin(alpha) = 1."""

    def emission(root: Array) -> Array:
        return width_scalar_emission(one[0], one[1], root, one[2], one[3])

    return emission, scalar_hadron_width


def standard_factors(points: Sequence[Couplings], state: str, zprime_width: Array) -> dict[str, Array]:
    """What kinetic mixing makes of the SM widths of 'nu rho0', 'nu omega', 'nu phi_meson', 'nu J/psi': factors (points,), 1 without.

    The Z' couples to the photon's share of each meson, the Z to its own: amplitudes add up for each light neutrino. Source: the vector
    currents of the quarks; the rho is two pions with the measured form factor, the others are narrow.
    """
    row = points[0].heavy(state)
    factors = {name: np.ones(len(points)) for name in VECTOR_WEIGHTS}
    mixed = np.flatnonzero([found.electric != 0 for found in points])
    if not len(mixed):
        return factors
    some = [points[k] for k in mixed.tolist()]
    m, mass = np.array([found.masses[row] for found in some]), np.array([found.zprime.mass for found in some])
    width = zprime_width[mixed]
    light = list(some[0].light)
    dark = np.array([found.zprime.neutrino[light, row] for found in some])
    z = np.array([found.z.neutrino[light, row] for found in some])
    standard = NEUTRAL * np.array([found.charged[:, light].conj().T @ found.charged[:, row] for found in some])
    electric, weak = np.array([found.electric for found in some]), np.array([found.weak for found in some])
    known = np.any(standard != 0, axis=1)
    for name, (weight, narrow) in VECTOR_WEIGHTS.items():
        least = 2 * float(M_PION) if narrow is None else narrow
        virtual = (m <= mass) | (mass <= (least if narrow is None else float(M_PI0)))
        rows = np.flatnonzero(known & (m > least))
        if not len(rows):
            continue
        high = m[rows] ** 2
        if narrow is None:
            s, measure = nodes(high, np.stack([mass[rows] ** 2, (mass * width)[rows]], axis=1), VECTOR_BREAKS[1:])
            root = np.sqrt(s)
            velocity = np.sqrt(np.clip(1 - 4 * M_PION**2 / s, 0.0, None))
            density = measure * s * velocity**3 * pion_form_factor_squared(s, omega=False)
            density = density * width_vector_emission(m[rows, None], 0.0, root, 1.0, 0.0)
        else:
            s, density = np.full((len(rows), 1), narrow**2), np.ones((len(rows), 1))
        inverse = s - mass[rows, None] ** 2 + 1j * (mass * width)[rows, None]
        propagator = np.where(virtual[rows, None], 1 / np.where(inverse == 0, -_FINEST * s, inverse), 0.0)
        # one amplitude for either chirality: (n, light neutrinos, nodes)
        contact = -2 * NEUTRAL * weight / M_Z**2
        charge = ((electric + weak * weight)[rows, None] * propagator)[:, None, :]
        squares = 0.0
        for conjugate in (False, True) if some[0].majorana else (False,):
            a, b = (np.conj(one[rows]) if conjugate else one[rows] for one in (z, dark))
            amplitude = a[:, :, None] * contact + b[:, :, None] * charge
            squares = squares + (amplitude.real**2 + amplitude.imag**2) / (2 if some[0].majorana else 1)
        reference = contact**2 * np.sum(np.abs(standard[rows]) ** 2, axis=1)
        factors[name][mixed[rows]] = np.sum(np.sum(squares, axis=1) * density, axis=1) / (reference * np.sum(density, axis=1))
    return factors
