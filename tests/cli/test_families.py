"""The commands on cards of several families, and the numbers for neutrinoless double beta decay and nucleosynthesis."""

import math

import pytest

from .conftest import Run


class TestMasses:
    def test_json_of_two_families(self, nusim: Run) -> None:
        document = nusim("masses", "two-families", "--json").document
        assert document["m6"] < document["m7"]
        assert "m8" not in document
        assert document["light_masses_ev"] == pytest.approx([0.0, 0.008608, 0.050110], rel=1e-9)
        assert document["m3_ev"] == pytest.approx(document["m3_sm_ev"] + document["m3_dark_ev"])
        assert document["mu_prime"] is None
        assert list(document["mixing2"]) == ["e", "mu", "tau", "N1", "N2", "D1", "D2"]
        assert list(document["mixing2"]["mu"]) == [f"nu{k}" for k in range(1, 8)]
        assert set(document["non_unitarity"]) == {"e", "mu", "tau"}
        assert document["non_unitarity"]["mu"] == pytest.approx(sum(document["mixing2"]["mu"][f"nu{k}"] for k in range(4, 8)))
        assert len(document["matrices"]["m_dirac"]) == 3
        for low, high in [document["m_ee_range_ev"]]:
            assert low <= document["m_ee_ev"] <= high

    def test_text_of_three_families(self, nusim: Run) -> None:
        result = nusim("masses", "three-families")
        assert result.code == 0
        for word in ("nu9", "m1", "m_ee", "D3"):
            assert f"\n  {word} " in result.out
        assert result.err == ""

    def test_m_ee_beyond_the_limit_is_said(self, nusim: Run) -> None:
        result = nusim("masses", "circle", "--set", "flavour.e=1", "--json")
        assert result.document["m_ee_excluded"]
        assert "neutrinoless double beta decay excludes it" in result.err
        assert any("neutrinoless" in warning for warning in result.document["warnings"])


class TestWidths:
    def test_json_of_nu7(self, nusim: Run) -> None:
        document = nusim("widths", "two-families", "--parent", "nu7", "--json").document
        assert document["parent"] == "nu7"
        assert document["bbn"]["late"] is False
        assert document["lifetime_s"] == pytest.approx(document["ctau"] / 299792458.0)
        assert math.fsum(channel["width"] for channel in document["channels"]) == pytest.approx(document["total_width"])
        assert any(channel["products"] == "nu6 nu4 nu4" for channel in document["channels"])

    def test_the_flag_in_the_text(self, nusim: Run) -> None:
        assert "decays after nucleosynthesis (limit 0.1 s" in nusim("widths", "circle", "--parent", "nu4").out

    def test_a_scan_of_an_entry(self, nusim: Run) -> None:
        document = nusim("widths", "two-families", "--parent", "nu6", "--scan", "casas_ibarra.mu.0.0=0.05:0.2:3", "--json").document
        assert len(document["total_width"]) == 3


@pytest.mark.parametrize("card", ["two-families", "three-families", "pseudo-dirac"])
def test_show_says_what_is_a_choice(nusim: Run, card: str) -> None:
    result = nusim("show", card)
    assert result.code == 0
    assert "a choice" in result.out
    assert "NuFIT" in result.out
    assert nusim("show", card, "--json").document["kind"] == "dark-neutrino-families"


def test_cards_lists_them(nusim: Run) -> None:
    kinds = {entry["name"]: entry["kind"] for entry in nusim("cards", "--json").document["models"]}
    assert kinds["two-families"] == kinds["three-families"] == kinds["pseudo-dirac"] == "dark-neutrino-families"
