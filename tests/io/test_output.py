"""A file stands under its name only when it is whole: disk full, no permission, Ctrl-C, kill."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nusim.errors import DataFileError
from nusim.io import output
from nusim.io.output import OutputFile, check_free_space
from nusim.io.write import check_room, format_of, open_writer, write

from .samples import CHANNELS, ROUTES, STATES, metadata, mixed_sample

RUN: dict[str, Any] = {"channels": CHANNELS, "states": STATES, "routes": ROUTES, "weighted": False}

SUFFIXES = ".lhe .lhe.gz .hepmc3 .hepmc3.gz .hepevt .hepevt.txt .gtrac.root .rootracker.root .llp.root .fairship.root .root .parquet"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("name", ["a.lhe", "a.lhe.gz", "a.hepevt"])
@pytest.mark.parametrize("failure", [KeyboardInterrupt, RuntimeError])
def test_an_interrupted_file_leaves_nothing(tmp_path: Path, name: str, failure: type[BaseException]) -> None:
    def interrupted() -> None:
        with open_writer(tmp_path / name, metadata(40), **RUN) as writer:
            writer.write(mixed_sample(20))
            assert names(tmp_path) == [f"{name}.part"]
            raise failure

    with pytest.raises(failure):
        interrupted()
    assert names(tmp_path) == []


def test_a_failed_file_leaves_the_old_one(tmp_path: Path) -> None:
    sample = mixed_sample(20)
    write(tmp_path / "a.lhe", sample)
    old = (tmp_path / "a.lhe").read_bytes()
    with pytest.raises(DataFileError), open_writer(tmp_path / "a.lhe", metadata(40), **RUN) as writer:
        writer.write(sample)
    assert (tmp_path / "a.lhe").read_bytes() == old
    assert names(tmp_path) == ["a.lhe"]


class FullDisk:
    """A stream that takes so many bytes and then has no space."""

    def __init__(self, stream: Any, room: int) -> None:
        self.stream, self.room = stream, room

    def write(self, content: bytes) -> int:
        self.room -= len(content)
        if self.room < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return int(self.stream.write(content))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


@pytest.mark.parametrize("name", ["a.lhe", "a.lhe.gz", "a.hepevt"])
@pytest.mark.parametrize("room", [0, 5000])
def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, room: int) -> None:
    def limited(path: Path, mode: str) -> Any:
        return FullDisk(open(path, mode), room)

    monkeypatch.setattr(output, "open", limited, raising=False)
    with pytest.raises(DataFileError) as caught:
        write(tmp_path / name, mixed_sample(200))
    assert str(caught.value) == f"{tmp_path / name}: cannot be written: No space left on device; nothing is left under that name"
    assert names(tmp_path) == []


def test_a_full_disk_under_the_json_file_leaves_neither(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def limited(path: Path, mode: str) -> Any:
        return FullDisk(open(path, mode), 0 if ".json" in path.name else 10**9)

    monkeypatch.setattr(output, "open", limited, raising=False)
    with pytest.raises(DataFileError, match=r"a\.hepevt\.json: cannot be written: No space left"):
        write(tmp_path / "a.hepevt", mixed_sample(20))
    assert names(tmp_path) == []


_CHILD = """
import signal, sys, resource
sys.path.insert(0, {root!r})
from nusim.io.write import open_writer, write
from tests.io.samples import CHANNELS, ROUTES, STATES, metadata, mixed_sample
from nusim.errors import DataFileError
sample = mixed_sample(200)
"""


def child(body: str, folder: Path) -> subprocess.Popen[str]:
    root = str(Path(__file__).parents[2])
    return subprocess.Popen([sys.executable, "-c", _CHILD.format(root=root) + body], cwd=folder, stdout=subprocess.PIPE, text=True)


def test_a_file_size_limit_of_the_system_leaves_nothing(tmp_path: Path) -> None:
    body = """
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    write("a.lhe", sample)
except DataFileError as error:
    print(error)
"""
    process = child(body, tmp_path)
    assert process.communicate(timeout=60)[0] == "a.lhe: cannot be written: File too large; nothing is left under that name\n"
    assert names(tmp_path) == []


@pytest.mark.parametrize(("sent", "left"), [(signal.SIGINT, []), (signal.SIGKILL, ["a.lhe.part"])])
def test_signals_leave_nothing_under_the_name(tmp_path: Path, sent: signal.Signals, left: list[str]) -> None:
    body = """
import time
try:
    with open_writer("a.lhe", metadata(10**6), channels=CHANNELS, states=STATES, routes=ROUTES, weighted=False) as writer:
        writer.write(sample)
        print("ready", flush=True)
        time.sleep(60)
except KeyboardInterrupt:
    pass
"""
    process = child(body, tmp_path)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(sent)
    process.communicate(timeout=60)
    assert names(tmp_path) == left


def test_places_that_cannot_be_written_are_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match=r"there is no folder .*missing"):
        write(tmp_path / "missing" / "a.lhe", mixed_sample(1))
    (tmp_path / "b.lhe").mkdir()
    with pytest.raises(DataFileError, match=r"b\.lhe: is a folder"):
        write(tmp_path / "b.lhe", mixed_sample(1))
    with pytest.raises(DataFileError, match="cannot be written: File name too long"), OutputFile(tmp_path / ("x" * 300)):
        pass


def test_no_permission_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, mode: str) -> Any:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(output, "open", refuse, raising=False)
    with pytest.raises(DataFileError, match=r"a\.lhe: cannot be written: Permission denied; nothing is left"):
        write(tmp_path / "a.lhe", mixed_sample(1))


def test_a_file_larger_than_the_disk_is_refused_before_the_run(tmp_path: Path) -> None:
    check_room(tmp_path / "a.lhe", 1000)
    with pytest.raises(DataFileError, match=r"a\.lhe: about .* TB are needed, .* are free; ask for fewer events"):
        check_room(tmp_path / "a.lhe", 10**13)
    with pytest.raises(DataFileError, match="there is no folder"):
        check_free_space(tmp_path / "none" / "a.lhe", 1)


@pytest.mark.parametrize(
    ("name", "format", "expected"),
    [
        ("a.lhe", None, "lhe"),
        ("a.b.lhe.gz", None, "lhe"),
        ("a.hepevt", None, "hepevt"),
        ("a.hepevt.txt", None, "hepevt"),
        ("a.txt", "lhe", "lhe"),
    ],
)
def test_the_suffix_chooses_the_format(name: str, format: str | None, expected: str) -> None:
    assert format_of(name, format) == expected


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("a.txt", {}, f"a.txt: the suffix .txt is of no known format; known: {SUFFIXES}; or give format="),
        ("a", {}, f"a: a name without suffix is of no known format; known: {SUFFIXES}; or give format="),
        ("a.lhe", {"format": "hepmc"}, "format 'hepmc': unknown; known: lhe hepmc3 hepevt rootracker fairship root parquet"),
        ("a.lhe", {"layout": "tree"}, "layout 'tree': unknown to lhe; known: chain two-beam decay"),
        ("a.hepevt", {"layout": "two-beam"}, "layout 'two-beam': unknown to hepevt; known: chain decay joint"),
        ("a.lhe", {"pdg_scheme": "pythia"}, "pdg scheme 'pythia': unknown; known: default darknews genie"),
        ("a.gz", {"format": "hepevt"}, "a.gz: the readers of hepevt take plain text only; leave out .gz"),
    ],
)
def test_unknown_choices_are_one_line_with_the_known_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, options: dict[str, str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataFileError) as caught:
        write(name, mixed_sample(1), **options)  # type: ignore[arg-type]
    assert str(caught.value) == message
    assert names(tmp_path) == []
