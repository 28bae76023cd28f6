"""R(s) and the hadronic widths of Z' and dark scalar: sum rules, published numbers, limits, and the same integrals by other routes."""

import numpy as np
import pytest
from scipy.integrate import dblquad

from nusim import pdg
from nusim.constants import ALPHA, M_Z, SIN2_THETA_W, V_HIGGS
from nusim.decays import boson_hadrons as bh
from nusim.decays import dark_widths as dw
from nusim.decays import scalar_hadrons as sh
from nusim.decays.couplings import CHARGE, NEUTRAL
from nusim.decays.form_factors import M_PION, pion_form_factor_squared

from .dark_models import back_to_back, found

HADRONS = "hadrons"


def energies(low: float, high: float, n: int) -> np.ndarray:
    return np.exp(np.linspace(np.log(low), np.log(high), n))


# Sum rules: integrals over all of R(s)


def test_muon_anomaly_of_all_hadrons() -> None:
    """a_mu of lowest order is 693.1(4.0)e-10 (arXiv:2006.04822), of which J/psi and psi(2S), not in R, make 7.8e-10: within 2%."""
    muon = 0.1056583745
    s = energies(0.0183, 1e5, 20001)
    coarse = s[::20]
    x = (np.arange(2000) + 0.5) / 2000
    kernel = np.mean(x * x * (1 - x) / (x * x + (1 - x) * coarse[:, None] / muon**2), axis=1)
    integrand = np.interp(np.log(s), np.log(coarse), kernel) * bh.r_ratio(s)
    anomaly = (ALPHA / np.pi) ** 2 / 3 * np.trapezoid(integrand, np.log(s))
    assert anomaly == pytest.approx((693.1 - 7.8) * 1e-10, rel=0.02)


def test_running_of_alpha_to_the_z() -> None:
    """Delta alpha_had(m_Z^2) = 276.1(1.1)e-4 (arXiv:1908.00921), of which J/psi and psi(2S) make 9.5e-4: within 2%."""
    s, square = energies(0.0183, 1e8, 40001), float(M_Z) ** 2
    at_z = float(bh.r_ratio(square))
    step = (s > 1) * at_z
    regular = np.trapezoid((bh.r_ratio(s) - step) * square / (s - square), np.log(s))
    # principal value of the step: int_1 ds M^2 / [s (s - M^2)] = -ln(M^2 - 1)
    shift = -ALPHA / (3 * np.pi) * (regular - at_z * np.log(square - 1))
    assert shift == pytest.approx(266.6e-4, rel=0.02)


def test_plateaus() -> None:
    """KEDR: R = 2.225(51) on average from 1.84 to 3.05 GeV (arXiv:1805.06235); above beauty 3.7 to 3.9."""
    below = bh.r_ratio(np.linspace(1.84, 3.05, 200) ** 2)
    assert below.mean() == pytest.approx(2.225, abs=0.06)
    assert bh.r_ratio(30.0**2) == pytest.approx(11 / 3 * (1 + bh.alpha_s(30.0) / np.pi), rel=0.01)
    assert bh.r_ratio(8.0**2) == pytest.approx(10 / 3 * (1 + bh.alpha_s(8.0) / np.pi), rel=0.01)


@pytest.mark.parametrize(
    ("name", "mass", "ee", "branching", "tolerance"),
    [
        ("K+ K-", 1.019461, 2.979e-4, 0.491, 0.06),
        ("KL KS", 1.019461, 2.979e-4, 0.339, 0.06),
        ("pi0 pi+ pi-", 1.019461, 2.979e-4, 0.154, 0.08),
        ("pi0 pi+ pi-", 0.78266, 7.39e-5, 0.892, 0.03),
        ("pi0 gamma", 0.78266, 7.39e-5, 0.0835, 0.15),
        ("eta gamma", 1.019461, 2.979e-4, 0.01301, 0.08),
    ],
)
def test_peaks_of_omega_and_phi(name: str, mass: float, ee: float, branching: float, tolerance: float) -> None:
    """R = 9 BR(ee) BR / alpha^2 at the peak, but for the other mesons there; branching ratios of PDG 2022."""
    assert float(bh.r_exclusive(mass**2)[name]) == pytest.approx(9 * ee * branching / ALPHA**2, rel=tolerance)


def test_low_energies_know_the_anomalies() -> None:
    """The weights come from peaks alone; at s = 0 vector mesons give pi0 -> gamma gamma, and 3/2 of gamma -> 3 pi, as they are known to."""
    s = 0.03
    anomaly = 2 * s * 7.81e-9 / (ALPHA * bh.M_PI0**3) * (1 - bh.M_PI0**2 / s) ** 3
    assert float(bh.r_exclusive(s)["pi0 gamma"]) == pytest.approx(anomaly, rel=0.25)
    contact = 1 / (4 * np.pi**2 * (0.1302 / np.sqrt(2)) ** 3)
    assert 3 * abs(complex(bh.three_pion_coupling(0.0))) == pytest.approx(1.5 * contact, rel=0.1)


def test_charges_of_kaons() -> None:
    charged, neutral = bh.kaon_form_factors_squared(1e-9)
    assert charged == pytest.approx(1.0, abs=0.01)
    assert neutral == pytest.approx(0.0, abs=1e-4)


# The same by other routes


@pytest.mark.parametrize("m", [0.3, 0.6, 0.775])
def test_two_pions_are_scalar_electrodynamics(m: float) -> None:
    """Sum over polarisations of |e.(p - q) F|^2, a third of it, by explicit momenta."""
    p, q = back_to_back(m, M_PION, M_PION, np.array([0.36, 0.48, 0.8]))
    square = np.sum((p - q)[1:] ** 2) * float(pion_form_factor_squared(m * m, True)) / 3
    width = square * np.sqrt(np.sum(p[1:] ** 2)) / (8 * np.pi * m * m)
    muons = m / (12 * np.pi)
    assert float(bh.r_exclusive(m * m)["pi+ pi-"]) == pytest.approx(width / muons, rel=1e-12)


@pytest.mark.parametrize("m", [0.5, 0.78266, 1.0])
def test_three_pions_by_the_dalitz_plot(m: float) -> None:
    """dPhi_3 = dE+ dE- / (4 (2 pi)^3), adaptively."""

    def line(s: float) -> complex:
        momentum = max(1 - 4 * M_PION**2 / s, 0.0) / (1 - 4 * M_PION**2 / bh.M_RHO**2)
        return bh.M_RHO**2 / (bh.M_RHO**2 - s - 1j * bh.WIDTH_RHO * s / bh.M_RHO * momentum**1.5)

    def density(minus: float, plus: float) -> float:
        zero = m - plus - minus
        p, q, r = plus**2 - M_PION**2, minus**2 - M_PION**2, zero**2 - bh.M_PI0**2
        # |p x q|^2 = p^2 q^2 - (p.q)^2
        cross = p * q - ((r - p - q) / 2) ** 2
        if min(p, q, r) <= 0 or cross <= 0:
            return 0.0
        pairs = m * m + bh.M_PI0**2 - 2 * m * zero, m * m + M_PION**2 - 2 * m * plus, m * m + M_PION**2 - 2 * m * minus
        return cross * abs(sum(line(s) for s in pairs)) ** 2

    top = (m * m + M_PION**2 - (M_PION + bh.M_PI0) ** 2) / (2 * m)

    def ends(plus: float) -> tuple[float, float]:
        s = m * m + M_PION**2 - 2 * m * plus
        star = (s + M_PION**2 - bh.M_PI0**2) / (2 * np.sqrt(s))
        k = np.sqrt(max(star**2 - M_PION**2, 0.0))
        gamma, boost = (m - plus) / np.sqrt(s), np.sqrt(plus**2 - M_PION**2) / np.sqrt(s)
        return gamma * star - boost * k, gamma * star + boost * k

    integral = dblquad(density, M_PION, top, lambda e: ends(e)[0], lambda e: ends(e)[1], epsrel=1e-6)[0]
    expected = 2 * np.pi / (4 * (2 * np.pi) ** 3) * integral * abs(complex(bh.three_pion_coupling(m * m))) ** 2
    assert float(bh.r_exclusive(m * m)["pi0 pi+ pi-"]) == pytest.approx(expected, rel=2e-4)


def test_thresholds_and_arrays() -> None:
    thresholds = {
        "pi+ pi-": 2 * M_PION, "K+ K-": 2 * bh.M_K_PLUS, "KL KS": 2 * bh.M_K_ZERO, "pi0 pi+ pi-": 2 * M_PION + bh.M_PI0,
        "pi0 gamma": bh.M_PI0, "eta gamma": bh.M_ETA,
    }  # fmt: skip
    assert set(bh.r_exclusive(1.0)) == set(thresholds)
    for name, mass in thresholds.items():
        ratios = bh.r_exclusive(np.array([0.0, mass**2 * (1 - 1e-12), (1.001 * mass) ** 2]))[name]
        assert np.all(ratios[:2] == 0.0)
        assert ratios[2] > 0
    s = np.concatenate([[0.0, 1e-30], energies(1e-3, 1e6, 400)])
    together = bh.r_ratio(s)
    assert np.all(np.isfinite(together))
    assert np.all(together[s <= bh.M_PI0**2] == 0.0)
    assert np.all(together[s > bh.M_PI0**2] > 0.0)
    np.testing.assert_allclose(together, [float(bh.r_ratio(one)) for one in s], rtol=1e-13)
    assert bh.r_ratio(s.reshape(2, -1)).shape == (2, 201)


def test_exclusive_and_the_rest_make_the_whole() -> None:
    s = energies(0.05, 100, 500)
    parts = sum(bh.r_exclusive(s).values())
    np.testing.assert_allclose(parts + bh.r_remainder(s), bh.r_ratio(s), rtol=1e-13)
    assert np.all(bh.r_remainder(s[np.sqrt(s) <= bh.CONTINUUM[0]]) == 0.0)
    quarks = s[np.sqrt(s) >= bh.CONTINUUM[1]]
    np.testing.assert_allclose(bh.r_ratio(quarks), bh.quark_ratio(quarks), rtol=1e-12)


# Widths


@pytest.mark.parametrize("m", [0.3, 0.77, 1.02, 1.4, 3.0])
def test_zprime_width_is_that_of_massless_muons_times_r(m: float) -> None:
    c = found(m_zprime=m, epsilon=1e-4)
    muons = (1e-4 * CHARGE) ** 2 * m / (12 * np.pi)
    width = dict(dw.boson_channels(c, "zprime"))[HADRONS]
    assert width == pytest.approx(muons * float(bh.r_ratio(m * m)), rel=2e-3)  # the share of J_Z
    assert width == pytest.approx(float(bh.zprime_hadron_width(m, c.electric, c.weak)), rel=1e-14)
    assert dict(dw.boson_channels(found(m_zprime=m), "zprime"))[HADRONS] == 0.0


def test_width_of_the_z_into_hadrons() -> None:
    """The Z's own current at its mass gives Gamma(Z -> hadrons) = 1.744 GeV (PDG): axial currents and their normalisation, to 1%."""
    width = float(bh.zprime_hadron_width(float(M_Z), 0.0, 2 * NEUTRAL))
    assert width == pytest.approx(1.7444, rel=0.01)


def test_current_of_the_z_counts_for_a_heavy_zprime_alone() -> None:
    for m, share in ((0.9, 1e-12), (3.0, 5e-3), (30.0, 0.5)):
        c = found(m_zprime=m, epsilon=1e-3)
        plain = float(bh.zprime_hadron_width(m, c.electric, 0.0))
        assert abs(float(bh.zprime_hadron_width(m, c.electric, c.weak)) / plain - 1) < share
    c = found(m_zprime=30.0, epsilon=1e-3)
    quarks = 0.0
    for charge in (2 / 3, -1 / 3, -1 / 3, 2 / 3, -1 / 3):
        left = c.electric * charge + c.weak * (np.sign(charge) / 2 - charge * SIN2_THETA_W)
        quarks += 3 * float(dw.width_vector_to_fermions(30.0, 0.0, 0.0, left, (c.electric - c.weak * SIN2_THETA_W) * charge))
    expected = quarks * (1 + float(bh.alpha_s(30.0)) / np.pi)
    assert float(bh.zprime_hadron_width(30.0, c.electric, c.weak)) == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("chi", [1e-2, 1e-3])
@pytest.mark.parametrize("m_zprime", [0.5, 5.0, 20.0, 60.0, 150.0])
def test_kinetic_mixing_is_the_exact_diagonalisation_to_second_order(chi: float, m_zprime: float) -> None:
    """Mass eigenstates of (B, W3, X) with kinetic matrix 1 + sin(chi) between B and X: couplings to Q, to the Z's and the dark current."""
    s_w, c_w = np.sqrt(SIN2_THETA_W), np.sqrt(1 - SIN2_THETA_W)
    g, g_y = CHARGE / s_w, CHARGE / c_w
    kinetic = np.eye(3)
    kinetic[0, 2] = kinetic[2, 0] = chi
    direction = np.array([-s_w, c_w, 0.0])
    mass2 = float(M_Z) ** 2 * np.outer(direction, direction)
    mass2[2, 2] = m_zprime**2
    root = np.linalg.cholesky(kinetic)
    inverse = np.linalg.inv(root)
    squares, vectors = np.linalg.eigh(inverse @ mass2 @ inverse.T)
    states = inverse.T @ vectors
    dark = int(np.argmin(abs(squares - m_zprime**2)))
    z = int(np.argmin(abs(squares - float(M_Z) ** 2)))
    assert dark != z
    prime = states[:, dark] * np.sign(states[2, dark])
    heavy = states[:, z] * np.sign(states[1, z])
    # e_B g_Y (Q - T3) + e_W g T3 = a Q + b (T3 - Q s_W^2)
    b = prime[1] * g - prime[0] * g_y
    a = prime[0] * g_y + b * SIN2_THETA_W
    c = found(m4=0.01, m5=0.03, m_zprime=m_zprime, epsilon=-c_w * chi)
    scale = chi * max(1.0, m_zprime**2, float(M_Z) ** 2) / abs(float(M_Z) ** 2 - m_zprime**2)
    assert a == pytest.approx(c.electric, rel=3 * scale**2)
    assert b / (g / c_w) == pytest.approx(c.weak / (2 * NEUTRAL), rel=3 * scale**2)
    assert prime[2] == pytest.approx(1.0, abs=3 * scale**2)
    plain = found(m4=0.01, m5=0.03, m_zprime=m_zprime)
    mixing = ((c.z.neutrino - plain.z.neutrino)[4, 4] / plain.zprime.neutrino[4, 4]).real
    assert heavy[2] == pytest.approx(mixing, rel=3 * scale**2)


# The scalar


def test_chiral_widths_are_leading_order() -> None:
    """3 sin^2 alpha |G|^2 beta / (32 pi v^2 m) for all pions; four real kaons."""
    m = 0.6
    pions = sum(float(width) for name, width in sh.chiral_widths(m).items() if "pi" in name)
    g, beta = 2 * m**2 / 9 + 11 * M_PION**2 / 9, np.sqrt(1 - 4 * M_PION**2 / m**2)
    assert pions == pytest.approx(3 * g**2 * beta / (32 * np.pi * V_HIGGS**2 * m), rel=0.02)  # the mass of the pi0
    kaons = sum(float(width) for name, width in sh.chiral_widths(3.0).items() if "K" in name)
    g, beta = (2 * 9 + 11 * 0.4956**2) / 9, np.sqrt(1 - 4 * 0.4956**2 / 9)
    assert kaons == pytest.approx(4 * g**2 * beta / (32 * np.pi * V_HIGGS**2 * 3.0), rel=0.01)


def test_scalar_thresholds_and_continuity() -> None:
    m = np.array([0.0, 0.1, 2 * sh.M_PI0, 0.2700, 0.28])
    widths = sh.scalar_hadron_width(m)
    assert np.all(widths[:3] == 0.0)
    assert np.all(widths[3:] > 0)
    for edge in (sh.CHIRAL_TOP, sh.PERTURBATIVE_FROM):
        below, above = sh.scalar_hadron_width(np.array([edge * (1 - 1e-9), edge * (1 + 1e-9)]))
        assert below == pytest.approx(above, rel=1e-6)


def test_loops() -> None:
    """Limits of heavy and light particles, continuity at threshold, and the Higgs boson's own two photons: 9.3 keV (LHC group, 2%)."""
    assert complex(sh.fermion_loop(1e-6)) == pytest.approx(4 / 3, rel=1e-6)
    assert complex(sh.vector_loop(1e-6)) == pytest.approx(-7, rel=1e-6)
    for loop in (sh.fermion_loop, sh.vector_loop):
        assert complex(loop(0.999e-3)) == pytest.approx(complex(loop(1.001e-3)), rel=1e-5)
        assert complex(loop(1 - 1e-10)) == pytest.approx(complex(loop(1 + 1e-10)), rel=1e-3)
    assert abs(complex(sh.fermion_loop(1e8))) < 1e-4
    assert float(sh.photon_width(125.25)) == pytest.approx(9.3e-6, rel=0.03)
    # all but the electron are heavy
    amplitude = -7 + 4 / 3 * (2 + 3 * (4 / 9 + 1 / 9 + 4 / 9))
    expected = (ALPHA / V_HIGGS) ** 2 * 0.03**3 / (256 * np.pi**3) * amplitude**2
    assert float(sh.photon_width(0.03)) == pytest.approx(expected, rel=0.05)


def test_hadrons_of_the_higgs_boson() -> None:
    """2.38 MeV into b bbar, 0.118 into c cbar, 0.335 into gluons at 125 GeV (LHC group, arXiv:1610.07922), within 5%; pole masses give
    twice as much."""
    assert float(sh.perturbative_width(125.0)) == pytest.approx((2.38 + 0.118 + 0.335) * 1e-3, rel=0.05)


def test_charm_of_a_scalar_of_10_gev() -> None:
    """m_c(10 GeV) from m_c(3 GeV) = 0.986(13) (arXiv:0907.2110) by one loop with alpha_s = 0.254 and 0.179 (PDG), and gluons."""
    mass, a = 0.986 * (0.179 / 0.254) ** (12 / 25), 0.179 / np.pi
    charm = 3 * mass**2 * 10.0 / (8 * np.pi * V_HIGGS**2) * (1 - (2 * bh.M_D / 10.0) ** 2) ** 1.5 * (1 + 5.67 * a + 30 * a**2)
    gluons = (
        0.179**2
        * 1e3
        / (72 * np.pi**3 * V_HIGGS**2)
        * abs(0.75 * sum(complex(sh.fermion_loop((5 / m) ** 2)) for m in (1.5, 4.5, 173.0))) ** 2
    )
    assert float(sh.perturbative_width(10.0)) == pytest.approx(charm + gluons * (1 + 19.1 * a), rel=0.05)


def test_scalar_channels_go_as_the_square_of_the_mixing() -> None:
    for m in (0.5, 1.5, 5.0):
        one, ten = (dict(dw.boson_channels(found(m_phi=m, sin_alpha=a), "phi")) for a in (1e-3, 1e-2))
        for name in (HADRONS, "gamma gamma"):
            assert ten[name] == pytest.approx(100 * one[name], rel=1e-12)
            assert one[name] > 0
        assert dict(dw.boson_channels(found(m_phi=m), "phi"))[HADRONS] == 0.0
    assert pdg.canonical_products("gamma gamma") == "gamma gamma"
