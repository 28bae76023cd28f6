"""Cards of dumps: what they say, and one line for what they must not."""

from pathlib import Path
from typing import Any

import pytest

from nusim.cards.beam import beam_of_card
from nusim.cards.locate import card_folder
from nusim.cards.read import read_beam
from nusim.cards.toml import Table, read_toml
from nusim.errors import CardError


def _card(name: str = "sps-dump-cu") -> Table:
    data, _ = read_toml(card_folder("beam") / f"{name}.toml")
    return data


def test_cards_are_dumps_of_400_gev() -> None:
    for name, material in (("sps-dump-cu", "copper"), ("sps-dump-mo", "molybdenum")):
        beam = read_beam(name)
        assert beam.momentum == 400.0
        assert beam.dump is not None
        assert beam.dump.material == material
        assert len(beam.pairs) == 2
        assert set(beam.tables) == {"fhc"}
        assert not beam.horns
        # every species of the table has its uncertainty
        others = {-13, 211, -211, 321, -321, 130, 111, 221, 223, 331, 90}
        assert others | set(beam.prompt_yields) == set(_codes(beam.normalisation_uncertainty))


def _codes(names: Any) -> list[int]:
    from nusim import pdg

    return [pdg.CODES[name] for name in names]


def test_heavy_quarks_share_their_normalisation() -> None:
    beam = read_beam("sps-dump-mo")
    assert beam.normalised_with("D+") == beam.normalised_with("Ds-") == beam.normalised_with("tau+")
    assert beam.normalised_with("B+") == beam.normalised_with("Bs0bar") != beam.normalised_with("D+")
    assert beam.normalised_with("K+") == "K+"


@pytest.mark.parametrize(
    ("keys", "value", "says"),
    [
        (("pairs",), None, "kind = 'dump' needs [pairs]"),
        (("table",), None, "kind = 'dump' needs table"),
        (("kind",), "horn", "belong to kind = 'dump'"),
        (("spot",), {"sigma": [1e-3, 1e-3]}, "kind = 'dump' has no spot"),
        (("dump", "end"), -1.0, "must lie behind"),
        (("dump", "material"), "gold", "material 'gold' is not in [materials]"),
        (("pairs", "charm", "cascade_factor"), 3.0, "lies outside cascade_factor_range"),
        (("pairs", "charm", "fractions"), {"D": 1.0}, "unknown hadron 'D'"),
        (("pairs", "beauty", "tau"), {"Ds+": 0.05}, "Ds+ is not among the fractions"),
        (("pairs", "charm", "transverse"), -1.0, "pairs.charm: transverse"),
    ],
)
def test_wrong_cards_are_refused_with_the_key(keys: tuple[str, ...], value: object, says: str) -> None:
    data = _card()
    place: Any = data
    for key in keys[:-1]:
        place = place[key]
    if value is None:
        del place[keys[-1]]
    else:
        place[keys[-1]] = value
    with pytest.raises(CardError) as caught:
        beam_of_card(data, Path("mine.toml"))
    assert "\n" not in str(caught.value)
    assert says in str(caught.value)
