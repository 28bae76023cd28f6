"""Cards of dumps: what they say, and one line for what they must not."""

import math
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
    """Every parent's nuisances together are the uncertainty that the card gives it."""
    for name in ("sps-dump-cu", "sps-dump-mo"):
        beam = read_beam(name)
        effect = {nuisance.name: nuisance.effect for nuisance in beam.nuisances}
        assert {"D", "Ds", "Lambda_c", "B", "Bs", "sigma_cc", "sigma_bb", "cascade_factor", "K+", "mu+"} <= set(effect)
        assert set(effect["sigma_cc"]) == {"D+", "D-", "D0", "D0bar", "Ds+", "Ds-", "Lambda_c+", "Lambda_c-", "tau+", "tau-"}
        assert set(effect["cascade_factor"]) == set(effect["sigma_cc"]) | set(effect["sigma_bb"])
        assert set(effect["Ds"]) == {"Ds+", "Ds-", "tau+", "tau-"}
        assert set(effect["K+"]) == {"K+"}
        for parent, total in beam.normalisation_uncertainty.items():
            assert math.hypot(*(of.get(parent, 0.0) for of in effect.values())) == pytest.approx(total, rel=1e-12)


def test_a_range_is_flat_and_an_uncertainty_given_holds() -> None:
    data = _card()
    charm, beauty = beam_of_card(data, card_folder("beam") / "x.toml").pairs
    assert charm.cascade_factor_uncertainty == pytest.approx((2.3 - 1.0) / math.sqrt(12) / 1.37)
    assert charm.cross_section_uncertainty == 0.23
    del data["pairs"]["beauty"]["cross_section_uncertainty"]
    data["pairs"]["charm"]["cascade_factor_uncertainty"] = 0.5
    charm, beauty = beam_of_card(data, card_folder("beam") / "x.toml").pairs
    assert charm.cascade_factor_uncertainty == 0.5
    assert beauty.cross_section_uncertainty == pytest.approx((3.4 - 0.9) / math.sqrt(12) / 2.2)


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
