"""Rates behind the SPS dumps."""

import math
from functools import cache

import pytest

import nusim


@cache
def rate(experiment: str, m4: float, **mixing: float) -> nusim.Rate:
    mixing2 = {f"mixing2.{flavour}": mixing.get(flavour, 0.0) for flavour in ("e", "mu", "tau")}
    spectrum = nusim.solve(nusim.read_model("hnl", set={"m4": m4, **mixing2}))
    return nusim.expected_events(spectrum, nusim.read_experiment(experiment))


def test_at_1_gev_strange_charm_leads_at_ship() -> None:
    """Ds -> mu N before D -> mu N, nothing else above a percent but D0 and D+ -> K mu N; the charm cross section is the error."""
    found = rate("ship-2015", 1.0, mu=1e-8)
    ds, d = (sum(found.by_parent.get(name, 0.0) for name in names) / found.events for names in (("Ds+", "Ds-"), ("D+", "D-")))
    assert ds > 0.6
    assert 0.1 < d < 0.3
    # cross section 23% and cascade factor 28% are common; the rest of 45% and 40% is that of Ds and of D alone
    expected = math.hypot(0.23, 0.284, 0.263 * ds, 0.165 * d)
    assert found.norm_error / found.events == pytest.approx(expected, abs=0.01)
    assert set(found.norm_by_nuisance) >= {"sigma_cc", "cascade_factor", "Ds", "D"}
    assert found.stat_error < 0.03 * found.events
    assert 0.1 < found.selected_events / found.events < 0.6


def test_above_charm_only_beauty_is_left() -> None:
    found = rate("ship-ecn3", 3.0, mu=1e-6)
    assert found.events > 0
    assert {name[0] for name, number in found.by_parent.items() if number > 0} == {"B"}


def test_tau_mixing_reaches_ship_through_taus_and_ds() -> None:
    found = rate("ship-2015", 0.4, tau=1e-6)
    assert sum(found.by_parent.get(name, 0.0) for name in ("tau+", "tau-", "D+", "D-", "Ds+", "Ds-")) > 0.95 * found.events
    assert found.by_parent["tau+"] > 0


def test_na62_selects_what_crosses_its_chambers() -> None:
    found = rate("na62-dump", 1.0, mu=1e-6)
    assert 0.005 < found.selected_events / found.events < 0.1


def test_charm_looked_for_two_leptons_only() -> None:
    experiment = nusim.read_experiment("charm")
    assert experiment.selection.efficiency_of("mu- pi+") == 0
    assert experiment.selection.efficiency_of("nu e- e+") == 0.51


def test_a_cascade_factor_is_a_nuisance_of_the_experiment() -> None:
    names = ("D+", "D-", "D0", "D0bar", "Ds+", "Ds-", "tau+", "tau-")
    spectrum = nusim.solve(nusim.read_model("hnl", set={"m4": 1.0, "mixing2.mu": 1e-8}))
    change = {"beam.normalisation": dict.fromkeys(names, 2.3 / 1.32)}
    more = nusim.expected_events(spectrum, nusim.read_experiment("ship-2015", set=change))
    assert more.events == pytest.approx(rate("ship-2015", 1.0, mu=1e-8).events * 2.3 / 1.32, rel=1e-4)  # B mesons stay
