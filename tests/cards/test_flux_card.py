"""Flux files in a card's [beam] and in the place of a card's beam."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from nusim.cards.experiment import ExperimentCard
from nusim.cards.flux import beam_of_files, found_files
from nusim.cards.read import CardWarning, load_experiment, read_beam, read_experiment, resolved
from nusim.cards.toml import validate
from nusim.errors import CardError, DataFileError, NusimError
from nusim.experiment.experiment import Experiment
from nusim.experiment.source import parents_of, provenance_of

CSV = "# protons = 1e3\npdg,x[m],y[m],z[m],px[GeV],py[GeV],pz[GeV],weight\n321,0,0,20,0.1,0,3,2\n"
CARD = """
name = "my"
source = "a test"
protons = 1e20
[beam]
file = {file}
{keys}
[[detector]]
shape = "box"
size = [4.0, 4.0, 5.0]
front = [0.0, 0.0, 110.0]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "flux").mkdir()
    for name in ("b.csv", "a.csv"):
        (tmp_path / "flux" / name).write_text(CSV)
    with open(tmp_path / "flux" / "b.csv", "a") as stream:
        stream.write("211,0,0,20,0.1,0,3,2\n")
    return tmp_path


def read(folder: Path, file: str, keys: str = "") -> Experiment:
    path = folder / "my.toml"
    path.write_text(CARD.format(file=file, keys=keys))
    return read_experiment(path)


@pytest.mark.parametrize(
    ("file", "names"),
    [
        ('"flux/b.csv"', ["b.csv"]),
        ('["flux/b.csv", "flux/a.csv"]', ["b.csv", "a.csv"]),
        ('"flux/*.csv"', ["a.csv", "b.csv"]),
        ('"**/b.csv"', ["b.csv"]),
    ],
)
def test_one_path_a_list_or_a_glob_counted_from_the_card(folder: Path, file: str, names: list[str]) -> None:
    """The format is found; weights are per proton of all files."""
    experiment = read(folder, file)
    assert experiment.beam is not None
    assert experiment.beam.files is not None
    assert [path.name for path in experiment.beam.files.paths] == names
    assert experiment.beam.files.format == "csv"
    parents = parents_of(experiment)
    assert np.all(parents.weight == pytest.approx(2e-3 / len(names)))
    assert not parents.axisymmetric
    assert [file["name"] for file in provenance_of(experiment)["flux"]["files"]] == names


def test_all_keys_reach_the_reader_and_the_header(folder: Path) -> None:
    keys = (
        'format = "csv"\nprotons_in_file = 4e3\nmomentum = 8.9\norigin = [0.0, 0.0, 1.0]\n'
        "rotation = [[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]\naxisymmetric = true\n"
        'polarity = "rhc"\nnormalisation = { "K+" = 1.5 }\n'
    )
    experiment = read(folder, '"flux/b.csv"', keys)
    parents = parents_of(experiment)
    assert parents.axisymmetric
    assert parents.start[0] == pytest.approx([0.0, 0.0, 21.0])
    assert parents.momentum[0] == pytest.approx([0.0, 0.1, 3.0])
    assert parents.weight[0] == pytest.approx(5e-4)
    assert any("1000 protons in the files, 4000 in the card, which is used" in note for note in parents.notes)
    told = resolved(experiment)["beam"]
    assert told["file"] == ["b.csv"]
    assert (told["protons_in_file"], told["momentum"], told["polarity"], told["normalisation"]) == (4e3, 8.9, "rhc", {"K+": 1.5})
    # the resolved card is a card
    again = validate(ExperimentCard, resolved(experiment), "my")
    beside = again.experiment(read_beam, read_experiment, lambda table: beam_of_files(table, folder / "flux"))
    assert resolved(beside) == resolved(experiment)


@pytest.mark.parametrize(
    ("file", "keys", "message"),
    [
        ('"flux/*.csv"', "momentum = 2.0", "a.csv: line 3: momentum of 3.002 GeV, above the beam's 2 GeV/c"),
        ('"flux"', "", "beam.file: {folder}/flux: is a folder; name its files, as in flux/*.root"),
        ('["flux/a.csv", "flux/a.csv"]', "", "beam.file: {folder}/flux/a.csv: this flux file is named twice"),
        (
            '["flux/a.csv", "flux/c.txt"]',
            "",
            "beam.file: {folder}/flux/c.txt: mevprtl, but a.csv is csv: the files of a beam have one format",
        ),
        ('"flux/a.csv"', "protons_in_file = 0.0", "beam: protons_in_file = 0.0: input should be greater than 0"),
        ('"flux/a.csv"', 'format = "dk2nu"', "a.csv: no ROOT file, but format = 'dk2nu'"),
        ('"flux/a.csv"', "axisymetric = true", "beam: unknown key 'axisymetric'; did you mean 'axisymmetric'?"),
    ],
)
def test_refused(folder: Path, file: str, keys: str, message: str) -> None:
    (folder / "flux" / "c.txt").write_text("0 0 3 3.0403 321 1 10\n")
    with pytest.raises(NusimError) as refused:
        parents_of(read(folder, file, keys))
    assert message.format(folder=folder) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_flux_in_the_place_of_a_cards_beam(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted from the current folder; the beam's momentum stays as the limit; --set acts on the new [beam]."""
    monkeypatch.chdir(folder)
    experiment, notes = load_experiment("sbnd", {"beam.origin": [0.0, 0.0, 1.0]}, ["flux/b.csv"])
    assert notes == ()
    assert experiment.beam is not None
    assert experiment.beam.files is not None
    assert experiment.beam.files.momentum == experiment.beam.momentum == pytest.approx(8.89, abs=0.01)
    assert experiment.protons == 6.6e20
    assert parents_of(experiment).start[0, 2] == 21.0
    assert read_experiment("sbnd", flux=folder / "flux" / "a.csv").beam is not None
    with pytest.warns(CardWarning, match=r"setting beam.card removes beam.file and beam.momentum of the card"):
        back = read_experiment("sbnd", {"beam.card": "bnb"}, flux="flux/a.csv")
    shipped = read_experiment("sbnd").beam
    assert back.beam is not None
    assert shipped is not None
    assert (back.beam.name, back.beam.tables, back.beam.files) == (shipped.name, shipped.tables, None)


def test_a_card_of_flux_files_given_others(folder: Path) -> None:
    """What the card says of its own files' protons and format is not said of others."""
    path = folder / "my.toml"
    path.write_text(CARD.format(file='"flux/a.csv"', keys='format = "csv"\nprotons_in_file = 7.0\nmomentum = 8.9'))
    shutil.copy(folder / "flux" / "b.csv", folder / "other.csv")
    experiment = read_experiment(path, flux=folder / "other.csv")
    assert experiment.beam is not None
    assert experiment.beam.files is not None
    assert (experiment.beam.files.protons, experiment.beam.files.momentum) == (None, 8.9)


def test_flux_refused(folder: Path) -> None:
    with pytest.raises(
        CardError, match=r"^sbn.toml: flux files belong to one detector; take one of the members: sbnd, microboone, icarus$"
    ):
        read_experiment("sbn", flux=folder / "flux" / "a.csv")
    with pytest.raises(CardError, match=r"^flux format 'csv': goes with a flux file, and none is given$"):
        read_experiment("sbnd", flux_format="csv")
    with pytest.raises(DataFileError, match=r"^nothing\*.root: no flux file matches$"):
        read_experiment("sbnd", flux="nothing*.root")
    with pytest.raises(DataFileError, match=r"^nothing.root: no such flux file$"):
        found_files(["nothing.root"])


def test_a_name_with_brackets_is_a_file_first(folder: Path) -> None:
    name = folder / "run[1].csv"
    name.write_text(CSV)
    assert found_files([str(name)]) == (name,)
