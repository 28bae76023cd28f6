"""Times of the beam's spill: buckets where the card has them, one shift for all of an event, and nothing else changes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nusim.beams.beam import Timing
from nusim.cards.read import read_beam
from nusim.errors import CardError, ParameterError
from nusim.events import generate as generate_module
from nusim.events.arrival import outside_window
from nusim.events.generate import generate
from nusim.events.options import EventOptions
from nusim.units import ns, second

from . import toy

BUCKETS = EventOptions(timing="buckets")


def times(timing: Timing, n: int = 200_000) -> np.ndarray:
    return timing.times(np.random.default_rng(3).random((n, 3)))


def test_buckets_of_the_booster() -> None:
    timing = read_beam("bnb").timing
    assert timing is not None
    t = times(timing) / ns
    bucket = np.rint(t / 18.936)
    assert bucket.min() == 0
    assert bucket.max() == 80
    assert np.all(np.abs(np.bincount(bucket.astype(int)) - len(t) / 81) < 5.5 * np.sqrt(len(t) / 81))
    within = t - 18.936 * bucket
    assert within.std() == pytest.approx(1.308, rel=0.01)
    assert abs(within.mean()) < 5 * 1.308 / len(t) ** 0.5
    # the spill of 1.6 us that the 81 buckets make
    assert t.max() - t.min() == pytest.approx(1.53e3, rel=0.02)


@pytest.mark.parametrize("beam", ["numi", "lbnf", "lbnf-2020"])
def test_batches_leave_their_notch(beam: str) -> None:
    timing = read_beam(beam).timing
    assert timing is not None
    place = np.rint(times(timing) / ns / 18.831).astype(int)
    assert place.max() == 6 * 84 - 4
    assert np.all(place % 84 < 81)
    assert len(np.unique(place)) == 486


def test_slow_extraction_is_flat() -> None:
    timing = read_beam("sps-dump-mo").timing
    assert timing is not None
    t = times(timing) / second
    assert 0 <= t.min() < 1e-4
    assert 1 - 1e-4 < t.max() <= 1
    assert t.mean() == pytest.approx(0.5, abs=0.004)


def test_an_event_is_shifted_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generate_module, "parents_of", lambda _: toy.parents())
    experiment = toy.experiment()
    with pytest.raises(ParameterError, match=r"timing 'buckets': the card of beam toy has no \[timing\]"):
        generate(toy.hnl(0.3), experiment, 10, options=BUCKETS)
    assert experiment.beam is not None
    experiment = replace(experiment, beam=replace(experiment.beam, timing=Timing(18.9 * ns, 1.0 * ns, 8, 2, 5)))
    plain, timed = (generate(toy.hnl(0.3), experiment, 500, seed=3, options=options) for options in (EventOptions(), BUCKETS))
    shift = timed.decay_vertex[:, 0] - plain.decay_vertex[:, 0]
    event = np.repeat(np.arange(500), np.diff(plain.offsets))
    np.testing.assert_allclose(timed.vertex[:, 0] - plain.vertex[:, 0], shift[event], atol=1e-9)
    for name in ("momentum", "proper_time", "delay", "weight", "pdg"):
        assert np.array_equal(getattr(plain, name), getattr(timed, name)), name
    assert np.array_equal(plain.vertex[:, 1:], timed.vertex[:, 1:])
    assert set(np.rint(shift / ns / 18.9).astype(int).tolist()) == {0, 1, 2, 3, 5, 6, 7, 8}
    assert timed.metadata["timing"] == pytest.approx(
        {"bucket_spacing_ns": 18.9, "bucket_sigma_ns": 1.0, "buckets": 8, "batches": 2, "slots": 5}
    )
    assert "first bucket" in timed.metadata["frames"]["beam"]
    assert "timing" not in plain.metadata


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("bucket_spacing_ns = 18.9", "either spill_s, or bucket_spacing_ns"),
        ("spill_s = 1.0\nbuckets = 3", "either spill_s, or bucket_spacing_ns"),
        ("bucket_spacing_ns = 18.9\nbucket_sigma_ns = 1.0\nbuckets = 10\nbatches = 3", "not the same number in each of 3 batches"),
        ("bucket_spacing_ns = 18.9\nbucket_sigma_ns = 1.0\nbuckets = 10\nslots_per_batch = 9", "slots_per_batch = 9: fewer"),
    ],
)
def test_refusals(tmp_path: Path, text: str, said: str) -> None:
    card = Path(__file__).parents[2] / "experiments" / "beams" / "bnb.toml"
    path = tmp_path / "bnb.toml"
    path.write_text(card.read_text().split("[timing]")[0] + "[timing]\n" + text + "\n")
    with pytest.raises(CardError, match=said):
        read_beam(path)


@pytest.mark.parametrize("window", [1.0, 3.0])
def test_the_fraction_outside_the_buckets_is_a_count(monkeypatch: pytest.MonkeyPatch, window: float) -> None:
    """Against times drawn one by one."""
    monkeypatch.setattr(generate_module, "parents_of", lambda _: toy.parents())
    sample = generate(toy.hnl(0.3), toy.experiment(), 20_000, seed=3, weighted=True)
    timing = Timing(18.9 * ns, 1.3 * ns, 81)
    found = outside_window(sample, timing, window * ns)
    t = sample.delay + timing.times(np.random.default_rng(5).random((len(sample), 3)))
    folded = np.abs(np.mod(t / ns + 9.45, 18.9) - 9.45)
    counted = np.average(folded > window, weights=sample.weight)
    spread = np.sqrt(np.sum(sample.weight**2)) / sample.weight.sum()
    assert found["nu4"] == found["all"] == pytest.approx(counted, abs=5 * spread)
    assert 0.05 < counted < 0.95
    assert outside_window(sample, timing, 10 * ns)["all"] == 0
    with pytest.raises(ParameterError, match="no buckets"):
        outside_window(sample, Timing(spill=1.0), ns)
    with pytest.raises(ParameterError, match="must be positive"):
        outside_window(sample, timing, 0.0)
