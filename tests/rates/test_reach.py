"""Scans and reach: against full rates, quadrature, brute-force decays, and what contours must be."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import quad

import nusim
from nusim.experiment.experiment import Criterion
from nusim.io.contours import reach_bytes, read_reach, scan_bytes
from nusim.rates.criterion import criterion_events, upper_limit
from nusim.rates.lifetimes import decays, x_grid
from nusim.rates.points import Axis
from nusim.rates.scan import Scan

MIXINGS = np.geomspace(1e-12, 1e-2, 31)


@pytest.fixture(scope="module")
def sbnd() -> Scan:
    return nusim.scan(
        nusim.read_model("hnl"), nusim.read_experiment("sbnd"), ("m4", np.geomspace(0.05, 0.45, 24)), ("mixing2", MIXINGS), lines=4000
    )


def test_laplace_of_lines_is_exact() -> None:
    """Lines of very different lengths, one of which begins in the detector; down to exp(-20)."""
    enter, leave = np.array([10.0, 3.0, 0.0, 7.0]), np.array([10.5, 60.0, 4.0, 7.01])
    made = np.array([1.0, 2.0, 0.5, 3.0])
    log_x = x_grid(0.1, 60.0)
    group = np.array([0, 1, 2, 3])
    found = decays(made, enter, leave, group, 4, np.zeros(4, np.int64), 1, log_x)[:, 0]
    for k in range(4):
        x = np.exp(log_x)
        exact = made[k] * (np.exp(-x * enter[k]) * -np.expm1(-x * (leave[k] - enter[k])))
        # of a line that begins in the detector: while most decays are not in its first thousandth
        shallow = x * np.maximum(enter[k], leave[k] * 1e-3) < (20 if enter[k] > 0 else 0.1)
        assert found[k][shallow] == pytest.approx(exact[shallow], rel=1e-2)


@pytest.mark.parametrize(("mass", "mixing"), [(0.0807, 1e-5), (0.25, 1e-8), (0.385, 1e-4)])
def test_a_point_is_the_full_rate(sbnd: Scan, mass: float, mixing: float) -> None:
    spectrum = nusim.solve(nusim.read_model("hnl", set={"m4": mass, "mixing2": mixing}))
    rate = nusim.expected_events(spectrum, nusim.read_experiment("sbnd"))
    found = sbnd.evaluator.at(np.array([mass]), np.array([mixing]))
    error = math.hypot(float(found.stat_error[0]), rate.selected_stat_error)
    assert error < 0.07 * rate.selected_events
    assert abs(found.selected_events[0] - rate.selected_events) < 4 * error
    assert found.norm_error[0] / found.selected_events[0] == pytest.approx(rate.selected_norm_error / rate.selected_events, rel=0.05)


@pytest.mark.slow
def test_several_kinds_of_parents() -> None:
    """A dump across the kaon threshold, where decays of kaons and of charm are selected very differently."""
    ship = nusim.read_experiment("ship-ecn3")
    scan = nusim.scan(nusim.read_model("hnl"), ship, ("m4", np.geomspace(0.3, 1.5, 12)), ("mixing2", [1e-9, 1e-8]), lines=3000)
    for mass in (0.46, 1.1):
        rate = nusim.expected_events(nusim.solve(nusim.read_model("hnl", set={"m4": mass, "mixing2": 1e-8})), ship)
        found = scan.evaluator.at(np.array([mass]), np.array([1e-8]))
        assert found.selected_events[0] == pytest.approx(rate.selected_events, rel=0.2)
        assert found.events[0] == pytest.approx(rate.events, rel=0.08)


def test_long_lived_rates_go_as_the_square_of_the_mixing(sbnd: Scan) -> None:
    assert sbnd.rates[5, 3] / sbnd.rates[5, 0] == pytest.approx((MIXINGS[3] / MIXINGS[0]) ** 2, rel=1e-6)


def test_the_mixing_axis_keeps_the_shares() -> None:
    model = nusim.read_model("hnl", set={"m4": 0.2, "mixing2.e": 3e-8, "mixing2.mu": 1e-8})
    experiment = nusim.read_experiment("microboone")
    scan = nusim.scan(model, experiment, ("protons", [1e20, 1e21]), ("mixing2", [1e-8, 4e-8]), lines=3000)
    rate = nusim.expected_events(nusim.solve(model), experiment)
    at = scan.evaluator.at(np.array([experiment.protons]), np.array([4e-8]))
    assert at.events[0] == pytest.approx(rate.events, rel=0.08)
    assert scan.rates[1] == pytest.approx(10 * scan.rates[0], rel=1e-12)


def test_flavours_as_axes() -> None:
    model, experiment = nusim.read_model("hnl", set={"m4": 0.2}), nusim.read_experiment("sbnd")
    scan = nusim.scan(model, experiment, ("mixing2.e", [1e-9, 1e-7]), ("mixing2.mu", [1e-9, 1e-7]), lines=3000)
    rate = nusim.expected_events(nusim.solve(nusim.read_model("hnl", set={"m4": 0.2, "mixing2.e": 1e-7, "mixing2.mu": 1e-7})), experiment)
    assert scan.rates[1, 1] == pytest.approx(rate.selected_events, rel=0.08)


def test_dark_neutrino_with_a_free_mixing() -> None:
    """nu4 and nu5 together, with Eq. 13 between them."""
    model, experiment = nusim.read_model("triangle"), nusim.read_experiment("sbnd")
    scan = nusim.scan(model, experiment, ("physical.m5", [0.15, 0.2, 0.25]), ("mixing2", [1e-8, 1e-6]), lines=3000)
    with pytest.warns(nusim.CardWarning, match="removes"):
        spectrum = nusim.solve(nusim.read_model("triangle", set={"physical.m5": 0.2, "physical.mixing2": 1e-8}))
    assert scan.rates[1, 0] == pytest.approx(nusim.expected_events(spectrum, experiment).selected_events, rel=0.08)


def test_a_published_limit_is_scaled_as_one_point_is() -> None:
    experiment = nusim.read_experiment("ps191")
    scan = nusim.scan(nusim.read_model("hnl"), experiment, ("m4", [0.2, 0.25, 0.3]), ("mixing2", [1e-8, 1e-5, 1e-2]))
    for i, mass in enumerate(scan.x.values):
        for j, mixing in enumerate(scan.y.values):
            spectrum = nusim.solve(nusim.read_model("hnl", set={"m4": float(mass), "mixing2": float(mixing)}))
            assert scan.rates[i, j] == pytest.approx(nusim.expected_events(spectrum, experiment).events, rel=1e-9)


def test_contours_are_closed_and_lie_where_the_events_are_those_needed(sbnd: Scan) -> None:
    reach = sbnd.reach()
    assert reach.events_needed == pytest.approx(2.44, abs=0.01)
    contour = reach.contours[0]
    assert np.array_equal(contour[0], contour[-1])
    inside = (contour[:, 0] > 0.0501) & (contour[:, 1] < 9e-3) & (contour[:, 0] < 0.38)
    found = sbnd.evaluator.at(contour[inside, 0], contour[inside, 1])
    assert found.selected_events == pytest.approx(np.full(int(inside.sum()), reach.events_needed), rel=0.02)
    assert reach.contains(0.3, 1e-7)
    assert not reach.contains(0.3, 1e-11)
    assert not reach.contains(0.42, 1e-7)
    low = np.isfinite(reach.lower)
    assert np.all(reach.lower_error[low] < 0.05)
    assert low.sum() > 20
    assert any("goes on beyond the grid" in note for note in reach.warnings)


def test_more_protons_reach_lower_and_bands_bracket(sbnd: Scan) -> None:
    reach = sbnd.reach(band=True)
    (x, y), up, down = reach.smallest or (0, 0), reach.band["up"][0], reach.band["down"][0]
    assert up[:, 1].min() < y < down[:, 1].min()
    rate = sbnd.with_width_errors().evaluator.at(np.array([x]), np.array([y]))
    step = rate.norm_error[0] / rate.selected_events[0]
    # events go as the square of the mixing
    assert up[:, 1].min() / y == pytest.approx((1 + step) ** -0.5, rel=0.02)


def test_errors_of_widths_move_the_band(sbnd: Scan) -> None:
    """Of a long-lived state events go as the width of what is selected; the final states of a full rate are the second route."""
    x, y = np.array([0.38]), np.array([1e-9])
    column = sbnd.with_width_errors().evaluator.at(x, y)
    model = nusim.read_model("hnl", set={"m4": 0.38, "mixing2": 1e-9})
    table = nusim.decay_table(nusim.solve(model), "nu4")
    rate = nusim.expected_events(nusim.solve(model), sbnd.experiment)
    wanted = sum(number * table.channel(name).uncertainty for name, number in rate.selected_by_final_state.items()) / rate.selected_events
    assert wanted > 0.002
    assert column.norm_by_nuisance["widths"][0] / column.selected_events[0] == pytest.approx(wanted, rel=0.1)
    plain = sbnd.evaluator.at(x, y)
    assert column.selected_events[0] == plain.selected_events[0]
    assert "widths" not in plain.norm_by_nuisance


def test_errors_of_widths_reverse_where_states_die_early(sbnd: Scan) -> None:
    """Of a state that hardly reaches the detector larger widths leave fewer events."""
    y = np.geomspace(1e-9, 1.0, 40)
    column = sbnd.with_width_errors().evaluator.at(np.full(40, 0.38), y)
    change = column.norm_by_nuisance["widths"][column.selected_events > 0]
    assert change[0] > 0 > change[-1]


def test_a_composite_adds_its_members() -> None:
    grid = ("m4", [0.2, 0.25, 0.3]), ("mixing2", [1e-9, 1e-8])
    sbn = nusim.scan(nusim.read_model("hnl"), nusim.read_experiment("sbn"), *grid, lines=1000)
    members = nusim.scan(nusim.read_model("hnl"), nusim.read_experiment("sbn").members, *grid, lines=1000)
    assert sbn.rates == pytest.approx(sum(one.rates for one in members))
    assert len(members.reaches()) == 3


def test_nothing_to_exclude_says_why() -> None:
    scan = nusim.scan(nusim.read_model("hnl"), nusim.read_experiment("sbnd"), ("m4", [0.5, 0.6]), ("mixing2", [1e-9, 1e-8]), lines=500)
    reach = scan.reach()
    assert reach.contours == ()
    assert reach.smallest is None
    assert "nothing is excluded" in reach.warnings[0]


@pytest.mark.parametrize(("kind", "events"), [("classical", 2.303), ("cls", 2.303), ("feldman-cousins", 2.436)])
def test_uncertainties_of_nothing_change_nothing_and_others_raise_the_limit(kind: str, events: float) -> None:
    plain = criterion_events(Criterion(kind, 0.9), 0.0)  # type: ignore[arg-type]
    assert plain == pytest.approx(events, abs=0.01)
    assert criterion_events(Criterion(kind, 0.9), 0.0, 0.3, 0.3) > plain  # type: ignore[arg-type]


def test_a_smeared_limit_by_quadrature() -> None:
    """P(n <= 1) averaged over log-normal factors of signal and background, by scipy."""
    signal, background, of_signal, of_background = upper_limit("classical", 1, 0.8, 0.9, 0.4, 0.25), 0.8, 0.25, 0.4

    def averaged(z: float) -> float:
        def given(w: float) -> float:
            s, b = (math.sqrt(math.log1p(r**2)) for r in (of_signal, of_background))
            mean = signal * math.exp(s * z - s * s / 2) + background * math.exp(b * w - b * b / 2)
            return math.exp(-mean) * (1 + mean) * math.exp(-w * w / 2) / math.sqrt(2 * math.pi)

        return float(quad(given, -8, 8)[0]) * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)

    assert quad(averaged, -8, 8)[0] == pytest.approx(0.1, rel=1e-5)


def test_files_come_back(sbnd: Scan, tmp_path: object) -> None:
    assert isinstance(tmp_path, Path)
    reach = sbnd.reach(band=True)
    for suffix in ("csv", "npz"):
        name = tmp_path / f"reach.{suffix}"
        name.write_bytes(reach_bytes(str(name), [reach], [sbnd], {"seed": 1}))
        assert name.read_bytes() == reach_bytes(str(name), [reach], [sbnd], {"seed": 1})
        (again,) = read_reach(name)
        assert again.experiment == "sbnd"
        assert again.rule == reach.rule
        assert len(again.contours) == len(reach.contours)
        assert np.array_equal(again.contours[0], reach.contours[0])
        assert np.array_equal(again.band["up"][0], reach.band["up"][0])
        assert np.nanmin(again.lower) == np.nanmin(reach.lower)
    assert b"independent_variables" in reach_bytes("reach.yaml", [reach], [sbnd], {})
    assert scan_bytes("scan.csv", [sbnd], {}).count(b"\nsbnd,") == sbnd.rates.size
    nusim.plot.reach([reach])


@pytest.mark.parametrize(
    ("x", "y", "said"),
    [
        (("mass", [1, 2]), ("mixing2", [1e-9, 1e-8]), "unknown key 'mass'"),
        (("m4", [0.2]), ("mixing2", [1e-9, 1e-8]), "at least two"),
        (("m4", [0.3, 0.2]), ("mixing2", [1e-9, 1e-8]), "must ascend"),
        (("m4", [0.2, 0.3]), ("m4", [0.2, 0.3]), "give two keys"),
        (("mixing2", [1e-9, 1e-8]), ("mixing2.mu", [1e-9, 1e-8]), "the same mixing"),
        (("m4", [0.2, float("nan")]), ("mixing2", [1e-9, 1e-8]), "not finite"),
    ],
)
def test_axes_that_no_card_has(x: tuple[str, list[float]], y: tuple[str, list[float]], said: str) -> None:
    with pytest.raises(nusim.NusimError, match=said):
        nusim.scan(nusim.read_model("hnl"), nusim.read_experiment("ps191"), x, y)


def test_rivals_on_a_card_are_no_pair_of_axes() -> None:
    axes = ("physical.m4", [0.1, 0.2]), ("physical.mass_ratio", [0.1, 0.2])
    with pytest.raises(nusim.ParameterError, match="exclude each other"):
        nusim.scan(nusim.read_model("circle"), nusim.read_experiment("ps191"), *axes)


def test_criteria_that_conflict(sbnd: Scan) -> None:
    with pytest.raises(nusim.ParameterError, match="no confidence level"):
        sbnd.reach(3.0, confidence=0.9)
    with pytest.raises(nusim.ParameterError, match="classical, cls, feldman-cousins"):
        sbnd.reach("gaussian")
    assert sbnd.reach("classical", confidence=0.95).events_needed == pytest.approx(2.996, abs=1e-3)


def test_linear_axes_follow_values() -> None:
    axis = Axis("delta", np.array([-1.0, 0.0, 2.0]))
    assert not axis.is_log
    assert axis.measure(-0.5) == -0.5


def test_the_command(capsys: pytest.CaptureFixture[str], tmp_path: object) -> None:
    from nusim.cli.main import main

    assert main(["reach", "hnl", "ps191", "--x", "m4=0.15:0.3:6", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    (one,) = document["reaches"]
    assert {"experiment", "criterion", "confidence", "contours", "axes", "warnings"} <= set(one)
    assert one["contours"][0][0] == one["contours"][0][-1]
    assert main(["scan", "hnl", "ps191", "--x", "m4=0.15:0.3:3", "--y", "mixing2=1e-9:1e-7:2", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert {"axes", "rates", "stat_error", "warnings"} <= set(document)
    assert np.shape(document["rates"]) == (3, 2)
    assert main(["reach", "hnl", "ps191", "--set", "m4=0.2"]) == 1
    assert main(["plot", "reach", f"{tmp_path}/none.csv", "-o", f"{tmp_path}/a.png"]) == 1


_WITHIN = {"dune-nd": (0.01, 0.3, 2.0), "ship-2015": (0.5, 2.9, 2.0), "nutev": (0.4, 1.8, 2.0)}
"""Range of masses in GeV and factor; docs/physics/reach.md says why not elsewhere."""


@pytest.mark.slow
@pytest.mark.parametrize("name", list(_WITHIN))
def test_published_curves_of_muon_mixing(name: str) -> None:
    path = Path(__file__).parents[1] / "reference" / "published_reach.csv"
    rows = [line.split(",") for line in path.read_text().splitlines() if line.startswith(name)]
    low, high, factor = _WITHIN[name]
    known = {float(mass): float(mixing) for _, flavour, mass, mixing in rows if low < float(mass) < high and flavour == "mu"}
    grid = ("m4", list(known)), ("mixing2", np.geomspace(1e-12, 0.1, 45))
    reach = nusim.scan(nusim.read_model("hnl"), nusim.read_experiment(name), *grid, lines=3000).reach(refine=False)
    ratio = reach.lower / np.array(list(known.values()))
    assert np.all((ratio > 1 / factor) & (ratio < factor)), ratio


def test_experiments_may_be_shared_among_processes() -> None:
    """The same numbers as from one process."""
    experiments = [nusim.read_experiment(name) for name in ("sbnd", "icarus")]
    axes = ("m4", np.geomspace(0.05, 0.4, 5)), ("mixing2", np.geomspace(1e-10, 1e-5, 6))
    one, two = (nusim.scan(nusim.read_model("hnl"), experiments, *axes, lines=200, workers=workers) for workers in (1, 2))
    assert [scan.experiment.name for scan in two] == ["sbnd", "icarus"]
    for mine, other in zip(one, two, strict=True):
        assert np.array_equal(mine.rates, other.rates)
        assert np.array_equal(mine.stat_error, other.stat_error)
    for mine, other in zip(one.reaches(), two.reaches(workers=2), strict=True):
        assert np.array_equal(mine.lower, other.lower, equal_nan=True)
        assert all(np.array_equal(a, b) for a, b in zip(mine.contours, other.contours, strict=True))


def test_the_median_of_the_background_is_that_of_scipy() -> None:
    from scipy.stats import poisson

    means = np.concatenate([np.geomspace(1e-6, 1e4, 500), np.arange(1.0, 100.0)])
    seen = [criterion_events(Criterion("classical", 0.9), float(mean)) for mean in means[::40]]
    assert seen == pytest.approx([upper_limit("classical", int(poisson.median(mean)), float(mean), 0.9) for mean in means[::40]], rel=1e-9)
