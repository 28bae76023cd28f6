"""`info` finds what is wrong with a file, says where, and never shows a traceback."""

import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pylhe
import pytest

from nusim.errors import DataFileError
from nusim.io import reading
from nusim.io.inspect import info
from nusim.io.write import open_writer, write

from .samples import CHANNELS, ROUTES, STATES, metadata, mixed_sample

KEYS = "format layout n weighted sum_of_weights protons expected_events stat_error seed kernel frames consistent problems"
FILES = [("a.lhe", layout) for layout in ("chain", "two-beam", "decay")]
FILES += [("a.lhe.gz", "chain"), ("a.hepevt", "chain"), ("a.hepevt", "decay")]


@pytest.mark.parametrize(("name", "layout"), FILES)
@pytest.mark.parametrize("weighted", [False, True])
def test_a_good_file(tmp_path: Path, name: str, layout: str, weighted: bool) -> None:
    sample = mixed_sample(300, weighted)
    digest = write(tmp_path / name, sample, layout=layout)
    result = info(tmp_path / name)
    assert result["problems"] == []
    assert result["consistent"] is True
    assert set(KEYS.split()) <= set(result)
    assert result["format"] == name.split(".")[1]
    assert (result["layout"], result["n"], result["weighted"]) == (layout, 300, weighted)
    assert result["sum_of_weights"] == pytest.approx(sample.weight.sum(), rel=1e-13)
    for key in ("protons", "expected_events", "stat_error", "seed", "kernel", "frames"):
        assert result[key] == sample.metadata[key]
    assert result["sha256"] == digest
    json.dumps(result, allow_nan=False)


@pytest.mark.parametrize(("name", "layout"), FILES)
def test_an_empty_run(tmp_path: Path, name: str, layout: str) -> None:
    write(tmp_path / name, mixed_sample(0), layout=layout)
    result = info(tmp_path / name)
    assert (result["n"], result["sum_of_weights"], result["problems"]) == (0, 0.0, [])


def test_blocks_do_not_change_the_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.lhe", "a.lhe.gz", "a.hepevt"):
        write(tmp_path / name, mixed_sample(60))
        whole = info(tmp_path / name)
        with monkeypatch.context() as patch:
            patch.setattr(reading, "_CHUNK", 9001)
            patch.setattr("nusim.io.inspect_hepevt._BATCH", 7)
            pieces = info(tmp_path / name)
        assert pieces["sum_of_weights"] == pytest.approx(whole["sum_of_weights"], rel=1e-12)
        for name, route in whole["routes"].items():
            assert pieces["routes"][name] == route | {"sum_of_weights": pytest.approx(route["sum_of_weights"], rel=1e-12)}
        assert pieces | {"sum_of_weights": 0, "routes": 0} == whole | {"sum_of_weights": 0, "routes": 0}


def edited(path: Path, change: Callable[[list[str]], None]) -> list[str]:
    """Problems after a change of the file's lines."""
    lines = path.read_text().splitlines()
    change(lines)
    path.write_text("\n".join(lines) + "\n")
    result = info(path)
    assert result["consistent"] is False
    return list(result["problems"])


def event_line(lines: list[str], event: int, offset: int) -> int:
    """Index of a line of an event; offset 0 is <event>."""
    return [i for i, line in enumerate(lines) if line == "<event>"][event] + offset


def replaced(event: int, offset: int, token: int, value: str) -> Callable[[list[str]], None]:
    def change(lines: list[str]) -> None:
        i = event_line(lines, event, offset)
        tokens = lines[i].split()
        tokens[token] = value
        lines[i] = " ".join(tokens)

    return change


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (replaced(7, 5, 9, "1.0"), "event 7: line 4: it is not on its mass shell in the written digits"),
        (replaced(7, 5, 9, "1.0"), "event 7: line 3: four-momentum is not conserved in its decay"),
        (replaced(3, 4, 2, "2"), "event 3: line 1: four-momentum is not conserved in its decay"),
        (replaced(3, 4, 2, "9"), "event 3: line 3: its mothers are not in order"),
        (replaced(3, 4, 2, "3"), "event 3: line 3: its mothers are not in order"),
        (replaced(5, 4, 1, "1"), "event 5: line 3: it has daughters, but does not decay"),
        (replaced(5, 3, 1, "2"), "event 5: line 2: it decays, but has no daughters"),
        (replaced(5, 4, 11, "1.0"), "event 5: line 3: its path and time of flight do not fit its lifetime and speed"),
        (replaced(0, 1, 1, "17"), "event 0: its process 17 is not in <init>"),
        (replaced(0, 1, 0, "99"), "event 0: cannot be read: it holds fewer particles than it announces"),
        (replaced(0, 1, 2, "x"), "event 0: cannot be read: could not convert string to float: b'x'"),
        (replaced(59, 3, 6, "nan"), "event 59: cannot be read: a number is not finite"),
        (replaced(59, 3, 12, ""), "event 59: cannot be read: a particle's line does not hold 13 numbers"),
        (replaced(59, 1, 5, ""), "event 59: cannot be read: a line does not hold as many numbers as it should"),
    ],
)
def test_problems_within_events_are_named(tmp_path: Path, change: Callable[[list[str]], None], problem: str) -> None:
    write(tmp_path / "a.lhe", mixed_sample(60, kinds=(0, 1)))
    assert problem in edited(tmp_path / "a.lhe", change)


def comment_replaced(event: int, kind: str, token: int, value: str) -> Callable[[list[str]], None]:
    def change(lines: list[str]) -> None:
        offset = next(k for k in range(40) if lines[event_line(lines, event, k)].startswith(f"# {kind}"))
        replaced(event, offset, token, value)(lines)

    return change


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (comment_replaced(4, "event", 8, "1.5"), "event 4: its delay does not fit its vertices"),
        (comment_replaced(4, "vertex 3", 8, "1.5"), "event 4: a vertex in the detector frame is not where the beam frame has it"),
        (comment_replaced(4, "vertex 3", 6, "1.5"), "event 4: line 3: its path and time of flight do not fit its lifetime and speed"),
        (comment_replaced(4, "vertex 3", 2, "2"), "event 4: line 3: it decays, but no vertex is given"),
        (comment_replaced(4, "vertex 3", 2, "9"), "event 4: cannot be read: a line '# vertex' names a particle that is not there"),
        (comment_replaced(4, "vertex 3", 6, ""), "event 4: cannot be read: a line '# vertex' is broken"),
        (comment_replaced(4, "event", 1, "none"), "event 4: cannot be read: the comment lines of nusim are missing or broken"),
        (comment_replaced(4, "event", 6, "12"), "event 4: cannot be read: its heavy state is on no line"),
    ],
)
def test_problems_of_the_comment_lines_are_named(tmp_path: Path, change: Callable[[list[str]], None], problem: str) -> None:
    write(tmp_path / "a.lhe", mixed_sample(60, kinds=(0, 1)))
    assert problem in edited(tmp_path / "a.lhe", change)


def test_the_other_events_of_a_block_with_a_bad_one_are_still_checked(tmp_path: Path) -> None:
    write(tmp_path / "a.lhe", mixed_sample(60))

    def change(lines: list[str]) -> None:
        replaced(10, 3, 6, "?")(lines)
        replaced(31, 3, 9, "7.0")(lines)

    problems = edited(tmp_path / "a.lhe", change)
    assert problems[0] == "event 10: cannot be read: could not convert string to float: b'?'"
    assert "event 31: line 2: it is not on its mass shell in the written digits" in problems
    assert all(problem.startswith(("event 10:", "event 31:", "the weights")) for problem in problems)


def test_many_problems_are_counted(tmp_path: Path) -> None:
    write(tmp_path / "a.lhe", mixed_sample(60))

    def change(lines: list[str]) -> None:
        for event in range(60):
            replaced(event, 1, 1, "8")(lines)

    problems = edited(tmp_path / "a.lhe", change)
    assert len(problems) == 21
    assert problems[-1] == "and 40 more"


def refusal(path: Path) -> str:
    with pytest.raises(DataFileError) as caught:
        info(path)
    return str(caught.value)


def test_a_file_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.lhe"
    write(path, mixed_sample(60))
    content = path.read_bytes()
    starts = [i for i in range(len(content)) if content.startswith(b"<event>", i)]
    for length, whole in ((starts[41] + 700, 41), (starts[30], 30), (starts[0], 0), (len(content) - 2, 60)):
        path.write_bytes(content[:length])
        assert refusal(path) == f"{path}: is cut off: it ends without </LesHouchesEvents>; {whole} of 60 events are whole"
    path.write_bytes(content[: content.index(b"</init>")])
    assert "the LHE header has no <init> block" in refusal(path)


def test_an_event_without_its_end_or_too_few_events_are_problems(tmp_path: Path) -> None:
    path = tmp_path / "a.lhe"
    write(path, mixed_sample(60))
    content = path.read_bytes()
    last = content.rindex(b"<event>")
    path.write_bytes(content[:last] + b"</LesHouchesEvents>\n")
    assert info(path)["problems"] == ["59 events are in the file, 60 are announced"]
    path.write_bytes(content[: last + 300] + b"</LesHouchesEvents>\n")
    assert info(path)["problems"] == ["event 59 has no end", "59 events are in the file, 60 are announced"]


def test_a_truncated_or_damaged_gzip_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_CHUNK", 20_000)
    path = tmp_path / "a.lhe.gz"
    write(path, mixed_sample(100))
    content = path.read_bytes()
    for broken in (content[: len(content) // 2], content[:20_000] + bytes(100) + content[20_100:], content[:-4]):
        path.write_bytes(broken)
        assert re.fullmatch(r".*a\.lhe\.gz: the compressed data are damaged or cut off; \d+ of 100 events are whole", refusal(path))
    path.write_bytes(content[:15])
    assert refusal(path) == f"{path}: the compressed data are damaged or cut off"


def test_a_hepevt_file_that_ends_within_a_record_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.hepevt"
    write(path, mixed_sample(20, kinds=(0,)))
    lines = path.read_text().splitlines()
    path.write_text("\n".join(lines[:-3]) + "\n")
    assert refusal(path) == f"{path}: is cut off: it ends within record 19, counted from 0"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (bytes(range(256)) * 50, "no event file: neither LHE"),
        (b"hello\n", "no event file: neither LHE"),
        (b"<html></html>", "no event file: neither LHE"),
        (b"<LesHouchesEvents version='3.0'>\n", "the LHE header has no <init> block"),
        (b"<LesHouchesEvents>\n<init>\n 1 2\n</init>\n</LesHouchesEvents>", "the <init> block of the LHE file cannot be read"),
        (gzip.compress(b"nothing", mtime=0), "no event file: neither LHE"),
    ],
)
def test_what_is_no_event_file_is_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "a.lhe").write_bytes(content)
    with pytest.raises(DataFileError) as caught:
        info(tmp_path / "a.lhe")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match=r"none\.lhe: cannot be read: No such file or directory"):
        info(tmp_path / "none.lhe")
    with pytest.raises(DataFileError, match="cannot be read: Is a directory"):
        info(tmp_path)


def test_an_endless_event_is_refused_in_bounded_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_CHUNK", 1000)
    monkeypatch.setattr(reading, "LARGEST_EVENT", 50_000)
    write(tmp_path / "a.lhe", mixed_sample(0))
    head = (tmp_path / "a.lhe").read_bytes().replace(b"</LesHouchesEvents>", b"<event>")
    (tmp_path / "a.lhe").write_bytes(head + b"1 " * 100_000)
    with pytest.raises(DataFileError, match="no </event> within"):
        info(tmp_path / "a.lhe")


def test_header_problems(tmp_path: Path) -> None:
    write(tmp_path / "a.lhe", mixed_sample(10))
    text = (tmp_path / "a.lhe").read_text()
    (tmp_path / "a.lhe").write_text(text.replace('"seed": 7,', '"seed": 7;'))
    problems = info(tmp_path / "a.lhe")["problems"]
    assert problems[:2] == ["the header's nusim_run cannot be read", "the header is not nusim's: the normalisation is unknown"]
    (tmp_path / "a.lhe").write_text(text.replace('"local_origin"', '"origin"'))
    assert "frames.detector: missing key 'local_origin'" in info(tmp_path / "a.lhe")["problems"][0]
    (tmp_path / "a.lhe").write_text(text.replace('"expected_events": 42.5', '"expected_events": 4250.0'))
    assert info(tmp_path / "a.lhe")["problems"] == ["the weights sum to 48.875 expected events, the run expects 4250"]


def test_a_file_of_another_program_is_checked_for_what_it_has(tmp_path: Path) -> None:
    """e+ e- -> mu+ mu- as pylhe writes it, with its eight digits."""
    e, m = 5.0, 0.1056583755
    p = np.sqrt(e * e - m * m)

    def particle(code: int, status: int, mothers: tuple[int, int], pz: float, mass: float) -> Any:
        return pylhe.LHEParticle(code, status, *mothers, 0, 0, 0.0, 0.0, pz, e, mass, 0.0, 9.0)

    particles = [particle(-11, -1, (0, 0), e, 0.0), particle(11, -1, (0, 0), -e, 0.0)]
    particles += [particle(-13, 1, (1, 2), p, m), particle(13, 1, (1, 2), -p, m)]
    event = pylhe.LHEEvent(pylhe.LHEEventInfo(4, 1, 1.0, 10.0, 0.0, 0.0), particles)
    init = pylhe.LHEInit(pylhe.LHEInitInfo(11, -11, e, e, 0, 0, 0, 0, 3, 1), [pylhe.LHEProcInfo(1.0, 0.1, 1.0, 1)], [])
    pylhe.LHEFile(init=init, events=[event] * 3).tofile(tmp_path / "a.lhe")
    result = info(tmp_path / "a.lhe")
    assert result["n"] == 3
    assert result["problems"] == ["the header is not nusim's: the normalisation is unknown"]
    assert result["protons"] is None
    assert result["sum_of_weights"] is None


def test_vertices_outside_the_detector_are_found(tmp_path: Path) -> None:
    sample = mixed_sample(40)
    inside = np.abs(sample.decay_vertex[:, 1:3]).max(axis=1) < 15
    experiment = {"name": "x", "detector": [{"shape": "box", "size": [30.0, 30.0, 1e6], "front": [0.0, 0.0, -5e5]}]}
    info_of = {}
    for name in ("a.lhe", "a.hepevt"):
        arguments: dict[str, Any] = {"channels": CHANNELS, "states": STATES, "routes": ROUTES, "weighted": False}
        with open_writer(tmp_path / name, metadata(40, experiment=experiment), **arguments) as writer:
            writer.write(sample)
        info_of[name] = info(tmp_path / name)["problems"]
    assert 0 < (~inside).sum() < 20, "few enough to be listed"
    assert info_of["a.lhe"] == [f"event {i}: the decay vertex lies outside the detector" for i in np.flatnonzero(~inside)]
    assert set(info_of["a.hepevt"]) - {f"and {i} more" for i in range(90)} <= set(info_of["a.lhe"])


def hepevt_problems(path: Path, change: Callable[[list[str]], None]) -> list[str]:
    problems = edited(path, change)
    assert "the content is not what the JSON file beside it was made for (sha256 differs)" in problems
    return problems


def token_replaced(line: int, token: int, value: str) -> Callable[[list[str]], None]:
    def change(lines: list[str]) -> None:
        tokens = lines[line].split()
        tokens[token] = value
        lines[line] = " ".join(tokens)

    return change


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (token_replaced(9, 9, "9.0"), "event 1: line 2: it is not on its mass shell in the written digits"),
        (token_replaced(9, 2, "5"), "event 1: line 2: its mothers are not in order"),
        (token_replaced(9, 0, "7"), "event 1: line 2: its status is none of 1, 2, 3"),
        (token_replaced(9, 6, "x"), "event 1: cannot be read: could not convert string to float: b'x'"),
        (token_replaced(9, 6, "inf"), "event 1: cannot be read: a number is not finite"),
        (token_replaced(9, 6, ""), "event 1: cannot be read: a particle's line does not hold 15 numbers"),
        (token_replaced(11, 14, "0.0"), "event 1: line 4: it does not start where its sisters do"),
        (token_replaced(10, 14, "0.0"), "event 1: line 3: its path and time of flight do not fit its lifetime and speed"),
        (token_replaced(7, 1, "5"), "record 2: its first line is not 'event particles': "),
        (lambda lines: lines.__delitem__(slice(-7, None)), "19 events are in the file, 20 are announced"),
    ],
)
def test_hepevt_problems_are_named(tmp_path: Path, change: Callable[[list[str]], None], problem: str) -> None:
    write(tmp_path / "a.hepevt", mixed_sample(20, kinds=(0,)))
    assert any(found.startswith(problem) for found in hepevt_problems(tmp_path / "a.hepevt", change))


def test_hepevt_without_its_json_file(tmp_path: Path) -> None:
    write(tmp_path / "a.hepevt", mixed_sample(20))
    beside = tmp_path / "a.hepevt.json"
    beside.write_text("{")
    (problem,) = info(tmp_path / "a.hepevt")["problems"]
    assert problem.startswith("a.hepevt.json beside it cannot be read: ")
    beside.unlink()
    result = info(tmp_path / "a.hepevt")
    assert result["problems"] == ["there is no a.hepevt.json beside it: the normalisation is unknown"]
    assert (result["n"], result["protons"], result["sum_of_weights"]) == (20, None, None)
