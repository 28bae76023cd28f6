"""Solving models: every parametrisation, the Dirac option, the minimal heavy neutral lepton, warnings."""

import json
import math
import subprocess
import sys
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

from nusim.model.model import DarkNeutrino, Hnl, Lagrangian, Mediator, Physical, Portals
from nusim.model.spectrum import Spectrum, solve

MEDIATOR = Mediator(m_zprime=1.0, m_phi=2.0, g_dark=1.0)


def dark(mass: Physical | Lagrangian, **changes) -> DarkNeutrino:
    fields = {"flavour": (0.0, 1.0, 0.0), "mediator": MEDIATOR, "majorana": True, "portals": Portals(), **changes}
    return DarkNeutrino(name="test", source="made for a test", mass=mass, **fields)


def same(a: Spectrum, b: Spectrum, rel: float = 1e-13) -> None:
    np.testing.assert_allclose(a.masses, b.masses, rtol=rel)
    np.testing.assert_allclose(np.abs(a.U) ** 2, np.abs(b.U) ** 2, rtol=rel)
    for name in ("mu_prime", "m_dirac", "lambda_", "m3_sm_ev", "m3_dark_ev"):
        assert getattr(a, name) == pytest.approx(getattr(b, name), rel=rel)


def test_every_parametrisation_gives_the_same_spectrum() -> None:
    reference = solve(dark(Physical(m5=0.5, mass_ratio=0.75, m3_ev=0.05)))
    u2 = float(reference.active_mixing2("nu4").sum())
    for heavy in ({"mass_ratio": 0.75}, {"one_minus_mass_ratio": 0.25}, {"m4": 0.375}):
        same(solve(dark(Physical(m5=0.5, m3_ev=0.05, **heavy))), reference)
        same(solve(dark(Physical(m5=0.5, mixing2=u2, **heavy))), reference)
    assert reference.m_dirac is not None
    assert reference.lambda_ is not None
    assert reference.mu_prime is not None
    same(solve(dark(Lagrangian(reference.m_dirac, reference.lambda_, reference.mu_prime))), reference)


@pytest.mark.parametrize("branch", ["small", "large"])
@pytest.mark.parametrize("heavy", [{"one_minus_mass_ratio": 1e-10}, {"mass_ratio": 0.5}, {"mass_ratio": 1e-20}, {"m4": 0.1}])
def test_round_trip_through_the_lagrangian(branch: str, heavy: dict[str, float]) -> None:
    """physical -> lagrangian -> physical to 1e-12, at 1 - m4/m5 = 1e-10 and with 20 decades between the heavy masses."""
    bound = Physical(m5=0.8, mixing2=0.5 / (1.0 + heavy.get("mass_ratio", 1.0)), **heavy)
    largest = solve(dark(bound, mediator=Mediator(1.0, 2.0, 1e-3))).m3_ev  # sin2 ~ 1/2: close to the largest mass
    assert largest is not None
    model = dark(Physical(m5=0.8, m3_ev=1e-3 * largest, branch=branch, **heavy), mediator=Mediator(1.0, 2.0, 1e-3))
    first = solve(model)
    assert first.m3_ev == pytest.approx(1e-3 * largest, rel=1e-14)
    second = solve(replace(model, mass=Lagrangian(first.m_dirac, first.lambda_, first.mu_prime)))
    same(first, second, rel=1e-12)


def test_splitting_is_carried() -> None:
    spectrum = solve(dark(Physical(m5=0.8, one_minus_mass_ratio=1e-10, m3_ev=1e-8)))
    assert spectrum.mu_prime == 0.8 * 1e-10
    assert spectrum.m5 - spectrum.m4 == pytest.approx(0.8e-10, rel=1e-5)  # what subtraction leaves


@pytest.mark.parametrize("flavour", [(0.0, 1.0, 0.0), (1.0, 0.0, 0.0), (1.0, 1.0, 1.0), (0.2, 0.5, 0.3), (0.0, 1e-9, 1.0)])
@pytest.mark.parametrize("branch", ["small", "large"])
def test_unitary_with_flavour_shares_and_equation_13(flavour: tuple[float, float, float], branch: str) -> None:
    spectrum = solve(dark(Physical(m5=0.15, mass_ratio=0.12, m3_ev=0.05, branch=branch), flavour=flavour))
    u = spectrum.U
    assert spectrum.rows == ("e", "mu", "tau", "N", "D")
    assert spectrum.columns == ("nu1", "nu2", "nu3", "nu4", "nu5")
    np.testing.assert_allclose(np.conj(u.T) @ u, np.eye(5), rtol=0, atol=1e-15)
    shares = np.array(flavour) / sum(flavour)
    nu4, nu5 = spectrum.active_mixing2("nu4"), spectrum.active_mixing2("nu5")
    np.testing.assert_allclose(nu4, shares * nu4.sum(), rtol=1e-14)
    np.testing.assert_allclose(nu5, 0.12 * nu4, rtol=1e-14)
    assert np.all(np.diff(spectrum.masses) >= 0.0)


def test_names_and_values() -> None:
    spectrum = solve(dark(Physical(m5=0.15, mass_ratio=0.5, m3_ev=0.05)))
    assert spectrum.heavy_states == ("nu4", "nu5")
    assert spectrum.majorana
    assert (spectrum.m4, spectrum.m5, spectrum.mass("nu4"), spectrum.mass("nu1")) == (0.075, 0.15, 0.075, 0.0)
    assert spectrum.mixing2("N", "nu3") == 0.0
    assert spectrum.mixing2("D", "nu3") == pytest.approx(1.5 * spectrum.mixing2("mu", "nu4"), rel=1e-14)
    assert spectrum.mass("nu3") == pytest.approx(0.05e-9, rel=1e-14)
    assert spectrum.m3_ev == pytest.approx(spectrum.m3_sm_ev + spectrum.m3_dark_ev, rel=1e-15)
    with pytest.raises(FrozenInstanceError):
        spectrum.mu_prime = 0.0  # type: ignore[misc]


def test_dirac_option_keeps_the_moduli_and_has_no_light_mass() -> None:
    mass = Physical(m5=0.15, mass_ratio=0.5, mixing2=4e-7)
    dirac, majorana = solve(dark(mass, majorana=False)), solve(dark(mass))
    np.testing.assert_array_equal(np.abs(dirac.U), np.abs(majorana.U))
    assert not dirac.majorana
    assert (dirac.m3_ev, dirac.mass("nu3"), dirac.m_dirac, dirac.lambda_) == (0.0, 0.0, None, None)
    assert dirac.mu_prime == 0.075


def test_degenerate_pair_has_no_light_mass() -> None:
    for heavy in ({"mass_ratio": 1.0}, {"one_minus_mass_ratio": 0.0}, {"m4": 0.3}):
        spectrum = solve(dark(Physical(m5=0.3, mixing2=1e-6, **heavy)))
        assert spectrum.m4 == spectrum.m5
        assert spectrum.m3_ev == 0.0
    assert solve(dark(Lagrangian(1e-3, 0.3, 0.0))).m3_ev == 0.0


def test_mixing_at_its_bound() -> None:
    """|U_a4|^2 = 1/(1 + r): nu_D is the massless state and Lambda vanishes."""
    spectrum = solve(dark(Physical(m5=0.3, mass_ratio=0.5, mixing2=1.0 / 1.5)))
    assert spectrum.mixing2("D", "nu3") == pytest.approx(1.0, rel=1e-15)
    assert spectrum.lambda_ == pytest.approx(0.0, abs=1e-8)


@pytest.mark.parametrize("mixing2", [(0.0, 1e-8, 0.0), (1e-3, 2e-3, 3e-3), (1.0, 0.0, 0.0), (0.0, 0.0, 0.0)])
def test_hnl(mixing2: tuple[float, float, float]) -> None:
    spectrum = solve(Hnl("hnl", "made for a test", True, 0.25, mixing2))
    assert spectrum.rows == ("e", "mu", "tau", "N")
    assert spectrum.columns == ("nu1", "nu2", "nu3", "nu4")
    assert spectrum.heavy_states == ("nu4",)
    assert (spectrum.m4, spectrum.m5, spectrum.m3_ev, spectrum.mu_prime) == (0.25, None, None, None)
    np.testing.assert_allclose(np.conj(spectrum.U.T) @ spectrum.U, np.eye(4), rtol=0, atol=1e-15)
    np.testing.assert_allclose(spectrum.active_mixing2("nu4"), mixing2, rtol=1e-15)
    assert spectrum.warnings == ()


def test_summary_is_json_with_the_documented_keys() -> None:
    keys = ["m4", "m5", "mu_prime", "m_dirac", "lambda", "m3_ev", "m3_sm_ev", "m3_dark_ev", "mixing2", "warnings"]
    for model in (dark(Physical(m5=0.15, mass_ratio=0.5, m3_ev=0.05)), Hnl("hnl", "made for a test", False, 0.25, (0.0, 1e-8, 0.0))):
        spectrum = solve(model)
        summary = json.loads(json.dumps(spectrum.summary(), allow_nan=False))
        assert list(summary) == keys
        assert summary["mixing2"]["mu"]["nu4"] == spectrum.mixing2("mu", "nu4")
        assert list(summary["mixing2"]) == list(spectrum.rows)
    assert summary["m5"] is None


def test_warnings_carry_numbers() -> None:
    assert solve(dark(Physical(m5=0.15, mass_ratio=0.5, m3_ev=0.05))).warnings == ()
    # y_N = sqrt2 sqrt((1-s) m4 m5) g'/m_Z' passes sqrt(4 pi) at m5 = 2.507/sqrt(r) GeV for g' = 1, m_Z' = 1 GeV
    edge = math.sqrt(2.0 * math.pi / 0.25)
    assert solve(dark(Physical(m5=0.999 * edge, mass_ratio=0.25, mixing2=1e-8))).warnings == ()
    (yukawa,) = solve(dark(Physical(m5=1.001 * edge, mass_ratio=0.25, mixing2=1e-8))).warnings
    assert yukawa.startswith("y_N = sqrt(2) Lambda g'/m_Z' = 3.55 exceeds sqrt(4 pi) = 3.54")
    warnings = solve(dark(Physical(m5=0.15, mass_ratio=0.5, m3_ev=0.05), mediator=Mediator(1.0, 2.0, 4.0))).warnings
    assert any("g_dark = 4 exceeds" in text for text in warnings)
    assert any("quartic coupling m_phi^2/(2 v_Phi^2) = 32 exceeds 4 pi = 12.6" in text for text in warnings)
    (portals,) = solve(dark(Physical(m5=0.15, mass_ratio=0.5, m3_ev=0.05), portals=Portals(chi_hypercharge=1e-4, sin_alpha=1e-5))).warnings
    assert portals.startswith("portals are on (epsilon = -8.76801e-05, sin_alpha = 1e-05)")


def test_kinetic_portal_from_either_key() -> None:
    assert Portals(epsilon=1e-3).kinetic == 1e-3
    assert Portals(chi_hypercharge=1e-3).kinetic == pytest.approx(-1e-3 * math.sqrt(0.76878), rel=1e-12)
    assert Portals().kinetic == 0.0


def test_flavour_shares_are_normalised() -> None:
    assert dark(Physical(m5=0.15, mass_ratio=0.5, m3_ev=0.05), flavour=(0.0, 3.0, 1.0)).flavour == (0.0, 0.75, 0.25)


def test_cold_import_loads_no_heavy_package() -> None:
    code = (
        "import sys, nusim.model.spectrum; "
        "print(sorted({m.split('.')[0] for m in sys.modules} & {'scipy', 'matplotlib', 'particle', 'pylhe', 'pydantic', 'vegas', 'tqdm'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
