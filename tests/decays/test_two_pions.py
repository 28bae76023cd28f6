"""Two pions beside a lepton: widths against adaptive quadrature and the tau, thresholds, and a proposal that lies above its density."""

import warnings
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import IntegrationWarning, quad

from nusim import constants as k
from nusim import pdg
from nusim.decays import hadronic
from nusim.decays.current_term import _cells, _density
from nusim.decays.form_factors import pion_form_factor_squared
from nusim.decays.two_pions import isovector_squared, pair_masses, two_pion_width
from nusim.errors import ConvergenceError

from . import phase_space
from .models import table

CASES = [(0.0, False), (pdg.mass(11), True), (pdg.mass(13), True), (pdg.mass(15), True)]


def adaptive(mass: float, m_lepton: float, charged: bool) -> float:
    """Int ds of the width into a narrow vector meson of mass^2 s with f^2 = beta^3 |F|^2 / (24 pi^2)."""
    one, two = pair_masses(charged)
    low, high = (one + two) ** 2, (mass - m_lepton) ** 2

    def integrand(s: float) -> float:
        beta2 = (s - low) * (s - (one - two) ** 2) / s**2
        form_factor = float(isovector_squared(np.array([s]))[0])
        if charged:
            narrow = float(hadronic.width_lepton_vector(mass, m_lepton, np.sqrt(s), k.V_UD))
        else:
            narrow = float(hadronic.width_nu_vector(mass, np.sqrt(s), 1 - 2 * k.SIN2_THETA_W))
        return max(beta2, 0.0) ** 1.5 * form_factor / (24 * np.pi**2) * narrow

    ends = [low, *(s for s in (4 * pdg.mass(211) ** 2, 0.4, 0.6, 0.8, 1.5, 3.0, 5.0, 6.0, 20.0) if low < s < high), high]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", IntegrationWarning)
        return sum(quad(integrand, a, b, epsabs=0, epsrel=1e-10, limit=200)[0] for a, b in pairwise(ends))


@pytest.mark.parametrize("mass", [0.2795, 0.3, 0.45, 0.62, 0.8, 1.0, 1.6, 2.3, 5.0, 60.0])
@pytest.mark.parametrize(("m_lepton", "charged"), CASES)
def test_widths_by_adaptive_quadrature(mass: float, m_lepton: float, charged: bool) -> None:
    found = float(two_pion_width(np.array([mass]), m_lepton, charged)[0])
    if mass <= m_lepton + sum(pair_masses(charged)):
        assert found == 0
        return
    # the neighbourhood of two charged pions, where |F|^2 is continued as a constant, has a kink
    accuracy = 1e-6 if mass > 0.5 or not charged else 1e-5
    assert found == pytest.approx(adaptive(mass, m_lepton, charged), rel=accuracy)


def test_many_masses_at_once_give_the_same() -> None:
    mass = np.geomspace(0.1, 70, 700)
    for m_lepton, charged in CASES:
        together = two_pion_width(mass, m_lepton, charged)
        single = [float(two_pion_width(mass[i : i + 1], m_lepton, charged)[0]) for i in range(0, 700, 13)]
        np.testing.assert_allclose(together[::13], single, rtol=1e-13)
        assert np.all(np.isfinite(together))
        is_open = mass > m_lepton + sum(pair_masses(charged))
        assert np.all(together[~is_open] == 0)
        assert np.all(np.diff(together[is_open]) > 0)


def test_the_rho_under_the_form_factor_has_the_decay_constant_of_tau_decays() -> None:
    """Int ds beta^3 |F|^2 / (24 pi^2) about the rho is f_rho^2, by a plain sum."""
    s = np.linspace(4 * pdg.mass(211) ** 2, 1.2, 400_001)[1:]
    beta = np.sqrt(1 - 4 * pdg.mass(211) ** 2 / s)
    strength = float(np.sum(beta**3 * pion_form_factor_squared(s, False)) * (s[1] - s[0])) / (24 * np.pi**2)
    assert np.sqrt(strength) == pytest.approx(k.F_RHO, rel=0.03)


def test_charged_and_neutral_currents_are_related() -> None:
    """CVC: far above threshold l pi+ pi0 is 2 V_ud^2 / (1 - 2 s^2)^2 times nu pi+ pi-."""
    mass = np.array([30.0])
    ratio = float(two_pion_width(mass, 0.0, True)[0] / two_pion_width(mass, 0.0, False)[0])
    assert ratio == pytest.approx(2 * k.V_UD**2 / (1 - 2 * k.SIN2_THETA_W) ** 2, rel=0.01)


@pytest.mark.parametrize("mass", [0.2792, 0.4, 0.8, 3.0, 60.0])
@pytest.mark.parametrize(("m_lepton", "charged"), CASES)
def test_proposals_lie_above_the_density(mass: float, m_lepton: float, charged: bool) -> None:
    masses = (m_lepton, *pair_masses(charged))
    if mass <= sum(masses):
        return
    cells = _cells(mass, masses)
    inside = np.linspace(0, 1, 9)[None, :]
    s = cells.edges[:-1, None] + np.diff(cells.edges)[:, None] * inside
    kept = _density(s, mass, masses) / cells.height[:, None]
    assert np.max(kept) <= 1
    mean = float(np.sum(kept[:, 1:-1].mean(axis=1) * cells.height * np.diff(cells.edges)) / cells.steps[-1])
    assert 0.98 < mean < 1


def test_too_close_to_threshold_is_refused_for_events_only() -> None:
    threshold = pdg.mass(13) + pdg.mass(211) + pdg.mass(111)
    channel = table(threshold * (1 + 1e-12)).channel("mu- rho+")
    assert 0 < channel.width < 1e-40
    with pytest.raises(ConvergenceError, match="too close to threshold to draw events"):
        channel.terms[0].propose(np.full((1, 6), 0.5), np.zeros((1, 3)))


@pytest.mark.parametrize(
    ("mass", "products", "number"), [(0.7, "mu- rho+", 0), (1.2, "e+ rho-", 0), (2.5, "tau- rho+", 0), (0.8, "nu rho0", 1)]
)
def test_summed_over_the_pions_the_lepton_is_that_beside_a_vector_meson(mass: float, products: str, number: int) -> None:
    """At each s the lepton's cosine to the spin goes as 1 - alpha cos with alpha of a narrow meson of mass^2 s; antileptons: + alpha."""
    term = table(mass).channel(products).terms[number]
    m_lepton, one, two = term.masses
    cosines, weights = np.polynomial.legendre.leggauss(4)
    cos, phi = (grid.ravel() for grid in np.meshgrid(cosines, np.arange(8) * np.pi / 4, indexing="ij"))
    weight = np.repeat(weights, 8) / 16
    for root in np.linspace(one + two, mass - m_lepton, 6)[1:-1]:
        found = []
        for sign in (1.0, -1.0):
            direction = np.tile([0.0, 0.0, sign], (32, 1))
            momenta = phase_space.three_momenta(mass, term.masses, np.full(32, root**2), cos, direction, phi)
            found.append(float(np.sum(weight * term.msq(momenta, np.tile([0.0, 0.0, 1.0], (32, 1))))))
        alpha = (found[1] - found[0]) / (found[1] + found[0])
        narrow = hadronic.asymmetry_lepton_vector(mass, m_lepton, float(root))
        assert alpha == pytest.approx(narrow if term.pdg[0] > 0 else -narrow, rel=1e-9)
