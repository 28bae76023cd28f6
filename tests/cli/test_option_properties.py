"""The text of every option is a value or refused, whatever it is."""

import argparse
from collections.abc import Callable
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nusim.cli.options import assignment, bin_edges, figure, fraction, log_grid, number_range, positive, whole_number

MANY = settings(deadline=None, derandomize=True, max_examples=150, database=None)
NUMBERS = st.one_of(st.floats().map(repr), st.integers().map(str), st.sampled_from(["", "nan", "1e999", "5e-324", "\u00b2", "9" * 5000]))
TEXTS = st.one_of(
    st.text(max_size=20),
    NUMBERS,
    st.lists(NUMBERS, min_size=1, max_size=4).map(":".join),
    st.lists(NUMBERS, min_size=3, max_size=3).map(lambda parts: "physical.m5=" + ":".join(parts)),
)


@pytest.mark.parametrize("kind", [assignment, bin_edges, figure, fraction, log_grid, number_range, positive, whole_number])
@MANY
@given(TEXTS)
@example("0:1e308:5e-324")
@example("-1e308:1e308:1")
def test_any_text_is_a_value_or_refused(kind: Callable[[str], object], text: str) -> None:
    with suppress(argparse.ArgumentTypeError):
        kind(text)


@MANY
@given(st.floats(1e-30, 1e20), st.floats(1.001, 1e6), st.integers(2, 500))
def test_grids_have_their_ends_and_ascend(low: float, factor: float, n: int) -> None:
    key, values = log_grid(f"a.b={low!r}:{low * factor!r}:{n}")
    assert (key, len(values)) == ("a.b", n)
    assert (values[0], values[-1]) == pytest.approx((low, low * factor), rel=1e-14)
    assert np.all(np.diff(values) > 0)


@MANY
@given(st.integers(0, 1000), st.integers(1, 300), st.sampled_from([0.001, 0.05, 0.1, 0.25, 1.0]))
def test_bins_have_equal_steps(first: int, count: int, step: float) -> None:
    edges = bin_edges(f"{first * step!r}:{(first + count) * step!r}:{step!r}")
    assert len(edges) == count + 1
    assert np.diff(edges) == pytest.approx(step, rel=1e-6)
