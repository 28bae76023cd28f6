"""Quark pairs behind inclusive widths: |M|^2 against explicit spinors, widths against phase space, masses against the tau's spectrum."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq

from nusim import constants as k
from nusim.decays.channel import Channel
from nusim.decays.strings import LEAST, StringTerm, string_mass
from nusim.model.model import DarkNeutrino, Mediator, Physical, Portals
from nusim.model.spectrum import solve

from . import phase_space, spinors
from .models import MIXED, table

FAMILY = {11: 0, 12: 0, 13: 1, 14: 1, 15: 2, 16: 2}


def inclusive(mass: float, majorana: bool = True) -> list[Channel]:
    return [channel for channel in table(mass, majorana=majorana) if channel.inclusive]


@pytest.mark.parametrize("majorana", [True, False])
@pytest.mark.parametrize("mass", [1.0001, 1.05, 1.3, 1.777, 2.2, 3.2, 5.0, 12.0, 60.0])
def test_every_inclusive_channel_has_strings_whose_widths_add_up(mass: float, majorana: bool) -> None:
    channels = inclusive(mass, majorana)
    assert channels
    for channel in channels:
        assert sum(term.width for term in channel.partons) == pytest.approx(channel.width, rel=1e-12)
        lepton = channel.products.split()[0]
        for term in channel.partons:
            assert term.width > 0
            charge = {-1: 0, 1: 0}
            for code, count in ((code, 1) for code in term.pdg[1:]):
                charge[1] += count * int(np.sign(code)) * (2 if abs(code) in (2, 4) else -1)
            wanted = 0 if lepton == "nu" else 3 if lepton.endswith("-") else -3
            assert charge[1] == wanted, "the string makes up for the lepton's charge"
    if not majorana:
        assert not any(channel.products.startswith(("e+", "mu+", "tau+")) for channel in channels)


def currents(momenta: np.ndarray, term: StringTerm, m: float):
    """Amplitude of N -> l- U Dbar, or of the conjugate, per 2 sqrt2 G_F U V."""
    rest = np.array([m, 0, 0, 0])
    m_lepton, m_up, m_down = term.masses

    def amplitude(parent, a, b, c):
        s = [spinors.SPINS[n] for n in (a, b, c)]
        if term.pdg[0] > 0:
            line = spinors.current(spinors.u_spinor(momenta[0], m_lepton, s[0]), spinors.LEFT, spinors.u_spinor(rest, m, parent))
            quarks = spinors.current(spinors.u_spinor(momenta[1], m_up, s[1]), spinors.LEFT, spinors.v_spinor(momenta[2], m_down, s[2]))
        else:
            line = spinors.current(spinors.v_spinor(rest, m, parent), spinors.LEFT, spinors.v_spinor(momenta[0], m_lepton, s[0]))
            quarks = spinors.current(spinors.u_spinor(momenta[2], m_down, s[2]), spinors.LEFT, spinors.v_spinor(momenta[1], m_up, s[1]))
        return spinors.contract(line, quarks)

    return amplitude


@pytest.mark.parametrize("mass", [1.5, 4.0, 9.0])
def test_msq_is_dirac_algebra(mass: float) -> None:
    rng = np.random.default_rng(4)
    for channel in inclusive(mass):
        for term in channel.partons:
            spin = rng.normal(size=3)
            spin *= rng.uniform(0.1, 1) / np.linalg.norm(spin)
            points = phase_space.three_body_points(mass, term.masses, 3, rng)[0]
            found = term.core.msq(points, np.tile(spin, (3, 1)))
            mixing = MIXED[FAMILY[abs(term.pdg[0])]]
            ratios = []
            for p, value in zip(points, found, strict=True):
                if term.pdg[0] % 2:
                    reference = spinors.msq(currents(p, term, mass), (2, 2, 2), spin)
                else:
                    up = abs(term.pdg[1]) in (2, 4)
                    right = (-2 / 3 if up else 1 / 3) * k.SIN2_THETA_W
                    left = right + (0.5 if up else -0.5)
                    particle = term.pdg[0] > 0
                    # the conjugate of q qbar is written with the antiquark first
                    ordered = p if particle else p[[0, 2, 1]]
                    amplitude = spinors.contact_lepton_pair(ordered, mass, term.masses[1], left, right, False, particle)
                    reference = spinors.msq(amplitude, (2, 2, 2), spin)
                ratios.append(value / (8 * k.G_F**2 * mixing * reference))
            # three colours, CKM and QCD
            np.testing.assert_allclose(ratios, ratios[0], rtol=1e-9)
            assert ratios[0] < 3 * 1.4


@pytest.mark.parametrize(("mass", "products"), [(1.5, "mu- hadrons"), (4.0, "e+ hadrons"), (4.0, "nu hadrons")])
def test_the_width_is_msq_over_phase_space(mass: float, products: str) -> None:
    """Above W_0 and not below; the cut is found with other points."""
    rng = np.random.default_rng(5)
    for term in table(mass).channel(products).partons[:4]:
        assert isinstance(term, StringTerm)
        n = 60_000
        points, weight = phase_space.three_body_points(mass, term.masses, n, rng)
        a, b, c = term.masses
        weight = weight * term.msq(points, np.zeros((n, 3))) * ((mass - a) ** 2 - (b + c) ** 2)
        weight /= (4 * np.pi) ** 2 * mass * 2 * np.pi * 2 * mass
        assert weight.mean() == pytest.approx(term.width, abs=6 * weight.std() / n**0.5 + 2e-3 * term.width)


def massless(x: float) -> float:
    """dGamma/dx of N -> l q qbar' without masses, x = W^2 / M^2: the tau's hadronic spectrum."""
    return (1 - x) ** 2 * (1 + 2 * x)


@pytest.mark.parametrize("mass", [1.2, 1.777, 3.0])
def test_strings_begin_between_rho_and_a1_where_the_taus_spectrum_says(mass: float) -> None:
    term = next(term for term in table(mass).channel("e- hadrons").partons if term.pdg[1:] == (2, -1))
    assert isinstance(term, StringTerm)
    whole = quad(massless, 0, 1)[0]
    x = brentq(lambda low: quad(massless, low, 1)[0] / whole - term.kept, 0, 1)
    assert term.least == pytest.approx(mass * x**0.5, rel=2e-3)
    assert 0.77 < term.least < 1.23


@pytest.mark.parametrize("spin", [(0.0, 0.0, 0.0), (0.0, 0.0, 0.9)])
def test_drawn_masses_follow_the_spectrum_above_the_cut(spin: tuple[float, float, float]) -> None:
    from scipy.stats import kstest

    mass = 1.777
    term = next(term for term in table(mass).channel("e- hadrons").partons if term.pdg[1:] == (2, -1))
    assert isinstance(term, StringTerm)
    rng, n = np.random.default_rng(6), 60_000
    momenta, acceptance = term.propose(rng.random((n, term.draws)), np.tile(spin, (n, 1)))
    kept = momenta[rng.random(n) < acceptance]
    x = (string_mass(kept) / mass) ** 2
    low = (term.least / mass) ** 2
    assert x.min() >= low
    primitive = np.polynomial.Polynomial([1, 0, -3, 2]).integ()
    above = primitive(1.0) - primitive(low)
    assert kstest(x, lambda y: (primitive(y) - primitive(low)) / above).pvalue > 1e-6


def test_conjugates_and_floors() -> None:
    term = table(6.0).channel("nu hadrons").partons[-1]
    assert isinstance(term, StringTerm)
    assert term.conjugate().pdg == (-term.pdg[0], -term.pdg[1], -term.pdg[2])
    for channel in inclusive(30.0):
        for one in channel.partons:
            assert isinstance(one, StringTerm)
            assert one.least >= LEAST[frozenset(abs(code) for code in one.pdg[1:])]


def solved(m_zprime: float, m_phi: float):
    mass = Physical(0.4, mass_ratio=0.2, mixing2=1e-8)
    portals = Portals(epsilon=1e-3, sin_alpha=1e-3)
    return solve(DarkNeutrino("toy", "invented", True, (0.0, 1.0, 0.0), mass, Mediator(m_zprime, m_phi, 1.0), portals))


def test_bosons_have_strings_where_hadrons_are_inclusive() -> None:
    from nusim.decays.table import decay_table

    for m, boson, there in ((1.0, "zprime", False), (1.2, "zprime", True), (4.5, "zprime", True), (12.0, "zprime", True)):
        channel = decay_table(solved(m, 30.0), boson).channel("hadrons")
        assert channel.inclusive is there
        assert bool(channel.partons) is there
    for m, there in ((1.5, False), (2.0, True), (5.0, True), (13.0, True)):
        channel = decay_table(solved(1.0, m), "phi").channel("hadrons")
        assert channel.inclusive
        assert bool(channel.partons) is there
    light = decay_table(solved(2.5, 30.0), "zprime").channel("hadrons").partons
    shares = {abs(term.pdg[0]): term.width for term in light}
    assert shares[2] / shares[1] == pytest.approx(4.0)
    assert set(shares) == {1, 2, 3}


def test_hadrons_of_w_z_and_a_virtual_boson_together_have_none() -> None:
    """Their amplitudes are not known one by one; charged currents keep their strings."""
    from nusim.decays.table import decay_table

    mass = Physical(1.5, mass_ratio=0.3, mixing2=1e-8)
    portals = Portals(epsilon=1e-3, sin_alpha=1e-3)
    spectrum = solve(DarkNeutrino("toy", "invented", True, (0.0, 1.0, 0.0), mass, Mediator(5.0, 7.0, 1.0), portals))
    table = decay_table(spectrum, "nu5")
    assert table.channel("nu hadrons").inclusive
    assert not table.channel("nu hadrons").partons
    assert table.channel("mu- hadrons").partons
    assert not table.with_partons().channel("mu- hadrons").inclusive


@pytest.mark.parametrize("flavour", [2, 4, 5])
def test_quarks_of_a_polarised_zprime_are_dirac_algebra(flavour: int) -> None:
    """sum |ubar gamma.e v|^2 against 1 - beta^2 |e.n|^2, e along z and circular."""
    from nusim.decays.table import decay_table

    m = 13.0
    term = next(term for term in decay_table(solved(m, 30.0), "zprime").channel("hadrons").partons if term.pdg[0] == flavour)
    rng = np.random.default_rng(8)
    points = phase_space.two_body_points(m, term.masses, 4, rng)
    for e in ([0.0, 0.0, 1.0], [2**-0.5, 1j * 2**-0.5, 0.0], [0.6, 0.8j, 0.0]):
        spin = np.tile(np.array(e, complex), (4, 1))
        found = term.msq(points, spin)
        polarisation = np.array([0, *e])
        reference = [
            sum(
                abs(
                    spinors.contract(
                        polarisation,
                        spinors.current(spinors.u_spinor(p[0], term.masses[0], s), np.eye(4), spinors.v_spinor(p[1], term.masses[1], t)),
                    )
                )
                ** 2
                for s in spinors.SPINS
                for t in spinors.SPINS
            )
            for p in points
        ]
        ratio = found / np.array(reference)
        np.testing.assert_allclose(ratio, ratio[0], rtol=1e-9)
