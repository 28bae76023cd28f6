"""Decay tables: naming, Dirac and Majorana counting, guards, warnings, and totals published by other codes."""

import csv
import math
import re
from pathlib import Path

import numpy as np
import pytest

from nusim import pdg
from nusim.decays.channel import Channel, DecayTable
from nusim.decays.standard import ChannelSpec, channels
from nusim.decays.table import decay_table, partial_widths
from nusim.decays.terms import ChiralTerm, TwoBodyTerm
from nusim.errors import ParameterError
from nusim.model.model import DarkNeutrino, Mediator, Physical, Portals
from nusim.model.spectrum import solve
from nusim.units import HBARC

from .models import MIXED, ONE, hnl, table

REFERENCE = Path(__file__).parent.parent / "reference" / "hnl_total_width.csv"


def published() -> list[tuple[str, float, list[float]]]:
    lines = [line for line in REFERENCE.read_text().splitlines() if not line.startswith("#")]
    return [
        (r["flavour"], float(r["mass_gev"]), [float(r[c]) for c in ("hnlcalc", "alpinist", "fairship", "senscalc")])
        for r in csv.DictReader(lines)
    ]


@pytest.mark.parametrize(("flavour", "mass", "codes"), published())
def test_total_width_agrees_with_four_codes(flavour: str, mass: float, codes: list[float]) -> None:
    """With their median where they agree; within their spread, a tenth wider, above 0.5 GeV."""
    found = table(mass, ONE[flavour])
    total = found.total_width - found.width("nu gamma")
    if mass <= 0.5:
        assert total == pytest.approx(float(np.median(codes)), rel=0.01 if mass <= 0.3 else 0.015)
    room = 0.1 * (max(codes) - min(codes))
    assert min(codes) - room < total < max(codes) + room or mass <= 0.5


@pytest.mark.parametrize("mass", [0.001, 0.05, 0.3, 1.0, 1.5, 4.5, 11.0])
def test_branching_ratios_sum_to_one(mass: float) -> None:
    for majorana in (True, False):
        found = table(mass, majorana=majorana)
        assert math.fsum(found.branching_ratio(c.products) for c in found) == pytest.approx(1, rel=1e-12)
        assert found.ctau == pytest.approx(HBARC / found.total_width)


@pytest.mark.parametrize("mass", [0.05, 0.3, 1.5, 4.5])
def test_majorana_state_decays_twice_as_fast(mass: float) -> None:
    both, one = table(mass), table(mass, majorana=False)
    assert both.total_width == pytest.approx(2 * one.total_width, rel=1e-12)
    for channel in both:
        conjugate = pdg.conjugate_products(channel.products)
        if conjugate == channel.products:  # nu X and nu l- l+: one channel of twice the width
            assert channel.width == pytest.approx(2 * one.width(channel.products), rel=1e-12)
        else:
            assert channel.width == pytest.approx(both.width(conjugate), rel=1e-12)
            assert channel.width == pytest.approx(one.width(channel.products) + one.width(conjugate), rel=1e-12)


def test_dirac_particle_keeps_lepton_number() -> None:
    found = table(1.5, majorana=False)
    assert found.width("mu+ pi-") == 0
    assert found.branching_ratio("pi- mu+") == 0
    assert found.width("mu- pi+") > 0
    for channel in found:
        for term in channel.terms:
            leptons = [code for code in term.pdg if 11 <= abs(code) <= 16]
            assert sum(1 if code > 0 else -1 for code in leptons) == 1
            for other in channel.terms:
                assert other is term or other.pdg != term.pdg


def test_charge_and_energy_are_conserved_and_names_are_canonical() -> None:
    for channel in table(5.0):
        assert channel.products == pdg.canonical_products(channel.products)
        assert channel.source
        for term in channel.terms:
            assert sum(pdg.charge(code) for code in term.pdg) == 0
            assert sum(term.masses) < 5.0
            names = {"rho+": "pi+ pi0", "rho-": "pi- pi0", "rho0": "pi+ pi-"}
            shown = " ".join(names.get(name, name) for name in channel.products.split()).split()
            for name, code, mass in zip(shown, term.pdg, term.masses, strict=True):
                assert mass == pdg.mass(abs(code))
                assert abs(code) in pdg.NEUTRINO_OF_FLAVOUR if name == "nu" else code == pdg.CODES[name]


DOCS = Path(__file__).parents[2] / "docs" / "physics" / "decays.md"


def test_the_table_of_the_docs_is_what_is_computed() -> None:
    """Difference from the codes' median in per cent, and the stated error, for e, mu and tau at each mass."""
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]] for line in DOCS.read_text().splitlines() if re.match(r"\| [\d.]+ \| [+-]", line)
    ]
    points = {(flavour, mass): codes for flavour, mass, codes in published()}
    assert 3 * len(rows) == len(points)
    for mass, *differences, stated in rows:
        for flavour, difference, error in zip(ONE, differences, stated.split(", "), strict=True):
            found, codes = table(float(mass), ONE[flavour]), np.array(points[flavour, float(mass)])
            total, median = found.total_width - found.width("nu gamma"), float(np.median(codes))
            expected = 100 * (np.array([total, np.min(codes), np.max(codes)]) / median - 1)
            np.testing.assert_allclose([float(x) for x in re.findall(r"[+-][\d.]+", difference)], expected, atol=0.06)
            assert float(error) == pytest.approx(100 * found.total_uncertainty, abs=0.06)


def opening(products: str) -> float:
    """l P, l V: the momentum; nu X: its square. Three bodies: ds, the pair's momentum (cubed for two pions), the third one's momentum and,
    with a neutrino, its energy."""
    names = products.split()
    if "rho0" in names:
        return 4.5
    if any(name.startswith("rho") for name in names):
        return 3.0
    if len(names) == 3:
        return 3.5
    return 2.0 if "nu" in names else 0.5


@pytest.mark.parametrize(
    "spec", [spec for spec in channels() if not {"hadrons", "gamma"} & set(spec.products.split())], ids=lambda s: s.products
)
def test_every_channel_opens_with_its_power_of_the_room(spec: ChannelSpec) -> None:
    names = {"rho+": "pi+ pi0", "rho-": "pi- pi0", "rho0": "pi+ pi-"}
    shown = " ".join(names.get(name, name) for name in spec.products.split()).split()
    threshold = sum(pdg.mass(pdg.CODES[name]) for name in shown if name != "nu")
    if threshold == 0:
        return
    near = threshold * (1 + np.array([1e-8, 2e-8, 0.0, -1e-8]))
    widths = partial_widths(near, np.array(MIXED), True)[spec.products]
    assert widths[0] > 0
    assert widths[1] / widths[0] == pytest.approx(2 ** opening(spec.products), rel=1e-4)
    assert widths[2] == pytest.approx(0, abs=1e-3 * widths[0])
    assert widths[3] == 0


def thresholds() -> list[float]:
    names = {"rho+": "pi+ pi0", "rho-": "pi- pi0", "rho0": "pi+ pi-", "nu": "", "hadrons": "", "gamma": ""}
    shown = {" ".join(names.get(name, name) for name in spec.products.split()) for spec in channels()}
    found = {sum(pdg.mass(abs(pdg.CODES[name])) for name in one.split()) for one in shown}
    return sorted(found - {0.0} | {1.0})


@pytest.mark.parametrize("mass", thresholds())
def test_tables_exactly_at_thresholds_are_sound(mass: float) -> None:
    for at in (np.nextafter(mass, 0.0), mass, np.nextafter(mass, 99.0), mass * (1 + 1e-13)):
        found = table(float(at))
        assert math.isfinite(found.total_width)
        assert math.isfinite(found.total_uncertainty)
        assert 0.99 * table(0.999 * mass).total_width < found.total_width
        widths = partial_widths(np.array([at]), np.array(MIXED), True)
        for channel in found:
            assert widths[channel.products][0] == pytest.approx(channel.width, rel=1e-9)


def test_every_channel_is_open_at_some_mass_that_other_tests_look_at() -> None:
    found = table(4.0)
    assert [spec.products for spec in channels()] == [channel.products for channel in found]
    assert all(channel.width > 0 for channel in found if channel.products not in ("tau- hadrons", "tau+ hadrons"))


def test_each_flavour_feeds_its_own_channels() -> None:
    """nu e- mu+ has |U_e|^2 (with nu_mu) and, for a Majorana parent, |U_mu|^2 (with an electron antineutrino), without interference."""
    e, mu, tau = (table(0.3, ONE[flavour]) for flavour in ("e", "mu", "tau"))
    assert [t.pdg for t in e.channel("nu e- mu+").terms] == [(14, 11, -13)]
    assert [t.pdg for t in mu.channel("nu e- mu+").terms] == [(-12, 11, -13)]
    assert tau.width("nu e- mu+") == 0
    assert table(0.3, (0.02, 0.05, 0.0)).width("nu e- mu+") == pytest.approx(0.02 * e.width("nu e- mu+") + 0.05 * mu.width("nu e- mu+"))
    assert e.width("nu e- mu+") == pytest.approx(mu.width("nu e- mu+"))
    assert e.channel("nu e- e+").via == ("W", "Z")
    assert mu.channel("nu e- e+").via == ("Z",)
    assert mu.channel("nu e- e+").width == pytest.approx(tau.channel("nu e- e+").width)
    assert [mu.channel(p).via for p in ("nu nu nu", "mu- pi+", "nu gamma", "nu pi0")] == [("Z",), ("W",), ("loop",), ("Z",)]
    assert mu.width("e- pi+") == 0


def test_neutrinos_share_the_invisible_width_by_flavour() -> None:
    """nu_a nu_b nubar_b: a quarter of Gamma_0 for b != a, half of it for b = a; half of it with antineutrinos for a Majorana parent."""
    channel = table(0.1, ONE["mu"]).channel("nu nu nu")
    shares = {term.pdg: term.width / channel.width for term in channel.terms}
    assert shares == pytest.approx({(s * 14, s * b, -s * b): (0.25 if b == 14 else 0.125) for s in (1, -1) for b in (12, 14, 16)})


def test_nothing_decays_without_mixing() -> None:
    found = table(0.3, (0.0, 0.0, 0.0))
    assert found.total_width == 0
    assert found.ctau == math.inf
    assert found.branching_ratio("nu nu nu") == 0
    tiny = table(0.3, (0.0, 1e-20, 0.0))
    assert tiny.total_width == pytest.approx(1e-20 * table(0.3, ONE["mu"]).total_width, rel=1e-9)


def test_visible_channels() -> None:
    assert [c.products for c in table(0.6) if not c.visible] == ["nu nu nu"]


def test_closed_channels_are_listed_as_zero_and_unknown_ones_refused() -> None:
    found = table(0.1, ONE["mu"])
    assert found.width("mu- pi+") == 0
    assert found.width("e+ nu e-") == found.width("nu e- e+") > 0
    with pytest.raises(ParameterError, match=r"nu4 -> nu5 nu nu: not in the table; known: nu nu nu, nu e- e\+"):
        found.width("nu nu nu5")
    with pytest.raises(ParameterError, match="unknown particle 'chair'"):
        found.width("nu chair")


def test_many_points_at_once_give_the_tables_numbers() -> None:
    mass = np.geomspace(0.02, 5, 9)
    mixing = np.random.default_rng(1).uniform(0, 0.3, (3, 9))
    for majorana in (True, False):
        widths = partial_widths(mass, mixing, majorana)
        for i, m in enumerate(mass):
            found = table(float(m), tuple(mixing[:, i]), majorana)
            assert list(widths) == [c.products for c in found]
            for channel in found:
                assert widths[channel.products][i] == pytest.approx(channel.width, rel=1e-11)
    same = partial_widths(mass, mixing[:, 0], True)
    np.testing.assert_allclose(same["nu nu nu"], partial_widths(mass, np.tile(mixing[:, :1], 9), True)["nu nu nu"])


@pytest.mark.parametrize(
    ("mass", "mixing", "message"),
    [
        (np.array([0.1, 0.2]), np.ones((3, 3)) / 9, r"mixing2 of shape \(3, 3\)"),
        (np.array([0.1, -0.2]), np.ones(3) / 9, "masses must be positive"),
        (np.array([0.1, np.nan]), np.ones(3) / 9, "masses must be positive"),
        (np.array([0.0, 0.1]), np.ones(3) / 9, "masses must be positive"),
        (np.array([0.1, np.inf]), np.ones(3) / 9, "masses must be positive"),
        (np.array([0.1]), np.array([0.1, -0.1, 0.1]), "mixings between 0 and 1"),
        (np.array([0.1]), np.array([0.1, 2.0, 0.1]), "mixings between 0 and 1"),
    ],
)
def test_partial_widths_refuse_bad_points(mass: np.ndarray, mixing: np.ndarray, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        partial_widths(mass, mixing, True)


def dark(m4: float, m5: float, **portals: float) -> DarkNeutrino:
    mass = Physical(m5=m5, m4=m4, mixing2=1e-7)
    mediator = Mediator(m_zprime=1.0, m_phi=2.0, g_dark=1.0)
    return DarkNeutrino(
        name="hidden",
        source="made for a test",
        majorana=True,
        flavour=(0.0, 1.0, 0.0),
        mass=mass,
        mediator=mediator,
        portals=Portals(**portals),
    )


@pytest.mark.parametrize("portal", ["epsilon", "sin_alpha"])
def test_tables_of_a_dark_neutrino_say_how_well_hadrons_are_known(portal: str) -> None:
    closed, mixed = solve(dark(0.15, 0.5)), solve(dark(0.15, 0.5, **{portal: 1e-4}))
    assert decay_table(closed, "nu5").warnings == ()
    notes = decay_table(mixed, "nu5").warnings
    assert len(notes) == (1 if portal == "sin_alpha" else 0)
    assert all("hadrons through scalar mixing" in note for note in notes)
    assert decay_table(mixed, "nu4").warnings == ()  # lighter than two pions
    assert not any("hadrons" in warning for boson in ("zprime", "phi") for warning in decay_table(closed, boson).warnings)
    assert any("hadrons" in warning for warning in decay_table(mixed, "phi").warnings) == (portal == "sin_alpha")


def test_couplings_beyond_their_expansion_are_said() -> None:
    assert "kinetic mixing is at first order" in decay_table(solve(dark(0.02, 0.1, epsilon=0.5)), "nu4").warnings[0]
    assert decay_table(solve(dark(0.02, 0.1, epsilon=0.05)), "nu4").warnings == ()


def test_what_is_inclusive_or_beyond_its_validity_is_said_by_mass() -> None:
    assert table(0.89).warnings == ()
    assert "begins at 1 GeV with a step, 5% of the total" in table(0.95).warnings[0]
    assert "decays into several hadrons are inclusive" in table(1.05).warnings[0]
    assert "a step" in table(1.05).warnings[1]
    assert len(table(1.2).warnings) == 1
    assert len(table(14.9).warnings) == 1
    assert "3% too small at 18 GeV" in table(18.0).warnings[1]
    with pytest.raises(ParameterError, match=r"decay table of nu4: mass 90 GeV: decays through W and Z are computed for masses below"):
        table(90.0)
    with pytest.raises(ParameterError, match=r"partial widths: mass 90 GeV"):
        partial_widths(np.array([1.0, 90.0]), np.ones(3) / 9, True)


@pytest.mark.parametrize("state", ["zprime", "phi", "nu5", "nu3"])
def test_unknown_parents_are_refused_with_the_known_ones(state: str) -> None:
    with pytest.raises(ParameterError, match=f"decay table of '{state}': not a parent with known decays in model test; parents: nu4"):
        decay_table(hnl(0.3), state)


def test_guards_of_the_terms() -> None:
    with pytest.raises(ParameterError, match=r"decay of a mass 0\.1 GeV into 0 0\.135 GeV: closed"):
        TwoBodyTerm((14, 111), 0.1, (0.0, 0.135), 1e-20, 1.0)
    with pytest.raises(ParameterError, match=r"asymmetry 1\.1: must lie between -1 and 1"):
        TwoBodyTerm((14, 111), 0.3, (0.0, 0.135), 1e-20, 1.1)
    with pytest.raises(ParameterError, match="closed"):
        ChiralTerm((14, 13, -13), 0.2, (0.0, 0.106, 0.106), 1.0, 0.1, 0.1, 0.1, -1.0, 1.0)
    with pytest.raises(ParameterError, match=r"give a negative \|M\|\^2"):
        ChiralTerm((14, 13, -13), 0.3, (0.0, 0.106, 0.106), 1.0, 0.1, 0.1, -0.11, -1.0, 1.0)


def test_guards_of_the_types() -> None:
    term = TwoBodyTerm((14, 111), 0.3, (0.0, 0.135), 1e-20, 1.0)
    good = Channel("nu4", "nu pi0", 1e-20, ("Z",), (term,), "made for a test")
    with pytest.raises(ParameterError, match="finite and not negative"):
        Channel("nu4", "nu pi0", -1.0, ("Z",), (), "made for a test")
    with pytest.raises(ParameterError, match="finite and not negative"):
        Channel("nu4", "nu pi0", math.nan, ("Z",), (), "made for a test")
    with pytest.raises(ParameterError, match="its terms sum to"):
        Channel("nu4", "nu pi0", 2e-20, ("Z",), (term,), "made for a test")
    with pytest.raises(ParameterError, match="not in canonical order"):
        Channel("nu4", "pi0 nu", 1e-20, ("Z",), (term,), "made for a test")
    with pytest.raises(ParameterError, match="listed twice"):
        DecayTable("nu4", 0.3, (good, good))
    with pytest.raises(ParameterError, match="another parent"):
        DecayTable("nu5", 0.3, (good,))


def test_mixings_of_the_table_are_the_spectrums() -> None:
    spectrum = hnl(0.3)
    np.testing.assert_allclose(spectrum.active_mixing2("nu4"), MIXED)
    assert decay_table(spectrum, "nu4").mass == 0.3
