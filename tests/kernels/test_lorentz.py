"""Boosts, frames and two-body kinematics against their invariants."""

import numpy as np
from mpmath import mp, mpf

from nusim.kernels.kinematics import kallen_sqrt, two_body_energy, two_body_momentum
from nusim.kernels.lorentz import around, boost, dot, orthonormal_frame, unboost

RNG = np.random.default_rng(8)


def vectors(n: int, mass: float) -> np.ndarray:
    p = RNG.normal(size=(n, 3)) * np.exp(RNG.normal(size=(n, 1)))
    return np.column_stack([np.sqrt(np.sum(p**2, axis=1) + mass**2), p])


def test_a_boost_keeps_products_and_moves_the_frame_at_rest() -> None:
    frame, p, q = vectors(500, 0.7), vectors(500, 0.1), vectors(500, 0.0)
    at_rest = np.tile([0.7, 0.0, 0.0, 0.0], (500, 1))
    assert np.allclose(boost(at_rest, frame, 0.7), frame, rtol=1e-13, atol=1e-13)
    assert np.allclose(dot(boost(p, frame, 0.7), boost(q, frame, 0.7)), dot(p, q), rtol=1e-9, atol=1e-10)
    assert np.allclose(unboost(boost(p, frame, 0.7), frame, 0.7), p, rtol=1e-10, atol=1e-12)


def test_frames_are_right_handed_and_orthonormal() -> None:
    axis = RNG.normal(size=(500, 3))
    axis /= np.linalg.norm(axis, axis=1)[:, None]
    axis[0], axis[1] = [0, 0, 1], [0, 0, -1]
    e1, e2 = orthonormal_frame(axis)
    assert np.allclose(np.cross(e1, e2), axis, atol=1e-13)
    assert np.allclose(np.sum(e1 * e2, axis=1), 0, atol=1e-13)
    cosine = RNG.uniform(-1, 1, 500)
    turned = around(axis, cosine, RNG.uniform(0, 7, 500))
    assert np.allclose(np.sum(turned * axis, axis=1), cosine, atol=1e-12)
    assert np.allclose(np.linalg.norm(turned, axis=1), 1, atol=1e-12)


def test_two_body_momentum_keeps_its_digits_at_threshold() -> None:
    mp.dps = 40
    for gap in (1e-3, 1e-9, 1e-13):
        m1, m2 = 0.1056583755, 0.13957039
        m = m1 + m2 + gap
        a, b, c = mpf(m), mpf(m1), mpf(m2)
        exact = mp.sqrt((a - b - c) * (a + b + c) * (a - b + c) * (a + b - c)) / (2 * a)
        # the rounding of m itself, relative to the gap, is what is left
        assert abs(float(two_body_momentum(m, m1, m2)) / float(exact) - 1) < 1e-15 + 1e-16 / gap
    assert kallen_sqrt(0.2, 0.1, 0.11) == 0.0
    assert np.isclose(two_body_energy(0.493677, 0.3, 0.105) + two_body_energy(0.493677, 0.105, 0.3), 0.493677)
