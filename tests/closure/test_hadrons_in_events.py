"""Events of a Z' that decays into hadrons in the detector: final states of two and three products in one channel, with rates to match."""

from dataclasses import replace

import numpy as np
import pytest

import nusim.events.generate as generate_module
import nusim.rates.rate as rate_module
from nusim.decays.table import decay_table
from nusim.events.generate import generate
from nusim.model.model import DarkNeutrino, Mediator, Physical, Portals
from nusim.model.spectrum import solve
from nusim.rates.rate import expected_events

from . import cascade, toy

PIONS = (211, -211)


def test_events_hold_the_hadrons_of_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (generate_module, rate_module):
        monkeypatch.setattr(module, "parents_of", lambda _: toy.parents())
    mass = Physical(0.45, mass_ratio=0.02, mixing2=1e-7)
    model = DarkNeutrino("toy", "invented", True, (1.0, 0.0, 0.0), mass, Mediator(0.43, 2.0, 1e-7), Portals(epsilon=1e-6))
    spectrum = solve(model)
    detector = replace(toy.experiment(), detectors=cascade.WIDE)
    table = decay_table(spectrum, "zprime")
    rate = expected_events(spectrum, detector)
    assert 0 < rate.by_final_state["hadrons"] < rate.events
    assert rate.selected_events > 0
    sample = generate(spectrum, detector, 1500, final="hadrons")
    assert sample.channels == ("hadrons",)
    decayed = np.add.reduceat(sample.pdg == 32, sample.offsets[:-1])
    assert np.all(decayed == 1)
    event = np.repeat(np.arange(len(sample)), np.diff(sample.offsets))
    pairs = np.bincount(event[sample.pdg == 211], minlength=len(sample)) * np.bincount(event[sample.pdg == -211], minlength=len(sample))
    assert np.all(pairs <= 1)
    terms = {term.pdg: term.width for term in table.channel("hadrons").terms}
    share = terms[PIONS] / table.width("hadrons")
    assert abs(np.mean(pairs == 1) - share) < 5 * np.sqrt(share * (1 - share) / len(sample)) + 1e-3
    # momentum is conserved where the Z' decays
    checked = 0
    for number in np.flatnonzero(pairs)[:50]:
        rows = np.flatnonzero(event == number)
        boson = rows[sample.pdg[rows] == 32][0]
        pions = rows[np.isin(sample.pdg[rows], (211, -211, 111)) & (sample.mother[rows] == sample.mother[rows[sample.pdg[rows] == 211]])]
        checked += len(pions)
        np.testing.assert_allclose(sample.momentum[pions].sum(axis=0), sample.momentum[boson], rtol=1e-9, atol=1e-12)
    assert checked >= 2 * min(50, np.sum(pairs))
