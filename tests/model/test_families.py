"""Several hidden families: against the closed form of one, against 50-digit diagonalisation of the whole matrix, and by identities."""

import numpy as np
import pytest

from nusim.constants import M_HIGGS, M_Z
from nusim.errors import ParameterError
from nusim.model.families import block_matrix, families, heavy_states, light_states, zero_modes
from nusim.model.families_loop import dark_propagator, light_mass_matrix, light_masses, loop_matrix, loop_matrix_spectral
from nusim.model.model import DarkNeutrino, DarkNeutrinoFamilies, Lagrangian, Matrices, Mediator
from nusim.model.spectrum import solve

from . import exact_families as exact

MEDIATOR = Mediator(1.0, 2.0, 1.0)


def draw(rng: np.random.Generator, n: int, m_dirac: float = 1e-3, lambda_: float = 0.3, mu: float = 0.2):
    """Complex blocks of these sizes."""

    def block(*shape: int):
        return rng.normal(size=shape) + 1j * rng.normal(size=shape)

    majorana = block(n, n)
    return m_dirac * block(3, n), lambda_ * block(n, n), mu * (majorana + majorana.T)


def rows(matrix) -> tuple[tuple[complex, ...], ...]:
    return tuple(tuple(complex(z) for z in row) for row in np.asarray(matrix, complex))


def model(m_dirac, lambda_, mu, mediator: Mediator = MEDIATOR) -> DarkNeutrinoFamilies:
    return DarkNeutrinoFamilies("test", "made for a test", Matrices(rows(m_dirac), rows(lambda_), rows(mu)), mediator)


def full_mixing(found):
    heavy, columns = heavy_states(found)
    light = light_masses(found, loop_matrix(found, MEDIATOR))
    return heavy, light, np.concatenate([light_states(found, light.basis), columns], axis=1)


@pytest.mark.parametrize(("m_dirac", "lambda_", "mu"), [
    (8.4e-5, 0.106, 0.075), (1e-4, 0.1, 1e-9), (1e-4, 0.1, 1e8), (0.3, 0.2, 0.5), (1e-7, 3.0, 2.0), (1e-4, 0.1, 1e3),
])  # fmt: skip
def test_one_family_is_the_closed_form(m_dirac: float, lambda_: float, mu: float) -> None:
    """Masses, mixings and both parts of m3 to 1e-12, whatever the phases of the entries."""
    direction = np.sqrt([0.2, 0.5, 0.3])
    reference = solve(DarkNeutrino("one", "test", True, (0.2, 0.5, 0.3), Lagrangian(m_dirac, lambda_, mu), MEDIATOR))
    for phases in ((0.0, 0.0, 0.0), (0.4, -1.1, 2.5)):
        a, b, c = np.exp(1j * np.array(phases))
        found = solve(model(a * m_dirac * direction[:, None], [[b * lambda_]], [[c * mu]]))
        assert found.rows == reference.rows
        assert found.columns == reference.columns
        assert found.masses == pytest.approx(reference.masses, rel=1e-12, abs=0)
        assert found.masses[:2].tolist() == [0.0, 0.0]
        assert (found.m3_sm_ev, found.m3_dark_ev) == pytest.approx((reference.m3_sm_ev, reference.m3_dark_ev), rel=1e-12)
        for column in ("nu3", "nu4", "nu5"):
            for row in found.rows:
                # near-degenerate states share the mixing to 1e-16 m/mu
                assert found.mixing2(row, column) == pytest.approx(
                    reference.mixing2(row, column), rel=max(1e-12, 2e-16 * lambda_ / mu), abs=1e-30
                )
        assert (found.mu_prime, found.m_dirac, found.lambda_) == pytest.approx((mu, m_dirac, lambda_))


@pytest.mark.parametrize("n", [2, 3])
@pytest.mark.parametrize(("m_dirac", "lambda_", "mu"), [(1e-3, 0.3, 0.2), (0.2, 0.3, 0.2), (1e-5, 1.0, 1e-8), (1e-6, 0.05, 300.0)])
def test_masses_and_mixings_against_brute_force_in_fifty_digits(n: int, m_dirac: float, lambda_: float, mu: float) -> None:
    """The second route: the whole (3 + 2n) matrix with 50 digits, and Eq. 4 summed as printed."""
    blocks = draw(np.random.default_rng(10 * n), n, m_dirac, lambda_, mu)
    masses, shares, loop = exact.light_masses(*blocks, 1.0, 2.0, 1.0)
    found = families(*blocks)
    heavy, light, u = full_mixing(found)
    assert heavy == pytest.approx(masses, rel=2e-13)
    assert light.masses[3 - n :] == pytest.approx(loop[3 - n :], rel=2e-12)
    split = np.min(np.diff(heavy) / heavy[1:])
    assert np.abs(u[:, 3:].T) ** 2 == pytest.approx(np.array(shares), rel=1e-11, abs=max(2e-15 / split, 1e-15))


@pytest.mark.parametrize("n", [1, 2, 3])
def test_identities(n: int) -> None:
    """Unitarity, M = U m U^T, the massless columns, U_a = X U_D, and the sum rules of the blocks that are zero."""
    rng = np.random.default_rng(n)
    for size in (1e-6, 1e-3, 0.3, 3.0):
        blocks = draw(rng, n, size)
        found = families(*blocks)
        heavy, light, u = full_mixing(found)
        whole = block_matrix(*blocks)
        assert np.abs(u.conj().T @ u - np.eye(3 + 2 * n)).max() < 1e-14
        assert np.abs(whole @ u[:, :3].conj()).max() < 1e-14 * heavy[-1]
        assert np.abs(u[:, 3:] @ np.diag(heavy) @ u[:, 3:].T - whole).max() < 1e-14 * heavy[-1]
        assert np.all(u[3 : 3 + n, :3] == 0)
        assert u[:3, 3:] == pytest.approx(found.x @ u[3 + n :, 3:], abs=5e-14 * max(1.0, np.abs(found.x).max()))
        n_light = u[:3, :3]
        assert np.abs(np.eye(3) - n_light @ n_light.conj().T - found.non_unitarity).max() < 1e-14
        assert light.standard + light.dark == pytest.approx(light.masses, rel=1e-12, abs=1e-16 * light.masses[-1])
        rebuilt = light.basis @ np.diag(light.masses) @ light.basis.T
        target = light_mass_matrix(found, loop_matrix(found, MEDIATOR).total)
        assert np.abs(rebuilt - target).max() < 1e-14 * np.abs(target).max()


@pytest.mark.parametrize("n", [1, 2, 3])
def test_the_light_matrix_has_rank_n(n: int) -> None:
    found = families(*draw(np.random.default_rng(20 + n), n))
    light = light_masses(found, loop_matrix(found, MEDIATOR))
    assert light.masses[: 3 - n].tolist() == [0.0] * (3 - n)
    assert np.all(light.masses[3 - n :] > 0)
    singular = np.linalg.svd(light_mass_matrix(found, loop_matrix(found, MEDIATOR).total), compute_uv=False)
    assert np.count_nonzero(singular > 1e-14 * singular[0]) == n


@pytest.mark.parametrize(("n_sterile", "n_dark"), [(1, 1), (2, 2), (3, 3), (2, 1), (3, 1), (1, 2), (1, 3), (3, 2), (4, 1)])
def test_numbers_of_massless_states(n_sterile: int, n_dark: int) -> None:
    """3 + nD - nN of them, without any N; nN > nD leaves fewer than three, nN < nD more."""
    rng = np.random.default_rng(5)
    m_dirac, lambda_ = (
        0.1 * rng.normal(size=(3, n_sterile)),
        rng.normal(size=(n_sterile, n_dark)) + 1j * rng.normal(size=(n_sterile, n_dark)),
    )
    mu = np.diag(rng.normal(size=n_sterile)).astype(complex)
    modes = zero_modes(m_dirac, lambda_)
    assert modes.shape == (3 + n_dark, 3 + n_dark - n_sterile)
    whole = block_matrix(m_dirac.astype(complex), lambda_, mu)
    columns = np.concatenate([modes[:3], np.zeros((n_sterile, modes.shape[1])), modes[3:]])
    assert np.abs(whole @ columns.conj()).max(initial=0.0) < 1e-14
    assert np.count_nonzero(np.linalg.svd(whole, compute_uv=False) < 1e-14) == modes.shape[1]


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("mediator", [MEDIATOR, Mediator(0.02, 0.05, 0.3), Mediator(40.0, 10.0, 1.0)])
def test_the_integral_is_the_sum_over_states(n: int, mediator: Mediator) -> None:
    rng = np.random.default_rng(30 + n)
    for m_dirac, lambda_, mu in ((1e-3, 0.3, 0.2), (1.0, 0.3, 0.2), (1e-3, 0.3, 20.0), (1e-3, 50.0, 30.0)):
        found = families(*draw(rng, n, m_dirac, lambda_, mu))
        one, other = loop_matrix(found, mediator), loop_matrix_spectral(found, mediator)
        for part in ("standard", "dark"):
            assert np.abs(getattr(one, part) - getattr(other, part)).max() < 3e-12 * np.abs(getattr(one, part)).max()


def test_the_integral_keeps_its_digits_where_the_sum_loses_them() -> None:
    """Pseudo-Dirac pairs: S is proportional to mu, to rounding, where the sum over states is wrong by parts in a thousand."""
    m_dirac, lambda_, mu = draw(np.random.default_rng(40), 2)
    big = loop_matrix(families(m_dirac, lambda_, 1e-7 * mu), MEDIATOR).total / 1e-7
    small = loop_matrix(families(m_dirac, lambda_, 1e-12 * mu), MEDIATOR).total / 1e-12
    spectral = loop_matrix_spectral(families(m_dirac, lambda_, 1e-12 * mu), MEDIATOR).total / 1e-12
    scale = np.abs(big).max()
    assert np.abs(small - big).max() < 2e-13 * scale  # corrections go as mu^2
    assert np.abs(spectral - big).max() > 1e-5 * scale


def test_the_integral_against_quadrature() -> None:
    """scipy's adaptive rule on the same integral of the SM part, from the heavy states' propagators."""
    from scipy.integrate import quad

    found = families(*draw(np.random.default_rng(41), 2))
    heavy, columns = heavy_states(found)
    dark = columns[5:]

    def integrand(log_v: float, i: int, j: int, part: str) -> float:
        v = np.exp(log_v)
        weight = 3 * M_Z**2 / (v + M_Z**2) + M_HIGGS**2 / (v + M_HIGGS**2)
        return float(getattr(-v * v * weight * np.sum(dark[i] * dark[j] * heavy / (v + heavy**2)), part))

    standard = loop_matrix(found, MEDIATOR).standard
    from nusim.constants import V_HIGGS

    for i, j in ((0, 0), (0, 1), (1, 1)):
        value = complex(*(quad(integrand, -20, 24, args=(i, j, part), limit=400, epsrel=1e-9)[0] for part in ("real", "imag")))
        assert value / (16 * np.pi**2 * V_HIGGS**2) == pytest.approx(complex(standard[i, j]), rel=1e-7)


def test_the_propagator_is_the_sum_over_states() -> None:
    found = families(*draw(np.random.default_rng(42), 3))
    heavy, columns = heavy_states(found)
    dark = np.linalg.inv(found.a) @ columns[6:]
    for v in (0.0, 1e-3, 1.0, 1e4):
        expected = -np.einsum("ik,jk,k->ij", dark, dark, heavy / (v + heavy**2))
        assert dark_propagator(found, np.array(v)) == pytest.approx(expected, rel=1e-11, abs=1e-12 / (1 + v))


def test_equal_families_are_degenerate_and_safe() -> None:
    """Two families of equal Lambda and mu: equal heavy masses, and a light matrix proportional to X X^T."""
    m_dirac = 1e-4 * np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    found = families(m_dirac, 0.1 * np.eye(2), 0.07 * np.eye(2))
    heavy, light, u = full_mixing(found)
    assert heavy[0] == pytest.approx(heavy[1], rel=1e-14)
    assert light.masses[1] == pytest.approx(light.masses[2], rel=1e-14)
    one = solve(DarkNeutrino("one", "test", True, (1.0, 0.0, 0.0), Lagrangian(1e-4, 0.1, 0.07), MEDIATOR))
    assert light.masses[2] == pytest.approx(one.masses[2], rel=1e-12)
    assert np.abs(u.conj().T @ u - np.eye(7)).max() < 5e-15


def test_a_family_without_lepton_number_violation_gives_no_light_mass() -> None:
    m_dirac, lambda_, _ = draw(np.random.default_rng(43), 2)
    spectrum = solve(model(m_dirac, np.diag([0.2, 0.4]), np.diag([0.1, 0.0])))
    assert spectrum.masses[1] < 1e-10 * spectrum.masses[2]  # not 0: the families mix through the active states, at the order |U|^4
    assert spectrum.masses[5] == pytest.approx(spectrum.masses[6], rel=1e-9)
    assert solve(model(m_dirac, lambda_, np.zeros((2, 2)))).masses[:3].tolist() == [0.0, 0.0, 0.0]


def test_fields_may_be_redefined() -> None:
    """Masses and active mixings do not depend on the bases of N and D; phases of charged leptons move nothing either."""
    rng = np.random.default_rng(44)
    m_dirac, lambda_, mu = draw(rng, 3)

    def unitary():
        return np.linalg.qr(rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3)))[0]

    v, w, p = unitary(), unitary(), np.diag(np.exp(1j * rng.normal(size=3)))
    one, other = solve(model(m_dirac, lambda_, mu)), solve(model(p @ m_dirac @ v, v.T @ lambda_ @ w, v.T @ mu @ v))
    assert other.masses == pytest.approx(one.masses, rel=1e-12)
    assert np.abs(other.U[:3]) == pytest.approx(np.abs(one.U[:3]), rel=1e-10)


@pytest.mark.parametrize(("blocks", "message"), [
    (([[1.0], [1.0], [1.0]], [[0.0]], [[1.0]]), "matrices.lambda: has no inverse"),
    (([[1.0, 0], [1.0, 0], [1.0, 0]], [[1.0, 2.0], [2.0, 4.0]], [[1.0, 0.0], [0.0, 1.0]]), "matrices.lambda: has no inverse"),
])  # fmt: skip
def test_refused_by_the_algebra(blocks, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        solve(model(*blocks))


def test_too_many_scales_are_refused() -> None:
    """mu from 1e-12 to 1e12 GeV on one Lambda: three scales of heavy masses, of which two can be resolved."""
    m_dirac, lambda_, _ = draw(np.random.default_rng(6), 3)
    with pytest.raises(ParameterError, match=r"matrices.mu: together with lambda it spreads the heavy masses over more scales"):
        solve(model(m_dirac, np.diag([1e-9, 1.0, 1e3]) @ lambda_, np.diag([1.0, 1e8, 1e18])))


def test_more_of_one_kind_than_of_the_other_says_what_it_would_mean() -> None:
    with pytest.raises(ParameterError, match=r"found 2 rows \(N\) and 1 columns \(D\); 1 light neutrinos would have masses mD\^2/mu"):
        families(np.ones((3, 2)), np.ones((2, 1)), np.eye(2))
    with pytest.raises(ParameterError, match=r"found 1 rows \(N\) and 2 columns \(D\); 1 dark neutrinos would be massless"):
        families(np.ones((3, 1)), np.ones((1, 2)), np.eye(1))
