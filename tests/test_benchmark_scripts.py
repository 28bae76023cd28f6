"""Benchmarks are not run by the tests; that they could be, and their table, are checked."""

import importlib
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture(autouse=True)
def neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Benchmarks import each other by name."""
    monkeypatch.syspath_prepend(str(FOLDER))


@pytest.mark.parametrize("name", [path.stem for path in sorted(FOLDER.glob("*.py")) if path.stem != "__main__"])
def test_every_script_can_be_imported(name: str) -> None:
    assert importlib.import_module(name).__doc__


def test_comparisons_become_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    comparison = importlib.import_module("comparison")
    comparison.show(comparison.Row("writing", 30_000.0, 1_500.0, "events/s"))
    comparison.show(comparison.Row("reading files", 10.0, 20.0, "files/s"))
    lines = ["something else", *capsys.readouterr().out.splitlines()]
    assert comparison.table_of(lines) == [
        "comparison     nusim            other           nusim / other",
        "writing        30,000 events/s  1,500 events/s  20.00",
        "reading files  10 files/s       20 files/s      0.50",
    ]
    assert comparison.table_of(["nothing"]) == []


def test_decays_of_others_are_left_out_where_they_are_not_installed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    script = importlib.import_module("other_generators")
    monkeypatch.setattr("sys.argv", ["other_generators.py", "--events", "200"])
    monkeypatch.setattr(script, "find_spec", lambda name: None)
    script.main()
    said = capsys.readouterr().out
    assert "nusim: " in said
    assert "DarkNews: not installed (pip install DarkNews)" in said
