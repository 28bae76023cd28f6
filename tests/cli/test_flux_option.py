"""--flux and --flux-format of rate, events and flux."""

from pathlib import Path

import numpy as np
import pytest

from ..beams import flux_writers as writers
from ..beams.test_flux_refusals import CENTRE, some_parents
from .conftest import Run

FEW = "\n".join(f"{code},0.1,{k / 100},{20 + k},0.01,0.02,{2 + k / 10},1" for k, code in enumerate([321] * 12 + [211] * 4 + [-321] * 4))
CSV = f"# protons = 1e3\npdg,x[m],y[m],z[m],px[GeV],py[GeV],pz[GeV],weight\n{FEW}\n"


@pytest.fixture
def flux(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text(CSV if name == "a.csv" else CSV.replace(",1\n", ",2\n"))
    return tmp_path


def test_rate(nusim: Run, flux: Path) -> None:
    """One file, two files and a glob: two files of one beam are one beam with the protons of both."""
    both = nusim("rate", "circle", "sbnd", "--flux", "a.csv", "--flux", "b.csv", "--json").document[0]
    globbed = nusim("rate", "--flux", "*.csv", "--flux-format", "csv", "circle", "sbnd", "--json").document[0]
    assert {**both, "seconds": None} == {**globbed, "seconds": None}
    one = nusim("rate", "circle", "sbnd", "--flux", "a.csv", "--json")
    assert "warning: flux from a.csv: csv, 20 entries, 1000 protons on target" in one.err
    first = one.document[0]
    assert both["events"] == pytest.approx(1.5 * first["events"], rel=0.1)
    assert set(both["by_parent"]) == {"K+", "K-"}


def test_rate_in_two_detectors(nusim: Run, flux: Path) -> None:
    documents = nusim("rate", "hnl", "sbnd", "microboone", "--flux", "a.csv", "--json").document
    assert [one["experiment"] for one in documents] == ["sbnd", "microboone"]
    assert all(any(note.startswith("flux from a.csv") for note in one["warnings"]) for one in documents)


def test_events(nusim: Run, flux: Path) -> None:
    result = nusim("events", "circle", "sbnd", "-n", 20, "--flux", "*.csv", "--workers", 2, "--chunk-size", 7, "-o", "x.lhe")
    assert result.code == 0
    text = Path("x.lhe").read_text()
    assert '"a.csv"' in text
    assert nusim("info", "x.lhe", "--json").document["consistent"]


def test_flux_of_parents_and_of_rays(nusim: Run, flux: Path) -> None:
    result = nusim("flux", "sbnd", "--flux", "a.csv", "--json")
    assert set(result.document["by_parent"]["numu"]) == {"pi+", "K+"}
    columns = writers.window_rays(some_parents(211), CENTRE, 2.0, 0.0, seed=1)
    writers.write_gsimple(flux / "g.root", {name: columns[name] for name in (*columns,) if name != "ptype"}, 1.0, CENTRE, 2.0)
    rays = nusim("flux", "sbnd", "--flux", "g.root", "-o", "rays.csv")
    assert rays.code == 0
    assert "unknown 100.0%" in rays.out
    assert "flux from g.root: gsimple, 20 entries" in rays.err
    total = np.loadtxt("rays.csv", delimiter=",", skiprows=2)[:, 2].sum()
    # all 20 rays are numu, wgt / area / cos / protons
    cosine = np.abs(columns["pz"]) / columns["E"]
    assert total == pytest.approx(float(np.sum(columns["wgt"] / cosine)) / 16e4, rel=1e-9)
    refused = nusim("rate", "circle", "sbnd", "--flux", "g.root")
    assert refused.code == 1
    assert "GSimple without the branch numi" in refused.err


def test_show_says_the_files(nusim: Run, flux: Path) -> None:
    result = nusim("show", "sbnd", "--set", f"beam.file={flux / 'a.csv'}", "--json")
    assert result.document["beam"]["file"] == ["a.csv"]
    assert "setting beam.file removes beam.card" in result.err


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("rate", "circle", "sbnd", "--flux", "c.root"), "nusim: c.root: no such flux file"),
        (("flux", "sbnd", "--flux", "c*"), "nusim: c*: no flux file matches"),
        (("rate", "circle", "sbn", "--flux", "a.csv"), "nusim: sbn.toml: flux files belong to one detector"),
        (("rate", "circle", "sbnd", "--flux-format", "csv"), "nusim: flux format 'csv': goes with a flux file, and none is given"),
        (("events", "circle", "sbnd", "-n", "5", "-o", "x.lhe", "--flux", "a.csv", "--flux-format", "dk2nu"), "no ROOT file, but format"),
    ],
)
def test_refused(nusim: Run, flux: Path, argv: tuple[str, ...], message: str) -> None:
    result = nusim(*argv)
    assert result.code == 1
    assert message in result.err.splitlines()[-1]
    assert result.out == ""
    assert not Path("x.lhe").exists()


def test_unknown_format_is_a_bad_command(nusim: Run, flux: Path) -> None:
    assert nusim("flux", "sbnd", "--flux", "a.csv", "--flux-format", "root").code == 2
