"""Parts of a run joined, and runs gone on with after they were killed: the bytes of the undisturbed run."""

import gzip
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from nusim.cards.read import read_model
from nusim.errors import DataFileError, ParameterError
from nusim.events.generate import prepare
from nusim.events.generator import Generator
from nusim.io.convert import merge
from nusim.io.journal import Journal
from nusim.io.output import OutputFile
from nusim.io.write import span_of, write_events
from nusim.model.spectrum import solve

from ..closure import toy

N = 400
RUNS: dict[tuple[Any, ...], Generator] = {}


def prepared(spectrum: Any, experiment: Any, *args: Any, **choices: Any) -> Generator:
    """All tests have one spectrum and one experiment."""
    key = (*args, *choices.items())
    if key not in RUNS:
        RUNS[key] = prepare(spectrum, experiment, *args, **choices)
    return RUNS[key]


@pytest.fixture(autouse=True)
def toy_beam(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nusim.events.generate.parents_of", lambda _: toy.parents())
    # what is tested here does not hang on how well a run is tuned, nor on setting it up again
    monkeypatch.setattr("nusim.events.generate._PILOT_SIZE", 2048)
    monkeypatch.setattr("nusim.events.generate.PRECISION", 1.0)
    monkeypatch.setattr("nusim.io.write.prepare", prepared)


@pytest.fixture(scope="module")
def setting() -> tuple[Any, Any]:
    return solve(read_model("circle")), toy.experiment()


def content(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


@pytest.mark.parametrize(
    ("suffix", "layout"), [("lhe", "chain"), ("lhe.gz", "two-beam"), ("hepmc3", "chain"), ("hepevt", "joint"), ("parquet", "chain")]
)
def test_parts_join_to_the_whole(tmp_path: Path, setting: tuple[Any, Any], suffix: str, layout: str) -> None:
    whole = write_events(tmp_path / f"whole.{suffix}", *setting, N, 4, layout=layout)
    for i in (3, 1, 2):
        said = write_events(tmp_path / f"part{i}.{suffix}", *setting, N, 4, layout=layout, part=(i, 3))
        assert (said["chunk"], said["events"]) == (f"{i}/3", [133, 133, 134][i - 1])
    joined = merge([tmp_path / f"part{i}.{suffix}" for i in (2, 3, 1)], tmp_path / f"joined.{suffix}")
    assert joined["sha256"] == whole["sha256"]
    assert content(tmp_path / f"joined.{suffix}") == content(tmp_path / f"whole.{suffix}")
    if suffix == "hepevt":
        beside = [(tmp_path / f"{name}.hepevt.json").read_text().replace(f"{name}.hepevt", "") for name in ("joined", "whole")]
        assert beside[0] == beside[1]
    with pytest.raises(DataFileError, match="is missing"):
        merge([tmp_path / f"part{i}.{suffix}" for i in (1, 3)], tmp_path / f"two.{suffix}")


def test_parts_are_counted_from_one() -> None:
    assert [span_of(10, (i, 3)) for i in (1, 2, 3)] == [(0, 3), (3, 6), (6, 10)]
    assert span_of(2, (1, 4)) == (0, 0)
    for part in ((0, 3), (4, 3)):
        with pytest.raises(ParameterError, match="i from 1 to N"):
            span_of(10, part)


@pytest.mark.parametrize("suffix", ["lhe", "lhe.gz", "hepevt", "hepmc3.gz"])
def test_a_run_goes_on_where_it_was_left(tmp_path: Path, setting: tuple[Any, Any], suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a kill leaves: chunks that are noted, and some bytes more."""
    path, undisturbed = tmp_path / f"a.{suffix}", tmp_path / "b" / f"a.{suffix}"
    undisturbed.parent.mkdir()
    said = write_events(undisturbed, *setting, N, 4, chunk=60)
    real, done = OutputFile.mark, 0

    def stop(self: OutputFile, note: dict[str, Any]) -> None:
        nonlocal done
        real(self, note)
        done += 1
        if done == 3:
            self.write(b"half an event" * 3)
            raise KeyboardInterrupt

    with patch.object(OutputFile, "mark", stop), pytest.raises(KeyboardInterrupt):
        write_events(path, *setting, N, 4, chunk=60)
    assert not path.exists()
    assert Path(f"{path}.part").exists()
    with open(f"{path}.part", "ab") as stream:
        stream.write(b"bytes of a chunk that was not finished")
    made = []
    generate = Generator.events
    monkeypatch.setattr(Generator, "events", lambda self, *span: made.append(span) or generate(self, *span))
    again = write_events(path, *setting, N, 4, chunk=100)
    assert [span for span in made if span not in ((0, 0), (0, 200))] == [(180, 280), (280, 380), (380, 400)]
    assert "an earlier run had written 180 of 400 events" in again["warnings"][-1]
    assert content(path) == content(undisturbed)
    assert again["sha256"] == said["sha256"]
    assert again["effective_sample_size"] == pytest.approx(said["effective_sample_size"], rel=1e-12)
    assert sorted(os.listdir(tmp_path)) == sorted(["b", *os.listdir(undisturbed.parent)])
    if suffix == "hepevt":
        assert Path(f"{path}.json").read_text() == Path(f"{undisturbed}.json").read_text()


def test_another_run_begins_anew(tmp_path: Path, setting: tuple[Any, Any]) -> None:
    path = tmp_path / "a.lhe"
    real = OutputFile.mark

    def stop(self: OutputFile, note: dict[str, Any]) -> None:
        real(self, note)
        raise KeyboardInterrupt

    for changes in ({"seed": 5}, {"layout": "decay"}, {"state": "nu5"}, {"weighted": True}, {"n": 90}):
        with patch.object(OutputFile, "mark", stop), pytest.raises(KeyboardInterrupt):
            write_events(path, *setting, 100, 4, chunk=40)
        again = write_events(path, *setting, **{"n": 100, "seed": 4, "chunk": 40, **changes})
        assert not any("an earlier run" in warning for warning in again["warnings"])
        other = write_events(tmp_path / "other.lhe", *setting, **{"n": 100, "seed": 4, **changes})
        assert again["sha256"] == other["sha256"]
        assert path.read_bytes() == (tmp_path / "other.lhe").read_bytes()


def test_two_runs_do_not_write_one_file(tmp_path: Path, setting: tuple[Any, Any]) -> None:
    with OutputFile(tmp_path / "a.lhe"), pytest.raises(DataFileError, match="another run is writing it now"):
        write_events(tmp_path / "a.lhe", *setting, 10)


def test_lines_of_the_log_that_were_not_finished_count_for_nothing(tmp_path: Path) -> None:
    part = tmp_path / "a.part"
    part.write_bytes(b"x" * 100)
    journal = Journal(part, "mine")
    assert journal.entries() == []
    journal.begin([])
    journal.add({"size": 40, "note": 1})
    journal.add({"size": 90, "note": 2})
    journal.add({"size": 140, "note": 3})  # never reached the file
    assert [entry["note"] for entry in journal.entries()] == [1, 2]
    whole = journal.path.read_bytes()
    first = whole.index(b"\n") + 1
    for cut in range(first, len(whole)):
        journal.path.write_bytes(whole[:cut])
        assert [entry["note"] for entry in journal.entries()] == [1, 2][: whole[first:cut].count(b"\n")]
    assert Journal(part, "another").entries() == []
    journal.path.write_bytes(b"\xff\n{}\n")
    assert journal.entries() == []


RUN = ["events", "circle", "sbnd", "-n", "6000", "--chunk-size", "300", "--seed", "2"]


def killed_and_resumed(tmp_path: Path, kills: int, extra: list[str], suffix: str) -> None:
    """`kill -9` at random moments after the run began to write; then one call that ends."""
    command = [sys.executable, "-m", "nusim", *RUN, *extra]
    subprocess.run([*command, "-o", tmp_path / f"whole.{suffix}"], check=True, capture_output=True)
    rng, path = np.random.default_rng(8), tmp_path / f"a.{suffix}"
    for _ in range(kills):
        process = subprocess.Popen([*command, "-o", path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        log = Path(f"{path}.part.log")
        before = log.stat().st_size if log.exists() else 0
        while process.poll() is None and not (log.exists() and log.stat().st_size > before):
            time.sleep(0.01)
        time.sleep(float(rng.uniform(0.0, 0.2)))
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if path.exists():
            break
    subprocess.run([*command, "-o", path], check=True, capture_output=True)
    assert content(path) == content(tmp_path / f"whole.{suffix}")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == sorted([f"a.{suffix}", f"whole.{suffix}"])


def test_a_killed_run_is_resumed(tmp_path: Path) -> None:
    killed_and_resumed(tmp_path, 1, [], "lhe")


@pytest.mark.slow
@pytest.mark.parametrize("extra", [[], ["--workers", "2"]])
def test_ten_kills_leave_the_bytes_of_an_undisturbed_run(tmp_path: Path, extra: list[str]) -> None:
    killed_and_resumed(tmp_path, 10, extra, "lhe.gz")
