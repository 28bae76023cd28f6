"""Nuisances of a beam's normalisation: what acts on what, and that causes add up to the uncertainty given."""

import math

import pytest

from nusim.beams.charm import QuarkPair
from nusim.beams.nuisances import Nuisance, nuisances


def pair(name: str, **more: float) -> QuarkPair:
    fractions = {"D+": 0.3, "Ds-": 0.1, "D0bar": 0.5} if name == "charm" else {"B0": 0.4, "Bs0": 0.1}
    return QuarkPair(1e-3, 1.0, 1.2, 5.0, 1.0, fractions, {"Ds-": 0.05} if name == "charm" else {}, name=name, **more)


def test_a_species_alone_is_a_nuisance_of_its_name() -> None:
    assert nuisances({"K+": 0.16, "pi-": 0.0}, ()) == (Nuisance("K+", {"K+": 0.16}),)


def test_causes_add_up_to_the_uncertainty_of_each_parent() -> None:
    pairs = (
        pair("charm", cross_section_uncertainty=0.2, cascade_factor_uncertainty=0.3),
        pair("beauty", cross_section_uncertainty=0.4, cascade_factor_uncertainty=0.1),
    )
    total = {"D+": 0.5, "D0bar": 0.4, "Ds-": 0.45, "tau-": 0.6, "B0": 0.5, "Bs0": 0.55, "K+": 0.3}
    found = {one.name: dict(one.effect) for one in nuisances(total, pairs)}
    assert set(found) == {"sigma_cc", "sigma_bb", "cascade_factor", "D", "Ds", "B", "Bs", "K+"}
    for parent, size in total.items():
        assert math.hypot(*(effect.get(parent, 0.0) for effect in found.values())) == pytest.approx(size)
    assert set(found["D"]) == {"D+", "D0bar"}
    assert set(found["Ds"]) == {"Ds-", "tau-"}
    assert found["cascade_factor"] == {"D+": 0.3, "D0bar": 0.3, "Ds-": 0.3, "tau-": 0.3, "B0": 0.1, "Bs0": 0.1}


def test_a_cause_larger_than_the_total_stands_alone() -> None:
    found = {one.name: one.effect for one in nuisances({"D+": 0.1}, (pair("charm", cross_section_uncertainty=0.2),))}
    assert set(found) == {"sigma_cc"}


def test_a_factor_is_never_negative() -> None:
    one = Nuisance("K-", {"K-": 1.2})
    assert (one.factor("K-", 1), one.factor("K-", -1), one.factor("K+", 1)) == (2.2, 0.0, 1.0)
