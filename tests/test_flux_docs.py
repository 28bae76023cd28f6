"""docs/bring_your_own_flux.md does what it shows: its Python, its card and its commands, in order, in an empty folder."""

import re
import shlex
from pathlib import Path

import pytest

from nusim.beams.dk2nu import NEUTRINOS_PER_DECAY
from nusim.cli.main import main

PAGE = Path(__file__).parent.parent / "docs" / "bring_your_own_flux.md"


def blocks() -> list[tuple[str, str]]:
    return re.findall(r"^```(python|sh|toml)\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)


def test_every_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    commands = 0
    for kind, text in blocks():
        if kind == "python":
            exec(compile(text, PAGE.name, "exec"), names)
        elif kind == "toml":
            (tmp_path / "mine.toml").write_text(text)
        else:
            for line in text.splitlines():
                words = shlex.split(line)
                assert words[0] == "nusim"
                assert main(words[1:]) == 0, line
                commands += 1
    out = capsys.readouterr()
    assert commands == 9
    assert (tmp_path / "kaons.lhe").exists()
    assert "shares of the decays" not in out.err


def test_divisors_are_those_of_the_code() -> None:
    """The table's sums."""
    text = PAGE.read_text()
    sums = {130: "= 0.6759 |", 321: "= 0.7198 |", 13: "| 2: one for each", 211: "| 0.9999 |"}
    for code, printed in sums.items():
        total = sum(NEUTRINOS_PER_DECAY[code].values())
        shown = re.search(r"[\d.]+", printed)
        assert printed in text
        assert shown is not None
        assert float(shown.group()) == pytest.approx(total, abs=6e-5)
