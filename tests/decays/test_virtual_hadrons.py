"""Hadrons through a virtual Z' or scalar: the spectral integral against phase space, quadrature and the coherent sum by hand."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad

from nusim.constants import G_F, SIN2_THETA_W
from nusim.decays import boson_hadrons as bh
from nusim.decays import dark_widths as dw
from nusim.decays import virtual_hadrons as vh
from nusim.decays.couplings import CHARGE, couplings
from nusim.decays.dark import channels_with_dark, dark_partial_widths, standard_with_dark
from nusim.decays.form_factors import M_PION, pion_form_factor_squared
from nusim.decays.table import decay_table, standard_channels
from nusim.kernels.lorentz import dot
from nusim.model.model import DarkNeutrino, Mediator, Physical, Portals
from nusim.model.spectrum import Spectrum, solve
from nusim.rates.widths import widths_at

from . import phase_space
from . import spinors as sp
from .dark_models import found


def spectrum(m4: float = 0.3, m5: float = 1.6, m_zprime: float = 2.0, m_phi: float = 5.0, g: float = 0.7, **portals: float) -> Spectrum:
    mass, mediator = Physical(m5, m4=m4, mixing2=1e-6), Mediator(m_zprime, m_phi, g)
    return solve(DarkNeutrino("test", "made for a test", True, (0.0, 1.0, 0.0), mass, mediator, Portals(**portals)))


def line_squared(momenta: np.ndarray, m: float, m_a: float, left: complex, right: complex) -> np.ndarray:
    """Sum over spins of |ubar_a (gamma.Q) (L P_L + R P_R) u|^2 for Q the difference of the last two momenta, the first's mass m_a."""
    a, q = momenta[:, 0], momenta[:, 1] - momenta[:, 2]
    rest = np.tile([m, 0.0, 0.0, 0.0], (len(a), 1))
    even, odd = abs(left) ** 2 + abs(right) ** 2, (left * np.conj(right)).real
    return 2 * even * (2 * dot(rest, q) * dot(a, q) - dot(q, q) * dot(rest, a)) + 4 * m * m_a * odd * dot(q, q)


def test_the_trace_is_dirac_algebra() -> None:
    m, m_a, left, right = 1.3, 0.4, 0.3 - 0.5j, 0.2 + 0.9j
    rng = np.random.default_rng(3)
    momenta, _ = phase_space.three_body_points(m, (m_a, M_PION, M_PION), 4, rng)
    expected = []
    for a, p, q in momenta:
        total = 0.0
        for out in sp.SPINS:
            for spin in sp.SPINS:
                bra, ket = sp.bar(sp.u_spinor(a, m_a, out)), sp.u_spinor(np.array([m, 0, 0, 0]), m, spin)
                total += abs(bra @ sp.slash(p - q) @ (left * sp.LEFT + right * sp.RIGHT) @ ket) ** 2
        expected.append(total)
    np.testing.assert_allclose(line_squared(momenta, m, m_a, left, right), expected, rtol=1e-11)


@pytest.mark.parametrize(("m", "m_a", "m_v"), [(1.5, 0.4, 1.3), (0.9, 0.0, 3.0), (1.5, 0.4, 0.1)])
@pytest.mark.parametrize(("left", "right"), [(0.7j, 0.7j), (0.7, -0.7), (0.3 + 0.2j, -0.1j)])
def test_two_pions_are_the_integral_over_three_body_phase_space(m: float, m_a: float, m_v: float, left: complex, right: complex) -> None:
    gamma = 0.02

    def msq(momenta: np.ndarray) -> np.ndarray:
        s = dot(momenta[:, 1] + momenta[:, 2], momenta[:, 1] + momenta[:, 2])
        propagator = 1 / ((s - m_v**2) ** 2 + (m_v * gamma) ** 2)
        return line_squared(momenta, m, m_a, left, right) * pion_form_factor_squared(s, False) * propagator / 2

    direct = phase_space.three_body_width(m, (m_a, M_PION, M_PION), msq, nodes=240)

    def hadrons(root: np.ndarray) -> np.ndarray:
        beta = np.sqrt(np.clip(1 - 4 * M_PION**2 / root**2, 0, None))
        return root / (12 * np.pi) * beta**3 / 4 * pion_form_factor_squared(root**2, False)

    spectral = vh.spectral_width(
        np.array([(m - m_a) ** 2]), np.array([m_v]), np.array([gamma]), vh.VECTOR_BREAKS,
        lambda root: dw.width_vector_emission(m, m_a, root, left, right), hadrons,
    )  # fmt: skip
    assert spectral[0] == pytest.approx(direct, rel=1e-6)


@pytest.mark.parametrize("above", [0.5, 1e-2, 1e-4, 1e-8])
@pytest.mark.parametrize("boson", ["zprime", "phi"])
def test_all_hadrons_by_adaptive_quadrature(boson: str, above: float) -> None:
    """With omega and phi inside and the boson's pole at some distance above the end."""
    m4, m5 = 0.3, 1.6
    pole = (m5 - m4) * (1 + above)
    c = found(
        m4=m4, m5=m5, m_zprime=pole if boson == "zprime" else 4.0, m_phi=pole if boson == "phi" else 7.0, epsilon=1e-3, sin_alpha=1e-3
    )
    widths = np.array([dw.boson_width(c, "zprime")]), np.array([dw.boson_width(c, "phi")])
    only = replace(c, electric=0.0) if boson == "phi" else replace(c, scalar_fermion=0.0)
    computed = float(vh.virtual_hadron_widths([only], "nu5", widths)["nu4 hadrons"][0])
    gamma = float(widths[0 if boson == "zprime" else 1][0])
    left, right = (one[3, 4] for one in dw.neutrino_vertex(c, boson))
    emission = dw.width_vector_emission if boson == "zprime" else dw.width_scalar_emission
    strength, hadrons = (
        (c.electric**2, lambda r: r / (12 * np.pi) * float(bh.r_ratio(r * r)))
        if boson == "zprime"
        else ((c.scalar_fermion * float(vh.V_HIGGS)) ** 2, lambda r: float(vh.scalar_hadron_width(r)))
    )
    top = m5 - m4

    def integrand(x: float) -> float:
        # sqrt(s) = top - exp(x)
        root = top - np.exp(x)
        value = float(emission(m5, m4, root, left, right)) * root * hadrons(root)
        return value / ((root**2 - pole**2) ** 2 + (pole * gamma) ** 2) * 2 * root / np.pi * np.exp(x)

    edges = sorted(
        [energy for energy, _ in (vh.VECTOR_BREAKS if boson == "zprime" else vh._SCALAR_BREAKS) if energy < top]
        + [mass + k * width for mass, width in ((0.78266, 0.00868), (1.019461, 0.004249)) for k in (-4, -1, 1, 4)]
        + [top * (1 - 10.0**-k) for k in range(1, 16)]
    )
    expected = strength * sum(
        quad(integrand, np.log(top - b), np.log(top - a), epsrel=1e-9)[0] for a, b in itertools.pairwise(edges) if b > a
    )
    assert computed == pytest.approx(expected, rel=1e-4)


def test_on_the_shell_is_another_channel() -> None:
    """A Z' that can be made and decay into hadrons leaves nothing here, one too light for any stays."""
    for m_zprime, some in ((1.31, True), (1.29, False), (0.5, False), (0.1, True)):
        c = found(m4=0.3, m5=1.6, m_zprime=m_zprime, m_phi=7.0, epsilon=1e-3)
        width = vh.virtual_hadron_widths([c], "nu5", (np.array([1e-6]), np.array([1e-6])))["nu4 hadrons"][0]
        assert (width > 0) == some


@pytest.mark.parametrize("epsilon", [3e-5, -3e-5, 1e-3])
def test_mesons_of_both_currents_add_up_in_amplitude(epsilon: float) -> None:
    """|1 - Delta(s) / w|^2, Delta = g' epsilon e / (2 sqrt2 G_F (m_Z'^2 - s)), w = 1/2 - s_W^2 for the rho, -s_W^2 for the omega."""
    g, m, m_v = 0.7, 1.6, 2.0
    c = couplings(spectrum(m5=m, m_zprime=m_v, g=g, epsilon=epsilon))
    factors = vh.standard_factors([c], "nu5", np.array([dw.boson_width(c, "zprime")]))

    def delta(s: float) -> float:
        return g * epsilon * CHARGE / (2 * np.sqrt(2) * G_F * (m_v**2 - s))

    for name, weight, mass in (("nu omega", -SIN2_THETA_W, 0.78266), ("nu phi_meson", 0.75 - SIN2_THETA_W, 1.019461)):
        assert factors[name][0] == pytest.approx((1 - delta(mass**2) / weight) ** 2, rel=3e-3)

    def density(s: float) -> float:
        beta = np.sqrt(1 - 4 * M_PION**2 / s)
        return s * beta**3 * float(pion_form_factor_squared(s, False)) * float(dw.width_vector_emission(m, 0.0, np.sqrt(s), 1.0, 0.0))

    ends = (4 * M_PION**2, 0.5, 0.7, m * m)
    both, alone = (
        sum(
            quad(lambda s, power=power: density(s) * (1 - delta(s) / (0.5 - SIN2_THETA_W)) ** power, a, b)[0]
            for a, b in itertools.pairwise(ends)
        )
        for power in (2, 0)
    )
    assert factors["nu rho0"][0] == pytest.approx(both / alone, rel=3e-3)
    assert factors["nu J/psi"][0] == 1.0  # closed


def test_decoupling() -> None:
    for change in ({"epsilon": 0.0}, {"epsilon": 1e-3, "m_zprime": 1e5}):
        c = couplings(spectrum(**change))
        factors = vh.standard_factors([c], "nu5", np.array([dw.boson_width(c, "zprime")]))
        assert all(factor[0] == pytest.approx(1.0, abs=1e-5) for factor in factors.values())
    small, large = (
        vh.virtual_hadron_widths([couplings(spectrum(epsilon=e))], "nu5", (np.array([1e-3]), np.array([1e-3])))["nu4 hadrons"][0]
        for e in (1e-5, 1e-4)
    )
    assert large == pytest.approx(100 * small, rel=1e-12)


def test_leptons_of_the_same_strength() -> None:
    """Above the resonances nu4 hadrons over nu4 e- e+ goes as an average of R; far below two pions nothing is open."""
    table = decay_table(spectrum(m4=0.1, m5=0.3, epsilon=1e-3), "nu5")
    assert table.width("nu4 hadrons") < 1e-4 * table.width("nu4 e- e+")
    table = decay_table(spectrum(m4=0.1, m5=3.0, m_zprime=8.0, epsilon=1e-3), "nu5")
    ratio = table.width("nu4 hadrons") / table.width("nu4 e- e+")
    s = np.linspace(1e-4, 2.9**2, 40001)
    weight = dw.width_vector_emission(3.0, 0.1, np.sqrt(s), 1j, 1j) * s / (64 - s) ** 2
    assert ratio == pytest.approx(np.sum(weight * bh.r_ratio(s)) / np.sum(weight), rel=0.02)


def test_many_points_are_the_tables_one_by_one() -> None:
    points = [
        spectrum(m4, m5, m_zprime, m_phi, epsilon=epsilon, sin_alpha=sin_alpha)
        for m4, m5, m_zprime, m_phi, epsilon, sin_alpha in (
            (0.3, 1.6, 2.0, 5.0, 1e-4, 0.0),
            (0.3, 1.6, 1.0, 5.0, 1e-4, 1e-3),
            (0.05, 0.2, 1.0, 2.0, 1e-4, 1e-3),
            (0.3, 3.5, 5.0, 0.9, 1e-4, 1e-3),
            (0.3, 1.6, 2.0, 5.0, 0.0, 0.0),
        )
    ]
    for state in ("nu5", "nu4", "zprime", "phi"):
        _, widths = widths_at(points, state)
        for number, point in enumerate(points):
            table = decay_table(point, state)
            for channel in table:
                assert widths.get(channel.products, np.zeros(5))[number] == pytest.approx(channel.width, rel=1e-11)
            assert table.total_width == pytest.approx(sum(width[number] for width in widths.values()), rel=1e-11)
            assert sum(table.branching_ratio(channel.products) for channel in table) == pytest.approx(1.0)


def test_what_adds_and_what_stands_for_another() -> None:
    point = spectrum(epsilon=1e-3)
    standard = standard_channels(point, "nu5")
    dark = dark_partial_widths([point], "nu5")
    given = {channel.products: np.array([channel.width]) for channel in standard} | {"nu hadrons": np.array([1e-20])}
    joined = standard_with_dark([point], "nu5", given, dark)
    assert joined["nu hadrons"][0] == pytest.approx(1e-20 + dark["nu hadrons"][0], rel=1e-12)
    assert joined["nu e- e+"] is dark["nu e- e+"]
    assert joined["nu pi0"] is given["nu pi0"]
    assert joined["nu omega"][0] != given["nu omega"][0]
    omega = next(one for one in decay_table(point, "nu5") if one.products == "nu omega")
    assert omega.via == ("Z", "Z'")
    assert omega.width == pytest.approx(joined["nu omega"][0], rel=1e-12)
    assert sum(term.width for term in omega.terms) == pytest.approx(omega.width, rel=1e-12)
    unmixed = spectrum()
    assert [one.width for one in channels_with_dark(unmixed, "nu5", standard, [])] == [one.width for one in standard]


def test_thresholds() -> None:
    """Nothing below the pi0, and no jump when two pions open."""
    below, just, above = (
        decay_table(spectrum(m4=0.1, m5=0.1 + room, epsilon=1e-3), "nu5").width("nu4 hadrons") for room in (0.13, 0.1349768, 0.136)
    )
    assert below == just == 0.0
    assert above > 0
    one, two = (
        decay_table(spectrum(m4=0.1, m5=0.1 + 2 * M_PION * (1 + e), epsilon=1e-3), "nu5").width("nu4 hadrons") for e in (-1e-6, 1e-6)
    )
    assert one == pytest.approx(two, rel=1e-3)
