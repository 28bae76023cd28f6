"""Parquet and ROOT files, read by pyarrow and uproot."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nusim.cards.read import read_experiment, read_model
from nusim.errors import DataFileError, MissingExtraError
from nusim.events.sample import EventSample
from nusim.io import root, table
from nusim.io.columns import DESCRIPTIONS, LISTS
from nusim.io.inspect import info
from nusim.io.write import open_writer, write, write_events
from nusim.model.spectrum import solve
from nusim.units import ns, second

from .chains import TREES, breadth_first, chain_sample
from .reading_back import difference, read_back
from .samples import CHANNELS, ORIGIN, ROTATION, ROUTES, STATES, events_of, metadata, mixed_sample

uproot = pytest.importorskip("uproot")
pq = pytest.importorskip("pyarrow.parquet")

root_writers = (root.FlatWriter, root.RooTrackerWriter, root.FairShipWriter)
FILES = ["a.parquet", "a.root", "a.gtrac.root", "a.llp.root"]
WHOLE = FILES[:2]


def columns_of(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Columns, lists as a list of arrays, and what the file says of its run; by the format's own reader."""
    if path.suffix == ".parquet":
        rows = pq.read_table(path)
        return {name: rows.column(name).to_pylist() for name in rows.column_names}, json.loads(rows.schema.metadata[b"nusim"])
    with uproot.open(path) as file:
        tree = next(file[name] for name, kind in file.classnames().items() if kind == "TTree")
        rows = tree.arrays(library="ak")
        return {name: rows[name].to_list() for name in rows.fields}, json.loads(str(file["nusim_run"]))


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("sample", [mixed_sample(120), *(chain_sample((kind,), 12) for kind in TREES)], ids=["mixed", *TREES])
def test_the_columns_are_those_of_the_sample(tmp_path: Path, name: str, sample: EventSample) -> None:
    write(tmp_path / name, sample)
    columns, about = columns_of(tmp_path / name)
    assert set(columns) - {"nparticle"} == set(DESCRIPTIONS) == set(about["columns"])
    first, heavy = sample.offsets[:-1], sample.offsets[:-1] + sample.seen
    for column, values in (
        ("particle_pdg", sample.pdg),
        ("particle_status", sample.status),
        ("particle_mother", sample.mother),
        ("particle_E", sample.momentum[:, 0]),
        ("particle_pz", sample.momentum[:, 3]),
        ("particle_mass", sample.mass),
        ("particle_x", sample.vertex[:, 1]),
        ("particle_spin", sample.spin),
        ("particle_ctau", sample.proper_time),
    ):
        assert [len(row) for row in columns[column]] == np.diff(sample.offsets).tolist()
        assert np.array_equal(np.concatenate(columns[column]), values)
    assert np.allclose(np.concatenate(columns["particle_t_ns"]) * ns, sample.vertex[:, 0], rtol=1e-15)
    assert np.array_equal(columns["weight"], sample.weight)
    assert np.array_equal(columns["parent_pdg"], sample.pdg[first])
    assert np.array_equal(columns["heavy_pdg"], sample.pdg[heavy])
    assert np.array_equal(columns["heavy_E"], sample.momentum[heavy, 0])
    seen = (sample.decay_vertex[:, 1:] - ORIGIN) @ np.array(ROTATION).T
    assert np.allclose(np.column_stack([columns[f"vertex_{axis}"] for axis in "xyz"]), seen, rtol=0, atol=1e-12)
    assert np.allclose(np.array(columns["vertex_t_ns"]) * ns, sample.decay_vertex[:, 0], rtol=1e-15)
    run = about["run"]
    assert [run["routes"][k]["name"] for k in columns["route"]] == [sample.routes[k] for k in sample.route]
    assert [run["processes"][k - 1]["products"] for k in columns["process"]] == [sample.channels[k] for k in sample.channel]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("weighted", [False, True])
def test_every_file_says_what_it_is_of(tmp_path: Path, name: str, weighted: bool) -> None:
    sample = mixed_sample(80, weighted)
    digest = write(tmp_path / name, sample)
    about = columns_of(tmp_path / name)[1]
    for key in ("version", "kernel", "seed", "frames", "protons", "expected_events", "stat_error"):
        assert about["run"][key] == sample.metadata[key]
    assert about["model"] == sample.metadata["model"]
    assert about["experiment"] == sample.metadata["experiment"]
    found = info(tmp_path / name)
    assert found["problems"] == []
    assert (found["n"], found["sha256"], found["weighted"]) == (80, digest, weighted)
    assert found["sum_of_weights"] == pytest.approx(sample.weight.sum(), rel=1e-13)
    assert found["format"] == {"a.parquet": "parquet", "a.root": "root", "a.gtrac.root": "rootracker", "a.llp.root": "fairship"}[name]


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("scheme", ["default", "darknews", "genie"])
def test_they_are_read_back_whole(tmp_path: Path, name: str, scheme: str) -> None:
    for sample in (mixed_sample(90), chain_sample(n=80), mixed_sample(30, weighted=True)):
        sample = replace(sample, named_weights={"flux up": 1.1 * sample.weight})
        write(tmp_path / name, sample, pdg_scheme=scheme)
        again = read_back(tmp_path / name)
        assert difference(again, sample) < 1e-15
        assert np.array_equal(again.named_weights["flux up"], sample.named_weights["flux up"])


@pytest.mark.parametrize("name", FILES)
def test_no_events(tmp_path: Path, name: str) -> None:
    write(tmp_path / name, mixed_sample(0))
    assert (info(tmp_path / name)["n"], info(tmp_path / name)["problems"]) == (0, [])


@pytest.mark.parametrize("name", FILES)
def test_pieces_do_not_change_the_content(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "GROUP", 50)
    sample = mixed_sample(120)
    digest = write(tmp_path / name, sample)
    run = {"channels": CHANNELS, "states": STATES, "routes": ROUTES, "weighted": False}
    with open_writer(tmp_path / f"b.{name}", metadata(120), **run) as writer:
        for first in range(0, 120, 37):
            writer.write(events_of(sample, slice(first, min(first + 37, 120))))
    assert writer.sha256 == digest
    if name == "a.parquet":
        assert (tmp_path / name).read_bytes() == (tmp_path / f"b.{name}").read_bytes()


def test_rootracker_is_what_edep_sim_reads(tmp_path: Path) -> None:
    sample = mixed_sample(150)
    write(tmp_path / "a.gtrac.root", sample)
    with uproot.open(tmp_path / "a.gtrac.root") as root:
        tree = root["gRooTracker"]
        names = {"EvtNum": "int32_t", "EvtVtx": "double[4]", "StdHepN": "int32_t", "EvtWght": "double"}
        assert {name: tree.typenames()[name] for name in names} == names
        assert tree.typenames()["StdHepP4"] == "double[16][4]"
        rows = tree.arrays(library="np")
    assert np.array_equal(rows["EvtNum"], np.arange(150))
    assert np.allclose(rows["EvtWght"], sample.weight)
    heavy = sample.offsets[:-1] + sample.seen
    t, *x = sample.decay_vertex.T
    assert np.allclose(rows["EvtVtx"][:, :3], (np.array(x).T - ORIGIN) @ np.array(ROTATION).T, rtol=0, atol=1e-12)
    assert np.allclose(rows["EvtVtx"][:, 3], t / second, rtol=1e-15)
    for i in range(150):
        n = rows["StdHepN"][i]
        status, code, p = rows["StdHepStatus"][i, :n], rows["StdHepPdg"][i, :n], rows["StdHepP4"][i, :n]
        assert status.tolist() == [0] + [1] * (n - 1)
        assert code[0] == sample.pdg[heavy[i]]
        mine = [k for k in range(sample.offsets[i], sample.offsets[i + 1]) if sample.mother[k] == sample.seen[i]]
        assert code[1:].tolist() == sample.pdg[mine].tolist()
        assert np.allclose(p[:, 3], sample.momentum[[heavy[i], *mine], 0], rtol=1e-15)
        assert np.allclose(p[1:].sum(axis=0), p[0], rtol=0, atol=1e-13 * p[0, 3])
        assert not rows["StdHepPdg"][i, n:].any()


def test_a_second_decay_in_the_detector_has_an_entry_without_weight(tmp_path: Path) -> None:
    sample = breadth_first(chain_sample(("siblings",), 30))
    write(tmp_path / "a.gtrac.root", sample)
    with uproot.open(tmp_path / "a.gtrac.root") as root:
        rows = root["gRooTracker"].arrays(["EvtNum", "EvtWght"], library="np")
    assert len(rows["EvtNum"]) > 30
    assert rows["EvtWght"].sum() == pytest.approx(sample.weight.sum(), rel=1e-13)
    assert np.array_equal(rows["EvtNum"][rows["EvtWght"] > 0], np.arange(30))


def test_llp_tree_is_what_fairship_reads_by_position(tmp_path: Path) -> None:
    sample = mixed_sample(150)
    write(tmp_path / "a.llp.root", sample)
    with uproot.open(tmp_path / "a.llp.root") as root:
        tree = root["LLP_tree"]
        assert set(tree.typenames().values()) == {"double"}
        table_ = np.column_stack([tree[name].array(library="np") for name in tree.keys()])  # noqa: SIM118 (their order)
    heavy = sample.offsets[:-1] + sample.seen
    assert np.array_equal(table_[:, [3, 0, 1, 2]], sample.momentum[heavy])
    assert np.array_equal(table_[:, 4], sample.mass[heavy])
    assert np.array_equal(table_[:, 5], sample.pdg[heavy])
    assert np.array_equal(table_[:, 6], sample.weight)
    assert np.array_equal(table_[:, 7:10], sample.decay_vertex[:, 1:])
    assert set(table_[:, -1].tolist()) == {2.0, 3.0}
    daughters = table_[:, 10:-1].reshape(150, -1, 6)
    there = np.arange(daughters.shape[1]) < table_[:, -1:]
    assert np.all(daughters[~there][:, 5] == -999)
    assert np.allclose((daughters[:, :, :4] * there[:, :, None]).sum(axis=1), table_[:, :4], rtol=0, atol=1e-12)
    shell = daughters[:, :, 3] ** 2 - (daughters[:, :, :3] ** 2).sum(axis=2) - daughters[:, :, 4] ** 2
    assert np.abs(shell[there]).max() < 1e-12 * (daughters[:, :, 3] ** 2).max()


@pytest.mark.parametrize(
    ("name", "module", "line"),
    [
        ("a.parquet", "pyarrow", "Parquet files need pyarrow: pip install 'nusim[parquet]'"),
        ("a.root", "uproot", "ROOT files need uproot and awkward: pip install 'nusim[root]'"),
        ("a.llp.root", "awkward", "ROOT files need uproot and awkward: pip install 'nusim[root]'"),
    ],
)
def test_a_missing_package_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, module: str, line: str) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError) as caught:
        write(tmp_path / name, mixed_sample(5))
    assert str(caught.value) == line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("kept", [0.3, 0.95])
def test_a_file_that_is_cut_off_is_one_line(tmp_path: Path, name: str, kept: float) -> None:
    write(tmp_path / name, mixed_sample(200))
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[: int(kept * len(content))])
    with pytest.raises(DataFileError) as caught:
        info(tmp_path / name)
    assert str(caught.value).startswith(f"{tmp_path / name}: ")
    assert "\n" not in str(caught.value)


def test_a_missing_column_and_another_programs_file_are_named(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", mixed_sample(20))
    rows = pq.read_table(tmp_path / "a.parquet")
    pq.write_table(rows.drop_columns(["delay_ns"]), tmp_path / "b.parquet")
    with pytest.raises(DataFileError, match=r"b\.parquet: lacks the column delay_ns$"):
        info(tmp_path / "b.parquet")
    pq.write_table(rows.replace_schema_metadata(None), tmp_path / "c.parquet")
    with pytest.raises(DataFileError, match=r"c\.parquet: is not nusim's"):
        info(tmp_path / "c.parquet")
    with uproot.recreate(tmp_path / "d.root") as root:
        root.mktree("events", {"x": "float64"}).extend({"x": np.ones(3)})
    with pytest.raises(DataFileError, match=r"d\.root: is not nusim's"):
        info(tmp_path / "d.root")
    with uproot.recreate(tmp_path / "e.root") as root:
        root["what"] = "else"
    with pytest.raises(DataFileError, match=r"e\.root: holds none of the trees"):
        info(tmp_path / "e.root")


def test_a_changed_number_is_found(tmp_path: Path) -> None:
    sample = mixed_sample(20)
    wrong = sample.momentum.copy()
    wrong[sample.offsets[7] + 3, 1] += 1e-6
    write(tmp_path / "a.parquet", replace(sample, momentum=wrong))
    problems = info(tmp_path / "a.parquet")["problems"]
    assert "event 7: line 4: it is not on its mass shell in the written digits" in problems
    assert any(line.startswith("event 7: ") and "four-momentum is not conserved" in line for line in problems)
    late = sample.vertex.copy()
    late[sample.offsets[3] + 4, 0] += 1e-3
    write(tmp_path / "a.parquet", replace(sample, vertex=late))
    assert "event 3: line 5: it does not start where its sisters do" in info(tmp_path / "a.parquet")["problems"]


def test_layouts_and_gz_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match=r"layout 'decay': unknown to parquet; known: chain"):
        write(tmp_path / "a.parquet", mixed_sample(5), layout="decay")
    with pytest.raises(DataFileError, match=r"compressed as they are; leave out \.gz"):
        write(tmp_path / "a.root.gz", mixed_sample(5), format="root")
    assert LISTS[0] == "particle_pdg"
    assert list(tmp_path.iterdir()) == []


def test_an_error_in_the_block_leaves_nothing(tmp_path: Path) -> None:
    run = {"channels": CHANNELS, "states": STATES, "routes": ROUTES, "weighted": False}
    for name in FILES:
        with (
            pytest.raises(DataFileError, match="3 events were written, 9 announced"),
            open_writer(tmp_path / name, metadata(9), **run) as out,
        ):
            out.write(mixed_sample(3))
        with pytest.raises(DataFileError, match="of another run"), open_writer(tmp_path / name, metadata(9), **run) as out:
            out.write(mixed_sample(9, weighted=True))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["a.parquet", pytest.param("a.hepmc3", marks=pytest.mark.slow), pytest.param("a.root", marks=pytest.mark.slow)]
)
def test_a_hundred_thousand_generated_events_are_consistent(tmp_path: Path, name: str) -> None:
    """Mass shells in the written digits, four-momentum at every vertex, flights, frames, vertices inside the detector."""
    summary = write_events(tmp_path / name, solve(read_model("circle")), read_experiment("sbnd"), 100_000, weighted=True)
    found = info(tmp_path / name)
    assert found["problems"] == []
    assert (found["n"], found["sha256"]) == (100_000, summary["sha256"])
    assert found["sum_of_weights"] == pytest.approx(summary["expected_events"], rel=0.02)


def test_the_documented_columns_are_those_of_the_code(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "formats.md").read_text()
    for name, description in DESCRIPTIONS.items():
        assert f"| `{name}` | {description} |" in text
