"""The library as a user writes it: the documented lines, in one go."""

from pathlib import Path

import numpy as np
import pytest

import nusim


def test_from_card_to_file(tmp_path: Path) -> None:
    model = nusim.read_model("circle")
    model = nusim.read_model("circle", set={"mediator.m_zprime": 0.5})
    spectrum = nusim.solve(model)
    assert (spectrum.m4, spectrum.m5, spectrum.m3_ev) == pytest.approx((0.075, 0.15, 0.05))
    assert 0 < spectrum.mixing2("mu", "nu4") < 1

    table = nusim.decay_table(spectrum, "nu4")
    assert table.ctau > 0
    assert table.width("e+ nu e-") == table.width("nu e- e+")
    assert table.branching_ratio("nu nu nu") + table.branching_ratio("nu e- e+") < 1
    assert table.width("mu- pi+") == 0.0
    with pytest.raises(nusim.ParameterError):
        table.width("mu- mu-")
    for channel in table:
        assert channel.width >= 0
        assert channel.products

    experiment = nusim.read_experiment("sbnd", set={"protons": 1e21})
    flux = nusim.neutrino_flux(experiment, np.linspace(0, 5, 6), flavours=("numu", "nue"))
    assert flux["numu"].shape == (5,)
    assert set(flux.by_parent) == set(flux.stat_error) == {"numu", "nue"}

    rate = nusim.expected_events(spectrum, experiment)
    assert rate.decays > rate.events >= rate.selected_events > 0
    assert set(rate.by_state) == {"nu4", "nu5"}
    assert set(rate.by_contribution) == {"nu4", "nu5", "nu4 from nu5"}
    assert set(rate.by_parent) <= {"K+", "K-", "KL", "pi+", "pi-", "mu+", "mu-"}

    sample = nusim.generate(spectrum, experiment, n=2_000, seed=1)
    assert len(sample) == 2000
    assert sample.weight.sum() == pytest.approx(rate.events, abs=5 * rate.stat_error + 1e-3 * rate.events)

    digest = nusim.write(tmp_path / "circle.lhe.gz", sample)
    found = nusim.info(tmp_path / "circle.lhe.gz")
    assert found["consistent"]
    assert found["n"] == 2000
    assert found["sha256"] == digest


def test_the_minimal_heavy_neutral_lepton() -> None:
    model = nusim.read_model("hnl", set={"m4": 0.5, "mixing2.mu": 1.0, "majorana": True})
    spectrum = nusim.solve(model)
    assert spectrum.m4 == 0.5
    assert spectrum.m5 is None
    assert spectrum.m3_ev is None


def test_two_species_of_one_flux_are_independent_of_each_other() -> None:
    experiment = nusim.read_experiment("sbnd")
    edges = [0.0, 1.0, 2.0]
    alone = nusim.neutrino_flux(experiment, edges, flavours=("nue",))
    both = nusim.neutrino_flux(experiment, edges, flavours=("numu", "nue"))
    assert alone["nue"] == pytest.approx(both["nue"])


def test_a_flux_of_a_composite_is_refused(tmp_path: Path) -> None:
    card = tmp_path / "two.toml"
    card.write_text('name = "two"\nsource = "a test"\ncriterion = { kind = "count", events = 2.3 }\nmembers = ["sbnd", "microboone"]\n')
    two = nusim.read_experiment(card)
    with pytest.raises(nusim.ParameterError, match="two: a flux belongs to one detector; take one of the members: sbnd, microboone"):
        nusim.neutrino_flux(two, [0.0, 1.0])
    spectrum = nusim.solve(nusim.read_model("circle"))
    both = nusim.expected_events(spectrum, two)
    parts = [nusim.expected_events(spectrum, member) for member in two.members]
    assert both.events == pytest.approx(sum(part.events for part in parts))
