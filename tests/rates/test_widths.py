"""Width scans against the decay table, point by point."""

import numpy as np
import pytest

from nusim.cards.read import load_model
from nusim.decays.table import decay_table
from nusim.errors import ParameterError
from nusim.model.spectrum import solve
from nusim.rates.widths import width_scan


@pytest.mark.parametrize(
    ("card", "key", "values", "state"),
    [
        ("hnl", "m4", np.geomspace(0.005, 1.5, 9), "nu4"),
        ("hnl", "mixing2", np.geomspace(1e-10, 1e-2, 4), "nu4"),
        ("circle", "physical.m5", np.geomspace(0.01, 1.0, 5), "nu4"),
        ("circle", "physical.m5", np.geomspace(0.01, 1.0, 5), "nu5"),
    ],
)
def test_each_point_is_its_decay_table(card: str, key: str, values: np.ndarray, state: str) -> None:
    models = [load_model(card, {key: float(value)})[0] for value in values]
    scan = width_scan(models, state)
    for place, model in enumerate(models):
        table = decay_table(solve(model), state)
        assert scan.mass[place] == pytest.approx(table.mass, rel=1e-12)
        assert scan.total_width[place] == pytest.approx(table.total_width, rel=1e-9)
        for name, width in scan.width.items():
            assert width[place] == pytest.approx(table.width(name), rel=1e-9)
            assert scan.branching_ratio(name)[place] == pytest.approx(table.branching_ratio(name), rel=1e-9)
        # the table holds nothing that the scan leaves out
        assert {channel.products for channel in table if channel.width > 0} <= set(scan.width)


def test_widths_follow_the_mixing() -> None:
    models = [load_model("hnl", {"m4": 0.3, "mixing2": value})[0] for value in (1e-8, 1e-6)]
    scan = width_scan(models, "nu4")
    assert scan.total_width[1] == pytest.approx(100 * scan.total_width[0], rel=1e-12)
    assert scan.ctau[0] == pytest.approx(100 * scan.ctau[1], rel=1e-12)


def test_without_mixing_nothing_decays() -> None:
    scan = width_scan([load_model("hnl", {"mixing2.mu": 0.0})[0]], "nu4")
    assert scan.total_width.tolist() == [0.0]
    assert scan.ctau.tolist() == [np.inf]
    assert not scan.width


def test_an_unknown_state_is_refused() -> None:
    with pytest.raises(ParameterError, match="decay table of 'nu5': not a parent with known decays in model hnl; parents: nu4"):
        width_scan([load_model("hnl")[0]], "nu5")


@pytest.mark.parametrize("state", ["nu4", "nu5", "zprime", "phi"])
def test_dark_scans_agree_with_the_tables(state: str) -> None:
    values = [0.03, 0.07, 0.0750000001, 0.2, 1.0]
    models = [load_model("circle", {"mediator.m_zprime": value, "portals.epsilon": 1e-5})[0] for value in values]
    scan = width_scan(models, state)
    for place, model in enumerate(models):
        table = decay_table(solve(model), state)
        assert scan.mass[place] == table.mass
        assert scan.total_width[place] == pytest.approx(table.total_width, rel=1e-9)
        for name, width in scan.width.items():
            assert width[place] == pytest.approx(table.width(name), rel=1e-9, abs=1e-13 * table.total_width)
        assert {channel.products for channel in table if channel.width > 0} <= set(scan.width)
