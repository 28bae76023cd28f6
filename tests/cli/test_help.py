"""Help, examples, completion, version, and no colour where nobody asked for it."""

import os
import pty
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nusim.cli.examples import EXAMPLES, commands_of
from nusim.cli.main import build_parser

from .conftest import Run


def every_command() -> Iterator[str]:
    def below(parser: object, before: str) -> Iterator[str]:
        for name, one in commands_of(parser).items():  # type: ignore[arg-type]
            yield f"{before} {name}".strip()
            yield from below(one, f"{before} {name}".strip())

    yield from below(build_parser(), "")


COMMANDS = list(every_command())


def test_every_command_has_an_example() -> None:
    assert set(EXAMPLES) == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_ends_with_its_examples(nusim: Run, command: str) -> None:
    result = nusim(*command.split(), "--help")
    assert result.code == 0
    assert result.out.startswith(f"usage: nusim {command}")
    tail = "\n".join(f"  {line}" for line in EXAMPLES[command])
    assert result.out.endswith(f":\n{tail}\n")


@pytest.mark.parametrize(("command", "line"), [(command, line) for command, lines in EXAMPLES.items() for line in lines])
def test_examples_are_command_lines(command: str, line: str) -> None:
    words = shlex.split(line)
    assert words[0] == "nusim"
    assert line.startswith(f"nusim {command}")
    assert callable(build_parser().parse_args(words[1:]).run)


@pytest.mark.parametrize("argv", [("masses", "circle", "--set", "physical.m5=0.2"), ("show", "sbnd", "--set", "protons=1e21"), ("cards",)])
def test_examples_run(nusim: Run, argv: tuple[str, ...]) -> None:
    assert nusim(*argv).code == 0


def test_other_text_of_help_is_wrapped(nusim: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "70")
    lines = nusim("report", "--help").out.splitlines()
    example = lines.index("examples:")
    assert max(map(len, lines[:example])) <= 70


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh", "fish"])
def test_completion_scripts(nusim: Run, shell: str) -> None:
    pytest.importorskip("shtab")
    result = nusim("--print-completion", shell)
    assert (result.code, result.err) == (0, "")
    for word in ("recast", "circle", "sbnd", "bnb"):
        assert word in result.out


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("nusim rec", {"recast"}),
        ("nusim masses circ", {"circle"}),
        ("nusim rate circle sbn", {"sbn", "sbnd"}),
        ("nusim rate circle sbnd microboone-n", {"microboone-numi"}),
        ("nusim beam sps-dump-c", {"sps-dump-cu"}),
        ("nusim events circle sbnd --wei", {"--weighted"}),
    ],
)
def test_completion_in_bash(nusim: Run, tmp_path: Path, line: str, expected: set[str]) -> None:
    pytest.importorskip("shtab")
    script = tmp_path / "completion.bash"
    script.write_text(nusim("--print-completion", "bash").out)
    words = line.split()
    asked = f'source {script}; COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _shtab_nusim; printf "%s\\n" "${{COMPREPLY[@]}}"'
    result = subprocess.run(["bash", "-c", asked], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert set(result.stdout.split()) == expected


def test_completion_without_its_extra_is_one_line(nusim: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "shtab", None)
    result = nusim("--print-completion", "bash")
    assert (result.code, result.out) == (1, "")
    assert result.err == "nusim: completion scripts are made by shtab: pip install 'nusim[completion]'\n"


ESCAPE = "\x1b"


@pytest.mark.parametrize("argv", [("--help",), ("cards",), ("masses", "circel"), ("rate", "hnl", "sbnd", "microboone"), ("masses",)])
def test_no_escapes_away_from_a_terminal(argv: tuple[str, ...]) -> None:
    run = subprocess.run([sys.executable, "-m", "nusim", *argv], capture_output=True, text=True, check=False)
    assert ESCAPE not in run.stdout + run.stderr
    assert "\r" not in run.stderr


@pytest.mark.parametrize("argv", [("--help",), ("masses", "circel"), ("rate", "hnl", "sbnd", "microboone")])
def test_no_color_is_honoured_on_a_terminal(argv: tuple[str, ...]) -> None:
    """Progress bars move the cursor, which is no colour."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "NO_COLOR": "1", "TERM": "xterm-256color"}
    with subprocess.Popen([sys.executable, "-m", "nusim", *argv], stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        said = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            said += part
        process.wait(timeout=60)
    os.close(ours)
    assert said
    assert not re.search(rb"\x1b\[[0-9;]*m", said)
