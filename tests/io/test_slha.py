"""SLHA files as pyslha and Pythia read them."""

import math
from pathlib import Path

import pyslha
import pytest

import nusim
from nusim.cli.main import main
from nusim.pdg import HEAVY_STATE_CODES, anti


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("circle", {}),
        ("star", {"portals.epsilon": 1e-4}),
        ("hnl", {"m4": 0.5, "majorana": False}),
        ("two-families", {}),
        ("hnl", {"m4": 2.0}),
    ],
)
def test_pyslha_reads_masses_and_decays(tmp_path: Path, name: str, changes: dict[str, object]) -> None:
    spectrum = nusim.solve(nusim.read_model(name, set=changes))
    text = nusim.slha_text(spectrum)
    (tmp_path / "m.slha").write_text(text)
    document = pyslha.read(str(tmp_path / "m.slha"))
    for state in spectrum.heavy_states:
        code = HEAVY_STATE_CODES[state]
        table = nusim.decay_table(spectrum, state)
        assert document.blocks["MASS"][code] == pytest.approx(table.mass, rel=1e-12)
        own = document.decays[code]
        assert own.totalwidth == pytest.approx(table.total_width, rel=1e-12)
        inclusive = math.fsum(channel.width for channel in table if channel.inclusive) / table.total_width
        assert math.fsum(decay.br for decay in own.decays) == pytest.approx(1 - inclusive, abs=1e-9)
        # pyslha takes the blocks of several particles for one
        assert f"BLOCK QNUMBERS {code}  # {state}\n     1   0  # 3 times electric charge\n     2   2 " in text
        assert text.count(f"     4   {int(not spectrum.majorana)}  #") >= len(spectrum.heavy_states)
        if spectrum.majorana:
            # a Majorana state decays into conjugate final states alike
            shares: dict[tuple[int, ...], float] = {}
            for decay in own.decays:
                key = tuple(sorted(decay.ids))
                shares[key] = shares.get(key, 0.0) + decay.br
            for ids, share in shares.items():
                assert shares[tuple(sorted(id if id in HEAVY_STATE_CODES.values() else anti(id) for id in ids))] == pytest.approx(
                    share, rel=1e-8
                ), ids
    matrix = document.blocks["NUSIMMIX"]
    assert sum(matrix[1 + row, 4] ** 2 + document.blocks["IMNUSIMMIX"][1 + row, 4] ** 2 for row in range(3)) == pytest.approx(
        sum(spectrum.mixing2(flavour, "nu4") for flavour in ("e", "mu", "tau")), rel=1e-9
    )


def test_the_command_writes_it(tmp_path: Path) -> None:
    file = tmp_path / "c.slha"
    assert main(["widths", "circle", "--slha", str(file)]) == 0
    assert file.read_text() == nusim.slha_text(nusim.solve(nusim.read_model("circle")))
    assert main(["widths", "circle", "--slha", str(file), "--scan", "physical.m5=0.1:0.2:3"]) == 1


def test_pythia_takes_decay_tables(tmp_path: Path) -> None:
    pythia8 = pytest.importorskip("pythia8mc")
    spectrum = nusim.solve(nusim.read_model("star"))
    (tmp_path / "m.slha").write_text(nusim.slha_text(spectrum))
    pythia = pythia8.Pythia("", False)
    for line in ("ProcessLevel:all = off", "SLHA:useDecayTable = on", f"SLHA:file = {tmp_path / 'm.slha'}", "Print:quiet = on"):
        pythia.readString(line)
    assert pythia.init()
    code = HEAVY_STATE_CODES["nu5"]
    table = nusim.decay_table(spectrum, "nu5")
    entry = pythia.particleData.findParticle(code)
    assert entry.m0() == pytest.approx(table.mass, rel=1e-9)
    assert entry.mWidth() == pytest.approx(table.total_width, rel=1e-6)
