"""The committed BNB parents: readable, sound, and the published flux out of them; and making a small table end to end."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nusim import pdg
from nusim.beams.beam import Beam, Polarity, load_parents, write_table
from nusim.beams.build import ROWS, beam_summary, build_parents, rebuild
from nusim.beams.choice import importance
from nusim.beams.neutrino_flux import neutrino_flux
from nusim.beams.parents import ParentFlux
from nusim.errors import DataFileError, MissingExtraError, ParameterError
from nusim.experiment.volumes import Box

POLARITIES: tuple[Polarity, ...] = ("fhc", "rhc")
REFERENCE = Path(__file__).parent.parent / "reference" / "published_flux.csv"
MICROBOONE = Box((0.0, 0.0, 468.5 - 10.368 / 2), size=(2.5635, 2.33, 10.368))


@pytest.mark.parametrize("polarity", POLARITIES)
def test_table_is_sound(bnb: Beam, polarity: Polarity) -> None:
    """All five species, rows inside the beam line, on their way forward, with the rows, seed and versions the file says."""
    parents = load_parents(bnb, polarity)
    assert parents.species == (-321, -211, 130, 211, 321)
    assert parents.axisymmetric
    leading = 211 if polarity == "fhc" else -211
    assert np.sum(parents.pdg == leading) == pytest.approx(ROWS[polarity][leading], rel=0.01)
    assert np.all(parents.weight > 0)
    end = parents.start + parents.path[:, None] * parents.momentum / np.linalg.norm(parents.momentum, axis=1)[:, None]
    assert np.all(np.hypot(end[:, 0], end[:, 1]) < 0.92)
    assert np.all((parents.start[:, 2] > 0) & (end[:, 2] < 50.36))
    # nothing outruns light: c t grows at least with the distance from the target's front
    assert np.all(parents.time > np.linalg.norm(parents.start, axis=1) - 0.01 - 1e-3 * parents.start[:, 2])
    summary = beam_summary(bnb, polarity)
    assert summary["table"]["seed"] == 1
    assert summary["table"]["generator"] == "pythia8mc 8.317.2"
    assert f"--polarity {polarity}" in summary["table"]["command"]


@pytest.mark.parametrize("polarity", POLARITIES)
def test_decays_per_proton_follow_the_yields_that_made_them(bnb: Beam, polarity: Polarity) -> None:
    """K_L: no focusing and hardly any loss, so multiplicity x 0.81 interactions x decay probability; pions bounded by their number."""
    yields = beam_summary(bnb, polarity)["yields_per_proton"]
    interacting = 0.811  # 1 - exp(-0.7112 m / 0.4278 m), 189.3 mb in beryllium
    # of 0.0237 K_L per interaction about one in ten decays (decay length 15.3 m p/m, 50 m pipe behind a 30 cm collimator)
    assert 0.05 < yields["KL"] / (0.0237 * interacting) < 0.15
    focused, defocused = ("pi+", "pi-") if polarity == "fhc" else ("pi-", "pi+")
    multiplicity = {"pi+": 0.840, "pi-": 0.763}
    assert 0.08 < yields[focused] / (multiplicity[focused] * interacting) < 0.25
    assert yields[defocused] < 0.5 * yields[focused]
    kaon, other = ("K+", "K-") if polarity == "fhc" else ("K-", "K+")
    assert yields[kaon] > 0
    assert yields[other] > 0


@pytest.mark.parametrize("polarity", POLARITIES)
def test_size_fits_the_repository(bnb: Beam, polarity: Polarity) -> None:
    assert bnb.tables[polarity].stat().st_size < 3.1e6


def test_muon_neutrinos_at_microboone_are_the_published_ones(bnb: Beam) -> None:
    """arXiv:2110.13978 within 20% in every bin from 0.2 to 5 GeV. Nothing is tuned to these numbers."""
    lines = [line.split(",") for line in REFERENCE.read_text().splitlines() if line.startswith("microboone")]
    low, high, published = (np.array([float(line[k]) for line in lines]) for k in (3, 4, 5))
    flux = neutrino_flux(load_parents(bnb, "fhc"), [MICROBOONE], [*low, high[-1]], ("numu",), tunnel=bnb.tunnel, copies=2)
    ratio = flux["numu"] / published
    assert np.all(np.abs(ratio - 1) < 0.20 + 3 * flux.stat_error["numu"] / published), ratio
    assert ratio @ published / published.sum() == pytest.approx(1.0, abs=0.10)
    assert np.all(flux.stat_error["numu"] / flux["numu"] < 0.05)


def test_polarities_turn_the_beam_into_its_opposite(bnb: Beam) -> None:
    """numu-bar in rhc is of the size of numu in fhc (fewer pi- than pi+), the wrong sign a tenth or so, nue below a percent."""
    edges = [0.2, 3.0]
    fhc = neutrino_flux(load_parents(bnb, "fhc"), [MICROBOONE], edges, tunnel=bnb.tunnel, copies=1)
    rhc = neutrino_flux(load_parents(bnb, "rhc"), [MICROBOONE], edges, tunnel=bnb.tunnel, copies=1)
    assert 0.4 < rhc["numubar"][0] / fhc["numu"][0] < 0.8
    assert 0.02 < fhc["numubar"][0] / fhc["numu"][0] < 0.10
    assert 0.08 < rhc["numu"][0] / rhc["numubar"][0] < 0.25
    # arXiv:0806.1449, Table XI: nue is 0.5% of the neutrino-mode flux, half of it from muons
    assert 0.003 < fhc["nue"][0] / fhc["numu"][0] < 0.008
    assert 0.3 < fhc.by_parent["nue"]["mu+"][0] / fhc["nue"][0] < 0.7


def _few(n: int = 40) -> ParentFlux:
    rng = np.random.default_rng(1)
    return ParentFlux(
        np.where(np.arange(n) % 2, 211, 321),
        rng.normal(0, 1, (n, 3)) + np.array([0, 0, 3.0]),
        rng.normal(0, 0.1, (n, 3)) + np.array([0, 0, 2.0]),
        np.full(n, 2.5),
        rng.uniform(0, 40, n),
        rng.uniform(1e-8, 1e-6, n),
        True,
        1000.0,
        "made by hand",
    )


def test_writing_and_reading_keeps_rows_up_to_half_precision_and_azimuth(bnb: Beam, tmp_path: Path) -> None:
    parents, path = _few(), tmp_path / "few.npz"
    write_table(path, parents, {"seed": np.int64(3)})
    back = load_parents(replace(bnb, tables={"fhc": path}), "fhc")
    order = np.argsort(parents.pdg, kind="stable")
    assert np.array_equal(back.pdg, parents.pdg[order])
    assert back.weight == pytest.approx(parents.weight[order], rel=1e-6)
    for ours, theirs in ((back.momentum, parents.momentum[order]), (back.start, parents.start[order])):
        assert np.hypot(ours[:, 0], ours[:, 1]) == pytest.approx(np.hypot(theirs[:, 0], theirs[:, 1]), rel=2e-3)
        assert ours[:, 2] == pytest.approx(theirs[:, 2], rel=1e-3)
    turning = parents.start[order, 0] * parents.momentum[order, 1] - parents.start[order, 1] * parents.momentum[order, 0]
    assert back.start[:, 0] * back.momentum[:, 1] - back.start[:, 1] * back.momentum[:, 0] == pytest.approx(turning, abs=5e-4)
    assert back.time == pytest.approx(parents.time[order], abs=3e-3)
    assert (back.protons_simulated, back.command) == (1000.0, "made by hand")


@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "text", "columns", "lengths"])
def test_broken_tables_are_one_line(bnb: Beam, tmp_path: Path, damage: str) -> None:
    path = tmp_path / "bad.npz"
    write_table(path, _few(), {})
    if damage == "missing":
        path.unlink()
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:700])
    elif damage == "text":
        path.write_text("not a table")
    else:
        with np.load(path) as file:
            table = {name: file[name] for name in file.files}
        if damage == "columns":
            del table["weight"]
        else:
            table["weight"] = table["weight"][:-1]
        np.savez_compressed(path, **table)
    with pytest.raises(DataFileError) as caught:
        load_parents(replace(bnb, tables={"fhc": path}), "fhc")
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "nusim beam bnb" in str(caught.value)


def test_a_polarity_without_table_is_named(bnb: Beam) -> None:
    with pytest.raises(DataFileError, match="no table for polarity 'rhc'"):
        load_parents(replace(bnb, tables={"fhc": Path("x")}), "rhc")


def test_importance_grows_forward() -> None:
    parents = _few()
    slow = replace(parents, momentum=parents.momentum * np.array([1.0, 1.0, 0.3]))
    assert np.mean(importance(parents) / importance(slow)) > 1


@pytest.mark.slow
def test_a_small_table_from_protons_to_file(bnb: Beam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """End to end, twice with one seed: the same bytes; and decays per proton as in the committed table."""
    pytest.importorskip("pythia8mc")
    monkeypatch.setattr("nusim.beams.build.DRAWS", {"pi+": 20_000, "pi-": 10_000, "K+": 10_000, "KL": 5_000, "KS": 5_000})
    monkeypatch.setattr("nusim.beams.build.CASCADE_PROTONS", 4000)
    monkeypatch.setattr("nusim.beams.build.METAL_HITS", 2000)
    files = [tmp_path / folder / "small.npz" for folder in ("one", "two")]
    for file in files:
        file.parent.mkdir()
        rebuild(bnb, "fhc", file, seed=5, progress=False)
    assert files[0].read_bytes() == files[1].read_bytes()
    made = beam_summary(replace(bnb, tables={"fhc": files[0]}), "fhc")["yields_per_proton"]
    committed = beam_summary(bnb, "fhc")["yields_per_proton"]
    for name in ("pi+", "pi-", "K+", "KL"):
        assert made[name] == pytest.approx(committed[name], rel=0.08), name


def test_rebuild_refuses_at_once_what_it_could_not_finish(bnb: Beam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pythia8mc")
    with pytest.raises(DataFileError, match="no folder"):
        rebuild(bnb, "fhc", tmp_path / "absent" / "a.npz", progress=False)
    with pytest.raises(ParameterError, match="nothing to rebuild from"):
        rebuild(replace(bnb, target=None), "fhc", tmp_path / "a.npz", progress=False)
    monkeypatch.setitem(sys.modules, "pythia8mc", None)
    with pytest.raises(MissingExtraError, match="pip install"):
        rebuild(bnb, "fhc", tmp_path / "a.npz", progress=False)


def test_primary_parents_alone_need_no_generator(bnb: Beam) -> None:
    draws = {"pi+": 3000, "K+": 1000}
    one = build_parents(bnb, "fhc", seed=2, draws=draws, cascade_protons=0)
    two = build_parents(bnb, "fhc", seed=2, draws=draws, cascade_protons=0)
    assert np.array_equal(one.weight, two.weight)
    assert one.species == (211, 321)
    assert pdg.NAMES[one.species[1]] == "K+"
