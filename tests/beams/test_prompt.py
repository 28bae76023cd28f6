"""Charm of horn beams: as many as the cross section says, where protons interact, the same at every call."""

import numpy as np
import pytest

from nusim import pdg
from nusim.beams.beam import load_parents
from nusim.beams.prompt import beam_parents
from nusim.cards.beam import beam_of_card
from nusim.cards.locate import card_folder
from nusim.cards.read import read_beam
from nusim.cards.toml import read_toml
from nusim.errors import CardError


@pytest.mark.parametrize(("name", "length"), [("lbnf", 2.2), ("numi", 1.233), ("lbnf-2020", 1.5)])
def test_charm_per_proton_is_cross_section_times_nuclei(name: str, length: float) -> None:
    """sigma_cc / sigma_inel of carbon, for the protons that interact in so much graphite; half of the hadrons within ln 2 of its length."""
    beam = read_beam(name)
    parents = beam_parents(beam, "fhc")
    nuclei = beam.materials["graphite"].density / 12.011 * 6.02214076e23 * 1e-27 * 100  # per metre and mb
    interacting = 1 - np.exp(-length * nuclei * 228.0)
    pairs = 4.6e-3 * 12.011 / 228.0 * interacting
    for hadron, fraction in {"D+": 0.27, "D0bar": 0.58, "Ds-": 0.09}.items():
        own = parents.of(pdg.CODES[hadron])
        assert own.weight.sum() == pytest.approx(pairs * fraction, rel=5e-3)
        depth = own.start[:, 2] - beam.target.begin
        assert depth.min() >= 0
        assert depth.max() < length + 1e-3
        below = np.average(depth < np.log(2) / (nuclei * 228.0), weights=own.weight)
        assert below == pytest.approx(0.5 / interacting, abs=0.03)
    taus = parents.of(-15).weight.sum()
    assert taus == pytest.approx(pairs * (0.0539 * 0.08 + 0.0012 * 0.27), rel=5e-3)


def test_charm_is_soft_in_the_frame_of_proton_and_nucleon() -> None:
    """(1 - |x_F|)^3.6 exp(-1.1 pT^2): mean |x_F| = 1/5.6 and mean pT^2 = 0.91 GeV^2, less what the kinematic limit takes."""
    parents = beam_parents(read_beam("lbnf"), "fhc").of(411)
    momentum, nucleon = 120.934, pdg.mass(2212)
    total = np.hypot(momentum, nucleon) + nucleon
    root_s = np.sqrt(total**2 - momentum**2)
    energy = np.sqrt(np.sum(parents.momentum**2, axis=1) + pdg.mass(411) ** 2)
    x = 2 * (total * parents.momentum[:, 2] - momentum * energy) / root_s / root_s
    assert np.average(np.abs(x), weights=parents.weight) == pytest.approx(1 / 5.6, rel=0.1)
    assert np.average(np.sum(parents.momentum[:, :2] ** 2, axis=1), weights=parents.weight) == pytest.approx(1 / 1.1, rel=0.1)
    # carried along: a D at rest in that frame has gamma m
    assert np.average(energy, weights=parents.weight) > total / root_s * pdg.mass(411)


def test_the_same_for_both_polarities_and_at_every_call() -> None:
    beam = read_beam("lbnf")
    first, second = beam_parents(beam, "fhc").of(431), beam_parents(beam, "rhc").of(431)
    np.testing.assert_array_equal(first.momentum, second.momentum)
    np.testing.assert_array_equal(first.weight, second.weight)
    assert 411 not in load_parents(beam, "fhc").species
    assert 411 not in beam_parents(read_beam("bnb"), "fhc").species


def test_its_uncertainty_has_the_names_of_its_causes() -> None:
    nuisances = {one.name: one.effect for one in read_beam("lbnf").nuisances}
    assert nuisances["sigma_cc"]["D+"] == 0.39
    assert np.hypot(np.hypot(nuisances["sigma_cc"]["Ds-"], nuisances["Ds"]["Ds-"]), nuisances["cascade_factor"]["Ds-"]) == pytest.approx(
        0.5
    )


def test_pairs_need_a_target() -> None:
    path = card_folder("beam") / "bnb.toml"
    data, _ = read_toml(path)
    data["pairs"] = read_toml(card_folder("beam") / "lbnf.toml")[0]["pairs"]
    with pytest.raises(CardError, match=r"needs the .target. in which they are made"):
        beam_of_card({key: value for key, value in data.items() if key not in ("target", "yields")}, path)
