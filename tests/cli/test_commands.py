"""Every command: what it prints, the keys of its JSON, the files it writes."""

import math
from pathlib import Path

import numpy as np
import pytest

from nusim.cards.read import experiment_names
from nusim.production.table import MISSING_MODES

from .conftest import Run

MISSING = f"warning: {MISSING_MODES}"


class TestCards:
    def test_lists_everything_shipped(self, nusim: Run) -> None:
        result = nusim("cards")
        assert result.code == 0
        for name in ("circle", "star", "triangle", "hnl", "sbnd", "microboone", "bnb"):
            assert f"\n  {name} " in result.out

    def test_json(self, nusim: Run) -> None:
        document = nusim("cards", "--json").document
        assert set(document) == {"models", "experiments", "beams"}
        for entries in document.values():
            for entry in entries:
                assert set(entry) == {"name", "kind", "source"}
        assert {"circle", "star", "triangle", "hnl"} <= {entry["name"] for entry in document["models"]}


class TestShow:
    def test_json_is_the_resolved_card(self, nusim: Run) -> None:
        document = nusim("show", "circle", "--json").document
        assert document["physical"] == {"m5": 0.15, "mass_ratio": 0.5, "m3_ev": 0.05, "branch": "small"}
        assert document["portals"] == {"epsilon": 0.0, "sin_alpha": 0.0}

    @pytest.mark.parametrize("card", ["circle", "hnl", "sbnd", "microboone", "bnb"])
    def test_says_values_and_source(self, nusim: Run, card: str) -> None:
        result = nusim("show", card)
        assert result.code == 0
        assert card in result.out
        assert nusim("show", card, "--json").document["source"] in result.out

    def test_says_what_is_a_choice_what_was_set_and_what_is_a_default(self, nusim: Run) -> None:
        result = nusim("show", "sbnd", "--set", "protons=1e21")
        assert "(changed from 6.6e+20)" in result.out
        assert "[choice]" in result.out
        assert "(not in the card)" in result.out

    @pytest.mark.parametrize(
        ("card", "key", "unit"), [("circle", "flavour.mu", ""), ("sbnd", "selection.thresholds.e", "GeV"), ("circle", "physical.m5", "GeV")]
    )
    def test_units(self, nusim: Run, card: str, key: str, unit: str) -> None:
        row = next(line for line in nusim("show", card).out.splitlines() if line.strip().startswith(key))
        assert row.split()[2:3] == ([unit] if unit else ["direction"])

    def test_values_of_a_set_that_drops_a_rival(self, nusim: Run) -> None:
        result = nusim("show", "circle", "--set", "mixing2=1e-6", "--json")
        assert result.document["physical"] == {"m5": 0.15, "mass_ratio": 0.5, "mixing2": 1e-6}
        assert "setting physical.mixing2 removes physical.m3_ev and physical.branch" in result.err


MASS_KEYS = ["m4", "m5", "mu_prime", "m_dirac", "lambda", "m3_ev", "m3_sm_ev", "m3_dark_ev", "mixing2", "warnings"]
MASS_KEYS += ["m_ee_ev", "m_ee_range_ev", "m_ee_light_ev", "m_ee_heavy_ev", "m_ee_heavy_without_interference_ev", "m_ee_excluded"]


class TestMasses:
    def test_json_of_the_circle(self, nusim: Run) -> None:
        document = nusim("masses", "circle", "--json").document
        assert list(document) == MASS_KEYS
        assert document["m4"] == pytest.approx(0.075, rel=1e-12)
        assert document["m3_ev"] == pytest.approx(0.05, rel=1e-12)
        assert document["m3_sm_ev"] + document["m3_dark_ev"] == pytest.approx(0.05, rel=1e-12)
        assert document["mixing2"]["mu"]["nu4"] == pytest.approx(4.139e-7, rel=2e-4)
        assert set(document["mixing2"]) == {"e", "mu", "tau", "N", "D"}

    def test_json_of_an_hnl_has_null_where_there_is_nothing(self, nusim: Run) -> None:
        document = nusim("masses", "hnl", "--json").document
        assert list(document) == MASS_KEYS
        assert document["m5"] is None
        assert document["m3_ev"] is None

    def test_text_says_units(self, nusim: Run) -> None:
        result = nusim("masses", "circle")
        assert result.out.startswith("circle: dark-neutrino, Majorana\n")
        assert "0.075  GeV" in result.out
        assert "0.05  eV" in result.out

    def test_set_in_one_go_and_one_by_one(self, nusim: Run) -> None:
        together = nusim("masses", "circle", "--set", "physical.m5=0.2", "mediator.m_phi=3", "--json").document
        apart = nusim("masses", "circle", "--set", "physical.m5=0.2", "--set", "mediator.m_phi=3", "--json").document
        assert together == apart
        assert together["m5"] == pytest.approx(0.2)

    def test_what_an_override_removed_is_among_the_warnings(self, nusim: Run) -> None:
        result = nusim("masses", "circle", "--set", "mixing2=1e-6", "--json")
        message = "circle.toml: setting physical.mixing2 removes physical.m3_ev and physical.branch of the card"
        assert message in result.document["warnings"]
        assert f"warning: {message}\n" in result.err


class TestWidths:
    def test_json(self, nusim: Run) -> None:
        document = nusim("widths", "hnl", "--parent", "nu4", "--json").document
        assert list(document) == ["parent", "mass", "total_width", "ctau", "channels", "warnings", "lifetime_s", "bbn", "total_uncertainty"]
        assert 0.001 < document["total_uncertainty"] < 0.05
        assert document["parent"] == "nu4"
        assert all((channel["uncertainty"] is None) == (channel["width"] == 0) for channel in document["channels"])
        for channel in document["channels"]:
            assert list(channel) == ["products", "width", "branching_ratio", "via", "uncertainty"]
        assert math.fsum(channel["width"] for channel in document["channels"]) == pytest.approx(document["total_width"])
        assert math.fsum(channel["branching_ratio"] for channel in document["channels"]) == pytest.approx(1.0)

    def test_an_infinite_ctau_is_null(self, nusim: Run) -> None:
        document = nusim("widths", "hnl", "--set", "mixing2.mu=0.0", "--json").document
        assert document["total_width"] == 0.0
        assert document["ctau"] is None
        assert "infinite m" in nusim("widths", "hnl", "--set", "mixing2.mu=0.0").out

    def test_dark_parents_and_their_hadrons(self, nusim: Run) -> None:
        result = nusim("widths", "circle", "--parent", "zprime", "--set", "portals.epsilon=1e-4", "--set", "mediator.m_zprime=1.4")
        assert result.out.startswith("circle: zprime, 1.4 GeV")
        assert "hadrons" in result.out
        assert "warning: zprime: between 1.1 and 1.75 GeV its width into hadrons is known to about 20%" in result.err
        assert "nu4 nu nu" in nusim("widths", "circle", "--parent", "nu5").out

    def test_scan_to_stdout_agrees_with_single_points(self, nusim: Run) -> None:
        result = nusim("widths", "hnl", "--scan", "m4=0.1:1:5")
        lines = result.out.splitlines()
        header = lines[0].split(",")
        assert header[:4] == ["m4", "mass_GeV", "total_width_GeV", "ctau_m"]
        assert len(lines) == 6
        last = dict(zip(header, map(float, lines[3].split(",")), strict=True))
        assert last["m4"] == pytest.approx(10**-0.5)
        point = nusim("widths", "hnl", "--set", f"m4={last['m4']!r}", "--json").document
        assert last["total_width_GeV"] == pytest.approx(point["total_width"], rel=1e-9)
        assert last["ctau_m"] == pytest.approx(point["ctau"], rel=1e-9)
        for channel in point["channels"]:
            if channel["width"] > 0:
                assert last[f"width[{channel['products']}]_GeV"] == pytest.approx(channel["width"], rel=1e-9)
                assert last[f"branching_ratio[{channel['products']}]"] == pytest.approx(channel["branching_ratio"], rel=1e-9)

    def test_scan_to_csv_figure_and_json(self, nusim: Run, tmp_path: Path) -> None:
        table, drawn = tmp_path / "w.csv", tmp_path / "w.pdf"
        result = nusim("widths", "circle", "--scan", "physical.m5=0.02:0.4:7", "-o", table, "--plot", drawn, "--json")
        assert result.code == 0
        assert result.document["scan"]["key"] == "physical.m5"
        assert result.document["scan"]["values"] == pytest.approx(np.geomspace(0.02, 0.4, 7))
        assert len(table.read_text().splitlines()) == 8
        assert drawn.read_bytes().startswith(b"%PDF")
        assert sorted(path.name for path in tmp_path.iterdir()) == ["w.csv", "w.pdf"]

    def test_one_point_to_csv_and_figure(self, nusim: Run, tmp_path: Path) -> None:
        result = nusim("widths", "circle", "-o", tmp_path / "w.csv", "--plot", tmp_path / "w.svg")
        assert result.code == 0
        assert (tmp_path / "w.csv").read_text().startswith("products,width_GeV,branching_ratio\nnu nu nu,")
        assert "<svg" in (tmp_path / "w.svg").read_text()


class TestFlux:
    def test_json(self, nusim: Run) -> None:
        document = nusim("flux", "sbnd", "--edges", "0:4:1", "--json").document
        keys = ["experiment", "polarity", "edges", "flux_per_cm2_per_proton", "stat_error", "by_parent"]
        assert list(document) == keys
        assert document["edges"] == [0.0, 1.0, 2.0, 3.0, 4.0]
        flavours = ["numu", "numubar", "nue", "nuebar"]
        assert list(document["flux_per_cm2_per_proton"]) == flavours
        for flavour in flavours:
            total = np.array(document["flux_per_cm2_per_proton"][flavour])
            assert total.shape == (4,)
            assert np.sum(list(document["by_parent"][flavour].values()), axis=0) == pytest.approx(total)
            assert len(document["stat_error"][flavour]) == 4

    def test_text_csv_and_figure(self, nusim: Run, tmp_path: Path) -> None:
        result = nusim("flux", "sbnd", "--edges", "0:4:0.5", "-o", tmp_path / "f.csv", "--plot", tmp_path / "f.png")
        assert result.code == 0
        assert "per cm^2 per proton" in result.out
        assert "pi+" in result.out
        assert "+-" in result.out
        assert len((tmp_path / "f.csv").read_text().splitlines()) == 10
        assert (tmp_path / "f.png").read_bytes()[1:4] == b"PNG"


RATE_KEYS = [
    *("model", "experiment", "protons", "decays", "events", "selected_events", "stat_error", "norm_error"),
    *("by_state", "by_contribution", "by_parent", "by_final_state", "warnings"),
]
PARTS = ("by_state", "by_contribution", "by_parent", "by_final_state")


class TestRate:
    def test_json_is_a_list_one_per_experiment(self, nusim: Run) -> None:
        document = nusim("rate", "circle", "sbnd", "microboone", "--json").document
        assert [entry["experiment"] for entry in document] == ["sbnd", "microboone"]
        for entry in document:
            assert list(entry)[: len(RATE_KEYS)] == RATE_KEYS
            assert entry["model"] == "circle"
            assert entry["acceptance"] == pytest.approx(entry["selected_events"] / entry["events"])
            assert math.hypot(*entry["norm_by_nuisance"].values()) == pytest.approx(entry["norm_error"])
            assert 1 < entry["mean_boost"] < 100
            assert 0 < entry["fraction_inside"] < 1
            for part in PARTS:
                names = set(entry[part])
                assert names == set(entry[f"stat_error_{part}"]) == set(entry[f"norm_error_{part}"]) == set(entry[f"selected_{part}"])
                assert math.fsum(entry[f"selected_{part}"].values()) == pytest.approx(entry["selected_events"])
            for part in PARTS:
                assert math.fsum(entry[part].values()) == pytest.approx(entry["events"])
            assert 0 < entry["selected_events"] <= entry["events"] < entry["decays"]
            assert 0 < entry["stat_error"] < 0.1 * entry["events"]

    def test_all_is_every_shipped_experiment(self, nusim: Run) -> None:
        document = nusim("rate", "hnl", "all", "--set", "m4=6", "--json").document
        assert {entry["experiment"] for entry in document} == set(experiment_names())

    def test_text_has_errors_beside_the_numbers(self, nusim: Run) -> None:
        result = nusim("rate", "circle", "sbnd")
        assert result.out.startswith("circle at sbnd, 6.6e+20 protons on target\n")
        assert "+-" in result.out
        assert MISSING in result.err
        assert all(word in result.out for word in ("contribution", "nu4", "nu5", "nu4 from nu5"))

    def test_several_experiments_are_one_table(self, nusim: Run, tmp_path: Path) -> None:
        """A refused one is a line with its reason; a composite is the sum of the members beside it; nothing is wider than 100 columns."""
        (tmp_path / "broken.toml").write_text('name = "broken"\nsource = "none"\nprotons = -1.0\n')
        given = ("circle", "sbnd,microboone", "icarus", "sbn", tmp_path / "broken.toml")
        result = nusim("rate", *given, "-o", tmp_path / "r.csv", "--plot", tmp_path / "r.svg")
        assert result.code == 1
        lines = result.out.splitlines()
        assert lines[0] == "circle: expected events in 5 experiments"
        assert max(map(len, (line for line in lines if "refused:" not in line))) <= 100
        assert lines[1].split()[:5] == ["experiment", "protons", "visible", "stat", "norm"]
        assert [line.split()[0] for line in lines[2:6]] == ["sbnd", "microboone", "icarus", "sbn"]
        assert any("refused: " in line and "protons" in line for line in lines)
        assert result.out.count("nu pi0") == 4
        rows = [line.split(",") for line in (tmp_path / "r.csv").read_text().splitlines()]
        assert rows[0] == ["model", "experiment", "part", "name", "value", "stat_error", "norm_error", "selected"]
        events = {row[1]: float(row[4]) for row in rows if row[2:4] == ["total", "events"]}
        assert events["sbn"] == pytest.approx(events["sbnd"] + events["microboone"] + events["icarus"], rel=1e-12)
        assert (tmp_path / "r.svg").read_text().count("<svg") == 1

    def test_a_refused_one_among_several_in_json(self, nusim: Run, tmp_path: Path) -> None:
        (tmp_path / "broken.toml").write_text('name = "broken"\nsource = "none"\nprotons = -1.0\n')
        result = nusim("rate", "triangle", "sbnd", tmp_path / "broken.toml", "--json")
        assert result.code == 1
        good, bad = result.document
        assert good["events"] == 0.0
        assert list(bad) == ["model", "experiment", "error"]
        assert "protons" in bad["error"]

    def test_a_misspelt_one_is_refused_before_any_work(self, nusim: Run) -> None:
        result = nusim("rate", "circle", "sbnd", "icaruss")
        assert result.code == 1
        assert result.out == ""
        assert "icarus" in result.err

    def test_set_goes_to_the_card_that_knows_the_key(self, nusim: Run) -> None:
        one = nusim("rate", "hnl", "sbnd", "--set", "m4=0.2", "mixing2=1e-8", "--json").document[0]
        more = nusim("rate", "hnl", "sbnd", "--set", "m4=0.2", "mixing2=1e-8", "protons=1.32e21", "--json").document[0]
        assert more["protons"] == 1.32e21
        assert more["events"] == pytest.approx(2 * one["events"], rel=1e-12)

    def test_nothing_reaches_the_detector(self, nusim: Run) -> None:
        result = nusim("rate", "triangle", "sbnd", "--json")
        assert result.code == 0
        entry = result.document[0]
        assert list(entry)[: len(RATE_KEYS)] == RATE_KEYS
        assert entry["acceptance"] is None
        assert entry["mean_boost"] is None
        assert entry["events"] == entry["decays"] == entry["stat_error"] == 0.0
        assert "no open production mode" in entry["warnings"][0]


EVENT_KEYS = ["file", "n", "seed", "expected_events", "stat_error", "effective_sample_size", "kernel", "sha256", "warnings"]
INFO_KEYS = {
    *("format", "layout", "n", "weighted", "sum_of_weights", "protons", "expected_events", "stat_error", "seed", "kernel"),
    *("frames", "consistent", "problems"),
}


class TestEventsAndInfo:
    @pytest.mark.parametrize("name", ["c.lhe", "c.lhe.gz", "c.hepevt"])
    def test_a_file_and_what_it_holds(self, nusim: Run, tmp_path: Path, name: str) -> None:
        path = tmp_path / name
        document = nusim("events", "circle", "sbnd", "-n", 100, "--seed", 3, "-o", path, "--json").document
        assert list(document) == EVENT_KEYS
        assert (document["file"], document["n"], document["seed"], document["kernel"]) == (str(path), 100, 3, "numpy")
        found = nusim("info", path, "--json").document
        assert set(found) >= INFO_KEYS
        assert found["consistent"] is True
        assert found["problems"] == []
        assert (found["n"], found["seed"]) == (100, 3)
        assert found["expected_events"] == pytest.approx(document["expected_events"], rel=1e-6)
        text = nusim("info", path)
        assert text.code == 0
        assert "consistent" in text.out

    @pytest.mark.slow
    def test_the_content_does_not_depend_on_the_chunk_size(self, nusim: Run, tmp_path: Path) -> None:
        sums = [
            nusim("events", "circle", "sbnd", "-n", 300, "-o", tmp_path / f"{chunk}.lhe", "--chunk-size", chunk, "--json").document[
                "sha256"
            ]
            for chunk in (300, 77)
        ]
        assert sums[0] == sums[1]
        assert (tmp_path / "300.lhe").read_bytes() == (tmp_path / "77.lhe").read_bytes()

    def test_no_events_is_a_valid_file(self, nusim: Run, tmp_path: Path) -> None:
        assert nusim("events", "circle", "sbnd", "-n", 0, "-o", tmp_path / "none.lhe").code == 0
        found = nusim("info", tmp_path / "none.lhe", "--json").document
        assert (found["n"], found["consistent"]) == (0, True)

    def test_weighted_one_final_state_and_a_figure(self, nusim: Run, tmp_path: Path) -> None:
        argv = ("events", "hnl", "sbnd", "--set", "m4=0.3", "-n", 500, "-o", tmp_path / "w.lhe", "--weighted", "--final", "mu- pi+")
        result = nusim(*argv, "--plot", tmp_path / "w.png")
        assert result.code == 0
        assert (tmp_path / "w.png").read_bytes()[1:4] == b"PNG"
        assert nusim("info", tmp_path / "w.lhe", "--json").document["weighted"] is True

    def test_a_file_cut_off_is_refused(self, nusim: Run, tmp_path: Path) -> None:
        path = tmp_path / "c.lhe"
        nusim("events", "circle", "sbnd", "-n", 20, "-o", path)
        path.write_bytes(path.read_bytes()[:-2000])
        for options in ((), ("--json",)):
            found = nusim("info", path, *options)
            assert found.code == 1
            assert found.out == ""
            assert found.err.count("\n") == 1
            assert "is cut off" in found.err

    def test_an_inconsistent_file_is_described(self, nusim: Run, tmp_path: Path) -> None:
        path = tmp_path / "c.lhe"
        nusim("events", "circle", "sbnd", "-n", 20, "-o", path)
        path.write_text(path.read_text().replace("<event>\n 6", "<event>\n 7").replace("<event>\n 5", "<event>\n 7"))
        found = nusim("info", path, "--json")
        assert found.code == 0
        assert found.document["consistent"] is False
        assert found.document["problems"]
        assert "problem:" in nusim("info", path).out


class TestBeam:
    def test_json(self, nusim: Run) -> None:
        document = nusim("beam", "bnb", "--json").document
        assert {"beam", "protons_simulated", "yields_per_proton", "table"} <= set(document)
        assert {"rows", "effective_rows", "command"} <= set(document["table"])
        assert document["yields_per_proton"]["pi+"] > document["yields_per_proton"]["K+"] > 0

    def test_text(self, nusim: Run) -> None:
        result = nusim("beam", "bnb")
        assert "decays per proton" in result.out
        assert "made by: nusim beam bnb" in result.out
