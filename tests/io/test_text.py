"""The byte templates against Python's own formatting."""

from decimal import Decimal

import numpy as np
import pytest

from nusim.errors import DataFileError
from nusim.io.text import DIGITS, Integer, Real, RowTemplate, interleave

REAL = RowTemplate(["<", Real("x"), ">"])
NO_INTEGERS = np.empty((0, 0), np.int64)


def texts(values: list[float] | np.ndarray) -> list[str]:
    rows = REAL.render(np.array([values], float), NO_INTEGERS)
    return [row.tobytes().decode()[1:-1] for row in rows]


def steps_off(text: str, value: float) -> float:
    """Distance of a printed number from the true one, in units of its last digit."""
    unit = Decimal(1).scaleb(Decimal(text.strip()).adjusted() - DIGITS + 1)
    return float(abs(Decimal(text.strip()) - Decimal(float(value))) / unit)


def test_every_magnitude_is_correct_to_one_unit_of_the_last_digit() -> None:
    rng = np.random.default_rng(3)
    values = rng.uniform(1, 10, 20_000) * 10.0 ** rng.integers(-99, 99, 20_000) * rng.choice([-1, 1], 20_000)
    assert max(steps_off(text, value) for text, value in zip(texts(values), values, strict=True)) < 1.0


def test_within_sixteen_decades_of_one_most_numbers_are_those_of_python() -> None:
    rng = np.random.default_rng(4)
    values = rng.normal(size=20_000) * 10.0 ** rng.uniform(-8, 8, 20_000)
    python = [f"{value: .{DIGITS - 1}e}" for value in values]
    same = np.mean([a == b for a, b in zip(texts(values), python, strict=True)])
    assert same > 0.95
    assert max(steps_off(text, value) for text, value in zip(texts(values), values, strict=True)) < 0.76


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0, " 0.00000000000000e+00"),
        (-0.0, "-0.00000000000000e+00"),
        (1.0, " 1.00000000000000e+00"),
        (-1.0, "-1.00000000000000e+00"),
        (10.0, " 1.00000000000000e+01"),
        (9.999999999999999, " 1.00000000000000e+01"),
        (0.09999999999999999, " 1.00000000000000e-01"),
        (0.5109989500e-3, " 5.10998950000000e-04"),
        (123456789.012345, " 1.23456789012345e+08"),
        (1e-99, " 1.00000000000000e-99"),
        (9.99e99, " 9.99000000000000e+99"),
        (2.0**-300, f"{2.0**-300: .14e}"),
    ],
)
def test_edges(value: float, expected: str) -> None:
    assert texts([value]) == [expected]


def test_powers_of_ten_and_their_neighbours() -> None:
    powers = np.array([float(f"1e{k}") for k in range(-98, 99)])
    values = np.concatenate([powers, np.nextafter(powers, 0), np.nextafter(powers, np.inf)])
    assert max(steps_off(text, value) for text, value in zip(texts(values), values, strict=True)) < 1.0


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_number_that_is_not_finite_is_refused(value: float) -> None:
    with pytest.raises(DataFileError, match="not finite"):
        texts([1.0, value])


@pytest.mark.parametrize(
    ("value", "where"), [(1e-100, "below 1e-99"), (5e-324, "below 1e-99"), (1e100, "above 1e99"), (9.9999999999999999e99, "above")]
)
def test_a_number_beyond_two_digits_of_exponent_is_refused(value: float, where: str) -> None:
    with pytest.raises(DataFileError, match=where):
        texts([1.0, value])


@pytest.mark.parametrize("width", [4, 8, 12])
def test_integers_are_right_aligned(width: int) -> None:
    rng = np.random.default_rng(5)
    largest = 10**width - 1
    smallest = -(10 ** (width - 1)) + 1
    edges = [0, 9, 10, 9999 % largest, 10_000 % largest, -1, smallest, largest]
    powers = (10 ** rng.integers(0, width - 1, 500)) * rng.choice([-1, 1], 500)
    values = np.concatenate([edges, powers, rng.integers(smallest, largest, 5000)])
    template = RowTemplate(["[", Integer("i", width), "]"])
    rows = template.render(np.empty((0, 0)), values[None].astype(np.int64))
    assert [row.tobytes().decode() for row in rows] == [f"[{value:{width}d}]" for value in values]


@pytest.mark.parametrize("value", [10000, -1000])
def test_an_integer_that_does_not_fit_is_refused(value: int) -> None:
    with pytest.raises(DataFileError, match="more than 4 places"):
        RowTemplate([Integer("i", 4)]).render(np.empty((0, 0)), np.array([[1, value]]))


def test_fields_stand_where_the_template_has_them_in_every_block() -> None:
    template = RowTemplate(["a ", Real("x"), " b ", Integer("i", 8), " c ", Real("y"), "\n"])
    n = 5000
    x, y, i = np.arange(n) / 7 - 300, np.arange(n) * 1e-3, np.arange(n) - 2500
    rows = template.render(np.array([x, y]), i[None])
    expected = [f"a {a} b {k:8d} c {b}" for a, k, b in zip(texts(x), i, texts(y), strict=True)]
    assert rows.tobytes().decode().splitlines() == expected


def test_rows_of_several_widths_are_put_in_order() -> None:
    short = np.frombuffer(b"ab" * 3, np.uint8).reshape(3, 2)
    long = np.frombuffer(b"WXYZ" * 2, np.uint8).reshape(2, 4)
    assert interleave([(np.array([0, 2, 3]), short), (np.array([1, 4]), long)], 5) == b"abWXYZababWXYZ"
