"""Flux files that cannot be used: one line with the file, what was found and what would do."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nusim.beams.flux_files import FluxFiles, Format, guess_format, load_flux, user_parents
from nusim.beams.parents import ParentFlux
from nusim.errors import DataFileError, MissingExtraError, NusimError, ParameterError

from . import flux_writers as writers

N = 20


def some_parents(code: int = 321) -> ParentFlux:
    """Twenty parents along a pipe."""
    rng = np.random.default_rng(1)
    return ParentFlux(
        pdg=np.full(N, code),
        momentum=rng.normal((0.0, 0.0, 3.0), 0.1, (N, 3)),
        start=rng.normal((0.0, 0.0, 20.0), 0.1, (N, 3)),
        time=np.full(N, 20.0),
        path=np.zeros(N),
        weight=np.full(N, 1e-3),
        axisymmetric=False,
        protons_simulated=1.0,
        command="",
    )


def refusal(paths: Path | tuple[Path, ...], format: Format, message: str, **told: Any) -> None:
    """Reading is refused with this message, in one line that begins with the file."""
    paths = (paths,) if isinstance(paths, Path) else paths
    with pytest.raises(NusimError) as refused:
        user_parents(FluxFiles(paths, format, **told))
    text = str(refused.value)
    assert "\n" not in text
    assert text.startswith(f"{paths[-1]}: "), text
    assert message in text, text


Columns = dict[str, Any]


def put(name: str, value: float) -> Callable[[Columns], object]:
    """A change of entry 17."""

    def change(columns: Columns) -> None:
        columns[name][17] = value

    return change


def scaled(names: str, factor: float) -> Callable[[Columns], object]:
    def change(columns: Columns) -> None:
        for name in names.split():
            columns[name] = columns[name] * factor

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda columns: columns.pop("pdpx"), "tree dk2nuTree has no pdpx; found: ndecay, ntype, ptype, vx,"),
        (lambda columns: [columns.pop(name) for name in ("nimpwt", "vz")], "tree dk2nuTree has no vz, nimpwt; found: "),
        (put("nimpwt", np.nan), "entry 17: nimpwt = nan: weights must be finite and not negative"),
        (put("nimpwt", -1.0), "entry 17: nimpwt = -1: weights must be finite and not negative"),
        (put("nimpwt", np.inf), "entry 17: nimpwt = inf: weights must be finite and not negative"),
        (put("pdpz", np.nan), "entry 17: pdpx, pdpy, pdpz = ("),
        (put("vx", np.inf), "entry 17: vx, vy, vz = (inf, "),
        (scaled("pdpx pdpy pdpz", 1000.0), " GeV, above the beam's 8.89 GeV/c; is GeV the file's unit?"),
        (put("pdpz", 9.2), "entry 17: pdpx, pdpy, pdpz of 9.2"),
        (scaled("vx vy vz", 1000.0), " m from the file's zero, beyond any beam line (2000 m); is cm the file's unit?"),
        (put("ptype", 11), "entry 17: ptype = 11 with ndecay = "),
        (put("ptype", 9999), "entry 17: ptype = 9999 with ndecay = "),
        (scaled("nimpwt", 0.0), "no parent of neutrinos with a positive weight; flux from a.root: dk2nu, 20 entries"),
    ],
)
def test_dk2nu_entries(tmp_path: Path, change: Callable[[Columns], object], message: str) -> None:
    columns = writers.dk2nu_columns(some_parents(), 1e6, seed=1)
    change(columns)
    refusal(writers.write_dk2nu(tmp_path / "a.root", columns, [1e6]), "dk2nu", message, momentum=8.89)


def test_without_the_beams_momentum_any_beams_holds(tmp_path: Path) -> None:
    columns = writers.dk2nu_columns(some_parents(), 1e6, seed=1)
    scaled("pdpx pdpy pdpz", 1000.0)(columns)
    refusal(writers.write_dk2nu(tmp_path / "a.root", columns, [1e6]), "dk2nu", "GeV, above any beam's; is GeV the file's unit?")


@pytest.mark.parametrize(
    ("pots", "message"),
    [
        (None, "no tree dkmetaTree with the protons on target (pots); write it, or give their number in the card: beam.protons_in_file"),
        ([0.0], "dkmetaTree: pots = 0: protons on target must be positive"),
        ([-1e6], "dkmetaTree: pots = -1e+06: protons on target must be positive"),
        ([1e6, np.nan], "dkmetaTree: pots = nan: protons on target must be positive"),
    ],
)
def test_dk2nu_protons(tmp_path: Path, pots: list[float] | None, message: str) -> None:
    """Refused without protons; the card's number does."""
    path = writers.write_dk2nu(tmp_path / "a.root", writers.dk2nu_columns(some_parents(), 1e6, seed=1), pots)
    refusal(path, "dk2nu", message)
    assert load_flux(FluxFiles((path,), "dk2nu", protons=1e6)).protons == 1e6


def test_the_second_file_is_named(tmp_path: Path) -> None:
    columns = writers.dk2nu_columns(some_parents(), 1e6, seed=1)
    good = writers.write_dk2nu(tmp_path / "a.root", columns, [1e6])
    bad = writers.write_dk2nu(tmp_path / "b.root", columns, None)
    refusal((good, bad), "dk2nu", "no tree dkmetaTree")


def test_a_meta_tree_without_pots(tmp_path: Path) -> None:
    columns = writers.dk2nu_columns(some_parents(), 1e6, seed=1)
    refusal(writers.write_dk2nu(tmp_path / "a.root", columns, [1e6], meta="job"), "dk2nu", "tree dkmetaTree has no pots")


def test_no_entries(tmp_path: Path) -> None:
    columns = {name: values[:0] for name, values in writers.dk2nu_columns(some_parents(), 1e6, seed=1).items()}
    refusal(writers.write_dk2nu(tmp_path / "a.root", columns, [1e6]), "dk2nu", "the flux file has no entries")


def test_more_than_one_number_an_entry(tmp_path: Path) -> None:
    columns = writers.dk2nu_columns(some_parents(), 1e6, seed=1)
    columns["vx"] = np.ones((N, 3))
    import uproot

    path = tmp_path / "a.root"
    with uproot.recreate(path) as file:
        kinds = {name: np.dtype((values.dtype, values.shape[1:])) for name, values in columns.items()}
        file.mktree("dk2nuTree", kinds).extend(columns)
        file.mktree("dkmetaTree", {"pots": np.float64}).extend({"pots": np.array([1.0])})
    refusal(path, "dk2nu", "tree dk2nuTree: vx is not one number an entry; write the tree split into leaves")


@pytest.mark.parametrize("part", [0.3, 0.6, 0.9, 0.98])
def test_cut_short(tmp_path: Path, part: float) -> None:
    """Wherever the file was cut."""
    whole = writers.write_dk2nu(tmp_path / "a.root", writers.dk2nu_columns(some_parents(), 1e6, seed=1), [1e6]).read_bytes()
    path = tmp_path / "cut.root"
    path.write_bytes(whole[: int(part * len(whole))])
    refusal(path, "dk2nu", "not a readable ROOT file, or cut short (")


def test_other_root_files(tmp_path: Path) -> None:
    import uproot

    path = tmp_path / "a.root"
    with uproot.recreate(path) as file:
        file.mktree("events", {"x": np.float64}).extend({"x": np.ones(3)})
    refusal(path, "dk2nu", "no tree dk2nuTree: not a dk2nu file; its trees: events")
    refusal(path, "gsimple", "no tree flux: not a GSimple file; its trees: events")
    with pytest.raises(DataFileError, match=r"a ROOT file with the trees events: neither dk2nu \(dk2nuTree\) nor GSimple \(flux\)"):
        guess_format(path)


CENTRE = np.array([0.0, 0.0, 100.0])


def gsimple(path: Path, change: Callable[[Columns], object] = lambda columns: None, protons: float | None = 1e6, half: float = 2.0) -> Path:
    columns = writers.window_rays(some_parents(211), CENTRE, 2.0, 0.0, seed=1)
    columns["wgt"] *= 1e6
    change(columns)
    return writers.write_gsimple(path, columns, protons, CENTRE, half)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda columns: columns.pop("E"), "tree flux has no E; found: "),
        (put("wgt", np.nan), "entry 17: wgt = nan: weights must be finite and not negative"),
        (put("E", 40.0), "entry 17: E = 40 GeV with |p| = "),
        (put("px", 0.5), "entry 17: E = "),
        (scaled("pdpx pdpy pdpz", 0.001), "entry 0: a neutrino of "),
        (scaled("dist", -1.0), "entry 0: the window lies -"),
        (put("ptype", 14), "entry 17: ptype = 14 with ndecay = 13"),
        (
            scaled("vtxx vtxy vtxz", 100.0),
            "of the rays miss the window of meta (4 m x 4 m): windowBase, windowDir1 and windowDir2 are metres",
        ),
        (
            lambda columns: columns.pop("ndecay"),
            "GSimple without the branch numi (ptype, ndecay, vx, pdpx, ...): neutrinos without their parents",
        ),
    ],
)
def test_gsimple_entries(tmp_path: Path, change: Callable[[Columns], object], message: str) -> None:
    refusal(gsimple(tmp_path / "a.root", change), "gsimple", message)


def test_gsimple_metadata(tmp_path: Path) -> None:
    refusal(gsimple(tmp_path / "a.root", protons=None), "gsimple", "tree meta has no protons, the protons on target")
    refusal(gsimple(tmp_path / "b.root", half=0.0), "gsimple", "windowDir1 and windowDir2 span 0 m^2: a window with an area is needed")
    refusal(gsimple(tmp_path / "c.root", half=0.5), "gsimple", "of the rays miss the window of meta (1 m x 1 m)")


HEADER = "pdg,x[m],y[m],z[m],px[GeV],py[GeV],pz[GeV],weight"
ROW = "321,0,0,20,0.1,0,3,1e-3"
CSV = f"# protons = 1e6\n{HEADER}\n{ROW}\n{ROW}\n"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("# protons = 1e6\n", "", "no protons on target: write a line '# protons = 1e6' above the header, or give beam.protons_in_file"),
        ("1e6", "0", "line 1: protons = 0: a positive number is needed"),
        ("1e6", "many", "line 1: protons = many: a positive number is needed"),
        (CSV, "# protons = 1\n", f"no header; write one: {HEADER}"),
        (CSV, f"# protons = 1\n{HEADER}\n", "the flux file has no entries"),
        ("x[m]", "x", "line 2: column x has no unit; one of x[m], x[cm], x[mm], x[km] is needed"),
        ("px[GeV]", "px[m]", "line 2: column px has the unit [m]; one of px[GeV], px[MeV], px[GeV/c], px[MeV/c] is needed"),
        ("weight", "weight[1]", "line 2: column weight has the unit [1]; it takes none"),
        (",weight", "", "line 2: no column weight; the header is pdg,"),
        ("y[m]", "x[m]", "line 2: column x stands there twice"),
        ("weight", "wgt", "line 2: unknown column 'wgt'; the header is pdg,"),
        (f"{ROW}\n{ROW}", f"{ROW}\n321,0,0,20,0.1", "line 4: 5 columns where 8 are needed; a file cut short, or another format?"),
        (f"{ROW}\n{ROW}", f"{ROW}\n\n# again\n{HEADER}", "line 6: 'pdg' is not a number"),
        ("1e-3", "nan", "line 3: weight = nan: weights must be finite and not negative"),
        ("1e-3", "-1", "line 3: weight = -1: weights must be finite and not negative"),
        ("321", "321.5", "line 3: pdg = 321.5: a PDG code is a whole number"),
        ("321", "9999", "line 3: PDG code 9999 is no parent of neutrinos; known: mu- (13) tau- (15) pi+ (211)"),
        ("321", "2212", "line 3: PDG code 2212 is no parent of neutrinos"),
        ("GeV],weight", "MeV],weight", "is MeV"),
        ("z[m]", "z[km]", "line 3: position at 2e+04 m from the file's zero, beyond any beam line (2000 m); is km the file's unit?"),
        ("0.1,0,3", "0.1,0,3000", "line 3: momentum of 3000 GeV, above the beam's 8.89 GeV/c; is GeV the file's unit?"),
        ("0.1,0,3", "0.1,nan,3", "line 3: momentum = (0.1, nan, 3): a number is not finite"),
        ("weight\n", "weight,path[m]\n", "line 3: 8 columns where 9 are needed"),
    ],
)
def test_csv(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "a.csv"
    text = CSV.replace(old, new)
    assert text != CSV
    path.write_text(text)
    if message == "is MeV":  # 3 MeV is a momentum like any other: the unit of one column alone is believed
        assert user_parents(FluxFiles((path,), "csv")).momentum[0, 2] == pytest.approx(3e-3)
        return
    refusal(path, "csv", message, momentum=8.89)


def test_csv_odd_times_and_lengths(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"# protons = 1\n{HEADER},t[ns],path[m]\n{ROW},nan,0\n")
    refusal(path, "csv", "line 3: t = nan: a number is not finite")
    path.write_text(f"# protons = 1\n{HEADER},t[ns],path[m]\n{ROW},1,-2\n")
    refusal(path, "csv", "line 3: path = -2: lengths must be finite and not negative")


def test_a_last_line_without_end_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(CSV.rstrip())
    assert "a.csv: the last line has no end: is the file cut short?" in load_flux(FluxFiles((path,), "csv")).notes


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "0 0 3 4 321 1 10\n",
            "line 1: E = 4 with this momentum is no K+ (E = 3.04035 GeV); columns are px py pz E pdg weight npot, in GeV",
        ),
        ("# head\n\n0 0 3 3.0403 321 1 10\n0 0 3 3.0403 321 1\n", "line 4: 6 columns where 7 are needed"),
        ("0 0 3 3.0403 321 1 0\n", "npot sums to 0: protons on target must be positive"),
        ("0 0 3 3.0403 321 1 nan\n", "line 1: npot = nan: weights must be finite"),
        ("0 0 3 3.0403 321 -1 10\n", "line 1: weight = -1: weights must be finite"),
        ("0 0 3 3.0403 3210 1 10\n", "line 1: PDG code 3210 is no parent"),
        ("0 0 3000 3000.4 321 1 10\n", "line 1: momentum of 3000 GeV, above the beam's 8.89 GeV/c"),
        ("px py pz E pdg weight npot\n", "the flux file has no entries"),
    ],
)
def test_mevprtl(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text(text)
    refusal(path, "mevprtl", message, momentum=8.89)


def test_files_that_are_not_there_or_not_files(tmp_path: Path) -> None:
    refusal(tmp_path / "a.root", "dk2nu", "no such flux file")
    refusal(tmp_path, "dk2nu", f"is a folder; name its files, as in {tmp_path.name}/*.root")
    empty = tmp_path / "empty.root"
    empty.touch()
    with pytest.raises(DataFileError, match=r"empty.root: the flux file is empty"):
        guess_format(empty)
    noise = tmp_path / "noise"
    noise.write_bytes(bytes(range(256)))
    with pytest.raises(DataFileError, match="noise: neither a ROOT file nor text"):
        guess_format(noise)
    refusal(noise, "csv", "not a text file")
    refusal(noise, "dk2nu", "no ROOT file, but format = 'dk2nu'")
    words = tmp_path / "words"
    words.write_text("some words, and more\n")
    with pytest.raises(DataFileError, match="words: neither CSV"):
        guess_format(words)


def test_named_twice(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(CSV)
    with pytest.raises(DataFileError, match=r"a.csv: this flux file is named twice; its parents would count twice"):
        FluxFiles((path, path), "csv")
    other = tmp_path / "b.csv"
    shutil.copy(path, other)
    flux = load_flux(FluxFiles((path, other), "csv"))
    assert f"{other.name} has the content of {path.name}" in flux.notes[-1]


def test_frames_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"beam\.rotation = .*: the rows must be three orthonormal"):
        FluxFiles((tmp_path / "a.csv",), "csv", rotation=((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 2.0)))
    turned = ((0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (-1.0, 0.0, 0.0))
    with pytest.raises(ParameterError, match="axisymmetric: the files' axis is turned away"):
        FluxFiles((tmp_path / "a.csv",), "csv", rotation=turned, axisymmetric=True)


def test_without_uproot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line with what to install; text formats do without."""
    path = writers.write_dk2nu(tmp_path / "a.root", writers.dk2nu_columns(some_parents(), 1e6, seed=1), [1e6])
    monkeypatch.setitem(sys.modules, "uproot", None)
    with pytest.raises(MissingExtraError, match=r"^ROOT files are read with uproot: pip install 'nusim\[flux\]'$"):
        load_flux(FluxFiles((path,), "dk2nu"))
    text = tmp_path / "a.csv"
    text.write_text(CSV)
    assert len(user_parents(FluxFiles((text,), "csv")).pdg) == 2
