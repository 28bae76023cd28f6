"""Chains of heavy states in files: every vertex, several decays in one event, Z' and scalar, in all layouts."""

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nusim.errors import DataFileError
from nusim.events.sample import EventSample
from nusim.io import record
from nusim.io.hepevt import ONE_POINT
from nusim.io.inspect import info
from nusim.io.pdg_scheme import SCHEMES
from nusim.io.write import open_writer, sample_width, write
from nusim.units import cm, mm, ns

from .chains import ALL_ROUTES, CHANNELS, ROUTES, STATES, TREES, breadth_first, chain_sample, many_shapes
from .samples import ORIGIN, ROTATION, events_of
from .test_hepevt import read as read_hepevt
from .test_inspect import comment_replaced, edited, refusal, replaced
from .test_lhe import LAYOUTS, close, comments, element, read, vector

HEPEVT_LAYOUTS = ("chain", "decay", "joint")
HEAVY = (9900012, 9900014, 9900016, 32, 9900025)


def header_line(event: Any) -> list[str]:
    lines = [line.split() for line in event.optional if line.startswith("# event")]
    assert len(lines) == 1
    return list(lines[0])


def rows_of(sample: EventSample, event: int) -> slice:
    return slice(int(sample.offsets[event]), int(sample.offsets[event + 1]))


def below(sample: EventSample, event: int, place: int) -> list[int]:
    """Places of a particle and all that descends from it."""
    kept = [place]
    for i, mother in enumerate(sample.mother[rows_of(sample, event)]):
        if mother in kept:
            kept.append(i)
    return kept


def ends(sample: EventSample, event: int) -> dict[int, np.ndarray]:
    """Where each particle with daughters decays, from their production point."""
    rows = rows_of(sample, event)
    return {int(mother): vertex for mother, vertex in zip(sample.mother[rows], sample.vertex[rows], strict=True) if mother >= 0}


class TestLhe:
    @pytest.mark.parametrize("layout", LAYOUTS)
    def test_every_particle_and_vertex_is_that_of_the_sample(self, tmp_path: Path, layout: str) -> None:
        sample = chain_sample()
        write(tmp_path / "a.lhe", sample, layout=layout)
        for i, event in enumerate(read(tmp_path / "a.lhe")[1]):
            rows, seen = rows_of(sample, i), int(sample.seen[i])
            places = below(sample, i, seen) if layout == "decay" else list(range(rows.stop - rows.start))
            particles = [p for k, p in enumerate(event.particles) if not (layout == "two-beam" and k == 1)]
            line_of = {place: k + 1 + (layout == "two-beam" and k > 0) for k, place in enumerate(places)}
            at = rows.start + np.array(places)
            assert [p.id for p in particles] == sample.pdg[at].tolist()
            assert [p.status for p in particles] == [-1, *sample.status[at[1:]].tolist()]
            assert close([vector(p) for p in particles], sample.momentum[at])
            assert close([p.lifetime for p in particles], sample.proper_time[at] / mm)
            assert close([p.spin for p in particles], sample.spin[at])
            for p, place in zip(particles[1:], places[1:], strict=True):
                line = line_of[int(sample.mother[rows.start + place])]
                expected = (line, 0) if layout != "two-beam" else (1, 2) if line == 1 else (line, line)
                assert (p.mother1, p.mother2) == expected
            points = comments(event, "vertex")
            decaying = {place: end for place, end in ends(sample, i).items() if place in places}
            assert sorted(points) == sorted(line_of[place] for place in decaying)
            for place, end in decaying.items():
                point = points[line_of[place]]
                assert close(point[[6, 0, 1, 2]] * [ns, 1, 1, 1], end)
                assert np.allclose(point[3:6], np.array(ROTATION) @ (end[1:] - ORIGIN), rtol=0, atol=1e-9)
            tokens = header_line(event)
            assert int(tokens[6]) == line_of[seen]
            assert close(points[line_of[seen]][[6, 0, 1, 2]] * [ns, 1, 1, 1], sample.decay_vertex[i])
            assert tokens[13:] == ["route", ALL_ROUTES[sample.route[i]].replace(" ", "_")]

    def test_the_decay_layout_keeps_later_decays(self, tmp_path: Path) -> None:
        write(tmp_path / "a.lhe", chain_sample(("double",), 20), layout="decay")
        for event in read(tmp_path / "a.lhe")[1]:
            assert [p.id for p in event.particles] == [9900014, 9900012, -14, 11, -11, 11, -11]
            assert [p.status for p in event.particles] == [-1, 2, 1, 1, 1, 1, 1]
            assert [p.mother1 for p in event.particles] == [0, 1, 2, 2, 2, 1, 1]
            assert sorted(comments(event, "vertex")) == [1, 2]
            assert event.particles[1].lifetime > 0

    def test_written_digits_conserve_momentum_at_every_vertex(self, tmp_path: Path) -> None:
        write(tmp_path / "a.lhe", chain_sample())
        for event in read(tmp_path / "a.lhe")[1]:
            for line, mother in enumerate(event.particles, 1):
                daughters = [vector(p) for p in event.particles if p.mother1 == line]
                assert bool(daughters) == (mother.status != 1)
                if daughters:
                    assert np.abs(sum(daughters) - vector(mother)).max() < 3e-14 * event.particles[0].e

    def test_the_header_lists_the_routes(self, tmp_path: Path) -> None:
        sample = chain_sample(n=40)
        write(tmp_path / "a.lhe", sample)
        file = read(tmp_path / "a.lhe")[0]
        assert element(file, "run")["routes"] == [
            {"name": name, "in_events": name.replace(" ", "_"), "expected_events": {"nu5": 20.0, "nu4 from nu5": 12.5}.get(name)}
            for name in ALL_ROUTES
        ]
        assert "route R" in element(file, "notes")
        bare = {key: value for key, value in sample.metadata.items() if key != "rates_by_route"}
        write(tmp_path / "a.lhe", replace(sample, metadata=bare))
        assert {route["expected_events"] for route in element(read(tmp_path / "a.lhe")[0], "run")["routes"]} == {None}

    @pytest.mark.parametrize("scheme", list(SCHEMES))
    def test_all_heavy_states_of_a_chain_change_their_codes(self, tmp_path: Path, scheme: str) -> None:
        sample = chain_sample(n=60)
        write(tmp_path / "a.lhe", sample, pdg_scheme=scheme)
        file, events = read(tmp_path / "a.lhe")
        table = dict(zip(HEAVY, (SCHEMES[scheme][name] for name in ("nu4", "nu5", "nu6", "zprime", "phi")), strict=True))
        found = [p.id for event in events for p in event.particles]
        assert found == [int(np.sign(code)) * table.get(abs(code), abs(code)) for code in sample.pdg.tolist()]
        assert {abs(code) for code in found} >= set(table.values())
        assert element(file, "run")["pdg_codes"] == SCHEMES[scheme]
        assert info(tmp_path / "a.lhe")["problems"] == []

    def test_gzip_chunks_and_shapes_do_not_change_the_content(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        sample = many_shapes(chain_sample(n=300), 0.5)
        assert len(list(record.Record(sample, record.DetectorFrame.of(sample.metadata), "default").shapes())) > 30
        digest = write(tmp_path / "a.lhe", sample)
        assert write(tmp_path / "a.lhe.gz", sample) == digest
        assert gzip.decompress((tmp_path / "a.lhe.gz").read_bytes()) == (tmp_path / "a.lhe").read_bytes()
        run: dict[str, Any] = {"channels": CHANNELS, "states": STATES, "routes": ALL_ROUTES, "weighted": False}
        with open_writer(tmp_path / "b.lhe", sample.metadata, **run) as writer:
            for first in range(0, 300, 75):
                writer.write(events_of(sample, slice(first, first + 75)))
        assert writer.sha256 == digest
        monkeypatch.setattr("nusim.io.writer._PIECE", 11)
        monkeypatch.setattr("nusim.io.record._MIX", np.uint64(1))  # then most shapes share a code with others
        assert write(tmp_path / "c.lhe", sample) == digest

    def test_a_writer_refuses_a_sample_with_other_routes(self, tmp_path: Path) -> None:
        sample = chain_sample(n=5)
        run: dict[str, Any] = {"channels": CHANNELS, "states": STATES, "routes": ("nu4",), "weighted": False}
        with pytest.raises(DataFileError, match="of another run"), open_writer(tmp_path / "a.lhe", sample.metadata, **run) as w:
            w.write(sample)


RECORDS = {"direct": 1, "star": 1, "siblings": 2, "documented": 2, "double": 2, "zprime": 1, "prompt": 1, "anti": 1, "three": 2}
"""Decays that show something, away from each other: in `siblings` one of three is into neutrinos, in `prompt` two are in one place."""


class TestHepevt:
    @pytest.mark.parametrize("kind", list(TREES))
    @pytest.mark.parametrize("layout", HEPEVT_LAYOUTS)
    def test_each_visible_decay_has_a_record_of_one_point(self, tmp_path: Path, kind: str, layout: str) -> None:
        sample = chain_sample((kind,), 12)
        write(tmp_path / "a.hepevt", sample, layout=layout)
        records = read_hepevt(tmp_path / "a.hepevt")
        each = 1 if layout == "joint" else RECORDS[kind]
        assert [number for number, _ in records] == np.repeat(np.arange(12), each).tolist()
        rotation = np.array(ROTATION)
        for i in range(12):
            rows = rows_of(sample, i)
            found = []
            for _, particles in records[each * i : each * (i + 1)]:
                tracked = [p for p in particles if p.status == 1]
                assert tracked
                points = np.array([p.position for p in tracked]) * [cm, cm, cm, ns]
                if layout != "joint":
                    assert np.abs(points - points[0]).max() <= 1.01 * ONE_POINT
                if layout == "decay":
                    assert abs(particles[0].pdg) in HEAVY
                    assert particles[0].status == 2
                else:
                    assert len(particles) == rows.stop - rows.start
                    assert particles[0].status == 3
                found += tracked
            # what the visible decays leave is tracked, heavy states excepted, and once
            places = [k for k, mother in enumerate(sample.mother[rows]) if mother > 0]
            decays = {int(sample.mother[rows][k]) for k in places if abs(sample.pdg[rows][k]) not in (*HEAVY, 12, 14, 16)}
            wanted = [
                k
                for k in places
                if sample.mother[rows][k] in decays and sample.status[rows][k] == 1 and abs(sample.pdg[rows][k]) not in HEAVY
            ]
            assert sorted(p.pdg for p in found) == sorted(sample.pdg[rows][wanted].tolist())
            # both lists in the order of their energies, which differ
            one = np.array([[*(rotation.T @ p.momentum[:3]), p.momentum[3], *(rotation.T @ p.position[:3] * cm + ORIGIN)] for p in found])
            two = np.column_stack([sample.momentum[rows][wanted][:, [1, 2, 3, 0]], sample.vertex[rows][wanted][:, 1:]])
            assert np.allclose(one[np.argsort(one[:, 3])], two[np.argsort(two[:, 3])], rtol=1e-12, atol=1e-11)

    def test_decays_outside_the_detector_are_not_tracked_but_the_one_seen_is(self, tmp_path: Path) -> None:
        box = {"shape": "box", "size": [1e4, 1e4, 12.0], "front": [0.0, 0.0, 2.0]}
        sample = chain_sample(("siblings", "double"), 150, experiment={"name": "x", "detector": [box]})
        write(tmp_path / "a.hepevt", sample)
        run = json.loads((tmp_path / "a.hepevt.json").read_text())
        records = read_hepevt(tmp_path / "a.hepevt")
        assert [number for number, _ in records] == run["records"]["event"]
        other = kept = 0
        for (number, particles), seen in zip(records, run["records"]["seen"], strict=True):
            place = next(p for p in particles if p.status == 1).position
            z = (np.array(ROTATION).T @ place[:3] * cm + ORIGIN)[2]
            if seen:
                assert z == pytest.approx(sample.decay_vertex[number, 3], abs=1e-9)
            else:
                other += 1
                assert 2.0 <= z <= 14.0
        for i in range(150):
            decays = [sample.vertex[rows_of(sample, i)][k] for k in range(3, 9) if abs(sample.pdg[sample.offsets[i] + k]) in (22, 11)]
            z = np.unique([point[3] for point in decays])
            kept += int(np.sum((z >= 2.0) & (z <= 14.0) & (z != sample.decay_vertex[i, 3])))
        assert 20 < other == kept < 130

    @pytest.mark.parametrize("weighted", [False, True])
    def test_the_json_file_says_what_each_record_is(self, tmp_path: Path, weighted: bool) -> None:
        sample = chain_sample(weighted=weighted)
        write(tmp_path / "a.hepevt", sample, layout="decay")
        run = json.loads((tmp_path / "a.hepevt.json").read_text())
        records = read_hepevt(tmp_path / "a.hepevt")
        columns = run["records"]
        assert columns["event"] == [number for number, _ in records]
        assert len(records) > 160
        for number, vertex, seen, route, process, (_, particles) in zip(*columns.values(), records, strict=True):
            before = [v for n, v in zip(columns["event"], columns["vertex"], strict=True) if n == number and v < vertex]
            assert before == list(range(1, vertex))
            assert run["routes"][route]["name"] == ALL_ROUTES[sample.route[number]]
            assert process == sample.channel[number] + 1
            point = np.array([p.position[3] * ns for p in particles if p.status == 1])
            assert (np.abs(point - sample.decay_vertex[number, 0]).max() < 2 * ONE_POINT) == bool(seen)
        if weighted:
            assert np.allclose(run["weights"], sample.weight)
        else:
            assert run["other_weights"] == {}
        assert info(tmp_path / "a.hepevt")["sum_of_weights"] == pytest.approx(sample.weight.sum(), rel=1e-13)

    def test_parts_of_a_run_make_the_same_file(self, tmp_path: Path) -> None:
        sample = chain_sample()
        digest = write(tmp_path / "a.hepevt", sample)
        run: dict[str, Any] = {"channels": CHANNELS, "states": STATES, "routes": ALL_ROUTES, "weighted": False}
        with open_writer(tmp_path / "b.hepevt", sample.metadata, **run) as writer:
            for first in range(0, 160, 32):
                writer.write(events_of(sample, slice(first, first + 32)))
        assert writer.sha256 == digest
        texts = [(tmp_path / f"{name}.hepevt.json").read_text().replace("b.hepevt", "a.hepevt") for name in "ab"]
        assert texts[0] == texts[1]


FILES = [("a.lhe", layout) for layout in LAYOUTS] + [("a.lhe.gz", "chain")] + [("a.hepevt", layout) for layout in HEPEVT_LAYOUTS]


class TestInfo:
    @pytest.mark.parametrize(("name", "layout"), FILES)
    @pytest.mark.parametrize("weighted", [False, True])
    def test_chains_are_consistent_and_counted_by_route(self, tmp_path: Path, name: str, layout: str, weighted: bool) -> None:
        sample = many_shapes(chain_sample(n=240, weighted=weighted), 0.2)
        write(tmp_path / name, sample, layout=layout)
        found = info(tmp_path / name)
        assert found["problems"] == []
        assert found["n"] == 240
        assert list(found["routes"]) == list(ALL_ROUTES)
        for k, route in enumerate(ALL_ROUTES):
            mine = sample.route == k
            assert found["routes"][route] == {
                "events": int(mine.sum()),
                "sum_of_weights": pytest.approx(sample.weight[mine].sum(), rel=1e-12),
                "expected_events": {"nu5": 20.0, "nu4 from nu5": 12.5}.get(route),
            }

    # siblings: 1 K+, 2 mu+, 3 nu5, 4 nu4 -> 5 nu 6 gamma, 7 nu4 -> 8 9 10 nu, 11 nu4 (seen) -> 12 nu 13 e- 14 e+
    @pytest.mark.parametrize(
        ("change", "problem"),
        [
            (replaced(4, 5, 6, "0.1"), "event 4: line 3: four-momentum is not conserved in its decay"),
            (replaced(4, 8, 6, "0.1"), "event 4: line 7: it is not on its mass shell in the written digits"),
            (replaced(4, 9, 9, "0.1"), "event 4: line 7: four-momentum is not conserved in its decay"),
            (replaced(4, 5, 11, "1.0"), "event 4: line 4: its path and time of flight do not fit its lifetime and speed"),
            (replaced(4, 4, 11, "1.0"), "event 4: line 3: its path and time of flight do not fit its lifetime and speed"),
            (replaced(4, 12, 2, "4"), "event 4: line 4: four-momentum is not conserved in its decay"),
            (replaced(4, 5, 1, "1"), "event 4: line 4: it has daughters, but does not decay"),
            (comment_replaced(4, "vertex 7", 12, "5.0"), "event 4: line 7: its path and time of flight do not fit its lifetime and speed"),
            (comment_replaced(4, "vertex 4", 2, "5"), "event 4: line 4: it decays, but no vertex is given"),
            (comment_replaced(4, "vertex 4", 2, "5"), "event 4: line 5: a vertex is given, but it does not decay"),
            (comment_replaced(4, "event", 8, "1.5"), "event 4: its delay does not fit its vertices"),
            (comment_replaced(4, "event", 6, "3"), "event 4: its route nu4_from_nu5 is not the way of its heavy state"),
            (comment_replaced(4, "event", 6, "13"), "event 4: its route nu4_from_nu5 is not the way of its heavy state"),
            (comment_replaced(4, "event", 14, "nu5"), "event 4: its route nu5 is not the way of its heavy state"),
            (comment_replaced(4, "event", 14, "nu4_from_nu5_from_nu6"), "event 4: its route nu4_from_nu5_from_nu6 is not the way of"),
            (comment_replaced(4, "event", 14, "nu7"), "event 4: its route nu7 is not in the header"),
            (comment_replaced(4, "event", 13, ""), "event 4: cannot be read: the comment lines of nusim are missing or broken"),
        ],
    )
    def test_what_is_wrong_at_any_vertex_is_named(self, tmp_path: Path, change: Callable[[list[str]], None], problem: str) -> None:
        write(tmp_path / "a.lhe", chain_sample(("siblings",), 12))
        found = edited(tmp_path / "a.lhe", change)
        assert any(line.startswith(problem) for line in found), found

    def test_a_route_of_another_length_is_found_in_the_decay_layout_by_its_state(self, tmp_path: Path) -> None:
        write(tmp_path / "a.lhe", chain_sample(("siblings",), 12), layout="decay")
        problems = edited(tmp_path / "a.lhe", comment_replaced(4, "event", 14, "zprime_from_nu5"))
        assert problems == ["event 4: its route zprime_from_nu5 is not the way of its heavy state"]

    # record 2 of each event of `double`: lines 1 K+ 2 mu+ 3 nu5 4 nu4 5 e- 6 e+ 7 nu 8 e- 9 e+, after a line of its own
    @pytest.mark.parametrize(
        ("line", "token", "value", "problem"),
        [
            (10 * 9 + 4, 9, "9.0", "event 4: record 2: line 4: it is not on its mass shell in the written digits"),
            (10 * 9 + 8, 14, "0.0", "event 4: record 2: line 8: it does not start where its sisters do"),
            (10 * 9 + 4, 14, "0.0", "event 4: record 2: line 4: it does not start where its sisters do"),
            (10 * 8 + 8, 11, "0.0", "event 4: line 8: it does not start where its sisters do"),
            (10 * 9, 0, "77", "the records that the JSON file beside it lists are not those of the file"),
            (10 * 9 + 4, 4, "0", "event 4: record 2: line 4: it decays, but has no daughters"),
        ],
    )
    def test_records_of_one_event_are_told_apart(self, tmp_path: Path, line: int, token: int, value: str, problem: str) -> None:
        write(tmp_path / "a.hepevt", chain_sample(("double",), 12))

        def change(lines: list[str]) -> None:
            tokens = lines[line].split()
            tokens[token] = value
            lines[line] = " ".join(tokens)

        assert problem in edited(tmp_path / "a.hepevt", change)

    @pytest.mark.parametrize(
        ("old", "new", "problem"),
        [
            ('"seen": [0', '"seen": [5', "event 0: not one of its records holds the decay seen"),
            ('"route": [', '"route": [9', "the weights, routes or records in the JSON file beside it cannot be read"),
            ('"records": {', '"record": {', "the weights, routes or records in the JSON file beside it cannot be read"),
            ('"vertex": [', '"vertex" [', "a.hepevt.json beside it cannot be read"),
        ],
    )
    def test_what_is_wrong_beside_a_hepevt_file(self, tmp_path: Path, old: str, new: str, problem: str) -> None:
        write(tmp_path / "a.hepevt", chain_sample(("three",), 12))
        beside = tmp_path / "a.hepevt.json"
        text = beside.read_text()
        assert text.count(old) == 1
        beside.write_text(text.replace(old, new))
        assert any(found.startswith(problem) for found in info(tmp_path / "a.hepevt")["problems"])

    def test_a_hepevt_file_cut_between_the_records_of_an_event(self, tmp_path: Path) -> None:
        path = tmp_path / "a.hepevt"
        write(path, chain_sample(("double",), 12))
        lines = path.read_text().splitlines()
        path.write_text("\n".join(lines[:-10]) + "\n")
        assert "the records that the JSON file beside it lists are not those of the file" in info(path)["problems"]
        path.write_text("\n".join(lines[:-11]) + "\n")
        assert refusal(path) == f"{path}: is cut off: it ends within record 22, counted from 0"


def test_the_documented_chain_has_the_form_of_the_files(tmp_path: Path) -> None:
    write(tmp_path / "a.lhe", breadth_first(chain_sample(("documented",), 1)))
    assert info(tmp_path / "a.lhe")["problems"] == []
    document = (Path(__file__).parents[2] / "docs" / "formats.md").read_text()
    texts = [one.partition("<event>\n")[2].partition("</event>")[0] for one in (document, (tmp_path / "a.lhe").read_text())]
    example, written = ([line.split() for line in text.splitlines()] for text in texts)
    assert len(example) == len(written) == 1 + 11 + 6
    assert example[0][:2] == written[0][:2]
    for one, other in zip(example[1:12], written[1:12], strict=True):
        assert len(one) == len(other) == 13
        assert one[:6] == other[:6]
        assert (one[11] == "0.0", one[12] == "9.0") == (other[11] == "0.0", float(other[12]) == 9.0)
    for one, other in zip(example[12:], written[12:], strict=True):
        assert len(one) == len(other)
        assert one[:3] == other[:3]
        assert [token for token in one if token.isidentifier()] == [token for token in other if token.isidentifier()]
    assert example[12][6] == written[12][6] == "4"


def test_every_kind_of_tree_is_in_these_tests() -> None:
    assert set(RECORDS) == set(TREES) == set(ROUTES)


@pytest.mark.parametrize(("name", "layout"), FILES)
def test_the_size_of_chains_is_measured_from_a_few(tmp_path: Path, name: str, layout: str) -> None:
    sample = chain_sample(n=2000, weighted=True)
    write(tmp_path / name, sample, layout=layout)
    size = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert 0.9 * size < 2000 * sample_width(events_of(sample, slice(0, 200)), name, layout=layout) < 1.5 * size


@pytest.mark.parametrize("change", [{"seen": -1}, {"seen": 99}, {"seen": 1}, {"seen": 0}, {"state": 1}])
def test_a_place_without_the_state_seen_is_refused(tmp_path: Path, change: dict[str, int]) -> None:
    sample = chain_sample(("star",), 5)
    (name, value), *_ = change.items()
    column = getattr(sample, name).copy()
    column[3] = value
    with pytest.raises(DataFileError, match=r"event 3 has no nu[45] that decays in the detector"):
        write(tmp_path / "a.lhe", replace(sample, **{name: column}))
    assert list(tmp_path.iterdir()) == []


def test_a_decay_seen_that_leaves_nothing_to_track_is_refused_by_hepevt(tmp_path: Path) -> None:
    sample = chain_sample(("siblings",), 5)
    nu5 = sample.offsets[:-1] + 2
    end = sample.vertex[nu5 + 1]
    number = np.full(5, STATES.index("nu5"), np.int16)
    delay = end[:, 0] - sample.vertex[nu5, 0] - np.linalg.norm(end[:, 1:] - sample.vertex[nu5, 1:], axis=1)
    dark = replace(
        sample,
        seen=np.full(5, 2),
        state=number,
        route=np.full(5, ALL_ROUTES.index("nu5"), np.int16),
        decay_vertex=end,
        delay=delay,
    )
    with pytest.raises(DataFileError, match="event 0: the decay seen leaves only heavy states"):
        write(tmp_path / "a.hepevt", dark)
    assert list(tmp_path.iterdir()) == []
    write(tmp_path / "a.lhe", dark)
    assert info(tmp_path / "a.lhe")["problems"] == []


@pytest.mark.parametrize("mix", [None, 0, 1])
def test_equal_rows_are_found_whatever_their_code(monkeypatch: pytest.MonkeyPatch, mix: int | None) -> None:
    if mix is not None:
        monkeypatch.setattr(record, "_MIX", np.uint64(mix))
    keys = np.random.default_rng(8).integers(-1, 2, (500, 4)).astype(np.int16)
    groups = record._equal_rows(keys)
    assert sorted(np.concatenate(groups).tolist()) == list(range(500))
    assert len({tuple(keys[group[0]]) for group in groups}) == len(groups)
    for group in groups:
        assert np.all(np.diff(group) > 0)
        assert np.all(keys[group] == keys[group[0]])
