"""The page of numbers is what its script writes today."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?")


@pytest.mark.filterwarnings("ignore")
def test_the_page_is_up_to_date() -> None:
    written = (ROOT / "docs" / "production_table.md").read_text(encoding="utf-8")
    made = runpy.run_path(str(ROOT / "docs" / "make_production.py"))["page"]()
    assert _NUMBER.sub("#", made) == _NUMBER.sub("#", written)
    for one, other in zip(_NUMBER.findall(made), _NUMBER.findall(written), strict=True):
        assert float(one) == pytest.approx(float(other), rel=0.06)
