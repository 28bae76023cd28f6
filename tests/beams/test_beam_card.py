"""The shipped beam card says what its sources say, and wrong cards are refused in one line."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nusim.beams.beam import Beam
from nusim.cards.beam import beam_of_card
from nusim.cards.locate import card_folder
from nusim.cards.read import read_beam
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
    assert set(bnb.normalisation_uncertainty) == {"pi+", "pi-", "K+", "K-", "KL", "pi0", "eta", "omega", "eta'", "pN"}
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


def test_lbnf_has_the_engineered_horns() -> None:
    """Three horns at 293 kA; necks of 8.40 and 13.50 cm; bends that close where their two branches meet; metal 2.5, 3 and 4 mm thick."""
    beam = read_beam("lbnf")
    assert [horn.current for horn in beam.horns] == [293e3] * 3
    necks = [min(horn.field.inner) for horn in beam.horns]
    assert necks == [0.0355, 0.084, 0.135]
    for horn, end in zip(beam.horns, (-1, 0, -1), strict=True):
        assert horn.field.inner[end] == horn.field.outer[end]
        assert horn.wall.inner[end] == horn.wall.outer[end]
    for horn, z, wall in zip(beam.horns, (0.8, 3.6, 17.8), (2.5e-3, 3e-3, 4e-3), strict=True):
        thickness = np.interp(z, horn.field.z, horn.field.inner) - np.interp(z, horn.wall.z, horn.wall.inner)
        assert thickness == pytest.approx(wall, abs=1e-4)
    # the field never reaches into the bore's side of the metal
    for horn in beam.horns:
        z = np.linspace(max(horn.field.z[0], horn.wall.z[0]), min(horn.field.z[-1], horn.wall.z[-1]), 2000)
        assert np.all(np.interp(z, horn.field.z, horn.field.inner) >= np.interp(z, horn.wall.z, horn.wall.inner))
    assert [section.gas for section in beam.tunnel] == ["nitrogen", "helium"]
    assert beam.tunnel[-1].end - beam.tunnel[-1].begin == pytest.approx(201.7)
    assert beam.momentum == pytest.approx((120.938272**2 - 0.938272**2) ** 0.5, abs=1e-3)


@pytest.mark.parametrize(
    ("keys", "value", "says"),
    [
        (("yields", "pi+"), {"kind": "cascade", "parameters": [1.0], "source": "x"}, "has no parameters"),
        (("build", "rows", "fhc"), {"pi": 3}, "unknown parent 'pi'"),
        (("tunnel", "sections"), [[0.0, 1.0, 0.3, 0.3, "argon"]], "material 'argon' is not in [materials]"),
        (("horn", 1, "step"), 0.0, "step"),
    ],
)
def test_wrong_keys_of_lbnf_are_refused(keys: tuple[Any, ...], value: object, says: str) -> None:
    data, _ = read_toml(card_folder("beam") / "lbnf.toml")
    place: Any = data
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = value
    assert says in _refused(data)


def test_a_card_may_take_all_mesons_from_the_cascade() -> None:
    data, _ = read_toml(card_folder("beam") / "lbnf.toml")
    data["yields"]["K+"] = {"kind": "cascade", "source": "a test"}
    assert beam_of_card(data, Path("lbnf.toml")).parametrised == (211, -211, -321, 130)
