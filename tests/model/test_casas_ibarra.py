"""From light masses and mixing to mD and back: exact for any R, light and heavy scales, and one family in closed form."""

import numpy as np
import pytest

from nusim.errors import ParameterError
from nusim.model.casas_ibarra import dirac_matrix, orthogonal_matrix, pmns_matrix
from nusim.model.families import families
from nusim.model.families_loop import light_mass_matrix, light_masses, loop_matrix
from nusim.model.model import CasasIbarra, DarkNeutrino, DarkNeutrinoFamilies, Mediator, Physical
from nusim.model.spectrum import solve
from nusim.units import eV

MEDIATOR = Mediator(1.0, 2.0, 1.0)
NORMAL = (0.0, 0.008608, 0.050110)
ANGLES = {"sin2_theta12": 0.303, "sin2_theta13": 0.02203, "sin2_theta23": 0.572}


def draw(seed: int, n: int, lambda_: float = 0.3, mu: float = 0.2):
    rng = np.random.default_rng(seed)
    block = mu * (rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n)))
    return lambda_ * (rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n)) + 2 * np.eye(n)), block + block.T, rng


def test_the_pmns_matrix_has_its_moduli_and_invariant() -> None:
    """|U_e2|^2, |U_e3|^2, |U_mu3|^2 and the Jarlskog invariant c12 s12 c13^2 s13 c23 s23 sin(delta) of the PDG's convention."""
    s12, s13, s23, delta = 0.303, 0.02203, 0.572, 1.2
    u = pmns_matrix(s12, s13, s23, delta, 0.7, -2.0)
    assert np.abs(u.conj().T @ u - np.eye(3)).max() < 1e-15
    assert np.abs(u[0]) ** 2 == pytest.approx([(1 - s12) * (1 - s13), s12 * (1 - s13), s13])
    assert np.abs(u[1, 2]) ** 2 == pytest.approx(s23 * (1 - s13))
    jarlskog = (u[0, 0] * u[1, 1] * np.conj(u[0, 1] * u[1, 0])).imag
    s, c = np.sqrt([s12, s13, s23]), np.sqrt([1 - s12, 1 - s13, 1 - s23])
    assert jarlskog == pytest.approx(c[0] * s[0] * c[1] ** 2 * s[1] * c[2] * s[2] * np.sin(delta))


@pytest.mark.parametrize("angles", [(), (0.3 + 1.2j,), (0.3, 0.2 - 0.5j, 1.1 + 2.0j)])
@pytest.mark.parametrize("reflection", [False, True])
def test_rotations_are_complex_orthogonal(angles, reflection: bool) -> None:
    r = orthogonal_matrix(np.array(angles, complex), reflection)
    assert np.abs(r @ r.T - np.eye(len(r))).max() < 1e-12
    assert np.linalg.det(r) == pytest.approx(-1.0 if reflection else 1.0)


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("imaginary", [0.0, 1.0])
def test_masses_and_mixing_come_back(n: int, seed: int, imaginary: float) -> None:
    """m_light = V m V^T to 1e-12, and solve() finds masses, |U| and phases again."""
    lambda_, mu, rng = draw(100 * n + seed, n)
    light = np.sort(rng.uniform(1e-3, 0.05, 3)) * eV
    light[: 3 - n] = 0.0
    v = pmns_matrix(0.303, 0.022, 0.572, *rng.uniform(0, 2 * np.pi, 3))
    rotation = orthogonal_matrix(rng.normal(size=n * (n - 1) // 2) + 1j * imaginary * rng.normal(size=n * (n - 1) // 2))
    found = families(dirac_matrix(light, v, rotation, lambda_, mu, MEDIATOR), lambda_, mu)
    matrix = light_mass_matrix(found, loop_matrix(found, MEDIATOR).total)
    assert np.abs(matrix - v @ np.diag(light) @ v.T).max() < 1e-12 * light[-1]
    masses = light_masses(found, loop_matrix(found, MEDIATOR))
    assert masses.masses == pytest.approx(light, rel=1e-9, abs=1e-14 * light[-1])
    columns = np.abs(masses.basis[:, 3 - n :].conj().T @ v[:, 3 - n :])
    assert columns == pytest.approx(np.eye(n), abs=1e-8)


def test_equal_families_and_mixings_that_are_not_small() -> None:
    """Where S is degenerate its Takagi vectors are not unique, and where |U|^2 is of order 0.1 S moves: both settle."""
    light = np.array(NORMAL) * eV
    v = pmns_matrix(0.303, 0.022, 0.572, 3.4)
    for mu, g_dark in ((0.07, 1.0), (2e-7, 1.0)):
        mediator = Mediator(1.0, 2.0, g_dark)
        blocks = 0.1 * np.eye(2), mu * np.eye(2)
        found = families(dirac_matrix(light, v, orthogonal_matrix(np.array([0.4 + 0.3j])), *blocks, mediator), *blocks)
        matrix = light_mass_matrix(found, loop_matrix(found, mediator).total)
        assert np.abs(matrix - v @ np.diag(light) @ v.T).max() < 1e-11 * light[-1]
    assert 0.05 < np.trace(found.non_unitarity).real < 1.0


def test_one_family_is_the_mass_condition() -> None:
    """n = 1 gives the mixing of the small branch of physical.m3_ev."""
    reference = solve(DarkNeutrino("one", "test", True, (0.2, 0.5, 0.3), Physical(0.15, mass_ratio=0.5, m3_ev=0.05), MEDIATOR))
    lambda_ = float(np.sqrt(0.075 * 0.15 * (1 - reference.mixing2("D", "nu3"))))
    s13, s23 = 0.2, 0.5 / 0.8
    card = CasasIbarra((0.0, 0.0, 0.05), 0.3, s13, s23, ((lambda_,),), ((0.075,),))
    found = solve(DarkNeutrinoFamilies("one", "test", card, MEDIATOR))
    assert found.m3_ev == pytest.approx(0.05, rel=1e-12)
    for state in ("nu4", "nu5"):
        assert found.active_mixing2(state) == pytest.approx(reference.active_mixing2(state), rel=1e-11)


def test_inverted_ordering_sorts_its_columns() -> None:
    card = CasasIbarra((0.0492, 0.0499, 0.0), **ANGLES, lambda_=((0.2, 0.0), (0.0, 0.5)), mu=((0.01, 0.0), (0.0, 0.02)))
    found = solve(DarkNeutrinoFamilies("io", "test", card, MEDIATOR))
    assert found.masses[:3] / eV == pytest.approx([0.0, 0.0492, 0.0499], rel=1e-10)
    assert [found.mixing2("e", state) for state in ("nu1", "nu2", "nu3")] == pytest.approx(
        [0.02203, (1 - 0.303) * (1 - 0.02203), 0.303 * (1 - 0.02203)], rel=1e-4
    )


@pytest.mark.parametrize(("masses", "mu", "message"), [
    ((0.001, 0.0086, 0.05), ((0.1, 0.0), (0.0, 0.1)), "casas_ibarra.light_masses_ev: as many light masses as hidden families, 2, "),
    ((0.0, 0.0086, 0.05), ((0.1, 0.0), (0.0, 0.0)), "casas_ibarra.mu: the loops of these blocks make fewer than 2 light masses"),
    ((0.0, 0.0086, 1e9), ((0.1, 0.0), (0.0, 0.1)), "casas_ibarra: no m_dirac found that gives these light masses"),
])  # fmt: skip
def test_refused(masses, mu, message: str) -> None:
    card = CasasIbarra(masses, **ANGLES, lambda_=((0.1, 0.0), (0.0, 0.2)), mu=mu)
    with pytest.raises(ParameterError) as refused:
        solve(DarkNeutrinoFamilies("no", "test", card, MEDIATOR))
    assert str(refused.value).startswith(message)
