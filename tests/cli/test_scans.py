"""Scans: warnings in a few lines, gaps where the physics is not defined; and short texts."""

import math
import re
from pathlib import Path

import nusim as package
from nusim.cli.output import folded

from .conftest import Run

AT_THE_Z = ("circle", "--parent", "zprime", "--set", "portals.epsilon=1e-4", "--scan", "mediator.m_zprime=91:91.4:6")


def test_warnings_that_differ_in_numbers_are_one_line() -> None:
    notes = [("m = 1.0 GeV: low",), ("m = 2.5e-3 GeV: low", "nu4: off"), (), ("nu5: off",)]
    assert folded(notes, "x", [1.0, 2.0, 3.0, 4.0]) == [
        "m = 1.0 GeV: low (at 2 of 4 points, x = 1 to 2)",
        "nu4: off (at 1 of 4 points, x = 2)",
        "nu5: off (at 1 of 4 points, x = 4)",
    ]
    assert folded([("as ever",)] * 3, "x", [1.0, 2.0, 3.0]) == ["as ever"]


def test_refused_points_are_gaps(nusim: Run, tmp_path: Path) -> None:
    table, drawn = tmp_path / "t.csv", tmp_path / "t.png"
    result = nusim("widths", *AT_THE_Z, "-o", str(table), "--plot", str(drawn))
    assert result.code == 0
    assert "no widths" in result.err
    assert "at 2 of 6 points, mediator.m_zprime = 91.16 to 91.24" in result.err
    head, *lines = table.read_text().splitlines()
    # uncertainties are nan where they are not known
    known = [k for k, name in enumerate(head.split(",")) if "uncertainty" not in name]
    rows = [[float(line.split(",")[k]) for k in known] for line in lines]
    assert [any(math.isnan(cell) for cell in row) for row in rows] == [False, False, True, True, False, False]
    assert all(math.isnan(cell) for row in rows[2:4] for cell in row[1:])
    assert drawn.stat().st_size > 0


def test_refused_points_are_null(nusim: Run) -> None:
    document = nusim("widths", *AT_THE_Z, "--json").document
    assert [width is None for width in document["total_width"]] == [False, False, True, True, False, False]
    assert [entry["value"] for entry in document["refused"]] == document["scan"]["values"][2:4]
    assert all("m_Z" in entry["reason"] for entry in document["refused"])


def test_a_scan_of_refused_points_only_is_refused(nusim: Run) -> None:
    result = nusim("widths", *AT_THE_Z[:-1], "mediator.m_zprime=91.18:91.19:3")
    assert result.code == 1
    assert "m_Z" in result.err


def test_bosons_are_not_majorana(nusim: Run) -> None:
    assert "1 GeV, vector\n" in nusim("widths", "circle", "--parent", "zprime").out


def test_tiny_shares_are_one_line(nusim: Run) -> None:
    """Parts below a share of the rate are counted in the last line of their table."""
    rate = nusim("rate", "circle", "sbnd").out
    assert re.search(r"\d+ more +[\d.e-]+ +[\d.e-]+ ", rate)


def test_a_table_prints_what_is_open() -> None:
    table = package.decay_table(package.solve(package.read_model("hnl")), "nu4")
    assert str(table).startswith("DecayTable of nu4: ")
    assert len(str(table).splitlines()) == 1 + sum(channel.width > 0 for channel in table)
    assert len(repr(table)) < 160
    assert "terms" not in repr(table.channels[0])
    assert str(table.channels[0]).startswith("nu4 -> ")
