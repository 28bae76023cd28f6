"""Two-body widths with a Z' or dark scalar: Dirac algebra by brute force, mpmath, limits and identities."""

import mpmath
import numpy as np
import pytest
from scipy.linalg import eigh

from nusim import decay_table, pdg, read_model, solve
from nusim.constants import ALPHA, M_Z, SIN2_THETA_W, V_HIGGS
from nusim.decays import dark_widths as dw
from nusim.decays.couplings import NEUTRAL, couplings
from nusim.kernels.lorentz import dot

from . import phase_space
from . import spinors as sp
from .dark_models import EYE, back_to_back, boosted, coupling, direction, emission, found, pair, total

MASSES = [(1.0, 0.3, 0.2), (1.0, 0.0, 0.4), (2.0, 1.7, 0.29), (1.0, 0.05, 0.9), (0.15, 0.075, 1e-3), (1.0, 0.999, 1e-4)]


def two_body(m, m_1, m_2, square):
    """Width from an averaged |M|^2."""
    return phase_space.momentum(m, m_1, m_2) / (8 * np.pi * m**2) * square


@pytest.mark.parametrize(("m", "x", "y"), MASSES)
@pytest.mark.parametrize("vector", [True, False])
def test_emission_from_spinors(m: float, x: float, y: float, vector: bool) -> None:
    rng = np.random.default_rng(1)
    left, right = coupling(rng), coupling(rng)
    p, q = back_to_back(m, x, y, direction(rng))
    amplitude = emission(p, x, q, y, m, left, right, vector)
    square = total(amplitude, sp.SPINS, sp.SPINS, range(3) if vector else (0,)) / 2
    width = dw.width_vector_emission if vector else dw.width_scalar_emission
    np.testing.assert_allclose(width(m, x, y, left, right), two_body(m, x, y, square), rtol=2e-9 if y < 2e-3 else 1e-11)


@pytest.mark.parametrize(("m", "x", "y"), MASSES)
@pytest.mark.parametrize("vector", [True, False])
def test_boson_decay_from_spinors(m: float, x: float, y: float, vector: bool) -> None:
    rng = np.random.default_rng(2)
    left, right = coupling(rng), coupling(rng)
    p, q = back_to_back(m, x, y, direction(rng))
    square = total(pair(p, x, q, y, left, right, vector), EYE if vector else EYE[:1], sp.SPINS, sp.SPINS) / (3 if vector else 1)
    width = dw.width_vector_to_fermions if vector else dw.width_scalar_to_fermions
    np.testing.assert_allclose(width(m, x, y, left, right), two_body(m, x, y, square), rtol=1e-11)


@pytest.mark.parametrize("m", [0.6, 0.401, 5.0])
def test_scalar_to_two_vectors_from_polarisation_vectors(m: float) -> None:
    """Vertex 2 i g'^2 v g^{mu nu} = 2 i m_Z'^2 / v g^{mu nu}, two identical bosons."""
    y, v = 0.2, 0.7
    p, q = back_to_back(m, y, y, direction(np.random.default_rng(3)))
    square = sum(abs(2 * y**2 / v * sp.contract(boosted(a, p, y), boosted(b, q, y))) ** 2 for a in EYE for b in EYE) / 2
    np.testing.assert_allclose(dw.width_scalar_to_vectors(m, y, v), two_body(m, y, y, square), rtol=1e-11)


def literal(kind: str, m: float, x: float, y: float, left: complex, right: complex) -> mpmath.mpf:
    """The expanded formulas, at 60 digits."""
    with mpmath.workdps(60):
        m, x, y = (mpmath.mpf(value) for value in (m, x, y))
        ll, lr = mpmath.mpf(abs(left)) ** 2 + mpmath.mpf(abs(right)) ** 2, mpmath.mpf((left * np.conj(right)).real)
        root = mpmath.sqrt(m**4 + x**4 + y**4 - 2 * m**2 * x**2 - 2 * m**2 * y**2 - 2 * x**2 * y**2) / m**2
        a, b = x / m, y / m
        return {
            "vector emission": m * root / (32 * mpmath.pi) * (ll * (1 + a**2 - 2 * b**2 + (1 - a**2) ** 2 / b**2) - 12 * a * lr),
            "scalar emission": m * root / (32 * mpmath.pi) * (ll * (1 + a**2 - b**2) + 4 * a * lr),
            "vector to fermions": m * root / (24 * mpmath.pi) * (ll * (1 - (a**2 + b**2) / 2 - (a**2 - b**2) ** 2 / 2) + 6 * a * b * lr),
            "scalar to fermions": m * root / (16 * mpmath.pi) * (ll * (1 - a**2 - b**2) - 4 * a * b * lr),
        }[kind]


FORMULAS = {
    "vector emission": dw.width_vector_emission,
    "scalar emission": dw.width_scalar_emission,
    "vector to fermions": dw.width_vector_to_fermions,
    "scalar to fermions": dw.width_scalar_to_fermions,
}


@pytest.mark.parametrize(("left", "right"), [(1.0, 1.0), (1.0, -1.0), (1j, 1j), (3.0, 0.0), (0.0, 2j)])
@pytest.mark.parametrize("kind", FORMULAS)
def test_every_digit_at_thresholds_and_for_a_light_vector(kind: str, left: complex, right: complex) -> None:
    """Masses whose differences are exact in binary: what is lost would be lost by the formula."""
    tiny = 2.0**-40
    cases = [(1 + tiny, 0.25, 0.75), (1 + tiny, 0.75, 0.25), (1.0, 0.25, 2.0**-30), (1.0, 0.5, 2.0**-60), (1.0, 0.0, 2.0**-20)]
    cases += [(1.0, 1 - 2 * tiny, tiny), (1.0, 1 - 2.0**-20, 2.0**-21)]
    for m, x, y in cases:
        np.testing.assert_allclose(float(FORMULAS[kind](m, x, y, left, right)), float(literal(kind, m, x, y, left, right)), rtol=1e-14)


@pytest.mark.parametrize("kind", FORMULAS)
def test_closed_at_and_below_threshold(kind: str) -> None:
    m = np.array([1.0, 1.0, 0.5, 0.1, 0.6])
    widths = FORMULAS[kind](m, np.array([0.75, 0.8, 2.0, 0.1, 0.2]), np.array([0.25, 0.25, 0.1, 0.3, 0.4]), 1.0 + 0.5j, 0.3)
    assert np.all(widths == 0)
    assert not np.any(np.signbit(widths))


@pytest.mark.parametrize(("m_phi", "m_zprime"), [(2.0, 1.0), (0.4, 0.2)])
def test_scalar_of_twice_the_vector_mass_has_no_vector_pair(m_phi: float, m_zprime: float) -> None:
    """The paper takes m_phi' = 2 m_Z', 2 GeV and 1 GeV."""
    assert dw.width_scalar_to_vectors(m_phi, m_zprime, m_zprime) == 0.0
    assert dict(dw.boson_channels(found(m_zprime=m_zprime, m_phi=m_phi), "phi"))["zprime zprime"] == 0.0
    assert dw.width_scalar_to_vectors(m_phi * (1 + 1e-12), m_zprime, m_zprime) > 0


def test_massless_daughter() -> None:
    """One chirality: g^2 m^3 / (32 pi m_Z'^2) (1 - y^2)^2 (1 + 2 y^2); a scalar's: |S|^2 m (1 - y^2)^2 / (32 pi)."""
    m, y, g = 1.3, np.array([1e-3, 0.3, 0.9]), 0.4
    expected = g**2 * m / (32 * np.pi * y**2) * (1 - y**2) ** 2 * (1 + 2 * y**2)
    np.testing.assert_allclose(dw.width_vector_emission(m, 0.0, y * m, g, 0.0), expected, rtol=1e-13)
    np.testing.assert_allclose(dw.width_scalar_emission(m, 0.0, y * m, 0.0, g), g**2 * m * (1 - y**2) ** 2 / (32 * np.pi), rtol=1e-13)


@pytest.mark.parametrize("majorana", [True, False])
@pytest.mark.parametrize("daughter", ["nu3", "nu4"])
def test_light_vector_is_its_goldstone_boson(majorana: bool, daughter: str) -> None:
    """m_Z' -> 0 at fixed v_Phi: nu_5 -> nu_j Z' as into the phase of Phi, which couples like its modulus but for the sign of S.

    With 1/v_Phi the left-handed part acts on m_i L - m_j R and so on: the equations of motion on q_mu J^mu / m_Z'.
    """
    v_phi = 0.37
    for m_zprime, accuracy in ((1e-3, 1e-5), (1e-6, 1e-10)):
        c = found(m_zprime=m_zprime, g_dark=m_zprime / v_phi, majorana=majorana)
        i, j = c.heavy("nu5"), c.names.index(daughter)
        left, right = dw.neutrino_vertex(c, "zprime")
        width = dw.width_vector_emission(c.masses[i], c.masses[j], m_zprime, left[j, i], right[j, i])
        goldstone = dw.width_scalar_emission(c.masses[i], c.masses[j], 0.0, -c.scalar_left[j, i], c.scalar_right[j, i])
        assert goldstone > 0
        np.testing.assert_allclose(width, goldstone, rtol=accuracy)


def test_current_of_nu4_and_nu5_is_a_vector() -> None:
    """Column 4 carries a factor i: the 12 x term lowers nu5 -> nu4 Z', and would raise it for a real coupling."""
    c = found(m4=0.6)
    left, right = dw.neutrino_vertex(c, "zprime")
    n = left[3, 4]
    assert abs(n.real) < 1e-14 * abs(n)
    assert right[3, 4] == pytest.approx(n)
    assert right[2, 4] == pytest.approx(-left[2, 4])
    assert right[4, 4] == pytest.approx(-left[4, 4])
    x, y = 0.6, 0.1
    root = phase_space.momentum(1.0, x, y) * 2
    even, odd = 1 + x**2 - 2 * y**2 + (1 - x**2) ** 2 / y**2, 12 * x
    vector, axial = (float(dw.width_vector_emission(1.0, x, y, abs(n), sign * abs(n))) for sign in (1, -1))
    assert float(dw.width_vector_emission(1.0, x, y, n, right[3, 4])) == pytest.approx(vector, rel=1e-12)
    assert vector == pytest.approx(abs(n) ** 2 * root / (32 * np.pi) * (2 * even - odd), rel=1e-12)
    assert axial == pytest.approx(abs(n) ** 2 * root / (32 * np.pi) * (2 * even + odd), rel=1e-12)


def test_scalar_couples_nu4_and_nu5_as_a_pseudoscalar() -> None:
    """S_45 = (m_4 - m_5) V_45 / v with V_45 imaginary: nu5 -> nu4 phi' opens with (m_5 - m_4)^2 - m_phi^2."""
    c = found(m4=0.6, m_phi=0.3)
    s, t = c.scalar_left[3, 4], c.scalar_right[3, 4]
    assert t == pytest.approx(-s)
    assert abs(s) == pytest.approx(0.4 * abs(c.zprime.neutrino[3, 4]) / c.zprime.mass, rel=1e-12)
    expected = abs(s) ** 2 * 2 * phase_space.momentum(1.0, 0.6, 0.3) / (16 * np.pi) * (0.4**2 - 0.3**2)
    assert float(dw.width_scalar_emission(1.0, 0.6, 0.3, s, t)) == pytest.approx(expected, rel=1e-12)


def test_light_zprime_decays_into_light_neutrinos() -> None:
    """g'^2 S^2 m_Z' / (24 pi), S = |U_D3|^2, which is what the heavy states hold of active flavours."""
    c = found(m_zprime=0.1, g_dark=0.6, mixing2=3e-3)
    mixing = np.sum(np.abs(c.charged[:, 3:]) ** 2)
    width = dict(dw.boson_channels(c, "zprime"))["nu nu"]
    assert width == pytest.approx(0.6**2 * mixing**2 * 0.1 / (24 * np.pi), rel=1e-12)
    assert dw.boson_width(c, "zprime") == width


def test_kinetic_and_scalar_mixing_into_leptons() -> None:
    """(eps e)^2 m / (12 pi) sqrt(1 - 4 x^2)(1 + 2 x^2) far below the Z, and sin^2(alpha) m_f^2 m beta^3 / (8 pi v^2)."""
    c = found(m_zprime=0.25, m_phi=0.3, epsilon=1e-3, sin_alpha=0.02)
    for code, name in ((11, "e"), (13, "mu")):
        x = pdg.mass(code) / 0.25
        expected = 1e-6 * 4 * np.pi * ALPHA * 0.25 / (12 * np.pi) * np.sqrt(1 - 4 * x**2) * (1 + 2 * x**2)
        assert dict(dw.boson_channels(c, "zprime"))[f"{name}- {name}+"] == pytest.approx(expected, rel=3e-5)  # the share of J_Z
        beta = np.sqrt(1 - 4 * pdg.mass(code) ** 2 / 0.3**2)
        expected = 0.02**2 * pdg.mass(code) ** 2 * 0.3 * beta**3 / (8 * np.pi * V_HIGGS**2)
        assert dict(dw.boson_channels(c, "phi"))[f"{name}- {name}+"] == pytest.approx(expected, rel=1e-12)
    assert dict(dw.boson_channels(c, "zprime"))["tau- tau+"] == 0.0


@pytest.mark.parametrize("boson", ["zprime", "phi"])
def test_channels_of_majorana_neutrinos_by_counting(boson: str) -> None:
    """Every pair once, with |M|^2 from spinors, half for two of a kind; light columns summed."""
    c = found(m4=0.3, m5=0.8, m_zprime=2.5, m_phi=3.0, mixing2=0.2)
    m, vector = dw.boson_mass(c, boson), boson == "zprime"
    expected: dict[str, float] = {}
    for i in range(5):
        for j in range(i + 1):
            x, y = c.masses[i], c.masses[j]
            p, q = back_to_back(m, x, y, np.array([0.6, 0.0, 0.8]))
            n = c.zprime.neutrino[i, j]
            left, right = (n, -np.conj(n)) if vector else (c.scalar_left[i, j], c.scalar_right[i, j])
            square = total(pair(p, x, q, y, left, right, vector), EYE if vector else EYE[:1], sp.SPINS, sp.SPINS)
            width = two_body(m, x, y, square) / (3 if vector else 1) / (2 if i == j else 1)
            name = pdg.canonical_products(f"{c.label(i)} {c.label(j)}")
            expected[name] = expected.get(name, 0.0) + width
    channels = dict(dw.boson_channels(c, boson))
    others = {"hadrons"} if vector else {"hadrons", "zprime zprime", "gamma gamma"}
    assert set(channels) == set(expected) | {f"{f}- {f}+" for f in pdg.FLAVOURS} | others
    for name, width in expected.items():
        assert channels[name] == pytest.approx(width, rel=1e-11, abs=1e-30)
    assert dw.boson_width(c, boson) == pytest.approx(sum(channels.values()), rel=1e-14)


@pytest.mark.parametrize("boson", ["zprime", "phi"])
def test_dirac_pairs_count_both_lepton_numbers(boson: str) -> None:
    c = found(m4=0.3, m5=0.8, m_zprime=2.5, m_phi=3.0, mixing2=0.2, majorana=False)
    m, vector = dw.boson_mass(c, boson), boson == "zprime"
    channels = dict(dw.boson_channels(c, boson))
    for i, j, name in ((4, 3, "nu5 nu4"), (3, 3, "nu4 nu4"), (4, 4, "nu5 nu5")):
        expected = 0.0
        for a, b in {(i, j), (j, i)}:
            left, right = (c.zprime.neutrino[a, b], 0.0) if vector else (c.scalar_left[a, b], c.scalar_right[a, b])
            p, q = back_to_back(m, c.masses[a], c.masses[b], np.array([0.6, 0.0, 0.8]))
            amplitude = pair(p, c.masses[a], q, c.masses[b], left, right, vector)
            square = total(amplitude, EYE if vector else EYE[:1], sp.SPINS, sp.SPINS) / (3 if vector else 1)
            expected += two_body(m, c.masses[a], c.masses[b], square)
        assert expected > 0
        assert channels[name] == pytest.approx(expected, rel=1e-11)


def test_scalar_below_every_pair_is_stable() -> None:
    """Light neutrinos are massless: the dark scalar does not couple to them."""
    assert dw.boson_width(found(m4=0.3, m_phi=0.15, m_zprime=0.1), "phi") == 0.0
    assert dw.boson_width(found(m4=0.3, m_phi=0.31, m_zprime=0.2), "phi") > 0.0


def lepton_pair_msq(momenta, h, k_left, k_right, vector_coupling):
    """Sum over all spins of |K_Y [a gamma P_Y h][b gamma c] e|^2: decays of a neutrino into another and a pair through a vector current."""
    a, b, c = momenta[:, 0], momenta[:, 1], momenta[:, 2]
    m, m_a = h[0], np.sqrt(np.maximum(dot(a, a), 0))
    m_l2 = dot(b, b)
    rest = np.tile(h, (len(a), 1))
    even, odd = abs(k_left) ** 2 + abs(k_right) ** 2, (k_left * np.conj(k_right)).real
    square = even * (dot(rest, c) * dot(a, b) + dot(rest, b) * dot(a, c)) + even * m_l2 * dot(a, rest)
    square += -2 * m_a * m * dot(b, c) * odd - 4 * m_a * m * m_l2 * odd
    return 16 * vector_coupling**2 * square


@pytest.mark.parametrize(("m", "m_a", "m_lepton", "m_v"), [(1.0, 0.0, 0.1, 1.2), (1.0, 0.3, 0.1, 0.9), (2.0, 0.5, 0.6, 3.0)])
@pytest.mark.parametrize(("left", "right"), [(0.7j, 0.7j), (0.7, -0.7), (0.3 + 0.2j, -0.1j)])
def test_off_shell_vector_is_a_sum_over_its_masses(
    m: float, m_a: float, m_lepton: float, m_v: float, left: complex, right: complex
) -> None:
    """Gamma(nu_i -> nu_j l l) = int ds/pi Gamma(i -> j Z'(s)) sqrt(s) Gamma(Z'(s) -> l l) / |s - m_v^2 + i m_v Gamma_v|^2."""
    coupling, gamma = 0.11, 0.05
    t, w = np.polynomial.legendre.leggauss(120)
    phi = (t + 1) * np.pi / 4
    low, high = 4 * m_lepton**2, (m - m_a) ** 2
    s, ds = low + (high - low) * np.sin(phi) ** 2, (high - low) * np.sin(2 * phi) * w * np.pi / 4
    root = np.sqrt(s)
    product = dw.width_vector_emission(m, m_a, root, left, right) * root
    product *= dw.width_vector_to_fermions(root, m_lepton, m_lepton, coupling, coupling)
    spectral = np.sum(ds / np.pi * product / ((s - m_v**2) ** 2 + (m_v * gamma) ** 2))

    def msq(momenta):
        pair_mass2 = dot(momenta[:, 1] + momenta[:, 2], momenta[:, 1] + momenta[:, 2])
        propagator = 1 / ((pair_mass2 - m_v**2) ** 2 + (m_v * gamma) ** 2)
        return lepton_pair_msq(momenta, np.array([m, 0, 0, 0]), left, right, coupling) * propagator / 2

    direct = phase_space.three_body_width(m, (m_a, m_lepton, m_lepton), msq, nodes=120)
    assert spectral == pytest.approx(direct, rel=1e-10)


@pytest.mark.parametrize("majorana", [True, False])
def test_many_points_are_each_point(majorana: bool) -> None:
    points = [found(m4=m4, m_zprime=m_zprime, m_phi=0.5, majorana=majorana) for m4, m_zprime in ((0.1, 0.3), (0.3, 0.2), (0.45, 0.7))]
    for boson in ("zprime", "phi"):
        together = dw.boson_partial_widths(points, boson)
        for k, point in enumerate(points):
            assert {name: width[k] for name, width in together.items()} == pytest.approx(dict(dw.boson_channels(point, boson)), rel=1e-15)
    together = dw.emission_partial_widths(points, "nu5", (np.zeros(3), np.zeros(3)))
    for k, point in enumerate(points):
        for boson, width in (("zprime", dw.width_vector_emission), ("phi", dw.width_scalar_emission)):
            for label, columns in (("nu", (0, 1, 2)), ("nu4", (3,))):
                left, right = dw.neutrino_vertex(point, boson)
                m = dw.boson_mass(point, boson)
                expected = sum(float(width(1.0, point.masses[j], m, left[j, 4], right[j, 4])) for j in columns)
                assert together[pdg.canonical_products(f"{label} {boson}")][k] == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("boson", ["zprime", "phi"])
def test_widths_off_the_shell_join_those_on_it(boson: str) -> None:
    """Of a boson as heavy as it is, the width for any mass is the total width: hadrons and photons included."""
    point = found(m_zprime=0.9, m_phi=1.9, epsilon=0.05, sin_alpha=0.1, g_dark=1e-3)
    mass = np.array([[dw.boson_mass(point, boson)]])
    np.testing.assert_allclose(dw.off_shell_widths([point], boson, mass), [[dw.boson_width(point, boson)]], rtol=1e-13)


@pytest.mark.parametrize(
    ("m_zprime", "excess", "warned"), [(60.0, 1e-4, False), (90.0, 0.0221, True), (90.9, 0.326, True), (92.5, 0.0177, True)]
)
def test_z_and_zprime_at_first_order_beside_the_exact_diagonalisation(m_zprime: float, excess: float, warned: bool) -> None:
    """How far the Z' share of J_Z is off for epsilon = 0.01, from kinetic and mass matrices over (photon, Z, Z'); a large angle is said."""
    model = read_model("circle", set={"portals.epsilon": 0.01, "mediator.m_zprime": m_zprime})
    spectrum = solve(model)
    weinberg = float(SIN2_THETA_W)
    s, c = np.sqrt(weinberg), np.sqrt(1 - weinberg)
    chi, bare = -0.01 / c, m_zprime
    kinetic = np.array([[1.0, 0.0, chi * c], [0.0, 1.0, -chi * s], [chi * c, -chi * s, 1.0]])
    for _ in range(60):
        squares, vectors = eigh(np.diag([0.0, float(M_Z) ** 2, bare**2]), kinetic)
        place = 1 + int(np.argmax(np.abs(vectors[2, 1:])))
        bare *= m_zprime / np.sqrt(squares[place])
    exact = vectors[1, place] / np.sign(vectors[2, place])
    first = couplings(spectrum).weak / (2 * NEUTRAL)
    assert first / exact - 1 == pytest.approx(excess, abs=2e-3)
    notes = " ".join(decay_table(spectrum, "zprime").warnings)
    assert ("mix by an angle" in notes) == warned
