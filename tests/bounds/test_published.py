"""Published bounds: read, brought to one confidence level and one kind of state, and what happens without them."""

import math
from pathlib import Path

import numpy as np
import pytest

from nusim.bounds import published as module
from nusim.bounds.harmonise import to_confidence, to_nature
from nusim.bounds.published import PUBLISHED, Limit, installed, published
from nusim.cards.read import read_experiment, read_model
from nusim.errors import DataFileError, MissingExtraError, ParameterError
from nusim.model.spectrum import solve
from nusim.rates.rate import expected_events

needs_package = pytest.mark.skipif(not installed(), reason="HNLimits is not installed")


def of(limits: list[Limit], name: str) -> Limit:
    return next(limit for limit in limits if limit.entry.name == name)


def test_confidence_levels() -> None:
    """2.303 and 2.996 events at 90% and 95% without background; a peak search as 1.645 and 1.960 standard deviations."""
    assert to_confidence("displaced", 0.95, 0.90) == pytest.approx(math.sqrt(2.302585 / 2.995732), rel=1e-6)
    assert to_confidence("prompt", 0.95, 0.90) == pytest.approx(2.302585 / 2.995732, rel=1e-6)
    assert to_confidence("peak", 0.90, 0.95) == pytest.approx(1.960 / 1.645, rel=1e-3)
    for counting in ("peak", "prompt", "displaced"):
        assert to_confidence(counting, 0.9, 0.95) * to_confidence(counting, 0.95, 0.9) == pytest.approx(1.0, rel=1e-15)  # type: ignore[arg-type]
        assert to_nature(counting, "Dirac", "Majorana") * to_nature(counting, "Majorana", "Dirac") == pytest.approx(1.0, rel=1e-15)  # type: ignore[arg-type]


@needs_package
def test_a_worked_example_of_harmonising() -> None:
    """PS191 at 0.25 GeV, 90%, given for a Dirac state. nusim's events at the limit harmonised for a Majorana state are those at the
    published one for a Dirac state, whose two lepton numbers a Majorana state has both of; DELPHI's 95% becomes 90%."""
    events = {}
    for nature in (True, False):
        bound = of(published("mu", nature), "ps191").at(0.25)
        spectrum = solve(read_model("hnl", set={"m4": 0.25, "mixing2.mu": bound, "majorana": nature}))
        events[nature] = expected_events(spectrum, read_experiment("ps191")).events
    assert events[True] == pytest.approx(events[False], rel=0.02)
    assert events[False] == pytest.approx(2.303, rel=0.15)  # the card holds a dozen points of the same curve
    long_lived = of(published("mu"), "delphi-long")
    assert long_lived.lower[0] == pytest.approx(0.010103015948821825 * math.sqrt(math.log(10) / math.log(20)), rel=1e-12)
    assert of(published("mu", confidence=0.95), "delphi-long").lower[0] == pytest.approx(0.010103015948821825, rel=1e-12)
    assert of(published("mu"), "e949").factor == of(published("mu", False), "e949").factor == 1.0
    assert of(published("mu", False), "cms").factor / of(published("mu"), "cms").factor == pytest.approx(2.0)


@needs_package
@pytest.mark.parametrize("flavour", ["e", "mu", "tau"])
def test_every_curve_is_whole(flavour: str) -> None:
    limits = published(flavour)
    assert {limit.entry.name for limit in limits} == {entry.name for entry in PUBLISHED if entry.flavour == flavour}
    for limit in limits:
        assert np.all(np.diff(limit.mass) > 0)
        assert np.all(limit.lower > 0)
        assert 1e-3 < limit.mass[0] < limit.mass[-1] < 200.0
        if len(limit.upper):
            inside = [m for m in limit.mass[1:-1] if limit.upper_mass[0] < m < limit.upper_mass[-1]]
            assert np.mean([limit.upper_at(m) > limit.at(m) for m in inside]) > 0.9
        (contour,) = limit.curve().contours
        assert len(contour) >= len(limit.mass)


@needs_package
def test_figures_read_off_the_publications() -> None:
    """Abstracts: E949 1e-9 to 1e-7 for 175-300 MeV; NA62 1e-8 for 200-384 MeV."""
    limits = published("mu")
    e949, na62 = of(limits, "e949"), of(limits, "na62")
    assert 0.17 < e949.mass[0] < 0.18 < 0.29 < e949.mass[-1] < 0.31
    assert 1e-9 < e949.lower.min() < 3e-9
    assert e949.lower.max() < 1e-7
    assert na62.mass[[0, -1]] == pytest.approx([0.200, 0.384])
    assert 3e-9 < np.median(na62.lower) < 3e-8
    assert math.isnan(e949.at(0.5))
    assert of(limits, "kek").upper_at(0.2) == math.inf
    closed = of(limits, "na3")
    assert closed.at(1.0) < closed.upper_at(1.0) < 1.0


@needs_package
def test_the_papers_own_bounds() -> None:
    names = {limit.entry.name for limit in published("mu", paper_only=True, roles=("bound",))}
    assert {"kek", "e949", "ps191", "na3", "bebc", "nutev", "delphi-long", "delphi-short", "cms"} == names


def test_every_curve_says_where_its_confidence_comes_from() -> None:
    for entry in PUBLISHED:
        assert "[file]" in entry.source or "[recalled]" in entry.source
        assert entry.counting != "peak" or entry.peak is not None
        assert entry.nature in ("", "Dirac", "Majorana")


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    module._points.cache_clear()
    with pytest.raises(MissingExtraError, match=r"pip install 'nusim\[bounds\]'"):
        published("mu")


@needs_package
def test_a_file_that_another_version_lacks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module.resources, "files", lambda name: tmp_path)
    module._points.cache_clear()
    with pytest.raises(DataFileError, match=r"made for version 1\.2\.0"):
        published("mu")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: published("x"), "flavour 'x': e, mu, tau"),
        (lambda: to_confidence("peak", 0.9, 0.99), "confidence level 0.99: 0.9 or 0.95"),
        (lambda: to_confidence("guess", 0.9, 0.95), "counting 'guess'"),
        (lambda: to_nature("peak", "Weyl", "Dirac"), "Dirac or Majorana"),
    ],
)
def test_refusals(call, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ParameterError) as refused:
        call()
    assert message in str(refused.value)
