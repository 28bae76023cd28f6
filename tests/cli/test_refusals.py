"""What a user gets wrong: one clear line on stderr, exit 1 for a refused request and 2 for a bad command, nothing left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from .conftest import Run


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("masses", "circel"), "unknown model card 'circel'; did you mean 'circle'? a file is given by its path, ending in .toml"),
        (("masses", "sbnd"), "'sbnd' is the name of an experiment card; a model card is needed: circle, hnl, "),
        (("masses", "nothing.toml"), "nothing.toml: no such file"),
        (("masses", "circle", "--set", "mediator.mzprime=1"), "circle.toml: mediator: unknown key 'mzprime'; did you mean 'm_zprime'?"),
        (("masses", "circle", "--set", "physical.m5=-1"), "circle.toml: physical.m5 = -1: masses must be positive"),
        (("masses", "circle", "--set", "physical.m5=heavy"), "circle.toml: physical: m5 = 'heavy': a number is needed"),
        (("masses", "circle", "--set", "physical.m4=0.2"), "circle.toml: physical.m4 = 0.2: heavier than physical.m5 = 0.15"),
        (("masses", "circle", "--set", "mixing2=0.9"), "circle.toml: physical.mixing2 = 0.9: |U_4|^2 is at most"),
        (("masses", "circle", "--set", "majorana=false"), "circle.toml: majorana = false: found physical.m3_ev = 0.05"),
        (("masses", "circle", "--set", "physical.m3_ev=1e12"), ""),
        (("widths", "circle", "--parent", "nu9"), "decay table of 'nu9': "),
        (("widths", "circle", "--scan", "physcal.m5=1:2:3"), "circle.toml: unknown key 'physcal'; did you mean 'physical'?"),
        (("rate", "circle", "sbnn"), "unknown experiment card 'sbnn'; did you mean 'sbn' or 'sbnd'?"),
        (
            ("rate", "circle", "sbnd", "--set", "protns=1"),
            "--set protns: unknown to the model card and to the experiment card; did you mean 'protons'?",
        ),
        (("flux", "circle"), "'circle' is the name of a model card; an experiment card is needed: "),
        (("show", "sbdn"), "unknown card 'sbdn'; did you mean 'sbn' or 'sbnd'?"),
        (("show", "bnb", "--set", "momentum=120"), "bnb: --set changes models and experiments"),
        (("beam", "bnx"), "unknown beam card 'bnx'; did you mean 'bnb'?"),
        (("beam", "bnb", "-o", "x.npz"), "-o goes with --rebuild"),
        (("info", "nothing.lhe"), "nothing.lhe: cannot be read"),
    ],
)
def test_refused(nusim: Run, argv: tuple[str, ...], message: str) -> None:
    result = nusim(*argv)
    last = result.err.splitlines()[-1]
    assert result.code == 1
    assert result.out == ""
    assert last.startswith(f"nusim: {message}")
    assert "Traceback" not in result.err


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ((), "the following arguments are required: COMMAND"),
        (("masses",), "the following arguments are required: MODEL"),
        (("masses", "circle", "--js"), "unrecognized arguments: --js"),
        (("masses", "circle", "--set", "m5"), "'m5': write KEY=VALUE, as in physical.m5=0.2"),
        (("masses", "circle", "--set", "m5="), "'m5=': write KEY=VALUE"),
        (("widths", "circle", "--scan", "m5=1:2"), "'m5=1:2': write KEY=lo:hi:n"),
        (("widths", "circle", "--scan", "m5=2:1:5"), "a logarithmic grid needs 0 < lo < hi and n >= 2"),
        (("widths", "circle", "--scan", "m5=a:1:5"), "'a' is not a number"),
        (("widths", "circle", "--plot", "a.txt"), "'a.txt': a figure's name ends in .pdf, .png or .svg"),
        (("flux", "sbnd", "--edges", "0:1"), "'0:1': write lo:hi:step"),
        (("flux", "sbnd", "--edges", "0:1:0.3"), "the step does not divide 1 into whole bins"),
        (("flux", "sbnd", "--edges", "0:inf:1"), "'inf' is not finite"),
        (("events", "circle", "sbnd", "-o", "x.lhe"), "the following arguments are required: -n/--number"),
        (("events", "circle", "sbnd", "-n", "1.5", "-o", "x.lhe"), "'1.5': a whole number is needed"),
        (("events", "circle", "sbnd", "-n", "1", "-o", "x.lhe", "--format", "hepmc"), "invalid choice: 'hepmc'"),
        (("scan", "circle", "sbnd"), "the following arguments are required: --x, --y"),
        (("scans", "circle", "sbnd"), "invalid choice: 'scans'"),
    ],
)
def test_bad_command_line(nusim: Run, argv: tuple[str, ...], message: str) -> None:
    result = nusim(*argv)
    assert result.code == 2
    assert result.out == ""
    assert message in result.err


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (("-n", "-1"), "n = -1: the number of events must not be negative"),
        (("-n", "10", "--state", "nu6"), "state 'nu6': not in circle or not made in its decays; known: nu4, nu5"),
        (("-n", "10", "--final", "nu q"), "final state 'nu q': unknown particle 'q'"),
        (("-n", "10", "--final", "mu- pi+"), "final state 'mu- pi+': closed for nu4"),
        (("-n", "10", "--seed", "-1"), "seed = -1: a seed is a whole number from 0"),
        (("-n", "1e17"), ""),
    ],
)
def test_refused_events_leave_no_file(nusim: Run, tmp_path: Path, extra: tuple[str, ...], message: str) -> None:
    result = nusim("events", "circle", "sbnd", "-o", tmp_path / "x.lhe", *extra)
    assert result.code == 1
    assert message in result.err.splitlines()[-1]
    assert not list(tmp_path.iterdir())


def test_a_key_without_its_table_is_recognised(nusim: Run) -> None:
    result = nusim("rate", "circle", "sbnd", "--set", "mass_ratio=0.3")
    assert result.code == 1
    assert result.err.splitlines()[-1].endswith("did you mean 'physical.mass_ratio'?")


def test_the_triangle_is_refused_with_the_reason(nusim: Run, tmp_path: Path) -> None:
    result = nusim("events", "triangle", "sbnd", "-n", "10", "-o", tmp_path / "x.lhe")
    assert result.code == 1
    assert result.err.splitlines()[-1].startswith("nusim: sbnd: no open production mode: m(nu4) = 0.792 GeV")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "argv",
    [
        "report hnl -o nowhere/x.html",
        "recast circle -o nowhere/x.csv",
        "recast circle --curves nowhere/x.csv",
        "recast circle --plot nowhere/x.svg",
        "region --plot nowhere/x.pdf",
        "reach hnl sbn --plot nowhere/x.pdf",
        "rate star sbnd --pyhf nowhere/x.json",
        "widths star --slha nowhere/x.slha",
    ],
)
def test_a_folder_that_is_not_there_is_said_before_the_work(nusim: Run, argv: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("nusim.model.spectrum.solve", lambda *_: pytest.fail("the work has begun"))
    result = nusim(*argv.split())
    name = argv.split()[-1]
    assert (result.code, result.out, result.err) == (1, "", f"nusim: {name}: there is no folder nowhere\n")


@pytest.mark.parametrize("name", ["nowhere/x.lhe", "x.xyz", "x", "folder.lhe"])
def test_unwritable_output(nusim: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.lhe").mkdir()
    result = nusim("events", "circle", "sbnd", "-n", "10", "-o", tmp_path / name)
    assert result.code == 1
    assert result.err.splitlines()[-1].startswith(f"nusim: {tmp_path / name}: ")
    assert [path.name for path in tmp_path.iterdir()] == ["folder.lhe"]


@pytest.mark.parametrize("argv", [("widths", "circle", "-o"), ("widths", "circle", "--plot"), ("flux", "sbnd", "--edges", "0:1:1", "-o")])
def test_unwritable_tables_and_figures(nusim: Run, tmp_path: Path, argv: tuple[str, ...]) -> None:
    result = nusim(*argv, tmp_path / "nowhere" / "x.pdf")
    assert result.code == 1
    assert "there is no folder" in result.err.splitlines()[-1]


def test_version(nusim: Run) -> None:
    from importlib.metadata import version

    result = nusim("--version")
    assert (result.code, result.out) == (0, f"nusim {version('nusim')}\n")


@pytest.mark.parametrize("command", ["cards", "show", "masses", "widths", "flux", "rate", "events", "info", "beam"])
def test_help_of_every_command(nusim: Run, command: str) -> None:
    result = nusim(command, "--help")
    assert result.code == 0
    assert result.out.startswith(f"usage: nusim {command}")


def test_ctrl_c_exits_130_and_leaves_what_a_later_call_goes_on_from(tmp_path: Path) -> None:
    out = tmp_path / "big.lhe"
    argv = [sys.executable, "-m", "nusim", "events", "circle", "sbnd", "-n", "3000000", "-o", str(out)]
    with subprocess.Popen(argv, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        part = tmp_path / "big.lhe.part"
        deadline = time.monotonic() + 60
        while not (part.exists() and part.stat().st_size > 1_000_000) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert not out.exists()
    assert {path.name for path in tmp_path.iterdir()} <= {"big.lhe.part", "big.lhe.part.log"}


def test_a_closed_pipe_is_quiet() -> None:
    read, write = os.pipe()
    os.close(read)
    argv = [sys.executable, "-m", "nusim", "cards"]
    with os.fdopen(write, "wb") as pipe:
        result = subprocess.run(argv, stdout=pipe, stderr=subprocess.PIPE, text=True, check=False)
    assert result.returncode == 141
    assert result.stderr == ""


LOADED = "import sys; from nusim.cli.main import main; main({argv!r}); print(*sorted(sys.modules), file=sys.stderr)"


@pytest.mark.parametrize(
    ("argv", "absent"),
    [
        (["masses", "circle"], {"scipy", "matplotlib", "pylhe", "particle", "vegas", "tqdm"}),
        (["cards"], {"numpy", "scipy", "matplotlib", "pylhe", "particle"}),
    ],
)
def test_a_cold_start_loads_nothing_heavy(argv: list[str], absent: set[str]) -> None:
    result = subprocess.run([sys.executable, "-c", LOADED.format(argv=argv)], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in result.stderr.split()}
    assert "nusim" in loaded
    assert not loaded & absent


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("rate", "hnl", "sbnd", "--seed", "-1"), "seed = -1: a seed is a whole number"),
        (("flux", "sbnd", "--seed", "-1"), "seed = -1: a seed is a whole number"),
        (("rate", "hnl", "sbnd", "--set", "protons=1e300"), "below 1e40"),
        (("masses", "circle", "--set", "mediator.m_zprime=1e-200"), "where results stay finite"),
        (("masses", "circle", "--set", "physical.m5=1e300"), "where results stay finite"),
        (("events", "circle", "sbnd", "-n", "5", "-o", ".", "--format", "lhe"), "is a folder; give the name of a file"),
        (("events", "hnl", "sbnd", "-n", "5", "-o", "x.lhe", "--set", "mixing2.mu=1e-320"), "no visible decay"),
    ],
)
def test_extreme_requests_are_one_line(nusim: Run, arguments: tuple[str, ...], message: str) -> None:
    result = nusim(*arguments)
    assert result.code == 1
    assert message in result.err.splitlines()[-1]
