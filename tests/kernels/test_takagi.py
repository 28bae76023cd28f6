"""Takagi factorisation: random, degenerate, of deficient rank and hierarchical matrices, rebuilt from their factors."""

import numpy as np
import pytest

from nusim.kernels.takagi import symmetric_root, takagi


def unitary(rng: np.random.Generator, n: int):
    return np.linalg.qr(rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n)))[0]


@pytest.mark.parametrize("values", [
    [1.0, 2.0, 3.0], [2.0, 2.0], [1.0, 1.0, 1.0, 1.0], [0.5, 0.5, 3.0, 3.0], [0.0, 0.0, 1.0], [0.0, 2.0, 2.0], [1.0, 1.0 + 1e-13, 4.0],
    [1e-9, 1.0], [7.0], [1e-12, 1e-6, 1.0],
])  # fmt: skip
@pytest.mark.parametrize("scale", [1.0, 1e-30, 1e12])
def test_values_and_factors(values: list[float], scale: float) -> None:
    rng = np.random.default_rng(1)
    for _ in range(5):
        u = unitary(rng, len(values))
        d = scale * np.array(values)
        matrix = u @ np.diag(d) @ u.T
        found, v = takagi(matrix)
        assert np.all(np.diff(found) >= 0)
        assert found == pytest.approx(d, rel=1e-14, abs=3e-15 * d[-1])
        assert np.abs(v.conj().T @ v - np.eye(len(d))).max() < 4e-15
        assert np.abs(v @ np.diag(found) @ v.T - matrix).max() < 6e-15 * d[-1]


def test_what_is_rounding_is_zero_and_the_zero_matrix_has_a_unitary_factor() -> None:
    v = np.array([1.0, 2.0j, 3.0])
    values, u = takagi(np.outer(v, v))
    assert values[:2].tolist() == [0.0, 0.0]
    assert values[2] == pytest.approx(14.0)
    assert np.abs(u.conj().T @ u - np.eye(3)).max() < 4e-15
    values, u = takagi(np.zeros((2, 2)))
    assert values.tolist() == [0.0, 0.0]
    assert np.array_equal(u, np.eye(2))


def test_a_negative_real_eigenvalue_carries_the_factor_i() -> None:
    values, u = takagi(np.array([[0.0, 1.0], [1.0, 0.0]]))
    assert values == pytest.approx([1.0, 1.0])
    assert u @ u.T == pytest.approx(np.array([[0.0, 1.0], [1.0, 0.0]]), abs=1e-15)


def test_the_symmetric_root_is_the_principal_one() -> None:
    rng = np.random.default_rng(2)
    for size in (1e-12, 1e-3, 0.3):
        step = size * (rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3))) / 3
        matrix = np.eye(3) + step + step.T
        root = symmetric_root(matrix)
        assert np.abs(root @ root - matrix).max() < 4e-15
        assert np.abs(root - root.T).max() < 4e-15
        assert np.all(np.linalg.eigvals(root).real > 0)
    assert np.all(np.isnan(symmetric_root(np.zeros((2, 2), complex))))
