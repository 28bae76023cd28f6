"""Cross sections and energy loss in matter."""

import numpy as np
import pytest

from nusim import pdg
from nusim.beams.beam import Beam
from nusim.beams.materials import resonant_cross_section


def test_pion_cross_sections_are_those_of_the_data(bnb: Beam) -> None:
    """Inelastic pi on Be near 190 mb at 1.5 GeV/c and on Al near 440 mb; within 15% of A^0.7 scaling of each other."""
    be, al = bnb.materials["beryllium"], bnb.materials["aluminium"]
    for name in ("pi+", "pi-"):
        p = np.linspace(1.0, 5.0, 9)
        on_be = resonant_cross_section(p, pdg.mass(211), be.cross_sections[name])
        on_al = resonant_cross_section(p, pdg.mass(211), al.cross_sections[name])
        assert np.all((on_be > 140) & (on_be < 240))
        assert on_al / on_be == pytest.approx((27 / 9) ** 0.75, rel=0.15)


def test_air_borrows_beryllium(bnb: Beam) -> None:
    """A pion of 2 GeV/c interacts about every 700 m of air: 6% of the way to the absorber."""
    length = 1 / bnb.materials["air"].absorption(211, np.array([2.0]))
    assert length[0] == pytest.approx(736, rel=0.05)


def test_interaction_length_of_the_target(bnb: Beam) -> None:
    """189.3 mb in beryllium of 1.848 g/cm^3: 42.8 cm, 81% of protons interact."""
    assert bnb.target is not None
    length = 1 / bnb.materials["beryllium"].interactions_per_metre(bnb.target.production_cross_section)
    assert length == pytest.approx(0.4278, rel=1e-3)


def test_species_without_cross_section_pass(bnb: Beam) -> None:
    assert np.all(bnb.materials["beryllium"].absorption(13, np.array([1.0, 2.0])) == 0)
