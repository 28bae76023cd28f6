"""A committed beam written as a user's file gives the card's own rates, fluxes and events, in every format."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import nusim
from nusim.beams.beam import load_parents
from nusim.beams.parents import ParentFlux
from nusim.experiment.experiment import Experiment
from nusim.experiment.source import provenance_of
from nusim.model.spectrum import Spectrum
from nusim.rates.rate import Rate

from ..beams import flux_writers as writers
from ..beams.test_flux_files import select

PROTONS = 1e6


@pytest.fixture(scope="module")
def parents() -> ParentFlux:
    return load_parents(nusim.read_beam("bnb"), "fhc")


@pytest.fixture(scope="module")
def circle() -> Spectrum:
    return nusim.solve(nusim.read_model("circle"))


@pytest.fixture(scope="module")
def own(circle: Spectrum) -> Rate:
    return nusim.expected_events(circle, nusim.read_experiment("sbnd"))


@pytest.fixture(scope="module")
def dk2nu(parents: ParentFlux, tmp_path_factory: pytest.TempPathFactory) -> Experiment:
    columns = writers.dk2nu_columns(writers.point_decays(parents, seed=3), PROTONS, seed=5)
    path = writers.write_dk2nu(tmp_path_factory.mktemp("flux") / "bnb.root", columns, [PROTONS])
    return nusim.read_experiment("sbnd", flux=path)


def agrees(found: Rate, own: Rate, parents: tuple[str, ...] = ("K+", "K-", "KL")) -> None:
    """Within 5 standard errors, parent by parent; the errors are within a factor two of the card's, whose rows are turned at will."""
    for name in parents:
        error = np.hypot(found.error_by_parent[name], own.error_by_parent[name])
        assert abs(found.by_parent[name] - own.by_parent[name]) < 5 * error
    assert own.stat_error < found.stat_error < 3 * own.stat_error
    assert abs(found.events - own.events) < 0.03 * own.events


def test_dk2nu_gives_the_rate_of_the_beam(circle: Spectrum, own: Rate, dk2nu: Experiment) -> None:
    found = nusim.expected_events(circle, dk2nu)
    agrees(found, own)
    assert found.warnings[0] == "flux from bnb.root: dk2nu, 180544 entries, 1e+06 protons on target"


def test_gsimple_gives_the_rate_of_the_beam(circle: Spectrum, own: Rate, parents: ParentFlux, tmp_path: Path) -> None:
    decays = writers.point_decays(parents, seed=3)
    centre = np.array([0.7378, 0.0, 109.0])
    columns = writers.window_rays(decays, centre, 3.0, 0.0, seed=7)
    columns["wgt"] *= PROTONS
    path = writers.write_gsimple(tmp_path / "g.root", columns, PROTONS, centre, 3.0)
    agrees(nusim.expected_events(circle, nusim.read_experiment("sbnd", flux=path)), own)


def test_csv_of_the_table_itself_gives_the_same_rate(circle: Spectrum, parents: ParentFlux, tmp_path: Path) -> None:
    """All columns written, rows turned at will as the card's: the same random numbers, the same rate, if neither has muons added."""
    card = nusim.read_experiment("sbnd")
    assert card.beam is not None
    own = nusim.expected_events(circle, replace(card, beam=replace(card.beam, tunnel=())))
    kaons = select(parents, np.abs(parents.pdg) != 211)
    path = writers.write_csv(tmp_path / "bnb.csv", kaons, 1.0)
    experiment = nusim.read_experiment("sbnd", set={"beam.axisymmetric": True}, flux=path)
    found = nusim.expected_events(circle, experiment)
    assert found.events == pytest.approx(own.events, rel=1e-9)
    assert found.by_parent == pytest.approx(own.by_parent, rel=1e-9)
    # a user's file does not say that its numbers of rows were fixed, as those of the card's kaons: their scatter counts
    assert own.stat_error < found.stat_error < 3 * own.stat_error


def test_light_neutrinos_are_those_of_the_beam(dk2nu: Experiment) -> None:
    """Flavour by flavour; muons of pions fly only from tables, so nuebar and the softest numubar are not compared."""
    edges = np.linspace(0.0, 4.0, 5)
    own = nusim.neutrino_flux(nusim.read_experiment("sbnd"), edges, ("numu", "nue"))
    found = nusim.neutrino_flux(dk2nu, edges, ("numu", "nue"))
    for flavour, parent in (("numu", "pi+"), ("numu", "K+"), ("nue", "K+"), ("nue", "KL")):
        mine, theirs = found.by_parent[flavour][parent].sum(), own.by_parent[flavour][parent].sum()
        assert mine == pytest.approx(theirs, rel=0.06)
    assert np.all(np.abs(found["numu"] - own["numu"]) < 5 * np.hypot(found.stat_error["numu"], own.stat_error["numu"]) + 0.01 * own["numu"])
    assert found.notes == ("flux from bnb.root: dk2nu, 180544 entries, 1e+06 protons on target",)


def test_events_name_the_files(circle: Spectrum, dk2nu: Experiment, own: Rate, tmp_path: Path) -> None:
    """The header of a file holds names, protons and digests; the file is consistent."""
    sample = nusim.generate(circle, dk2nu, n=200, seed=1)
    told = sample.metadata["flux"]
    assert (told["format"], told["protons"]) == ("dk2nu", PROTONS)
    assert [sorted(file) for file in told["files"]] == [["bytes", "name", "protons", "sha256"]]
    path = tmp_path / "a.lhe"
    nusim.write(path, sample)
    assert told["files"][0]["sha256"] in path.read_text()
    assert '"bnb.root"' in path.read_text()
    assert nusim.info(path)["consistent"]
    assert sample.weight.sum() == pytest.approx(own.events, rel=0.03)
    assert sample.metadata["experiment"]["beam"]["format"] == "dk2nu"
    assert provenance_of(nusim.read_experiment("sbnd")) == {}
