"""Loop functions against quadrature and high-precision arithmetic."""

import mpmath as mp
import numpy as np
import pytest

from nusim.kernels.loops import c3, eta, log_ratio, loop_function


def exact_c3(a: float, b: float, c: float) -> mp.mpf:
    """Second divided difference of x ln x at distinct points, 120 digits."""
    with mp.workdps(120):
        x = [mp.mpf(v) for v in (a, b, c)]
        return sum(x[i] * mp.log(x[i]) / mp.fprod(x[i] - x[j] for j in range(3) if j != i) for i in range(3))


def random_points(n: int) -> np.ndarray:
    """Positive triples: plain, spread over 40 decades, and with pairs equal to 1e-15 ... 1e-1."""
    rng = np.random.default_rng(20260101)
    points = 10.0 ** rng.uniform(-20.0, 20.0, (n, 3))
    points[: n // 3] = 10.0 ** rng.uniform(-1.0, 1.0, (n // 3, 3))
    near = slice(n // 3, 2 * n // 3)
    points[near, 1] = points[near, 0] * (1.0 + 10.0 ** rng.uniform(-15.0, -1.0, len(points[near])))
    points[n // 2 : 2 * n // 3, 2] = points[n // 2 : 2 * n // 3, 0] * (1.0 - 10.0 ** rng.uniform(-15.0, -1.0, 2 * n // 3 - n // 2))
    return points


def test_c3_has_full_relative_accuracy_everywhere() -> None:
    points = random_points(600)
    worst = 0.0
    for a, b, c in points:
        if len({a, b, c}) < 3:
            continue
        worst = max(worst, abs(float(c3(a, b, c) / exact_c3(a, b, c) - 1)))
    assert worst < 5e-15


@pytest.mark.parametrize(("a", "b", "c"), [(1.0, 1.0, 1.0), (4.0, 4.0, 0.25), (1.0, 0.01, 0.01), (8315.0, 0.02, 0.0056), (1e-6, 1e6, 1.0)])
def test_c3_is_the_integral(a: float, b: float, c: float) -> None:
    with mp.workdps(40):
        scales = sorted(mp.log(v) for v in (a, b, c))
        nodes = [scales[0] - 90, *scales, scales[-1] + 90]
        integral = mp.quad(lambda x: mp.exp(2 * x) / ((mp.exp(x) + a) * (mp.exp(x) + b) * (mp.exp(x) + c)), sorted(set(nodes)))
    assert float(c3(a, b, c)) == pytest.approx(float(integral), rel=1e-14)


def test_c3_is_symmetric_positive_and_homogeneous_and_broadcasts() -> None:
    a, b, c = random_points(300).T
    value = c3(a, b, c)
    assert value.shape == (300,)
    assert np.all(value > 0.0)
    np.testing.assert_array_equal(value, c3(c, a, b))
    np.testing.assert_allclose(c3(4.0 * a, 4.0 * b, 4.0 * c), value / 4.0, rtol=4e-15)
    assert c3(1.0, np.ones((3, 1)), np.ones(2)).shape == (3, 2)
    assert float(c3(3.0, 3.0, 3.0)) == pytest.approx(1.0 / 6.0, rel=1e-15)


def test_eta_limits_and_joint_of_series_and_logarithm() -> None:
    assert float(eta(1.0, 1.0)) == 0.0
    assert float(eta(1e-300, 1.0)) == pytest.approx(-1.0, rel=1e-15)
    assert float(eta(1e30, 1.0)) == pytest.approx(np.log(1e30) - 1.0, rel=1e-15)
    # series up to |t - 1|/(t + 1) = 1/4: t = 3/5 and 5/3
    t = np.concatenate([0.6 + np.linspace(-1e-3, 1e-3, 21), 5.0 / 3.0 + np.linspace(-1e-3, 1e-3, 21), 1.0 + np.logspace(-15, -1, 40)])
    with mp.workdps(60):
        exact = [float(mp.mpf(x) * mp.log(mp.mpf(x)) / (mp.mpf(x) - 1) - 1) for x in t]
    np.testing.assert_allclose(eta(t, 1.0), exact, rtol=2e-15)


def test_loop_function_is_equation_6() -> None:
    rng = np.random.default_rng(3)
    points = 10.0 ** rng.uniform(-15.0, 15.0, (200, 3))
    points[:50, 1] = points[:50, 0] * (1.0 + 10.0 ** rng.uniform(-15.0, -1.0, 50))
    for a, b, c in points:
        with mp.workdps(60):
            x, y = mp.mpf(a) / mp.mpf(b), mp.mpf(a) / mp.mpf(c)
            exact = (3 if x == 1 else 3 * mp.log(x) / (x - 1)) + mp.log(y) / (y - 1)
        assert float(loop_function(a, b, c)) == pytest.approx(float(exact), rel=3e-15)
    assert float(loop_function(1.0, 1.0, 1.0)) == 4.0
    np.testing.assert_array_equal(log_ratio(np.array([2.0, 5.0]), np.array([2.0, 5.0])), 1.0)


def test_divided_difference_of_x_times_f_is_c3() -> None:
    """[a F(a) - b F(b)]/(a - b) = 3 v C3(v, a, b) + s C3(s, a, b): the step from Eq. 8 to the closed form."""
    rng = np.random.default_rng(5)
    a, b, v, s = 10.0 ** rng.uniform(-2.0, 2.0, (4, 500))
    difference = (a * loop_function(a, v, s) - b * loop_function(b, v, s)) / (a - b)
    closed = 3.0 * v * c3(v, a, b) + s * c3(s, a, b)
    apart = np.abs(a / b - 1.0) > 0.01
    np.testing.assert_allclose(difference[apart], closed[apart], rtol=1e-12)
