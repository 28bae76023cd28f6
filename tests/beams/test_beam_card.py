"""The shipped beam card says what its sources say, and wrong cards are refused in one line."""

from pathlib import Path
from typing import Any

import pytest

from nusim.beams.beam import Beam
from nusim.cards.beam import beam_of_card
from nusim.cards.locate import card_folder
from nusim.cards.toml import Table, read_toml
from nusim.errors import CardError
from nusim.units import ns


def _card() -> Table:
    data, _ = read_toml(card_folder("beam") / "bnb.toml")
    return data


def _refused(data: Table) -> str:
    with pytest.raises(CardError) as caught:
        beam_of_card(data, Path("mine.toml"))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_bnb_is_the_beam_of_its_sources(bnb: Beam) -> None:
    """8 GeV kinetic energy; 174 kA; 71.12 cm of beryllium; buckets of 18.936 ns; the two pi- sets as a choice."""
    assert (bnb.momentum**2 + 0.938272**2) ** 0.5 - 0.938272 == pytest.approx(8.0, abs=1e-4)
    assert bnb.horns[0].current == 174e3
    assert bnb.target is not None
    assert bnb.target.end - bnb.target.begin == pytest.approx(0.7112, abs=1e-4)
    assert bnb.timing is not None
    assert bnb.timing.bucket_spacing / ns == pytest.approx(18.936)
    assert bnb.tunnel[-1].end == pytest.approx(50.3, abs=0.05)
    assert set(bnb.normalisation_uncertainty) == {"pi+", "pi-", "K+", "K-", "KL"}
    assert all(table.parent == card_folder("beam") for table in bnb.tables.values())


def test_pi_minus_set_is_a_choice() -> None:
    data = _card()
    table = beam_of_card(data, Path("bnb.toml")).yields["pi-"].parameters
    data["yields"]["pi-"]["set"] = "april07"
    other = beam_of_card(data, Path("bnb.toml")).yields["pi-"].parameters
    assert (table[0], other[0]) == (213.66, 237.2)


@pytest.mark.parametrize(
    ("keys", "value", "says"),
    [
        (("momentun",), 1.0, "unknown key 'momentun'; did you mean 'momentum'?"),
        (("momentum",), -1.0, "momentum"),
        (("horn", 0, "material"), "gold", "material 'gold' is not in [materials]"),
        (("yields", "pi-", "set"), "may08", "set = 'may08' is none of sets"),
        (("yields", "pi+", "parameters"), [1.0, 2.0], "the formula has 9"),
        (("tunnel", "sections"), [[0.0, 1.0, 0.3, 0.3], [2.0, 3.0, 0.3, 0.3]], "the next begins"),
        (("horn", 0, "wall", "z"), [0.0, 1.0], "z must ascend"),
        (("normalisation_uncertainty",), {"K++": 0.1}, "unknown parent 'K++'"),
    ],
)
def test_wrong_cards_are_refused_with_the_key(keys: tuple[Any, ...], value: object, says: str) -> None:
    data = _card()
    place: Any = data
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = value
    assert says in _refused(data)
