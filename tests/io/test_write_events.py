"""From model and experiment to a file, and the documentation's way back."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from nusim.cards.read import read_experiment, read_model
from nusim.errors import DataFileError, ParameterError
from nusim.events.generate import generate
from nusim.io.inspect import info
from nusim.io.output import OutputFile
from nusim.io.write import write, write_events
from nusim.model.spectrum import solve

DOCUMENT = Path(__file__).parents[2] / "docs" / "formats.md"


@pytest.fixture(scope="module")
def setting() -> tuple[Any, Any]:
    return solve(read_model("circle")), read_experiment("sbnd")


@pytest.mark.parametrize("weighted", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_the_chunk_size_is_not_in_the_file(tmp_path: Path, setting: tuple[Any, Any], weighted: bool) -> None:
    summary = write_events(tmp_path / "chunks.lhe", *setting, 300, 5, weighted=weighted, chunk=77)
    sample = generate(*setting, 300, 5, weighted=weighted)
    assert write(tmp_path / "whole.lhe", sample) == summary["sha256"]
    assert (tmp_path / "chunks.lhe").read_bytes() == (tmp_path / "whole.lhe").read_bytes()
    assert set(summary) >= {"file", "n", "seed", "expected_events", "stat_error", "kernel", "warnings"}
    assert summary["effective_sample_size"] == pytest.approx(sample.weight.sum() ** 2 / (sample.weight**2).sum())


@pytest.mark.parametrize(("name", "layout"), [("a.lhe", "chain"), ("a.lhe.gz", "two-beam"), ("a.lhe", "decay"), ("a.hepevt", "chain")])
def test_generated_events_are_consistent(tmp_path: Path, setting: tuple[Any, Any], name: str, layout: str) -> None:
    summary = write_events(tmp_path / name, *setting, 1000, 3, layout=layout)
    found = info(tmp_path / name)
    assert found["problems"] == []
    assert found["n"] == 1000
    assert found["sha256"] == summary["sha256"]
    assert found["sum_of_weights"] == pytest.approx(summary["expected_events"], rel=1e-2)


def test_no_events_make_a_valid_file(tmp_path: Path, setting: tuple[Any, Any]) -> None:
    for name in ("a.lhe", "a.lhe.gz", "a.hepevt"):
        assert write_events(tmp_path / name, *setting, 0)["effective_sample_size"] == 0.0
        assert (info(tmp_path / name)["n"], info(tmp_path / name)["problems"]) == (0, [])


@pytest.mark.parametrize("name", ["a.lhe", "a.hepevt"])
def test_the_room_is_checked_with_the_events_of_the_run(
    tmp_path: Path, setting: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    asked: list[int] = []
    monkeypatch.setattr("nusim.io.write.check_free_space", lambda path, size: asked.append(size))
    write_events(tmp_path / name, *setting, 1000)
    assert len(asked) == 2
    size = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert 0.9 * size < asked[1] < 1.1 * size


def test_the_content_does_not_depend_on_how_many_processes_share_the_work(tmp_path: Path, setting: tuple[Any, Any]) -> None:
    alone = write_events(tmp_path / "alone.lhe", *setting, 500)
    shared = write_events(tmp_path / "shared.lhe", *setting, 500, chunk=120, workers=2)
    assert (tmp_path / "alone.lhe").read_bytes() == (tmp_path / "shared.lhe").read_bytes()
    assert alone["sha256"] == shared["sha256"]


def test_requests_that_cannot_be_met_leave_no_file(tmp_path: Path, setting: tuple[Any, Any]) -> None:
    with pytest.raises(DataFileError, match="are free; ask for fewer events"):
        write_events(tmp_path / "a.lhe", *setting, 10**15)
    with pytest.raises(ParameterError, match="chunk = 0"):
        write_events(tmp_path / "a.lhe", *setting, 10, chunk=0)
    with pytest.raises(ParameterError, match="workers = 0: a whole number, at least 1"):
        write_events(tmp_path / "a.lhe", *setting, 10, workers=0)
    with pytest.raises(ParameterError):
        write_events(tmp_path / "a.lhe", *setting, 10, final="mu- mu+ gamma")
    assert list(tmp_path.iterdir()) == []


def test_the_documented_way_to_read_with_pylhe_runs(
    tmp_path: Path, setting: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    summary = write_events("circle.lhe.gz", *setting, 300)
    snippet = re.search(r"### Reading with pylhe\n\n```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    assert snippet
    exec(snippet[1], {})
    printed = capsys.readouterr().out
    assert printed.endswith(f"of {summary['expected_events']:.4g} expected events for 6.6e+20 protons\n")
    # SBND is 4 m wide and high: a cut at 1.5 m keeps about (3/4)^2
    assert 0.45 < float(printed.split()[0]) / summary["expected_events"] < 0.68


def test_the_documented_schemes_are_those_of_the_code() -> None:
    from nusim.io.pdg_scheme import SCHEMES

    text = DOCUMENT.read_text()
    for scheme, codes in SCHEMES.items():
        row = next(line for line in text.splitlines() if line.startswith(f"| `{scheme}` |"))
        assert all(str(code) in row for code in codes.values())
    assert json.dumps(list(SCHEMES)) == '["default", "darknews", "genie"]'


def test_devices_and_pipes_are_not_replaced_and_links_are_followed(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.lhe"
    os.mkfifo(pipe)
    with pytest.raises(DataFileError, match="is a device or pipe"), OutputFile(pipe):
        pass
    assert pipe.is_fifo()
    target, link = tmp_path / "target.lhe", tmp_path / "link.lhe"
    target.write_text("old")
    link.symlink_to(target)
    with OutputFile(link) as file:
        file.write(b"new")
    assert link.is_symlink()
    assert target.read_text() == "new"
