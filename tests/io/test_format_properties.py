"""Any event record comes back from every format that holds it, to the digits written."""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nusim.events.sample import FINAL, EventSample
from nusim.io.inspect import info
from nusim.io.write import write

from .reading_back import EVENT, PARTICLE, difference, read_back
from .samples import mixed_sample

pytest.importorskip("uproot")
pytest.importorskip("pyarrow")

SOME = settings(deadline=None, derandomize=True, max_examples=25, database=None)
DIGITS = {"lhe": 2e-12, "lhe.gz": 2e-12, "hepmc3": 1e-14, "hepevt": 2e-12, "root": 0.0, "parquet": 0.0}
"""Largest difference, relative to the largest number of a column: ns to metres and rotations cost a rounding."""
EXACT = ("pdg", "status", "mother", "route", "seen", "channel")


@st.composite
def samples(draw: st.DrawFn) -> EventSample:
    """Consistent kinematics of drawn seed and kinds, with drawn weights, polarisations and times."""
    kinds = draw(st.sets(st.sampled_from((0, 1, 2, 3)), min_size=1))
    sample = mixed_sample(draw(st.integers(0, 25)), draw(st.booleans()), tuple(sorted(kinds)), draw(st.integers(0, 2**32 - 1)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, total = len(sample), len(sample.pdg)
    later = draw(st.sampled_from((0.0, 0.0, 1e3)))  # metres of c t; a slow extraction lasts longer, and leaves fewer digits to a flight
    spin = np.where(rng.random(total) < 0.5, rng.uniform(-1, 1, total), 9.0)
    vertex, decay = sample.vertex.copy(), sample.decay_vertex.copy()
    vertex[:, 0] += later
    decay[:, 0] += later
    weight = sample.weight
    if sample.weighted:
        weight = weight * 10.0 ** rng.uniform(-12, 6, n)
    return replace(sample, spin=spin, vertex=vertex, decay_vertex=decay, weight=weight, polarisation=rng.uniform(-1, 1, n))


@SOME
@given(samples(), st.sampled_from(sorted(DIGITS)), st.sampled_from(["default", "darknews", "genie"]))
def test_every_record_comes_back(sample: EventSample, format: str, scheme: str) -> None:
    names = tuple(name for name in (*PARTICLE, *EVENT) if format != "hepevt" or name not in ("spin", "polarisation"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a.{format}"
        digest = write(path, sample, pdg_scheme=scheme)
        found = info(path)
        if len(sample):
            again = read_back(path)
    assert (found["n"], found["sha256"]) == (len(sample), digest)
    assert found["sum_of_weights"] == pytest.approx(sample.weight.sum(), rel=1e-12)
    assert [line for line in found["problems"] if "the weights sum to" not in line] == []
    if not len(sample):
        return
    assert difference(again, sample, names) <= max(DIGITS[format], 1e-15)
    assert all(np.array_equal(getattr(again, name), getattr(sample, name)) for name in EXACT)
    assert again.weight == pytest.approx(sample.weight, rel=1e-13)
    assert np.all(again.proper_time[again.status == FINAL] == 0)
