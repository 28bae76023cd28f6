"""From light masses and mixing to the Dirac matrix: J. A. Casas, A. Ibarra, hep-ph/0103065, for the one-loop mass matrix.

m_light = B S B^T with B = W X, so B = V sqrt(m) R Y^-1 for any Y with S = Y Y^T and any complex orthogonal R gives the light masses m
and the unitary matrix V; the light mixing matrix is W V. B fixes X = (1 - B B^dagger)^-1/2 B and mD = X Lam^T. S itself depends on X, at
the order of the active-heavy mixing |U|^2: a fixed point.
"""

import numpy as np

from ..errors import ParameterError
from ..kernels.arrays import Array
from ..kernels.takagi import symmetric_root, takagi
from .families import families
from .families_loop import loop_matrix
from .mass_matrix import ComplexArray
from .model import Mediator

_STEPS = 200
_SETTLED, _GOOD = 1e-15, 1e-12
"""Relative change of X at which the iteration stops, and the one that is accepted when it no longer falls."""


def pmns_matrix(s12: float, s13: float, s23: float, delta: float, alpha21: float = 0.0, alpha31: float = 0.0) -> ComplexArray:
    """The unitary light mixing matrix from sin^2 of its angles and its phases in radians, as in the PDG's review; rows e, mu, tau."""
    (s_12, s_13, s_23), (c_12, c_13, c_23) = np.sqrt([s12, s13, s23]), np.sqrt([1.0 - s12, 1.0 - s13, 1.0 - s23])
    phase = np.exp(1j * delta)
    rows = [
        [c_12 * c_13, s_12 * c_13, s_13 / phase],
        [-s_12 * c_23 - c_12 * s_23 * s_13 * phase, c_12 * c_23 - s_12 * s_23 * s_13 * phase, s_23 * c_13],
        [s_12 * s_23 - c_12 * c_23 * s_13 * phase, -c_12 * s_23 - s_12 * c_23 * s_13 * phase, c_23 * c_13],
    ]
    result: ComplexArray = np.array(rows) * np.exp(0.5j * np.array([0.0, alpha21, alpha31]))
    return result


def orthogonal_matrix(angles: ComplexArray, reflection: bool = False) -> ComplexArray:
    """A complex orthogonal matrix: (1, 1) without angles, (2, 2) from one, (3, 3) from three as R23 R13 R12; a reflection flips its last
    column.
    """
    number = {0: 1, 1: 2, 3: 3}[len(angles)]
    planes = {1: (), 2: ((0, 1),), 3: ((1, 2), (0, 2), (0, 1))}[number]
    result = np.eye(number, dtype=complex)
    for angle, (i, j) in zip(angles, planes, strict=True):
        turn = np.eye(number, dtype=complex)
        turn[i, i] = turn[j, j] = np.cos(angle)
        turn[i, j], turn[j, i] = np.sin(angle), -np.sin(angle)
        result = result @ turn
    if reflection:
        result[:, -1] *= -1.0
    return result


def dirac_matrix(
    light: Array, v: ComplexArray, rotation: ComplexArray, lambda_: ComplexArray, mu: ComplexArray, mediator: Mediator
) -> ComplexArray:
    """mD (3, n), GeV, of which the loops make the light masses `light` (3,), GeV, and the unitary matrix `v` (3, 3), columns as `light`.

    `rotation` is R, (n, n), complex orthogonal; its rows belong to the n heaviest of `light`, in their order, the others must be 0. Its
    columns belong to the Takagi vectors of S at mD = 0, values ascending, each with its largest component of positive real part; from
    there Y follows S continuously. ParameterError where no mD gives these masses; exact otherwise, to 1e-12.
    """
    n = len(mu)
    massive = np.sort(np.argsort(light, kind="stable")[3 - n :])
    rest = np.delete(light, massive)
    if np.any(rest > 0.0):
        raise ParameterError(
            f"light_masses_ev: as many light masses as hidden families, {n}, can differ from 0; found {n + len(rest[rest > 0.0])}"
        )
    found = families(np.zeros((3, n)), lambda_, mu)
    values, vectors = takagi(loop_matrix(found, mediator).total)
    if not values[0] > 0.0:
        raise ParameterError(f"mu: the loops of these blocks make fewer than {n} light masses; give every family lepton-number violation")
    largest = vectors[np.argmax(np.abs(vectors), axis=0), np.arange(n)]
    first = vectors * np.where(largest.real < 0.0, -1.0, 1.0) * np.sqrt(values)
    left = v[:, massive] * np.sqrt(light[massive]) @ rotation
    y, x, change = first, np.zeros((3, n), dtype=complex), np.inf
    for _ in range(_STEPS):
        b = left @ np.linalg.inv(y)
        outer, sine, inner = np.linalg.svd(b, full_matrices=False)
        if not sine[0] < 1.0:
            raise _unreachable(f"the heavy states would need an active part |U|^2 of {sine[0] ** 2:.3g}")
        last, x = x, (outer * sine / np.sqrt((1.0 - sine) * (1.0 + sine))) @ inner
        before, change = change, float(np.max(np.abs(x - last)) / np.max(np.abs(x)))
        m_dirac: ComplexArray = x @ np.asarray(lambda_, dtype=complex).T
        if change <= _SETTLED or (before <= change <= _GOOD):
            return m_dirac
        inverse = np.linalg.inv(first)
        y = first @ symmetric_root(inverse @ loop_matrix(families(m_dirac, lambda_, mu), mediator).total @ inverse.T)
        if not np.all(np.isfinite(y)):
            break
    raise _unreachable("the iteration does not settle")


def _unreachable(why: str) -> ParameterError:
    return ParameterError(
        f"casas_ibarra: no m_dirac found that gives these light masses ({why}); "
        "lower light_masses_ev, m_zprime or the imaginary part of rotation, or raise g_dark or mu"
    )
