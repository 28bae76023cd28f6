"""The page of beams shows every shipped beam, and what is on it is what its script computes."""

import re
import runpy
from pathlib import Path

import pytest

from nusim.cards.locate import shipped
from nusim.cards.read import read_beam

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "beam_validation.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def script() -> dict[str, object]:
    return runpy.run_path(str(ROOT / "docs" / "make_beam_pages.py"))


def test_figures_on_the_page_are_there_and_small() -> None:
    names = re.findall(r"\]\((figures/beams/[^)]+)\)", PAGE)
    assert names
    for name in names:
        assert 1_000 < (ROOT / "docs" / name).stat().st_size < 150_000


@pytest.mark.parametrize("name", sorted(shipped("beam")))
def test_parents_and_yields_of_each_beam_are_todays(name: str, script: dict[str, object]) -> None:
    beam = read_beam(name)
    assert f"\n## {beam.name}\n" in PAGE
    for line in [*script["parents_table"](beam), *script["yield_rows"](beam)]:  # type: ignore[operator]
        assert line in PAGE


def test_every_published_flux_is_on_the_page_or_has_no_experiment(script: dict[str, object]) -> None:
    for one in script["published_fluxes"]():  # type: ignore[operator]
        if one.experiment in shipped("experiment"):
            assert f"### {one.experiment}, {one.polarity}, {one.flavour}: against" in PAGE
