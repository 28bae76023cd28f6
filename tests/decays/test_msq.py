"""|M|^2 of every term against explicit spinors, and every width against |M|^2 integrated over phase space."""

import numpy as np
import pytest

from nusim import constants as k
from nusim import pdg
from nusim.decays.channel import Channel, Term
from nusim.decays.form_factors import pion_form_factor_squared

from . import phase_space, spinors
from .models import MIXED, table

S2 = float(k.SIN2_THETA_W)
CHARGED = {
    211: k.F_PI * k.V_UD,
    321: k.F_K * k.V_US,
    323: k.F_K_STAR * k.V_US,
    411: k.F_D * k.V_CD,
    413: k.F_D_STAR * k.V_CD,
    431: k.F_DS * k.V_CS,
    433: k.F_DS_STAR * k.V_CS,
}
NEUTRAL = {
    111: k.F_PI,
    221: k.F_S * np.sin(k.PHI_ETA) / np.sqrt(2),
    331: k.F_S * np.cos(k.PHI_ETA) / np.sqrt(2),
    223: -k.F_OMEGA * 2 * S2 / 3,
    333: k.F_PHI * np.sqrt(2) * (-1 / 2 + 2 * S2 / 3),
    441: k.F_ETA_C / np.sqrt(2),
    443: k.F_J_PSI * np.sqrt(2) * (1 / 2 - 4 * S2 / 3),
}
VECTORS = {223, 323, 333, 413, 433, 443}
FAMILY = {11: 0, 12: 0, 13: 1, 14: 1, 15: 2, 16: 2}

MASSES = (0.12, 0.25, 1.2, 4.0)
ALL = [(mass, channel, number) for mass in MASSES for channel in table(mass) for number in range(len(channel.terms))]


def name(value: object) -> str:
    return value.products.replace(" ", "_") if isinstance(value, Channel) else str(value)


def reference_two_body(m: float, term: Term, p, spin) -> float:
    """|M|^2 of N -> fermion boson with the effective couplings of the Lagrangian; the loop decay has no scale of its own here."""
    fermion, boson = term.pdg
    particle = fermion > 0
    mixing = MIXED[FAMILY[abs(fermion)]]
    if boson == 22:
        return spinors.msq(spinors.one_photon(p, m, particle), (2, 2), spin)
    charged = abs(boson) in CHARGED
    coupling = (2 * CHARGED[abs(boson)] ** 2 if charged else NEUTRAL[boson] ** 2) * k.G_F**2 * mixing
    if abs(boson) in VECTORS:
        return coupling * spinors.msq(spinors.one_vector(p, m, term.masses[0], term.masses[1], particle), (2, 3), spin)
    return coupling * spinors.msq(spinors.one_pseudoscalar(p, m, term.masses[0], particle), (2,), spin)


def reference_two_pions(m: float, term: Term, p, spin) -> float:
    """|M|^2 = 4 G^2 V^2 |F|^2 |Q.J|^2 for l pi pi0; through the Z the current is (1 - 2 s^2)/sqrt2 times that of the W."""
    lepton = term.pdg[0]
    pair = p[1] + p[2]
    current = k.V_UD**2 if abs(term.pdg[2]) == 111 else (1 - 2 * S2) ** 2 / 2
    form_factor = float(pion_form_factor_squared(np.array([spinors.contract(pair, pair)]), False)[0])
    scale = 4 * k.G_F**2 * current * form_factor * MIXED[FAMILY[abs(lepton)]]
    return scale * spinors.msq(spinors.two_pseudoscalars(p, m, term.masses[0], lepton > 0), (2,), spin)


def reference_three_body(m: float, term: Term, p, spin) -> float:
    neutrino, negative, positive = term.pdg
    particle = neutrino > 0
    if abs(negative) in pdg.NEUTRINO_OF_FLAVOUR:  # three neutrinos
        identical = neutrino == negative
        amplitude = spinors.contact_neutrinos(p, m, identical, particle)
        flavour, symmetry = FAMILY[abs(neutrino)], 0.5 if identical else 1.0
        # a light neutrino comes in one helicity; the sum over both only adds zeros
    else:
        symmetry = 1.0
        ordered = p if particle else p[[0, 2, 1]]
        if negative == -positive:
            flavour = FAMILY[abs(neutrino)]
            amplitude = spinors.contact_lepton_pair(ordered, m, term.masses[1], S2 - 0.5, S2, FAMILY[negative] == flavour, particle)
        else:
            flavour = FAMILY[abs(negative)] if particle else FAMILY[abs(positive)]
            m_alpha, m_beta = (term.masses[1], term.masses[2]) if particle else (term.masses[2], term.masses[1])
            amplitude = spinors.contact_two_flavours(ordered, m, m_alpha, m_beta, particle)
    return 8 * k.G_F**2 * MIXED[flavour] * symmetry * spinors.msq(amplitude, (2, 2, 2), spin)


@pytest.mark.parametrize(("mass", "channel", "number"), ALL, ids=name)
def test_every_term_is_the_square_of_its_spinor_amplitude(mass: float, channel: Channel, number: int) -> None:
    term = channel.terms[number]
    rng = np.random.default_rng(number)
    n = 3
    spin = rng.normal(size=(n, 3))
    spin *= (np.array([1.0, 0.6, 0.0]) / np.linalg.norm(spin, axis=1))[:, None]
    if len(term.masses) == 2:
        points, reference = phase_space.two_body_points(mass, term.masses, n, rng), reference_two_body
    else:
        points = phase_space.three_body_points(mass, term.masses, n, rng)[0]
        reference = reference_two_pions if abs(term.pdg[1]) == 211 else reference_three_body
    expected = np.array([reference(mass, term, p, s) for p, s in zip(points, spin, strict=True)])
    found = term.msq(points, spin)
    if term.pdg[-1] == 22:  # the spinor amplitude fixes the angles only
        expected *= found[2] / expected[2]
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-13 * np.max(expected))


@pytest.mark.parametrize(("mass", "channel"), [(m, c) for m in MASSES for c in table(m) if c.terms], ids=name)
def test_every_width_is_its_matrix_element_integrated(mass: float, channel: Channel) -> None:
    total = 0.0
    for term in channel.terms:
        if len(term.masses) == 2:
            point = phase_space.two_body_points(mass, term.masses, 1, np.random.default_rng(1))
            q = phase_space.momentum(mass, *term.masses)
            width = float(term.msq(point, np.zeros((1, 3)))[0]) * q / (8 * np.pi * mass**2)
        else:
            nodes = 48 if abs(term.pdg[1]) != 211 else 400  # the rho's line
            width = phase_space.three_body_width(mass, term.masses, lambda p, t=term: t.msq(p, np.zeros((len(p), 3))), nodes)
        accuracy = 1e-9 if "rho" not in channel.products else 1e-6
        assert width == pytest.approx(term.width, rel=accuracy)
        total += width
    assert total == pytest.approx(channel.width, rel=accuracy)


@pytest.mark.parametrize(("channel", "number"), [(c, i) for m, c, i in ALL if m == 4.0], ids=name)
def test_polarisation_averages_out_reverses_for_the_conjugate_and_keeps_msq_positive(channel: Channel, number: int) -> None:
    term = channel.terms[number]
    rng = np.random.default_rng(5)
    body = phase_space.two_body_points if len(term.masses) == 2 else lambda *a: phase_space.three_body_points(*a)[0]
    points = body(4.0, term.masses, 200, rng)
    spin = rng.normal(size=(200, 3))
    spin /= np.linalg.norm(spin, axis=1)[:, None]
    plus, minus, none = term.msq(points, spin), term.msq(points, -spin), term.msq(points, 0 * spin)
    np.testing.assert_allclose(plus + minus, 2 * none, rtol=1e-12)
    assert np.all(plus >= -1e-12 * none)
    conjugate = term.conjugate()
    assert conjugate.pdg == tuple(pdg.anti(code) for code in term.pdg)
    np.testing.assert_allclose(conjugate.msq(points, spin), minus, rtol=1e-12)
    assert conjugate.conjugate().pdg == term.pdg


def lepton_asymmetry(mass: float, products: str) -> list[float]:
    """alpha of dGamma/dcos ~ 1 - alpha cos for the first product, from |M|^2 along and against the spin."""
    found = []
    for term in table(mass).channel(products).terms:
        q = phase_space.momentum(mass, *term.masses)
        along = np.array([[[np.hypot(q, term.masses[0]), 0, 0, q], [np.hypot(q, term.masses[1]), 0, 0, -q]]])
        up, down = (float(term.msq(along, np.array([[0, 0, s]]))[0]) for s in (1.0, -1.0))
        found.append((down - up) / (down + up))
    return found


@pytest.mark.parametrize("mass", [0.4, 1.2, 4.0])
def test_angular_asymmetries_of_two_body_decays(mass: float) -> None:
    """dGamma/dcos ~ 1 - alpha cos of the first product: closed forms, and the sign of the conjugate."""
    x, y = pdg.mass(13) / mass, pdg.mass(211) / mass
    root = np.sqrt((1 - (x + y) ** 2) * (1 - (x - y) ** 2))
    expected = root * (1 - x**2) / ((1 - x**2) ** 2 - y**2 * (1 + x**2))
    assert lepton_asymmetry(mass, "mu- pi+") == pytest.approx([expected])
    assert lepton_asymmetry(mass, "mu+ pi-") == pytest.approx([-expected])
    # of the six terms of nu X, three make neutrinos and three antineutrinos, with equal widths: no asymmetry is left
    assert lepton_asymmetry(mass, "nu pi0") == pytest.approx([1.0, -1.0] * 3)
    assert lepton_asymmetry(mass, "nu gamma") == pytest.approx([-1.0, 1.0] * 3)
    if mass > 1.1:
        x, y = pdg.mass(13) / mass, pdg.mass(323) / mass
        root = np.sqrt((1 - (x + y) ** 2) * (1 - (x - y) ** 2))
        expected = root * (1 - x**2 - 2 * y**2) / ((1 - x**2) ** 2 + y**2 * (1 + x**2) - 2 * y**4)
        assert lepton_asymmetry(mass, "mu- K*+") == pytest.approx([expected])
        y = pdg.mass(333) / mass
        assert lepton_asymmetry(mass, "nu phi_meson") == pytest.approx(
            [(1 - 2 * y**2) / (1 + 2 * y**2), -(1 - 2 * y**2) / (1 + 2 * y**2)] * 3
        )


def test_identical_neutrinos_have_the_shape_of_different_ones() -> None:
    """By Fierz the exchange diagram equals the direct one: amplitude twice, phase space half, so |M|^2 doubles everywhere."""
    rng = np.random.default_rng(3)
    points = phase_space.three_body_points(1.0, (0.0, 0.0, 0.0), 5, rng)[0]
    for p in points:
        for particle in (True, False):
            spin = np.array([0.3, -0.5, 0.4])
            one = spinors.msq(spinors.contact_neutrinos(p, 1.0, False, particle), (2, 2, 2), spin)
            two = spinors.msq(spinors.contact_neutrinos(p, 1.0, True, particle), (2, 2, 2), spin)
            assert two / 2 == pytest.approx(2 * one, rel=1e-10)
