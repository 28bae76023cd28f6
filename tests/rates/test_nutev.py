"""NuTeV: charm alone, against its published limit."""

import pytest

from nusim.beams.beam import load_parents
from nusim.cards.read import read_beam, read_experiment, read_model
from nusim.model.spectrum import solve
from nusim.rates.rate import expected_events

PUBLISHED = [(0.45, 7.4e-7), (0.7, 3.06e-7), (1.0, 1.27e-7), (1.45, 6.8e-8)]
"""GeV and |U_mu|^2 at 90% CL: A. Vaitaitis et al., Phys. Rev. Lett. 83 (1999) 4943, as HNLimits 1.2.0 reads it."""


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(("mass", "limit"), PUBLISHED)
def test_the_published_limit_gives_its_number_of_events(mass: float, limit: float) -> None:
    """2.3 selected events within a factor 2 in |U|^2, of which a factor sqrt 2 is that of Majorana and Dirac states."""
    spectrum = solve(read_model("hnl", set={"m4": mass, "mixing2.mu": limit}))
    rate = expected_events(spectrum, read_experiment("nutev"))
    assert 0.5 < (2.3 / rate.selected_events) ** 0.5 < 2.0
    assert rate.by_parent["Ds+"] > 0
    assert "K+" not in rate.by_parent


def test_a_thin_target_keeps_no_pions_and_kaons() -> None:
    beam = read_beam("tevatron-beo")
    parents = load_parents(beam, "fhc")
    assert beam.dump is not None
    assert not beam.dump.secondaries
    assert not {211, -211, 321, -321, 130, -13} & set(parents.species)
    assert {411, -411, 431, -431, 521, 15, -15} < set(parents.species)
    # 69% of the protons interact
    made = beam.prompt_yields
    assert parents.weight[parents.pdg == 411].sum() / made[411] == pytest.approx(0.69, abs=0.02)
