"""Explorations: each row is what solving, tabulating, counting and recasting its point gives."""

from pathlib import Path

import numpy as np
import pytest

import nusim
from nusim.explorations import explore as module
from nusim.io.points_table import PointsFile, read_points

DRAWN = {"physical.m5": (0.05, 0.6), "physical.mass_ratio": (0.2, 0.9, "lin"), "portals.epsilon": (1e-5, 1e-3)}


@pytest.fixture(scope="module")
def points() -> nusim.Exploration:
    return nusim.explore(nusim.read_model("circle"), draw=DRAWN, n=60, seed=3)


def same(one: np.ndarray, other: np.ndarray) -> bool:
    """Equal to the rounding that the number of points computed together leaves."""
    return np.allclose(one, other, rtol=1e-11, atol=0, equal_nan=True) if one.dtype.kind == "f" else np.array_equal(one, other)


def card_of(found: nusim.Exploration, place: int) -> nusim.Model:
    return nusim.read_model("circle", set={key: float(found[key][place]) for key in found.plan.keys})


class TestValues:
    def test_draws_fill_their_ranges(self) -> None:
        found = nusim.explore(nusim.read_model("hnl"), draw={"m4": (0.1, 0.4), "mixing2.mu": (1e-8, 1e-6, "lin")}, n=4000, bounds=False)
        shares = np.log(found["m4"] / 0.1) / np.log(4), (found["mixing2.mu"] - 1e-8) / 9.9e-7
        for share in shares:
            assert share.min() > 0
            assert share.max() < 1
            # counts in ten bins: 400 +- 19, chi^2 of nine degrees of freedom below 49 but for 1e-7
            assert np.sum((np.histogram(share, 10, (0, 1))[0] - 400) ** 2 / 400) < 49
        assert abs(np.corrcoef(*shares)[0, 1]) < 5 / np.sqrt(4000)

    def test_a_grid_has_every_pair_once(self) -> None:
        m4, mixing2 = np.array([0.1, 0.2, 0.3]), np.array([1e-8, 1e-7])
        found = nusim.explore(nusim.read_model("hnl"), grid={"m4": m4, "mixing2": mixing2}, bounds=False)
        assert len(found) == 6
        assert sorted(zip(found["m4"].tolist(), found["mixing2"].tolist(), strict=True)) == [(m, u) for m in m4 for u in mixing2]

    def test_draws_at_each_point_of_a_grid(self) -> None:
        model = nusim.read_model("hnl")
        found = nusim.explore(model, grid={"m4": [0.1, 0.2]}, draw={"mixing2": (1e-9, 1e-6)}, n=5, bounds=False)
        assert found["m4"].tolist() == [0.1] * 5 + [0.2] * 5
        assert len(np.unique(found["mixing2"])) == 10

    def test_a_point_belongs_to_its_number(self, points: nusim.Exploration) -> None:
        longer = nusim.explore(nusim.read_model("circle"), draw=DRAWN, n=70, seed=3)
        for name in points.columns:
            assert same(points[name], longer[name][:60]), name


class TestRows:
    @pytest.mark.parametrize("place", [0, 17, 42])
    def test_masses_mixings_and_widths(self, points: nusim.Exploration, place: int) -> None:
        spectrum = nusim.solve(card_of(points, place))
        for state in spectrum.heavy_states:
            assert points[f"m_{state}"][place] == pytest.approx(spectrum.mass(state), rel=1e-12)
            assert points[f"mixing2_mu_{state}"][place] == pytest.approx(spectrum.mixing2("mu", state), rel=1e-12)
        assert points["m3_ev"][place] == pytest.approx(spectrum.m3_ev, rel=1e-12)
        for state in ("nu4", "nu5", "zprime", "phi"):
            table = nusim.decay_table(spectrum, state)
            assert points[f"width_{state}"][place] == pytest.approx(table.total_width, rel=1e-6)
            assert points[f"ctau_{state}"][place] == pytest.approx(table.ctau, rel=1e-6)
            leading = max(table, key=lambda channel: channel.width)
            assert points[f"leading_{state}"][place] == leading.products
            assert points[f"leading_share_{state}"][place] == pytest.approx(leading.width / table.total_width, rel=1e-6)

    @pytest.mark.parametrize("place", [3, 29])
    def test_strengths_are_those_of_a_recast(self, points: nusim.Exploration, place: int) -> None:
        pytest.importorskip("HNLimits")
        bounds = nusim.recast(card_of(points, place), [], limits=False)
        names = {one.name for one in bounds.verdicts if one.strength is not None}
        assert len(names) > 4
        for name in names:
            strongest = max(one.strength for one in bounds.verdicts if one.name == name and one.strength is not None)
            assert points[f"strength_{name}"][place] == pytest.approx(strongest, rel=1e-6), name
        assert points["excluded_by"][place].split() == [name for name in points["excluded_by"][place].split() if name in bounds.excluded_by]
        assert set(points["excluded_by"][place].split()) == set(bounds.excluded_by)
        assert points["verdict"][place] == bounds.verdict

    def test_points_without_a_model_keep_their_row(self) -> None:
        found = nusim.explore(nusim.read_model("circle"), draw={"physical.m4": (0.05, 0.3)}, n=40, bounds=False)
        heavy = found["physical.m4"] > 0.15
        assert 0 < np.count_nonzero(heavy) == found.refused < 40
        assert all("heavier than physical.m5" in reason for reason in found["refused"][heavy])
        assert np.all(np.isnan(found["m_nu4"][heavy]))
        assert np.all(found["leading_nu4"][heavy] == "")
        assert np.allclose(found["m_nu4"][~heavy], found["physical.m4"][~heavy])
        assert "without a model" in str(found)


@pytest.fixture(scope="module")
def counted() -> nusim.Exploration:
    draw = {"physical.m5": (0.1, 0.4), "portals.epsilon": (1e-5, 1e-3)}
    return nusim.explore(nusim.read_model("circle"), ["sbnd", "ps191"], draw=draw, n=5, seed=2)


class TestEvents:
    @pytest.mark.parametrize("place", [0, 3])
    def test_they_are_the_expected_ones(self, counted: nusim.Exploration, place: int) -> None:
        rate = nusim.expected_events(nusim.solve(card_of(counted, place)), nusim.read_experiment("sbnd"))
        error = np.hypot(counted["error_sbnd"][place], rate.selected_stat_error)
        assert 0 < counted["error_sbnd"][place] < 0.3 * rate.selected_events
        assert abs(counted["events_sbnd"][place] - rate.selected_events) < 5 * error

    @pytest.mark.slow
    def test_events_against_those_at_a_published_limit(self) -> None:
        pytest.importorskip("HNLimits")
        found = nusim.explore(nusim.read_model("hnl", set={"mixing2": 1e-7}), ["bebc"], draw={"m4": (0.6, 1.7)}, n=4)
        for place in range(4):
            model = nusim.read_model("hnl", set={"mixing2": 1e-7, "m4": float(found["m4"][place])})
            verdict = nusim.recast(model, ["bebc"], limits=False).of("bebc")
            assert found["strength_bebc"][place] == pytest.approx(verdict.strength, rel=0.15)

    def test_what_they_say_of_the_model(self, counted: nusim.Exploration) -> None:
        pytest.importorskip("HNLimits")
        place = int(np.nanargmax(counted["strength_ps191"]))
        verdict = nusim.recast(card_of(counted, place), ["ps191"], limits=False).of("ps191")
        assert verdict.strength is not None
        assert verdict.strength > 0
        assert counted["strength_ps191"][place] == pytest.approx(verdict.strength, rel=1e-6)
        assert counted["verdict"][place] == ("excluded" if counted["excluded_by"][place] else "reachable")

    def test_a_composite_is_the_sum_of_its_members(self) -> None:
        model = nusim.read_model("hnl", set={"mixing2": 1e-6})
        found = nusim.explore(model, ["sbn", "sbnd", "microboone", "icarus"], draw={"m4": (0.15, 0.35)}, n=2, bounds=False)
        parts = sum(found[f"events_{name}"] for name in ("sbnd", "microboone", "icarus"))
        assert found["events_sbn"] == pytest.approx(parts, rel=1e-12)


class TestFiles:
    def test_a_broken_run_goes_on(self, points: nusim.Exploration, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "CHUNK", 25)
        model, path = nusim.read_model("circle"), tmp_path / "points.parquet"
        done: list[int] = []

        def stop(more: int) -> None:
            done.append(more)
            if sum(done) >= 25:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            nusim.explore(model, draw=DRAWN, n=60, seed=3, output=path, progress=stop)
        assert not path.exists()
        kept = sorted(one.name for one in (tmp_path / "points.parquet.parts").iterdir())
        assert kept == ["0-25.parquet", "key.json"]
        steps: list[int] = []
        found = nusim.explore(model, draw=DRAWN, n=60, seed=3, output=path, progress=steps.append)
        assert steps == [25, 25, 10]
        assert [one.name for one in tmp_path.iterdir()] == ["points.parquet"]
        columns, about = read_points(path)
        assert list(columns) == list(points.columns)
        for name in points.columns:
            for other in (found[name], columns[name]):
                assert same(points[name], other), name
        assert about["plan"]["seed"] == 3
        assert about["units"]["m_nu4"] == "GeV"
        assert about["model"]["kind"] == "dark-neutrino"

    def test_parts_of_another_run_are_not_used(self, tmp_path: Path) -> None:
        first = PointsFile(tmp_path / "x.parquet", "one")
        first.add(0, 2, {"point": np.arange(2)})
        assert PointsFile(tmp_path / "x.parquet", "one").has(0, 2)
        assert not PointsFile(tmp_path / "x.parquet", "other").has(0, 2)

    def test_processes_give_the_same(self, points: nusim.Exploration, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "CHUNK", 20)
        found = nusim.explore(nusim.read_model("circle"), draw=DRAWN, n=60, seed=3, workers=2)
        for name in points.columns:
            assert same(points[name], found[name]), name

    @pytest.mark.parametrize("content", [b"", b"PAR1 and nothing more", b"a,b\n1,2\n"])
    def test_other_files_are_refused(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "x.parquet").write_bytes(content)
        with pytest.raises(nusim.DataFileError, match="no file of points; nusim explore -o makes them"):
            read_points(tmp_path / "x.parquet")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "nothing varies"),
        ({"draw": {"physical.m5": (0.1, 0.05)}}, "two numbers are needed, the smaller first"),
        ({"draw": {"physical.m5": (0.0, 0.05)}}, "0 has no logarithm"),
        ({"draw": {"physical.m5": (0.1, 0.5, "linear")}}, "scale 'linear'"),
        ({"draw": {"physical.m5": 0.1}}, "write \\(low, high\\)"),
        ({"draw": {"physcal.m5": (0.1, 0.5)}}, "unknown key 'physcal'; did you mean 'physical'"),
        ({"draw": {"protons": (0.1, 0.5)}}, "protons: of an experiment"),
        ({"draw": {"physical.m5": (0.1, 0.5)}, "grid": {"physical.m5": [0.1, 0.2]}}, "drawn and on the grid"),
        ({"draw": {"physical.m4": (0.1, 0.5), "physical.mass_ratio": (0.1, 0.5)}}, "exclude each other"),
        ({"draw": {"physical.m5": (0.1, 0.5)}, "n": 0}, "n = 0: a whole number of points"),
        ({"draw": {"physical.m5": (0.1, 0.5)}, "n": 10**9}, "at most 100000000"),
        ({"draw": {"physical.m5": (0.1, 0.5)}, "workers": 0}, "workers = 0"),
        ({"draw": {"physical.m4": (0.2, 0.5)}}, "no point has a model: physical.m4 = "),
        ({"draw": {"physical.m5": (0.1, 0.5)}, "output": "points.csv"}, "must end in .parquet"),
    ],
)
def test_refusals(given: dict[str, object], message: str) -> None:
    with pytest.raises(nusim.NusimError, match=message):
        nusim.explore(nusim.read_model("circle"), **given)  # type: ignore[arg-type]


def test_an_experiment_twice_is_refused() -> None:
    with pytest.raises(nusim.ParameterError, match="sbnd is given twice"):
        nusim.explore(nusim.read_model("circle"), ["sbnd", "sbnd"], draw=DRAWN)
