"""Numbers and tables as people read them, JSON as programs do."""

from typing import Any

import numpy as np
import pytest

from nusim.cli.output import plain, print_table, with_error


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.14847, 0.00092, "0.14847 +- 0.00092"),
        (1.2612, 0.0078, "1.2612 +- 0.0078"),
        (1234.0, 56.0, "1234 +- 56"),
        (123456.0, 5678.0, "123456 +- 5678"),
        (6.14e-4, 1.0e-4, "(6.1 +- 1.0)e-04"),
        (1.5163e-8, 3.7e-11, "(1.5163 +- 0.0037)e-08"),
        (2.5e9, 1e7, "(2.500 +- 0.010)e+09"),
        (0.0, 0.0, "0"),
        (3.0, 0.0, "3"),
        (1e-9, 2e-9, "(1.0 +- 2.0)e-09"),
    ],
)
def test_a_value_has_the_digits_of_its_error(value: float, error: float, text: str) -> None:
    assert with_error(value, error) == text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (float("inf"), None),
        (np.float64("nan"), None),
        (np.array([1.0, np.inf]), [1.0, None]),
        ({"a": (np.int64(3), True)}, {"a": [3, True]}),
    ],
)
def test_json_holds_only_what_is_finite(value: Any, expected: Any) -> None:
    assert plain(value) == expected


def test_columns_are_aligned(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("name", "value"), [("a", "1"), ("long name", "22.5")])
    assert capsys.readouterr().out == "  name       value\n  a              1\n  long name   22.5\n"
