"""Weights for nuisances: their sums are the varied rates, in memory and in files of every format."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pylhe
import pytest

import nusim
from nusim.cli.main import main


@cache
def spectrum(m4: float) -> nusim.Spectrum:
    return nusim.solve(nusim.read_model("hnl", set={"m4": m4, "mixing2.mu": 1e-6, "mixing2.e": 1e-6}))


@cache
def sample(weighted: bool = True, experiment: str = "charm", m4: float = 0.6, n: int = 20_000) -> nusim.EventSample:
    return nusim.generate(spectrum(m4), nusim.read_experiment(experiment), n, seed=3, weighted=weighted)


@cache
def rate(experiment: str, m4: float, nuisance: str = "", sign: int = 0) -> nusim.Rate:
    """The rate with the parents that a nuisance acts on multiplied through the card's own normalisation, which knows no weights."""
    nominal = nusim.read_experiment(experiment)
    effect = {one.name: one.effect for one in nominal.nuisances}.get(nuisance, {})
    factors = {parent: 1 + sign * size for parent, size in effect.items()}
    changed = nusim.read_experiment(experiment, set={"beam.normalisation": factors})
    return nusim.expected_events(spectrum(m4), changed, precision=None)


@pytest.mark.parametrize(
    ("experiment", "m4", "name"),
    [pytest.param("charm", 0.6, "sigma_cc", marks=pytest.mark.slow), ("charm", 0.6, "Ds"), ("sbnd", 0.3, "K+")],
)
def test_the_varied_weights_sum_to_the_varied_rate(experiment: str, m4: float, name: str) -> None:
    nominal = rate(experiment, m4)
    for sign, suffix in ((1, "up"), (-1, "down")):
        changed = rate(experiment, m4, name, sign)
        assert changed.events - nominal.events == pytest.approx(sign * nominal.norm_by_nuisance[name], rel=1e-6)
        for weighted in (True, False):
            events = sample(weighted, experiment, m4)
            # the events were set up with another seed than the rate
            announced = events.metadata["expected_events_varied"][f"{name}_{suffix}"]
            assert abs(announced - changed.events) < 5 * float(np.hypot(changed.stat_error, events.metadata["stat_error"]))
            weights = events.varied_weights[f"{name}_{suffix}"]
            spread = weights - events.weight * announced / events.metadata["expected_events"]
            assert abs(spread.sum()) < 5 * float(np.sqrt((spread**2).sum())) + 1e-4 * announced
            error = np.hypot(np.sqrt((weights**2).sum()), changed.stat_error)
            assert abs(weights.sum() - changed.events) < 5 * float(error)


def test_selected_events_vary_with_their_own_parents() -> None:
    nominal, changed = rate("charm", 0.6), rate("charm", 0.6, "sigma_cc", 1)
    assert changed.selected_events / nominal.selected_events == pytest.approx(1.23, rel=0.02)
    assert nominal.selected_norm_by_nuisance["sigma_cc"] == pytest.approx(0.23 * nominal.selected_events, rel=1e-3)


@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("layout", ["chain", *(pytest.param(name, marks=pytest.mark.slow) for name in ("two-beam", "decay"))])
def test_pylhe_reads_them(tmp_path: Path, weighted: bool, layout: str) -> None:
    events = sample(weighted, n=200)
    nusim.write(tmp_path / "e.lhe", events, layout=layout)
    file = pylhe.LHEFile.fromfile(tmp_path / "e.lhe")
    names = list(events.varied_weights)
    assert {"sigma_cc_up", "cascade_factor_down", "Ds_up", "D_down"} <= set(names)
    assert [one.id for one in file.header.initrwgt.iter_weights()] == ["events"] * weighted + names
    read = list(file.events)
    unit = 1.0 if weighted else events.metadata["events_per_weight"]
    for name in names:
        assert np.array([one.weights[name] for one in read]) * unit == pytest.approx(events.varied_weights[name], rel=1e-12)
    found = nusim.info(tmp_path / "e.lhe")
    assert found["consistent"], found["problems"]
    assert found["named_weights"] == pytest.approx({name: weights.sum() for name, weights in events.varied_weights.items()}, rel=1e-9)


@pytest.mark.parametrize("weighted", [True, False])
def test_hepevt_has_them_beside_it(tmp_path: Path, weighted: bool) -> None:
    events = sample(weighted, n=200)
    nusim.write(tmp_path / "e.hepevt", events)
    run = json.loads((tmp_path / "e.hepevt.json").read_text())
    assert run["parents"] == events.parents.tolist()
    for name, weights in events.varied_weights.items():
        factor = np.array([run["named_weights"][name].get(str(parent), 1.0) for parent in run["parents"]])
        assert events.weight * factor == pytest.approx(weights, rel=1e-12)
    found = nusim.info(tmp_path / "e.hepevt")
    assert found["consistent"], found["problems"]
    assert found["named_weights"] == pytest.approx({name: weights.sum() for name, weights in events.varied_weights.items()}, rel=1e-9)


def test_a_wrong_weight_is_found(tmp_path: Path) -> None:
    events = sample(experiment="sbnd", m4=0.3, weighted=False, n=50)
    nusim.write(tmp_path / "e.lhe", events)
    text = (tmp_path / "e.lhe").read_text()
    place = text.index("<wgt id='K+_up'>")
    (tmp_path / "e.lhe").write_text(text[: place + 17] + "9" + text[place + 18 :])
    found = nusim.info(tmp_path / "e.lhe")
    assert found["problems"] == ["event 0: its weight K+_up does not fit its beam parent"]


def test_they_can_be_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    common = ["events", "circle", "sbnd", "-n", "20"]
    assert main([*common, "-o", str(tmp_path / "with.lhe")]) == 0
    assert main([*common, "-o", str(tmp_path / "without.lhe"), "--no-nuisances"]) == 0
    capsys.readouterr()
    full, bare = (tmp_path / "with.lhe").read_text(), (tmp_path / "without.lhe").read_text()
    assert full.count("<wgt id='K+_down'>") == 20
    assert "<wgt" not in bare
    assert nusim.info(tmp_path / "without.lhe")["named_weights"] == {}
    # what the nuisances are stands in either
    assert '"nuisances"' in bare
    first = [line for line in full.splitlines() if not line.startswith(("<wgt", "<rwgt", "</rwgt"))]
    assert first[first.index("<event>") :] == bare.splitlines()[bare.splitlines().index("<event>") :]
