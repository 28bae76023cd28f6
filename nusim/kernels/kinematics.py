"""Two-body kinematics in forms that keep their digits at threshold."""

import numpy as np

from .arrays import Array, ArrayLike


def kallen_sqrt(a: ArrayLike, b: ArrayLike, c: ArrayLike) -> Array:
    """Square root of the Källén function of three MASSES, lam(a^2, b^2, c^2)^(1/2); zero below threshold.

    Factored as (a-b-c)(a+b+c)(a-b+c)(a+b-c): the expanded form loses every digit at a = b + c.
    """
    a, b, c = np.asarray(a, float), np.asarray(b, float), np.asarray(c, float)
    product = (a - b - c) * (a + b + c) * (a - b + c) * (a + b - c)
    result: Array = np.sqrt(np.where(a > b + c, np.maximum(product, 0.0), 0.0))
    return result


def two_body_momentum(m_parent: ArrayLike, m1: ArrayLike, m2: ArrayLike) -> Array:
    """Momentum of either daughter in the parent's rest frame, GeV; zero below threshold."""
    result: Array = kallen_sqrt(m_parent, m1, m2) / (2 * np.asarray(m_parent, float))
    return result


def two_body_energy(m_parent: ArrayLike, m1: ArrayLike, m2: ArrayLike) -> Array:
    """Energy of daughter 1 in the parent's rest frame, GeV."""
    m, m1, m2 = np.asarray(m_parent, float), np.asarray(m1, float), np.asarray(m2, float)
    result: Array = (m * m + (m1 - m2) * (m1 + m2)) / (2 * m)
    return result
