"""Rates and events of several hidden families on the toy beam: one family as the dark-neutrino kind, weights that sum to the rate."""

import numpy as np
import pytest

import nusim
import nusim.events.generate as generate_module
import nusim.rates.rate as rate_module
from nusim import pdg
from nusim.events.generate import generate
from nusim.model.model import DarkNeutrino, DarkNeutrinoFamilies, Lagrangian, Matrices, Mediator
from nusim.model.spectrum import solve
from nusim.rates.rate import expected_events

from . import toy

DETECTOR = toy.experiment()


@pytest.fixture(autouse=True)
def toy_beam(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (generate_module, rate_module):
        monkeypatch.setattr(module, "parents_of", lambda _: toy.parents())


def test_one_family_has_the_rates_of_the_dark_neutrino_kind() -> None:
    entries, shares, mediator = (1e-3, 0.15, 0.2), (0.2, 0.5, 0.3), Mediator(1.0, 2.0, 1.0)
    one = solve(DarkNeutrino("one", "test", True, shares, Lagrangian(*entries), mediator))
    column = tuple((complex(entries[0] * np.sqrt(share)),) for share in shares)
    mass = Matrices(column, ((complex(entries[1]),),), ((complex(entries[2]),),))
    other = solve(DarkNeutrinoFamilies("one", "test", mass, mediator))
    first, second = expected_events(one, DETECTOR), expected_events(other, DETECTOR)
    assert first.events > 0
    assert second.events == pytest.approx(first.events, rel=1e-9)
    assert second.selected_events == pytest.approx(first.selected_events, rel=1e-9)
    assert dict(second.by_contribution) == pytest.approx(dict(first.by_contribution), rel=1e-9)
    assert dict(second.by_final_state) == pytest.approx(dict(first.by_final_state), rel=1e-9, abs=1e-15 * first.events)


@pytest.mark.slow
def test_events_of_two_families() -> None:
    """Weights sum to the rate; every state of the spectrum that the beam reaches is there, with its own code and mass."""
    spectrum = solve(nusim.read_model("two-families", set={"casas_ibarra.lambda.1.1": 0.25, "casas_ibarra.mu.1.1": 0.2}))
    rate = expected_events(spectrum, DETECTOR)
    assert set(rate.by_state) == {"nu4", "nu5", "nu6", "nu7"}
    sample = generate(spectrum, DETECTOR, n=4000, seed=3)
    assert sample.weight.sum() == pytest.approx(rate.events, abs=5 * rate.stat_error + 0.05 * rate.events)
    for state in ("nu6", "nu7"):
        own = sample.pdg == pdg.HEAVY_STATE_CODES[state]
        assert np.any(own)
        assert sample.mass[own] == pytest.approx(spectrum.mass(state))
