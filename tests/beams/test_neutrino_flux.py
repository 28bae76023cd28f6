"""Light-neutrino flux: toy beams in closed form, decay spectra by independent integration."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from nusim import pdg
from nusim.beams.decay_region import Section
from nusim.beams.meson_decays import LAMBDA_PLUS, LAMBDA_ZERO, LEPTONIC, SEMILEPTONIC, draw_semileptonic, semileptonic_spectrum
from nusim.beams.neutrino_flux import muon_decay_density, neutrino_flux
from nusim.beams.parents import ParentFlux
from nusim.errors import ParameterError
from nusim.kernels.arrays import Array

M_PI, M_K, M_MU = pdg.mass(211), pdg.mass(321), pdg.mass(13)
E_STAR = (M_PI**2 - M_MU**2) / (2 * M_PI)


@dataclass(frozen=True)
class Point:
    """A detector small enough to be a point."""

    at: tuple[float, float, float]
    volume: float = 1.0

    def sample(self, u: Array) -> Array:
        result: Array = np.tile(self.at, (len(u), 1)) + 1e-9 * (u - 0.5)
        return result


def _parents(code: int, momentum: Array, path: float = 0.0, axisymmetric: bool = False, weight: float = 1.0) -> ParentFlux:
    n = len(momentum)
    return ParentFlux(
        np.full(n, code), momentum, np.zeros((n, 3)), np.zeros(n), np.full(n, path), np.full(n, weight / n), axisymmetric, 1.0, "test"
    )


def test_pions_at_rest_shine_isotropically() -> None:
    """1 / (4 pi r^2) per decay, all at the two-body energy; r = 7 m = 700 cm."""
    flux = neutrino_flux(_parents(211, np.zeros((500, 3))), [Point((0.0, 0.0, 7.0))], [0.02, 0.029, 0.0305, 0.08], ("numu", "nue"))
    assert flux["numu"] == pytest.approx([0.0, LEPTONIC[211, 13] / (4 * np.pi * 700.0**2), 0.0], rel=1e-6)
    assert flux["nue"] == pytest.approx([0.0, 0.0, LEPTONIC[211, 11] / (4 * np.pi * 700.0**2)], rel=1e-6)
    assert flux.by_parent["numu"]["pi+"] == pytest.approx(flux["numu"])


@pytest.mark.parametrize("angle", [0.0, 0.02, 0.3, 2.5])
def test_a_pion_in_flight_is_boosted_as_the_closed_form_says(angle: float) -> None:
    """1 / (4 pi r^2 gamma^2 (1 - beta cos)^2) at E* / (gamma (1 - beta cos)); every angle, backward included."""
    p = 2.0
    momentum = np.tile([p * np.sin(angle), 0.0, p * np.cos(angle)], (64, 1))
    energy = np.hypot(p, M_PI)
    doppler = energy / M_PI * (1 - p / energy * np.cos(angle))
    expected = E_STAR / doppler
    edges = [0.0, expected * (1 - 1e-6), expected * (1 + 1e-6), 10.0]
    flux = neutrino_flux(_parents(211, momentum), [Point((0.0, 0.0, 100.0))], edges, ("numu",))
    assert flux["numu"][1] == pytest.approx(LEPTONIC[211, 13] / (4 * np.pi * 1e8 * doppler**2), rel=1e-6)
    assert flux["numu"][[0, 2]] == pytest.approx([0.0, 0.0])


def test_the_whole_sphere_receives_every_neutrino() -> None:
    """Fluence through a sphere about a beam of fast kaons: one neutrino per decay, all channels, muons left out."""
    rng = np.random.default_rng(1)
    n = 40_000
    cosine = rng.uniform(-1, 1, n)
    azimuth = rng.uniform(0, 2 * np.pi, n)
    sine = np.sqrt(1 - cosine**2)
    momentum = 1.2 * np.column_stack([sine * np.cos(azimuth), sine * np.sin(azimuth), cosine])
    flux = neutrino_flux(_parents(321, momentum), [Point((0.0, 0.0, 10.0))], [0.0, 20.0], ("numu", "nue"))
    sphere = 4 * np.pi * 1000.0**2
    for flavour, lepton in (("numu", 13), ("nue", 11)):
        expected = LEPTONIC[321, lepton] + SEMILEPTONIC[321, lepton]
        assert sphere * flux[flavour][0] == pytest.approx(expected, abs=5 * sphere * flux.stat_error[flavour][0])
        assert sphere * flux.stat_error[flavour][0] < 0.05 * expected


def test_polarity_flavours_and_long_kaons() -> None:
    edges = [0.0, 10.0]
    momentum = np.tile([0.0, 0.0, 2.0], (256, 1))
    for code, present in ((-211, "numubar"), (211, "numu")):
        flux = neutrino_flux(_parents(code, momentum), [Point((0.0, 0.0, 50.0))], edges)
        assert flux[present][0] > 0
        assert flux["numu" if present == "numubar" else "numubar"][0] == 0
    kaon = neutrino_flux(_parents(130, momentum), [Point((0.0, 0.0, 50.0))], edges)
    assert kaon["nue"][0] == kaon["nuebar"][0] > 0
    assert kaon["numu"][0] == kaon["numubar"][0] > 0
    assert kaon["numu"][0] / kaon["nue"][0] == pytest.approx(SEMILEPTONIC[130, 13] / SEMILEPTONIC[130, 11], rel=0.2)


def test_axisymmetric_rows_fill_all_azimuths_and_keep_the_flux_off_axis() -> None:
    """One row rotated over azimuth against the mean of rows placed at all azimuths."""
    n, p, slope = 4000, 1.5, 0.06
    row = np.tile([p * slope, 0.0, p], (n, 1))
    azimuth = 2 * np.pi * np.arange(n) / n
    spread = np.column_stack([p * slope * np.cos(azimuth), p * slope * np.sin(azimuth), np.full(n, p)])
    detector, edges = [Point((5.0, 2.0, 100.0))], [0.0, 5.0]
    turned = neutrino_flux(_parents(211, row, axisymmetric=True), detector, edges, ("numu",))
    exact = neutrino_flux(_parents(211, spread), detector, edges, ("numu",), copies=1)
    assert turned["numu"][0] == pytest.approx(exact["numu"][0], abs=5 * turned.stat_error["numu"][0])


@pytest.mark.parametrize(
    ("mass", "pion", "lepton"), [(M_K, pdg.mass(111), pdg.mass(11)), (M_K, pdg.mass(111), M_MU), (pdg.mass(130), M_PI, M_MU)]
)
def test_three_body_spectra_against_the_matrix_element_over_the_dalitz_plot(mass: float, pion: float, lepton: float) -> None:
    """|M|^2 written with f+ and f- and Chew-Low traces (PDG review of K_l3: A, B, C), integrated over the lepton's energy.

    A = m (2 E_l E_nu - m E') + m_l^2 (E'/4 - E_nu), B = m_l^2 (E_nu - E'/2), C = m_l^2 E'/4, E' = E_pi^max - E_pi.
    """
    scale = M_PI**2
    e_nu = np.linspace(0.01, 0.95 * (mass**2 - (pion + lepton) ** 2) / (2 * mass), 9)
    e_pion_max = (mass**2 + pion**2 - lepton**2) / (2 * mass)
    independent = []
    for e in e_nu:
        e_lepton = np.linspace(lepton, mass - pion - e, 400_001)
        e_pion = mass - e - e_lepton
        p_lepton = np.sqrt(np.maximum(e_lepton**2 - lepton**2, 0.0))
        p_pion = np.sqrt(np.maximum(e_pion**2 - pion**2, 0.0))
        allowed = (np.abs(p_lepton - e) <= p_pion) & (p_pion <= p_lepton + e)
        rest = e_pion_max - e_pion
        q2 = mass**2 + pion**2 - 2 * mass * e_pion
        plus = 1 + LAMBDA_PLUS * q2 / scale
        xi = ((1 + LAMBDA_ZERO * q2 / scale) - plus) * (mass**2 - pion**2) / q2 / plus
        a = mass * (2 * e_lepton * e - mass * rest) + lepton**2 * (rest / 4 - e)
        b, c = lepton**2 * (e - rest / 2), lepton**2 * rest / 4
        independent.append(np.trapezoid(np.where(allowed, plus**2 * (a + b * xi + c * xi**2), 0.0), e_lepton))
    ours = semileptonic_spectrum(mass, pion, lepton, e_nu)
    ratio = ours / np.array(independent)
    assert ratio == pytest.approx(np.full(9, ratio[0]), rel=2e-4)
    assert semileptonic_spectrum(mass, pion, lepton, np.array([0.3]))[0] == 0.0


def test_drawn_semileptonic_energies_follow_the_spectrum() -> None:
    pion, lepton = pdg.mass(111), pdg.mass(11)
    u = (np.arange(200_000) + 0.5) / 200_000
    drawn = draw_semileptonic(M_K, pion, lepton, u)
    nodes, weights = np.polynomial.legendre.leggauss(200)
    end = (M_K**2 - (pion + lepton) ** 2) / (2 * M_K)
    energy = end * (nodes + 1) / 2
    density = semileptonic_spectrum(M_K, pion, lepton, energy) * weights
    for power in (1, 2, 3):
        assert np.mean(drawn**power) == pytest.approx(np.sum(density * energy**power) / density.sum(), rel=1e-4)


@pytest.mark.parametrize("charge", [1, -1])
def test_muon_decay_spectra_have_their_norm_their_moments_and_positive_density(charge: int) -> None:
    x, cosine = np.linspace(0, 1, 2001)[:, None], np.linspace(-1, 1, 401)[None, :]
    for neutrino, mean in ((14, 0.7), (12, 0.6)):
        density = muon_decay_density(neutrino, charge, x, cosine)
        assert np.all(density >= -1e-12)
        total = np.trapezoid(np.trapezoid(density, cosine[0], axis=1), x[:, 0]) / 2
        first = np.trapezoid(np.trapezoid(density, cosine[0], axis=1) * x[:, 0], x[:, 0]) / 2
        assert (total, first) == pytest.approx((1.0, mean), rel=1e-5)
    # at the endpoint angular momentum sends nu_mu-bar along the spin of mu+ and forbids the other side
    assert muon_decay_density(14, charge, np.ones(1), np.array([-float(charge)]))[0] == pytest.approx(0.0, abs=1e-12)
    assert muon_decay_density(14, charge, np.ones(1), np.array([float(charge)]))[0] == pytest.approx(4.0)


def test_muon_decays_against_the_spin_summed_matrix_element() -> None:
    """mu+ -> e+ nu_e nu_mu-bar: |M|^2 ~ (p_mu + m s).p_nue (p_e.p_numubar), drawn flat in phase space with massless products."""
    rng = np.random.default_rng(9)
    n = 400_000
    x1, x2 = rng.uniform(0, 1, n), rng.uniform(0, 1, n)  # nu_e and nu_mu-bar energies over m/2: flat on the Dalitz triangle
    flip = x1 + x2 < 1
    x1, x2 = np.where(flip, 1 - x1, x1), np.where(flip, 1 - x2, x2)
    x3 = 2 - x1 - x2
    between = 1 - 2 * (x1 + x2 - 1) / (x1 * x2)
    cosine2, azimuth = rng.uniform(-1, 1, n), rng.uniform(0, 2 * np.pi, n)
    cosine1 = cosine2 * between + np.sqrt((1 - cosine2**2) * (1 - between**2)) * np.cos(azimuth)
    msq = x1 * (1 - cosine1) * x2 * x3 * (1 - ((x1**2 - x2**2 - x3**2) / (2 * x2 * x3)))
    probes: tuple[Callable[[Array, Array], Array], ...] = (
        lambda x, c: x * c,
        lambda x, c: x**2 * c,
        lambda x, c: (x > 0.8) * c,
    )
    flat_x, flat_c = rng.uniform(0, 1, n), rng.uniform(-1, 1, n)
    for neutrino, energy, cosine in ((12, x1, cosine1), (14, x2, cosine2)):
        for probe in probes:
            direct = np.sum(msq * probe(energy, cosine)) / np.sum(msq)
            ours = np.mean(muon_decay_density(neutrino, 1, flat_x, flat_c) * probe(flat_x, flat_c))
            assert ours == pytest.approx(direct, abs=6e-3)


def test_muons_of_pions_decay_before_the_wall_only() -> None:
    """Neutrinos of pi+ -> mu+ far away: polarised muons of every direction, decaying in 60 m, integrated directly."""
    n, p = 30_000, 2.0
    momentum = np.tile([0.0, 0.0, p], (n, 1))
    wide = (Section(0.0, 60.0, 50.0, 50.0),)
    flux = neutrino_flux(_parents(211, momentum), [Point((0.0, 0.0, 5000.0))], [0.0, 10.0], ("nue", "numubar"), tunnel=wide, copies=4)
    without = neutrino_flux(_parents(211, momentum), [Point((0.0, 0.0, 5000.0))], [0.0, 10.0], ("numubar",))
    assert without["numubar"][0] == 0.0
    # far away the flux per muon decay is 1/(4 pi r^2 D^2) averaged over muon directions with their polarisation: integrate directly
    rng = np.random.default_rng(2)
    m = 400_000
    star_e, star_p = (M_PI**2 + M_MU**2) / (2 * M_PI), (M_PI**2 - M_MU**2) / (2 * M_PI)
    cosine = rng.uniform(-1, 1, m)
    gamma, beta_gamma = np.hypot(p, M_PI) / M_PI, p / M_PI
    energy, along = gamma * star_e + beta_gamma * star_p * cosine, gamma * star_p * cosine + beta_gamma * star_e
    momentum_mu = np.sqrt(energy**2 - M_MU**2)
    probability = -np.expm1(-60.0 / (along / momentum_mu) / (momentum_mu / M_MU * pdg.ctau(13)))
    doppler = (energy - along) / M_MU
    # the spin of mu+ stands along the neutrino of the pion's decay, k, seen in the muon's rest frame
    k_lab_e, k_lab_z = gamma * star_p - beta_gamma * star_p * cosine, -gamma * star_p * cosine + beta_gamma * star_p
    k_dot_n = k_lab_e - k_lab_z  # k.n for n = (1, z)
    k_rest = (M_PI**2 - M_MU**2) / (2 * M_MU)
    cosine_spin = 1 - k_dot_n / (k_rest * doppler)
    for flavour, slope in (("nue", -1.0), ("numubar", 1.0 / 3)):
        # energy-integrated densities: nu_e 1 - P cos, nu_mu-bar 1 + P cos / 3
        expected = LEPTONIC[211, 13] * np.mean(probability * (1 + slope * cosine_spin) / doppler**2) / (4 * np.pi * 5e5**2)
        # decay points up to 60 m of 5000 m change the distance by 1.2% at most
        assert flux[flavour][0] == pytest.approx(expected, rel=0.03)


def test_bad_edges_and_flavours_are_refused() -> None:
    parents = _parents(211, np.zeros((2, 3)))
    with pytest.raises(ParameterError, match="ascending"):
        neutrino_flux(parents, [Point((0.0, 0.0, 1.0))], [1.0, 0.5])
    with pytest.raises(ParameterError, match="unknown flavour 'nutau'"):
        neutrino_flux(parents, [Point((0.0, 0.0, 1.0))], [0.0, 0.5], ("nutau",))
