"""Two-component spinors and currents against explicit gamma matrices."""

import numpy as np
import pytest

from nusim.kernels import spinors as ks

from ..decays import spinors as sp

# chiral basis
ZERO, ONE = np.zeros((2, 2)), np.eye(2)
GAMMA = np.array([np.block([[ZERO, ONE], [ONE, ZERO]]), *[np.block([[ZERO, s], [-s, ZERO]]) for s in sp.SIGMA]])
GAMMA5 = np.diag([-1.0, -1.0, 1.0, 1.0])
LEFT, RIGHT = (np.eye(4) - GAMMA5) / 2, (np.eye(4) + GAMMA5) / 2
N = 40


def momenta(m: float, seed: int = 1) -> np.ndarray:
    """Random ones over ten orders of magnitude, and the axes."""
    rng = np.random.default_rng(seed)
    k = rng.normal(size=(N, 3)) * 10 ** rng.uniform(-5, 5, (N, 1))
    k = np.concatenate([k, 3.0 * np.concatenate([np.eye(3), -np.eye(3)])])
    if m > 0:
        k = np.concatenate([k, np.zeros((1, 3))])
    return np.concatenate([np.sqrt(np.sum(k**2, axis=1) + m**2)[:, None], k], axis=1)


def full(spinor: ks.Spinor) -> np.ndarray:
    """(n, spin, 4)."""
    return np.concatenate(spinor, axis=1).transpose(2, 0, 1)


def slash(p: np.ndarray) -> np.ndarray:
    return np.einsum("mab,nm->nab", GAMMA, p * np.array([1.0, -1.0, -1.0, -1.0]))


@pytest.mark.parametrize("m", [0.0, 1e-3, 0.7])
def test_dirac_equation_and_completeness(m: float) -> None:
    p = momenta(m)
    for spinor, sign in ((ks.particle(p, m), 1.0), (ks.antiparticle(p, m), -1.0)):
        w = full(spinor)
        scale = p[:, 0, None, None]
        # components grow as sqrt(2E): p-slash minus m cancels what is E^(3/2)
        defect = np.einsum("nab,nib->nia", slash(p) - sign * m * np.eye(4), w)
        assert np.max(np.abs(defect) / scale**1.5) < 4e-15
        summed = np.einsum("nia,nib->nab", w, np.einsum("nic,cb->nib", w.conj(), GAMMA[0]))
        assert np.max(np.abs(summed - (slash(p) + sign * m * np.eye(4))) / scale) < 4e-15


def test_sums_over_spins_of_slow_particles_keep_their_digits() -> None:
    m = 0.7
    p = momenta(m)
    p = p[np.sum(p[:, 1:] ** 2, axis=1) < 1e-6]
    assert len(p) > 3
    w = full(ks.particle(p, m))
    norm = np.einsum("nia,ab,njb->nij", w.conj(), GAMMA[0], w)
    np.testing.assert_allclose(norm, np.tile(2 * m * np.eye(2), (len(p), 1, 1)), atol=1e-14)


@pytest.mark.parametrize("m", [0.0, 0.7])
def test_antiparticle_is_the_charge_conjugate(m: float) -> None:
    p = momenta(m)
    u, v = full(ks.particle(p, m)), full(ks.antiparticle(p, m))
    c = 1j * GAMMA[2] @ GAMMA[0]
    np.testing.assert_allclose(c.T, -c)
    u_bar = np.einsum("nia,ab->nib", u.conj(), GAMMA[0])
    np.testing.assert_allclose(v, np.einsum("ab,nib->nia", c, u_bar), rtol=1e-14)
    # and back
    v_bar = np.einsum("nia,ab->nib", v.conj(), GAMMA[0])
    np.testing.assert_allclose(u, np.einsum("ab,nib->nia", c, v_bar), rtol=1e-14)


def test_spin_of_massive_particles_is_that_of_a_pure_boost() -> None:
    m = 0.7
    p = momenta(m)
    w = full(ks.particle(p, m))
    for i, xi in enumerate(np.eye(2)):
        rest = np.sqrt(m) * np.concatenate([xi, xi])
        for one, made in zip(p, w[:, i], strict=True):
            size = np.linalg.norm(one[1:])
            n = one[1:] / size if size > 0 else np.array([0.0, 0.0, 1.0])
            rapidity = np.arcsinh(size / m)
            s = np.einsum("k,kab->ab", n, sp.SIGMA)
            boost = np.cosh(rapidity / 2) * np.eye(4) + np.sinh(rapidity / 2) * np.block([[-s, ZERO], [ZERO, s]])
            np.testing.assert_allclose(made, boost @ rest, rtol=0, atol=1e-12 * np.sqrt(one[0]))


def test_massless_spinors_are_helicity_states() -> None:
    p = momenta(0.0)
    w = full(ks.particle(p, 0.0))
    s = np.einsum("nk,kab->nab", p[:, 1:] / p[:, :1], sp.SIGMA)
    for i, helicity in enumerate((-1.0, 1.0)):
        for part in (slice(0, 2), slice(2, 4)):
            chi = w[:, i, part]
            assert np.max(np.abs(np.einsum("nab,nb->na", s, chi) - helicity * chi) / np.sqrt(p[:, :1])) < 1e-14
    assert np.all(w[:, 0, 2:] == 0)
    assert np.all(w[:, 1, :2] == 0)


def test_massless_is_the_limit_of_massive() -> None:
    p = momenta(0.0)
    p = p[(p[:, 0] > 0.1)]
    massive = p.copy()
    m = 1e-9
    massive[:, 0] = np.hypot(p[:, 0], m)
    one, other = full(ks.particle(p, 0.0)), full(ks.particle(massive, m))
    outer = [np.einsum("nia,nib->nab", w, w.conj()) for w in (one, other)]
    assert np.max(np.abs(outer[0] - outer[1]) / p[:, :1, None]) < 3e-8


def test_a_particle_without_energy_has_a_vanishing_spinor() -> None:
    left, right = ks.particle(np.zeros((2, 4)), 0.0)
    assert np.all(left == 0)
    assert np.all(right == 0)


@pytest.mark.parametrize("kinds", [(0.7, 0.3), (0.0, 0.3), (0.7, 0.0), (0.0, 0.0)])
def test_currents_are_gamma_matrices(kinds: tuple[float, float]) -> None:
    rng = np.random.default_rng(4)
    k = rng.normal(size=(2, N, 3))
    p, q = (np.concatenate([np.sqrt(np.sum(x**2, axis=1) + m**2)[:, None], x], axis=1) for x, m in zip(k, kinds, strict=True))
    for make in (ks.particle, ks.antiparticle):
        bra, ket = ks.particle(p, kinds[0]), make(q, kinds[1])
        b, w = full(bra), full(ket)
        b_bar = np.einsum("nia,ab->nib", b.conj(), GAMMA[0])
        for chiral, vector, scalar in ((LEFT, ks.vector_left, ks.scalar_left), (RIGHT, ks.vector_right, ks.scalar_right)):
            expected = np.einsum("nia,mab,bc,njc->ijmn", b_bar, GAMMA, chiral, w)
            np.testing.assert_allclose(vector(bra, ket), expected, rtol=0, atol=2e-14)
            np.testing.assert_allclose(scalar(bra, ket), np.einsum("nia,ab,njb->ijn", b_bar, chiral, w), rtol=0, atol=2e-14)


def test_bloch_vector_is_that_of_the_density_matrix() -> None:
    rng = np.random.default_rng(5)
    tensor = rng.normal(size=(2, 2, 2, 2, N)) + 1j * rng.normal(size=(2, 2, 2, 2, N))
    for axis in range(4):
        spins = np.moveaxis(tensor, axis, 0).reshape(2, 8, N)
        rho = np.einsum("ifn,jfn->nij", spins, spins.conj())
        expected = np.einsum("nij,kji->nk", rho, sp.SIGMA).real / np.einsum("nii->n", rho).real[:, None]
        np.testing.assert_allclose(ks.bloch(tensor, axis), expected, atol=1e-14)
    pure = np.zeros((2, 1, N), dtype=complex)
    assert np.all(ks.bloch(pure, 0) == 0)
    pure[0] = 1.0
    np.testing.assert_array_equal(ks.bloch(pure, 0), np.tile([0.0, 0.0, 1.0], (N, 1)))


def test_spin_states_mix_to_the_polarisation() -> None:
    rng = np.random.default_rng(6)
    spin = rng.normal(size=(N, 3))
    spin *= (rng.uniform(0, 1, N) / np.linalg.norm(spin, axis=1))[:, None]
    spin = np.concatenate([spin, np.zeros((1, 3)), np.eye(3), -np.eye(3), [[0.6, 0.0, -0.8]], [[1e-300, 0.0, 0.0]]])
    states = ks.spin_states(spin)
    rho = np.einsum("skn,sln->nkl", states, states.conj())
    expected = (np.eye(2) + np.einsum("nk,kab->nab", spin, sp.SIGMA)) / 2
    np.testing.assert_allclose(rho, expected, atol=4e-16 * 4)
