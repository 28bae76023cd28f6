"""pyhf reads what is written, and its limits are those of the same counts."""

import json
from pathlib import Path

import numpy as np
import pytest

import nusim
from nusim.cli.main import main
from nusim.errors import ParameterError
from nusim.io.pyhf_workspace import pyhf_workspace
from nusim.rates.criterion import upper_limit
from nusim.rates.rate import Rate

pyhf = pytest.importorskip("pyhf")
# pyhf 0.7.6 with a newer jsonschema
pytestmark = pytest.mark.filterwarnings("ignore:jsonschema.RefResolver:DeprecationWarning")


def rate(experiment: str, selected: float, nuisance: float = 0.0, statistical: float = 0.0) -> Rate:
    return Rate(
        "model",
        experiment,
        1e21,
        selected,
        selected,
        selected,
        0.0,
        0.0,
        statistical,
        0.0,
        selected_norm_by_nuisance={"K+": nuisance * selected} if nuisance else {},
    )


def limit(workspace: dict[str, object]) -> float:
    """pyhf's observed CLs limit at 90% on the strength."""
    model_set = pyhf.Workspace(workspace)
    model = model_set.model()
    low, high = model.config.suggested_bounds()[model.config.poi_index]
    # not upper_limit(): of pyhf 0.7.6 it does not pass the level on
    observed, _ = pyhf.infer.intervals.upper_limits.toms748_scan(model_set.data(model), model, low, high, level=0.10, rtol=1e-4)
    return float(observed)


def test_limit_of_a_count() -> None:
    """pyhf's asymptotic formulas against the exact Poisson construction, where counts are large."""
    experiment = nusim.read_experiment("sbnd", set={"background": 400.0})
    workspace = pyhf_workspace([(experiment, rate("sbnd", 25.0))])
    assert 25 * limit(workspace) == pytest.approx(upper_limit("cls", 400, 400.0, 0.90), rel=0.03)


def test_uncertainties_weaken_the_limit_as_they_should() -> None:
    """Uncertain background: errors add in quadrature; uncertain signal: about 1 + (relative limit's share)."""
    experiment = nusim.read_experiment("sbnd", set={"background": 400.0})
    plain = limit(pyhf_workspace([(experiment, rate("sbnd", 25.0))]))
    wide = limit(pyhf_workspace([(experiment, rate("sbnd", 25.0))], background_uncertainty=0.05))
    assert wide / plain == pytest.approx(np.sqrt(400 + 20**2) / np.sqrt(400), rel=0.05)
    assert limit(pyhf_workspace([(experiment, rate("sbnd", 25.0, nuisance=0.3))])) > 1.02 * plain


def test_experiments_of_one_beam_share_their_nuisances() -> None:
    """Two halves of a detector with one nuisance are as good as the whole."""
    set_ = {"background": 200.0}
    halves = [nusim.read_experiment(name, set=set_) for name in ("sbnd", "microboone")]
    whole = nusim.read_experiment("sbnd", set={"background": 400.0})
    two = pyhf_workspace([(one, rate(one.name, 12.5, nuisance=0.2)) for one in halves])
    one = pyhf_workspace([(whole, rate("sbnd", 25.0, nuisance=0.2))])
    assert limit(two) == pytest.approx(limit(one), rel=1e-2)
    modifiers = [{m["name"] for m in channel["samples"][0]["modifiers"]} for channel in two["channels"]]
    assert modifiers[0] == modifiers[1] == {"mu", "bnb: K+"}


def test_what_makes_no_workspace_is_refused() -> None:
    sbnd = nusim.read_experiment("sbnd")
    with pytest.raises(ParameterError, match="no selected events in sbnd"):
        pyhf_workspace([(sbnd, rate("sbnd", 0.0))])
    with pytest.raises(ParameterError, match="composite: give its members, sbnd, microboone, icarus"):
        pyhf_workspace([(nusim.read_experiment("sbn"), rate("sbn", 1.0))])
    with pytest.raises(ParameterError, match="each once; found sbnd, sbnd"):
        pyhf_workspace([(sbnd, rate("sbnd", 1.0)), (sbnd, rate("sbnd", 1.0))])
    with pytest.raises(ParameterError, match="found none"):
        pyhf_workspace([])


def test_command_writes_members_of_composites_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = tmp_path / "circle.json"
    assert main(["rate", "circle", "sbn", "sbnd", "--pyhf", str(name), "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    workspace = json.loads(name.read_text())
    model = pyhf.Workspace(workspace).model()
    assert sorted(model.config.channels) == ["icarus", "microboone", "sbnd"]
    expected = model.expected_data(model.config.suggested_init(), include_auxdata=False)
    assert expected.sum() == pytest.approx(listed[0]["selected_events"], rel=1e-9)
