"""Two-body widths with a Z' or a dark scalar, for any chiral couplings, and all decays of these two bosons.

A vector couples as gamma^mu (L P_L + R P_R), a scalar as S P_L + T P_R; L, R, S, T are complex (couplings.py says what they are). Written
in V = (L + R)/2 and A = (R - L)/2, each width is a sum of positive terms whose factors vanish at threshold: no digit is lost there,
nor for m_Z' << m_i, where the width goes as 1/m_Z'^2. All functions broadcast, give GeV, and are 0 at and below threshold.
"""

from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from .. import pdg
from ..constants import V_HIGGS
from ..kernels.arrays import Array, ArrayLike
from ..kernels.kinematics import kallen_sqrt
from ..kernels.spinors import ComplexArray
from .boson_hadrons import zprime_hadron_width
from .couplings import Couplings
from .dalitz import gauss
from .scalar_hadrons import photon_width, scalar_hadron_width

Coupling = complex | NDArray[Any]
"""A coupling or an array of them."""

CHARGED_LEPTONS = tuple(zip(pdg.FLAVOURS, pdg.LEPTON_OF_FLAVOUR, strict=True))
"""Names and PDG codes of the charged leptons."""


def _square(z: Coupling) -> Array:
    """|z|^2."""
    z = np.asarray(z)
    result: Array = z.real**2 + z.imag**2
    return result


def _factors(m: Array, x: Array, y: Array) -> tuple[Array, Array, Array, Array]:
    """m - x - y, m - x + y, m + x - y, m + x + y: the first is positive wherever m > x + y, as a rounded sum, holds."""
    return m - (x + y), m - x + y, m + x - y, m + x + y


def _open(root: Array, square: Array) -> Array:
    """Their product where the root is not zero: below threshold the other factor means nothing."""
    result: Array = np.where(root > 0, root * square, 0.0)
    return result


def vector_emission_square(m: ArrayLike, m_daughter: ArrayLike, m_vector: ArrayLike, left: Coupling, right: Coupling) -> Array:
    """|M|^2 of an unpolarised nu_i -> nu_j Z', times m_Z'^2, GeV^4; holds above threshold.

    |V|^2 [(m_i - m_j)^2 - m_Z'^2] [(m_i + m_j)^2 + 2 m_Z'^2], and the same of A with the sign of m_j reversed.
    """
    m, x, y = (np.asarray(value, float) for value in (m, m_daughter, m_vector))
    a, b, c, d = _factors(m, x, y)
    vector = _square((left + right) / 2) * a * b * ((m + x) ** 2 + 2 * y**2)
    result: Array = vector + _square((right - left) / 2) * c * d * ((m - x) ** 2 + 2 * y**2)
    return result


def width_vector_emission(m: ArrayLike, m_daughter: ArrayLike, m_vector: ArrayLike, left: Coupling, right: Coupling) -> Array:
    """nu_i -> nu_j Z'.

    sqrt lam(1, x^2, y^2) m_i / (32 pi) {(|L|^2 + |R|^2) [1 + x^2 - 2 y^2 + (1 - x^2)^2 / y^2] - 12 x Re L R*}, x = m_j/m_i, y = m_Z'/m_i,
    in a form that does not cancel. m_vector > 0.
    """
    m, y = np.asarray(m, float), np.asarray(m_vector, float)
    square = vector_emission_square(m, m_daughter, y, left, right)
    return _open(kallen_sqrt(m, m_daughter, y) / (16 * np.pi * m**3), square / y**2)


def scalar_emission_square(m: ArrayLike, m_daughter: ArrayLike, m_scalar: ArrayLike, left: Coupling, right: Coupling) -> Array:
    """|M|^2 of an unpolarised nu_i -> nu_j phi': |S+T|^2/4 [(m_i + m_j)^2 - m_phi^2] + |S-T|^2/4 [(m_i - m_j)^2 - m_phi^2], GeV^2."""
    a, b, c, d = _factors(*(np.asarray(value, float) for value in (m, m_daughter, m_scalar)))
    result: Array = _square((left + right) / 2) * c * d + _square((right - left) / 2) * a * b
    return result


def width_scalar_emission(m: ArrayLike, m_daughter: ArrayLike, m_scalar: ArrayLike, left: Coupling, right: Coupling) -> Array:
    """nu_i -> nu_j phi': sqrt lam m_i / (32 pi) {(|S|^2 + |T|^2)(1 + x^2 - y^2) + 4 x Re S T*}, x = m_j/m_i, y = m_phi/m_i."""
    m = np.asarray(m, float)
    square = scalar_emission_square(m, m_daughter, m_scalar, left, right)
    return _open(kallen_sqrt(m, m_daughter, m_scalar) / (16 * np.pi * m**3), square)


def width_vector_to_fermions(m: ArrayLike, m_first: ArrayLike, m_second: ArrayLike, left: Coupling, right: Coupling) -> Array:
    """Z' -> f_1 fbar_2, different particles: half of it for two Majorana neutrinos of one kind.

    m sqrt lam / (24 pi) {(|L|^2 + |R|^2) [1 - (x^2 + y^2)/2 - (x^2 - y^2)^2/2] + 6 x y Re L R*}, x = m_1/m, y = m_2/m. For a charged
    lepton with L = R = eps e: (eps e)^2 m / (12 pi) sqrt(1 - 4 x^2) (1 + 2 x^2).
    """
    m, x, y = (np.asarray(value, float) for value in (m, m_first, m_second))
    a, b, c, d = _factors(m, x, y)
    vector = _square((left + right) / 2) * b * c * (2 + ((x + y) / m) ** 2)
    axial = _square((right - left) / 2) * a * d * (2 + ((x - y) / m) ** 2)
    return _open(kallen_sqrt(m, x, y) / (24 * np.pi * m**3), vector + axial)


def width_scalar_to_fermions(m: ArrayLike, m_first: ArrayLike, m_second: ArrayLike, left: Coupling, right: Coupling) -> Array:
    """phi' -> f_1 fbar_2, different particles: half of it for two Majorana neutrinos of one kind.

    m sqrt lam / (16 pi) {(|S|^2 + |T|^2)(1 - x^2 - y^2) - 4 x y Re S T*}. For S = T = m_f sin(alpha)/v and x = y:
    sin^2(alpha) m_f^2 m beta^3 / (8 pi v^2).
    """
    m, x, y = (np.asarray(value, float) for value in (m, m_first, m_second))
    a, b, c, d = _factors(m, x, y)
    square = _square((left + right) / 2) * a * d + _square((right - left) / 2) * b * c
    return _open(kallen_sqrt(m, x, y) / (8 * np.pi * m**3), square)


def width_scalar_to_vectors(m: ArrayLike, m_vector: ArrayLike, v_phi: ArrayLike) -> Array:
    """phi' -> Z' Z': m_phi^3 / (32 pi v_Phi^2) sqrt(1 - 4 z) (1 - 4 z + 12 z^2), z = (m_Z'/m_phi)^2; closed at m_phi = 2 m_Z'."""
    m, y = np.asarray(m, float), np.asarray(m_vector, float)
    z = (y / m) ** 2
    result: Array = kallen_sqrt(m, y, y) * m / (32 * np.pi * np.asarray(v_phi, float) ** 2) * (1 - 4 * z + 12 * z**2)
    return result


def neutrino_vertex(found: Couplings, boson: str) -> tuple[ComplexArray, ComplexArray]:
    """Chiral couplings (n, n) of nubar_i nu_j to a boson: (L, R) of the 'zprime', (S, T) of 'phi'."""
    if boson == "phi":
        return found.scalar_left, found.scalar_right
    left = found.zprime.neutrino
    return left, -left.conj() if found.majorana else np.zeros_like(left)


def lepton_vertex(found: Couplings, boson: str, mass: float) -> tuple[float, float]:
    """Chiral couplings of a charged lepton to a boson, as `neutrino_vertex`."""
    if boson == "phi":
        return found.scalar_fermion * mass, found.scalar_fermion * mass
    return found.zprime.lepton_left, found.zprime.lepton_right


def boson_mass(found: Couplings, boson: str) -> float:
    """Mass of 'zprime' or 'phi', GeV."""
    return found.m_phi if boson == "phi" else found.zprime.mass


def boson_partial_widths(points: Sequence[Couplings], boson: str) -> dict[str, Array]:
    """Widths of 'zprime' or 'phi' by final state at many points of one model's kind, GeV, each of shape (points,); 0 where closed.

    Light neutrinos are summed as 'nu'; both lepton numbers of a Dirac pair are one final state. Weak bosons and top quarks, which kinetic
    and scalar mixing reach, are not among them.
    """
    m, masses = np.array([boson_mass(found, boson) for found in points]), np.array([found.masses for found in points])
    width = width_scalar_to_fermions if boson == "phi" else width_vector_to_fermions
    left, right = (np.array(some) for some in zip(*(neutrino_vertex(found, boson) for found in points), strict=True))
    pairs = width(m[:, None, None], masses[:, :, None], masses[:, None, :], left, right)
    # over ordered pairs: a Majorana pair is met twice, and two of one kind have half the phase space
    pairs = pairs / 2 if points[0].majorana else pairs
    labels = [points[0].label(k) for k in range(masses.shape[1])]
    listed: dict[str, Array] = {}
    for i, first in enumerate(labels):
        for j, second in enumerate(labels):
            name = pdg.canonical_products(f"{first} {second}")
            listed[name] = listed.get(name, 0.0) + pairs[:, i, j]
    for flavour, code in CHARGED_LEPTONS:
        mass = pdg.mass(code)
        vertices = np.array([lepton_vertex(found, boson, mass) for found in points])
        listed[f"{flavour}- {flavour}+"] = width(m, mass, mass, vertices[:, 0], vertices[:, 1])
    if boson == "phi":
        vector, v_phi = (np.array(some) for some in zip(*((found.zprime.mass, found.v_phi) for found in points), strict=True))
        listed["zprime zprime"] = width_scalar_to_vectors(m, vector, v_phi)
        mixing2 = np.array([found.scalar_fermion for found in points]) ** 2 * float(V_HIGGS) ** 2
        listed["gamma gamma"] = np.where(mixing2 > 0, mixing2 * photon_width(m), 0.0)
    listed["hadrons"] = hadron_width(points, boson, m)
    return listed


def hadron_width(points: Sequence[Couplings], boson: str, m: Array) -> Array:
    """Width into hadrons that bosons of masses `m` would have with the couplings of each point, GeV: of m's shape, (points,) or
    (points, n)."""

    def of(name: str) -> Array:
        return np.array([getattr(found, name) for found in points]).reshape(-1, *[1] * (m.ndim - 1))

    if boson == "phi":
        mixing2 = of("scalar_fermion") ** 2 * float(V_HIGGS) ** 2
        return mixing2 * scalar_hadron_width(m) if np.any(mixing2) else np.zeros(m.shape)
    electric = of("electric")
    return zprime_hadron_width(m, electric, of("weak")) if np.any(electric) else np.zeros(m.shape)


def off_shell_widths(points: Sequence[Couplings], boson: str, m: Array) -> Array:
    """Total widths that bosons of masses `m` (points, n) would have with the couplings of each point, GeV."""
    masses = np.array([found.masses for found in points])
    width = width_scalar_to_fermions if boson == "phi" else width_vector_to_fermions
    left, right = (np.array(some)[:, None] for some in zip(*(neutrino_vertex(found, boson) for found in points), strict=True))
    pairs = width(m[:, :, None, None], masses[:, None, :, None], masses[:, None, None, :], left, right).sum(axis=(2, 3))
    total: Array = pairs / 2 if points[0].majorana else pairs
    for _, code in CHARGED_LEPTONS:
        mass = pdg.mass(code)
        vertices = np.array([lepton_vertex(found, boson, mass) for found in points])[:, :, None]
        total = total + width(m, mass, mass, vertices[:, 0], vertices[:, 1])
    if boson == "phi":
        vector, v_phi = (np.array(some)[:, None] for some in zip(*((found.zprime.mass, found.v_phi) for found in points), strict=True))
        total = total + width_scalar_to_vectors(m, vector, v_phi)
        mixing2 = np.array([found.scalar_fermion for found in points])[:, None] ** 2 * float(V_HIGGS) ** 2
        total = total + mixing2 * photon_width(m)
    return total + hadron_width(points, boson, m)


def spectral_factor(found: Couplings, boson: str, m: float, m_daughter: float, left: complex, right: complex, boson_width: float) -> float:
    """`spectral_factors` at one point."""
    one, other, width = np.array([left]), np.array([right]), np.array([boson_width])
    return float(spectral_factors([found], boson, np.array([m]), np.array([m_daughter]), one, other, width)[0])


def spectral_factors(
    points: Sequence[Couplings], boson: str, m: Array, m_daughter: Array, left: ComplexArray, right: ComplexArray, boson_width: Array
) -> Array:
    """Width of nu_i -> nu_j B with B's line shape over that with B on its shell, (points,); 1 but near threshold, for any width of B.

    The integral ds/pi Gamma(nu_i -> nu_j B of mass sqrt s) sqrt s Gamma_B(sqrt s) / [(s - m_B^2)^2 + m_B^2 Gamma_B^2] is the sum of
    the three-body widths through B without exchange and interference. Negligible corrections are not computed; closed decays have 1.
    """
    mass = np.array([boson_mass(found, boson) for found in points])
    room = m - m_daughter - mass
    factor = np.ones(len(points))
    rows = np.flatnonzero((room > 0) & (boson_width > _NARROW * room) & ((left != 0) | (right != 0)))
    emission = width_scalar_emission if boson == "phi" else width_vector_emission
    x, w = gauss(_SPECTRAL_NODES)
    x, w = (x + 1) / 2, w / 2
    for first in range(0, len(rows), _SPECTRAL_POINTS):
        some = rows[first : first + _SPECTRAL_POINTS]
        m_i, m_j, m_b = (value[some, None] for value in (m, m_daughter, mass))
        vertex = left[some, None], right[some, None]
        square, high, scale = m_b**2, (m_i - m_j) ** 2, m_b * boson_width[some, None]
        middle = (high - square) / 2
        # towards the pole as sinh, from either side; towards the upper end as a square
        below, above = np.arcsinh(square / scale), np.arcsinh(middle / scale)
        s = np.concatenate([square - scale * np.sinh(below * x), square + scale * np.sinh(above * x), high - middle * x**2], axis=1)
        steps = [scale * np.cosh(below * x) * below, scale * np.cosh(above * x) * above, 2 * middle * x]
        weight = np.concatenate([step * w for step in steps], axis=1)
        s = np.clip(s, 1e-12 * high, high)
        root = np.sqrt(s)
        shape = root * off_shell_widths([points[k] for k in some], boson, root) / np.pi / ((s - square) ** 2 + scale**2)
        joined = np.sum(weight * shape * emission(m_i, m_j, root, *vertex), axis=1)
        factor[some] = joined / emission(m_i, m_j, m_b, *vertex)[:, 0]
    return factor


_SPECTRAL_POINTS = 64
"""Points whose line shapes are integrated at a time."""
_NARROW = 1e-7
"""Width over room above threshold below which a boson is as good as infinitely narrow."""
_SPECTRAL_NODES = 48


def boson_channels(found: Couplings, boson: str) -> list[tuple[str, float]]:
    """Final states of 'zprime' or 'phi' and their widths, GeV, closed ones included: `boson_partial_widths` at one point."""
    return [(name, float(width[0])) for name, width in boson_partial_widths([found], boson).items()]


def boson_width(found: Couplings, boson: str) -> float:
    """Total width of 'zprime' or 'phi' into the final states of `boson_channels`, GeV; 0 for a stable one."""
    return float(boson_widths([found], boson)[0])


def boson_widths(points: Sequence[Couplings], boson: str) -> Array:
    """`boson_width` at many points, (points,): what is new is computed together, and all is remembered while the couplings live."""
    new = [found for found in points if boson not in _KNOWN.get(found, {})]
    if new:
        totals = np.sum(list(boson_partial_widths(new, boson).values()), axis=0)
        for found, total in zip(new, totals.tolist(), strict=True):
            _KNOWN.setdefault(found, {})[boson] = total
    return np.array([_KNOWN[found][boson] for found in points])


_KNOWN: WeakKeyDictionary[Couplings, dict[str, float]] = WeakKeyDictionary()
"""Total widths by boson."""


def emission_partial_widths(points: Sequence[Couplings], state: str, widths: tuple[Array, Array]) -> dict[str, Array]:
    """Widths of a heavy neutrino into a lighter one and 'zprime' or 'phi' at many points, GeV, each (points,); 0 where closed.

    `widths`: of Z' and dark scalar, GeV, (points,), for their line shapes; zeros for narrow ones.
    """
    row = points[0].heavy(state)
    masses = np.array([found.masses for found in points])
    listed: dict[str, Array] = {}
    for boson, width, broad in (("zprime", width_vector_emission, widths[0]), ("phi", width_scalar_emission, widths[1])):
        m = np.array([boson_mass(found, boson) for found in points])
        left, right = (np.array(some) for some in zip(*(neutrino_vertex(found, boson) for found in points), strict=True))
        for daughter in range(row):
            vertex = left[:, daughter, row], right[:, daughter, row]
            own = width(masses[:, row], masses[:, daughter], m, *vertex)
            own = own * spectral_factors(points, boson, masses[:, row], masses[:, daughter], *vertex, broad)
            name = pdg.canonical_products(f"{points[0].label(daughter)} {boson}")
            listed[name] = listed.get(name, 0.0) + own
    return listed
