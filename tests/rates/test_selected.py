"""Selected events against decays of generated events, and what a rate says of itself."""

import numpy as np
import pytest

import nusim
from nusim.experiment.source import heavy_source, parents_of, tables_of
from nusim.experiment.survey import survey


def spectrum(m4: float, **mixing: float) -> nusim.Spectrum:
    return nusim.solve(nusim.read_model("hnl", set={"m4": m4, **{f"mixing2.{flavour}": value for flavour, value in mixing.items()}}))


def charged_above(sample: nusim.EventSample, thresholds: dict[int, float]) -> np.ndarray:
    """Events with two charged products of the decay seen above these kinetic energies: the selection of `charm`, written once more."""
    event = np.repeat(np.arange(len(sample)), np.diff(sample.offsets))
    count = np.zeros(len(sample))
    of_decay = sample.mother == sample.seen[event]
    for code, least in thresholds.items():
        good = of_decay & (np.abs(sample.pdg) == code) & (sample.momentum[:, 0] - sample.mass >= least)
        count += np.bincount(event[good], minlength=len(sample))
    return count >= 2


@pytest.mark.parametrize("m4", [0.3, pytest.param(1.0, marks=pytest.mark.slow)])
def test_the_selected_fraction_is_that_of_events(m4: float) -> None:
    """BEBC: thresholds about 1 GeV on soft kaons' and on charm's daughters; weighted events, which use none of its strata."""
    one, experiment = spectrum(m4, mu=1e-7), nusim.read_experiment("bebc")
    rate = nusim.expected_events(one, experiment)
    sample = nusim.generate(one, experiment, 60_000, seed=9, weighted=True)
    kept = charged_above(sample, {11: 0.8, 13: 0.9, 211: 0.87, 321: 0.62})
    assert experiment.selection.efficiency == 0.88
    weights = 0.88 * sample.weight[kept]
    error = float(np.hypot(np.sqrt((weights**2).sum()), rate.selected_stat_error))
    # a rho0 is two pions in either
    assert abs(weights.sum() - rate.selected_events) < 4.5 * error
    assert error < 0.1 * rate.selected_events


def test_the_error_of_the_selected_covers_their_scatter() -> None:
    one, experiment = spectrum(0.3, mu=1e-7), nusim.read_experiment("microboone")
    found = [nusim.expected_events(one, experiment, seed) for seed in range(1, 6)]
    values = np.array([rate.selected_events for rate in found])
    # the list of parents is the same for all seeds: the error may only be larger than the scatter
    assert values.std(ddof=1) < 2.5 * found[0].selected_stat_error
    assert found[0].selected_stat_error < 0.02 * values.mean()


def test_more_lines_reach_the_precision_and_the_same_rate() -> None:
    one, experiment = spectrum(1.0, mu=1e-7), nusim.read_experiment("charm")
    tables, parents = tables_of(one), parents_of(experiment)
    source = heavy_source(one, experiment, parents, tables, 1)
    once, more = survey(source, 1), survey(source, 1, 0.007)
    every = np.ones(len(source.routes))
    assert once.error(every) > 0.007 * once.total
    assert more.error(every) < 0.8 * once.error(every)
    assert abs(more.total - once.total) < 4 * once.error(every)
    assert np.bincount(more.row).max() > 1
    # rows keep their share whatever the number of their lines
    assert more.crossing.sum() == pytest.approx(once.crossing.sum(), rel=0.02)


def test_parents_at_rest_count_with_the_error_of_their_number() -> None:
    parents = parents_of(nusim.read_experiment("na62-dump"))
    assert parents.yield_error[321] == pytest.approx(1.10 / np.sqrt(6000))
    assert np.count_nonzero(parents.at_rest) == 1200
    rate = nusim.expected_events(spectrum(0.3, mu=1e-7), nusim.read_experiment("na62-dump"))
    assert 0.005 < rate.stat_error / rate.events < 0.03


def test_a_long_lived_state_decays_inside_as_its_path_over_its_decay_length() -> None:
    """SBND is 5 m long: of states that cross it L / (gamma beta c tau) decay inside, L at most its diagonal."""
    one = spectrum(0.3, mu=1e-9)
    rate = nusim.expected_events(one, nusim.read_experiment("sbnd"))
    assert rate.mean_boost is not None
    assert rate.fraction_inside is not None
    path = rate.fraction_inside * rate.mean_boost * nusim.decay_table(one, "nu4").ctau
    assert 1.5 < path < 7.5
    assert rate.acceptance == rate.selected_events / rate.events


def test_things_print_in_a_line() -> None:
    one, experiment = spectrum(0.3, mu=1e-7), nusim.read_experiment("sbnd")
    sample = nusim.generate(one, experiment, 10)
    for thing in (one, experiment, nusim.read_experiment("sbn"), sample, nusim.expected_events(one, experiment), parents_of(experiment)):
        text = str(thing)
        assert "\n" not in text
        assert len(text) < 250
    assert "hnl at sbnd" in str(nusim.expected_events(one, experiment))
    assert "no events" in str(nusim.expected_events(spectrum(1.0, mu=1e-7), experiment))


def test_a_rare_contribution_is_selected_as_its_events_are() -> None:
    """nu4 from nu5 at the circle: 1e-7 of the rate, with the same decays as the nu4 made directly, 50 MeV or more of energy each."""
    rate = nusim.expected_events(nusim.solve(nusim.read_model("circle")), nusim.read_experiment("sbnd"), precision=None)
    assert rate.by_contribution["nu4 from nu5"] < 1e-6 * rate.events
    direct, secondary = (rate.selected_by_contribution[name] / rate.by_contribution[name] for name in ("nu4", "nu4 from nu5"))
    assert secondary == pytest.approx(direct, rel=0.1)
