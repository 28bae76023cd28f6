"""Corner figures: which points are drawn, and what is refused."""

import numpy as np
import pytest

import nusim
from nusim.plot.corner import label

COLUMNS = {
    "m_nu4": np.array([0.1, 0.2, 0.4, np.nan, 3.0]),
    "ctau_nu4": np.array([1.0, 1e3, 1e6, np.nan, np.inf]),
    "mixing2_mu_nu4": np.array([1e-8, 1e-7, 1e-6, np.nan, 1e-7]),
    "verdict": np.array(["excluded", "allowed", "allowed", "", "allowed"]),
}


def test_pairs_below_the_diagonal() -> None:
    figure = nusim.plot.corner(COLUMNS, ["m_nu4", "ctau_nu4", "mixing2_mu_nu4"])
    panels = np.array(figure.axes).reshape(3, 3)
    drawn = panels[2, 0].lines
    assert [len(line.get_xdata()) for line in drawn] == [1, 2]  # the point that never decays has no finite c tau
    assert np.array_equal(drawn[1].get_ydata(), [1e-7, 1e-6])
    assert panels[1, 0].get_yscale() == "log"
    assert panels[2, 2].get_xscale() == "log"
    assert not panels[0, 1].axison
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["excluded (1)", "allowed (2)"]


def test_without_a_column_of_names_one_colour() -> None:
    figure = nusim.plot.corner(COLUMNS, ["m_nu4", "mixing2_mu_nu4"], by="nothing")
    assert len(figure.axes[2].lines) == 1
    assert not figure.legends


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["m_nu4"], "1 columns: from 2 to 8"),
        (["m_nu4", "m_nu4"], "each once"),
        (["m_nu4", "m_nu9"], "no column 'm_nu9'; known: m_nu4, ctau_nu4"),
        (["m_nu4", "verdict"], "column verdict holds names"),
    ],
)
def test_refusals(names: list[str], message: str) -> None:
    with pytest.raises(nusim.ParameterError, match=message):
        nusim.plot.corner(COLUMNS, names)


def test_labels() -> None:
    assert label("m_nu4") == r"$m$($\nu_4$) [GeV]"
    assert label("mixing2_mu_nu5") == r"$|U_{\mu5}|^2$"
    assert label("ctau_zprime") == r"$c\tau$($Z'$) [m]"
    assert label("physical.m5") == "$m_5$ [GeV]"
    assert label("events_sbnd") == "events, sbnd"
