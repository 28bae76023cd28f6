"""nusim plot: figures of files, and what it refuses."""

from pathlib import Path

import pytest

from nusim.io.write import write

from ..io.samples import mixed_sample
from .conftest import Run

DETECTOR = {"detector": [{"shape": "box", "size": [4.0, 4.0, 5.0], "front": [0.74, 0.1, 110.0]}]}


def events(path: Path, n: int = 40) -> Path:
    given = mixed_sample(n)
    experiment = {**given.metadata["experiment"], **DETECTOR}
    given.metadata["experiment"].update(experiment)  # type: ignore[attr-defined]
    write(path, given)
    return path


@pytest.mark.parametrize("suffix", ["lhe.gz", "hepmc3", "parquet"])
def test_figures_of_files(nusim: Run, tmp_path: Path, suffix: str) -> None:
    file = events(tmp_path / f"e.{suffix}")
    for argv in (("display", file, "--event", 39), *((("events", file),) if suffix == "lhe.gz" else ())):
        figure = tmp_path / "f.png"
        result = nusim("plot", *argv, "-o", figure)
        assert result.code == 0, result.err
        assert figure.stat().st_size > 10_000
        figure.unlink()
    if suffix != "lhe.gz":
        return
    assert "the first 10 of 40 events stand for all" in nusim("plot", "events", file, "--first", 10, "-o", tmp_path / "f.svg").err


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("display", "e.lhe", "--event", 40, "-o", "f.png"), "--event 40: e.lhe holds 40 events, counted from 0"),
        (("display", "e.lhe", "--event", -1, "-o", "f.png"), "--event -1: events are counted from 0"),
        (("events", "e.lhe", "--first", 0, "-o", "f.png"), "--first 0: at least one event is needed"),
        (("events", "none.lhe", "-o", "f.png"), "none.lhe: cannot be read: No such file"),
        (("events", "text.txt", "-o", "f.png"), "is no event file that nusim reads back"),
        (("events", "empty.lhe", "-o", "f.png"), "empty.lhe: holds no events"),
        (("display", "bare.lhe", "-o", "f.png"), "bare.lhe: does not say what its detector is"),
    ],
)
def test_refusals(nusim: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, argv: tuple[object, ...], said: str) -> None:
    monkeypatch.chdir(tmp_path)
    events(Path("e.lhe"))
    events(Path("empty.lhe"), 0)
    write("bare.lhe", mixed_sample(4))
    Path("text.txt").write_text("no events")
    result = nusim("plot", *argv)
    assert result.code == 1
    assert said in result.err
    assert not Path("f.png").exists()


def test_measured_distributions_need_resolutions(nusim: Run, tmp_path: Path) -> None:
    given = mixed_sample(40)
    file = tmp_path / "e.lhe"
    write(file, given)
    result = nusim("plot", "events", file, "--smear", "-o", tmp_path / "f.png")
    assert result.code == 1
    assert "--smear: the card of sbnd has no [smearing]" in result.err
    card = {
        "smearing": {"source": "made up", "e": {"energy": [0.1, 0.0, 0.0], "angle": 0.01}},
        "selection": {"visible": ["e"], "thresholds": {}},
    }
    given.metadata["experiment"].update(card)  # type: ignore[attr-defined]
    write(file, given)
    assert nusim("plot", "events", file, "--smear", "-o", tmp_path / "f.png").code == 0


def test_bad_command_lines(nusim: Run) -> None:
    assert nusim("plot").code == 2
    assert nusim("plot", "events", "e.lhe").code == 2
    assert "ends in .pdf, .png or .svg" in nusim("plot", "events", "e.lhe", "-o", "f.txt").err
