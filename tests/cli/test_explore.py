"""nusim explore and nusim plot corner as a user calls them."""

from pathlib import Path

import pytest

from .conftest import Run

DRAW = ("--draw", "physical.m5=0.05:0.5", "portals.epsilon=1e-6:1e-3")


def test_points_and_their_figure(nusim: Run, tmp_path: Path) -> None:
    file = tmp_path / "points.parquet"
    result = nusim("explore", "circle", *DRAW, "-n", 30, "-o", file)
    assert result.code == 0
    assert result.out.splitlines()[0].startswith(f"{file}: circle: 30 points: ")
    assert result.err.count("the one-loop mass assumes none") == 1
    again = nusim("explore", "circle", *DRAW, "-n", 30, "-o", tmp_path / "again.parquet", "--json")
    document = again.document
    assert document["points"] == 30
    assert sum(document["verdicts"].values()) == 30
    assert {"physical.m5", "m_nu4", "ctau_nu5", "verdict"} <= set(document["columns"])
    assert nusim("plot", "corner", file, "-o", tmp_path / "corner.svg").code == 0
    assert nusim("plot", "corner", file, "m_nu4", "ctau_nu4", "-o", tmp_path / "other.png").code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again.parquet", "corner.svg", "other.png", "points.parquet"]


@pytest.mark.parametrize(
    ("argv", "code", "message"),
    [
        (("-o", "x.parquet"), 1, "explore: nothing varies; draw a key"),
        (("--draw", "physical.m5=1", "-o", "x.parquet"), 2, "write KEY=lo:hi or KEY=lo:hi:lin"),
        (("--draw", "physical.m5=1:2:3", "-o", "x.parquet"), 2, "write KEY=lo:hi or KEY=lo:hi:lin"),
        (("--draw", "physical.m5=1:2", "physical.m5=1:3", "-o", "x.parquet"), 1, "--draw physical.m5: given twice"),
        (("--set", "physical.m5=1", "--draw", "physical.m5=1:2", "-o", "x.parquet"), 1, "--set physical.m5: it varies by --draw"),
        (("--draw", "physical.m5=0.1:0.2", "-o", "x.csv"), 1, "x.csv: points are written as Parquet"),
        (("--draw", "physical.m5=0.1:0.2", "-o", "nowhere/x.parquet"), 1, "there is no folder nowhere"),
        (("sbnn", "--draw", "physical.m5=0.1:0.2", "-o", "x.parquet"), 1, "did you mean 'sbn' or 'sbnd'?"),
    ],
)
def test_refusals(nusim: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, argv: tuple[str, ...], code: int, message: str) -> None:
    monkeypatch.chdir(tmp_path)
    result = nusim("explore", "circle", *argv)
    assert (result.code, result.out) == (code, "")
    assert message in result.err.splitlines()[-1]
    assert not list(tmp_path.iterdir())


def test_a_file_of_something_else_is_no_file_of_points(nusim: Run, tmp_path: Path) -> None:
    (tmp_path / "x.parquet").write_text("a,b\n")
    result = nusim("plot", "corner", tmp_path / "x.parquet", "-o", tmp_path / "x.pdf")
    assert result.code == 1
    assert result.err == f"nusim: {tmp_path / 'x.parquet'}: no file of points; nusim explore -o makes them\n"
