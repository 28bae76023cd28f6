"""The committed LBNF parents and the published flux at the near detector of DUNE."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nusim.beams.beam import Beam, Polarity, load_parents
from nusim.beams.build import beam_summary, build_parents
from nusim.beams.neutrino_flux import neutrino_flux
from nusim.beams.yields import YieldFormula
from nusim.cards.read import read_beam
from nusim.experiment.volumes import Box

POLARITIES: tuple[Polarity, ...] = ("fhc", "rhc")
REFERENCE = Path(__file__).parent.parent / "reference" / "published_flux.csv"
ON_AXIS = Box((0.0, 0.0, 573.95), size=(0.1, 0.1, 0.1))


@pytest.fixture(scope="module")
def lbnf() -> Beam:
    return read_beam("lbnf")


@pytest.mark.parametrize("name", ["lbnf", "lbnf-2020"])
@pytest.mark.parametrize("polarity", POLARITIES)
def test_table_is_sound(name: str, polarity: Polarity) -> None:
    """Five species, the rows the card asks for, inside chase and pipe, nothing faster than light, small enough to commit."""
    beam = read_beam(name)
    parents = load_parents(beam, polarity)
    assert parents.species == (-321, -211, 130, 211, 321)
    assert beam.build is not None
    for code, rows in beam.build.rows[polarity].items():
        assert np.sum(parents.pdg == code) == pytest.approx(rows, rel=0.01)
    assert np.all(parents.weight > 0)
    direction = parents.momentum / np.linalg.norm(parents.momentum, axis=1)[:, None]
    end = parents.start + parents.path[:, None] * direction
    # half precision: 5e-4 of 224 m
    assert np.all(np.hypot(end[:, 0], end[:, 1]) < 2.01)
    assert np.all((parents.start[:, 2] > -1.0) & (end[:, 2] < 224.2))
    assert np.all(parents.time > parents.start[:, 2] - 0.01)
    summary = beam_summary(beam, polarity)
    assert summary["table"]["seed"] == 1
    assert summary["table"]["generator"] == "pythia8mc 8.317.2"
    assert f"{name} --polarity {polarity} --seed 1 --rebuild" in summary["table"]["command"]
    assert beam.tables[polarity].stat().st_size < 4.0e6


def test_muon_neutrinos_at_the_near_detector_of_dune(lbnf: Beam) -> None:
    """arXiv:2103.04797 (horns of 2017) with the horns of 2020: 15% from 1 to 3 GeV, 35% from 4 to 15 GeV; nothing is fitted.

    From 3 to 4 GeV the flux falls by half in each bin and moves by 5 to 20% if a horn moves by 50 cm (docs/physics/beams.md): only 40%
    is asked for. Below 1 GeV 20%.
    """
    lines = [line.split(",") for line in REFERENCE.read_text().splitlines() if line.startswith("dune-nd")]
    low, high, published = (np.array([float(line[k]) for line in lines]) for k in (3, 4, 5))
    flux = neutrino_flux(load_parents(lbnf, "fhc"), [ON_AXIS], [*low, high[-1]], ("numu",), tunnel=lbnf.tunnel, copies=2)
    ratio, error = flux["numu"] / published, flux.stat_error["numu"] / published
    allowed = np.select([low < 1, low < 3, low < 4], [0.20, 0.15, 0.40], 0.35)
    assert np.all(np.abs(ratio - 1) < allowed + 3 * error), ratio
    assert ratio @ published / published.sum() == pytest.approx(1.0, abs=0.12)
    assert np.all(error[low < 4] < 0.03)


def test_polarities_turn_the_beam_into_its_opposite(lbnf: Beam) -> None:
    """numu-bar of rhc a little below numu of fhc, wrong sign under a tenth in fhc, nue about half a percent at the peak, K+ above 8 GeV."""
    edges = [1.0, 4.0, 8.0, 15.0]
    fhc = neutrino_flux(load_parents(lbnf, "fhc"), [ON_AXIS], edges, tunnel=lbnf.tunnel, copies=1)
    rhc = neutrino_flux(load_parents(lbnf, "rhc"), [ON_AXIS], edges, tunnel=lbnf.tunnel, copies=1)
    assert 0.65 < rhc["numubar"][0] / fhc["numu"][0] < 1.0
    assert 0.01 < fhc["numubar"][0] / fhc["numu"][0] < 0.10
    assert 0.02 < rhc["numu"][0] / rhc["numubar"][0] < 0.20
    assert 0.003 < fhc["nue"][0] / fhc["numu"][0] < 0.010
    assert fhc.by_parent["numu"]["K+"][2] > 0.5 * fhc["numu"][2]


def test_the_whole_cascade_in_place_of_formulas(lbnf: Beam) -> None:
    """All species from the generator: no formula is drawn, and decays per proton are those of the formulas within a factor of 1.5."""
    pytest.importorskip("pythia8mc")
    assert lbnf.build is not None
    yields = dict.fromkeys(lbnf.yields, YieldFormula("cascade"))
    beam = replace(lbnf, yields=yields, build=replace(lbnf.build, protons=400, tracked=4000, metal_hits=100))
    parents = build_parents(beam, "fhc", seed=3)
    assert parents.protons_simulated == 400
    committed = load_parents(lbnf, "fhc")
    for code in (211, 321):
        ratio = parents.weight[parents.pdg == code].sum() / committed.weight[committed.pdg == code].sum()
        assert 1 / 1.5 < ratio < 1.5, code
    assert load_parents(beam, "fhc").counted == {-321, -211, 130, 211, 321}
