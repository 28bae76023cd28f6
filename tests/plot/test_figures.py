"""Figures: what is drawn, that it fits, and that nothing is written by drawing."""

import numpy as np
import pytest
from matplotlib.figure import Figure

import nusim
from nusim.beams.neutrino_flux import NeutrinoFlux
from nusim.plot.branching import width_figure
from nusim.plot.style import COLOURS, DASHES, line_style, tex
from nusim.rates.widths import WidthScan, width_scan


def luminance(colour: str) -> float:
    red, green, blue = (int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def drawn(figure: Figure) -> Figure:
    figure.draw_without_rendering()
    return figure


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("nu e- e+", r"$\nu\,e^{-}\,e^{+}$"),
        ("mu- pi+", r"$\mu^{-}\,\pi^{+}$"),
        ("nu pi0", r"$\nu\,\pi^{0}$"),
        ("nu eta'", r"$\nu\,\eta'$"),
        ("mu- K*+", r"$\mu^{-}\,K^{*+}$"),
        ("Ds+", r"$D_s^{+}$"),
        ("nu4 zprime", r"$\nu_4\,Z'$"),
        ("numubar", r"$\bar\nu_\mu$"),
        ("KL", r"$K_L$"),
    ],
)
def test_names_become_labels(name: str, label: str) -> None:
    assert tex(name) == label


def test_curves_stay_apart() -> None:
    styles = [tuple(sorted(line_style(place).items())) for place in range(len(COLOURS) * len(DASHES))]
    assert len(set(styles)) == len(styles)
    # the first three differ in grey too
    greys = sorted(luminance(colour) for colour in COLOURS[:2])
    assert greys[1] - greys[0] > 0.05
    assert max(luminance(colour) for colour in COLOURS) < 0.75


def test_conjugate_channels_share_a_curve() -> None:
    mass = np.geomspace(0.1, 1, 20)
    ratios = {"mu- pi+": mass / 3, "mu+ pi-": mass / 3, "nu nu nu": 1 - 2 * mass / 3, "nu gamma": np.full(20, 1e-6)}
    figure = drawn(nusim.plot.branching("m4", mass, ratios, "nu4"))
    axes = figure.axes[0]
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == [tex("nu nu nu"), f"{tex('mu- pi+')}, {tex('mu+ pi-')} each"]
    assert "GeV" in axes.get_xlabel()


def test_bars_of_a_table_stay_inside() -> None:
    table = nusim.decay_table(nusim.solve(nusim.read_model("hnl", set={"m4": 0.4})), "nu4")
    figure = drawn(nusim.plot.branching_bars(table))
    axes = figure.axes[0]
    frame = axes.get_window_extent()
    for text in axes.texts:
        box = text.get_window_extent()
        assert frame.x0 <= box.x0
        assert box.x1 <= frame.x1


def test_labels_do_not_overlap() -> None:
    edges = np.linspace(0, 3, 31)
    shape = np.exp(-edges[1:])
    parents = {"pi+": 0.9 * shape, "K+": 0.1 * shape}
    names = ("numu", "numubar", "nue", "nuebar")
    flux = NeutrinoFlux(edges, dict.fromkeys(names, shape), dict.fromkeys(names, 0.1 * shape), dict.fromkeys(names, parents))
    figure = drawn(nusim.plot.flux(flux, "sbnd, FHC"))
    assert len(figure.axes) == 4
    boxes = [axes.get_tightbbox() for axes in figure.axes]
    for place, one in enumerate(boxes):
        for other in boxes[place + 1 :]:
            assert not one.overlaps(other)
    for axes in figure.axes:
        assert "proton" in axes.get_ylabel()


def test_empty_samples_and_fluxes_draw() -> None:
    edges = np.linspace(0, 3, 4)
    nothing = np.zeros(3)
    drawn(nusim.plot.flux(NeutrinoFlux(edges, {"numu": nothing}, {"numu": nothing}, {"numu": {}}), "nowhere"))
    some = {"numu": np.ones(3), "nue": nothing}
    drawn(nusim.plot.flux(NeutrinoFlux(edges, some, {"numu": nothing, "nue": nothing}, {"numu": {}, "nue": {"K+": nothing}}), "half"))
    experiment = nusim.read_experiment("sbnd")
    sample = nusim.generate(nusim.solve(nusim.read_model("circle")), experiment, n=0)
    drawn(nusim.plot.events(sample, experiment))


def test_event_distributions_sum_to_the_expected_events() -> None:
    experiment = nusim.read_experiment("sbnd")
    sample = nusim.generate(nusim.solve(nusim.read_model("circle")), experiment, n=2000)
    figure = drawn(nusim.plot.events(sample, experiment))
    for axes in figure.axes:
        counts = sum(patch.get_data().values.sum() for patch in axes.patches)
        assert counts == pytest.approx(sample.weight.sum())


def test_a_scan_has_bands_of_theory_errors_and_a_marker_for_lone_points() -> None:
    values = np.geomspace(0.1, 1.0, 5)
    width = {"nu e- e+": np.array([1.0, 1.0, np.nan, 2.0, np.nan]), "nu pi0": np.array([0.0, 0.0, np.nan, 1.0, np.nan])}
    errors = {"nu e- e+": np.full(5, 0.1), "nu pi0": np.full(5, np.nan)}
    scan = WidthScan(values, width, (), uncertainty=errors, total_uncertainty=np.full(5, 0.1))
    figure = width_figure("m4", values, scan, "nu4")
    upper, lower = figure.axes
    assert [len(axes.collections) for axes in (upper, lower)] == [1, 1]
    alone = [line.get_xdata().tolist() for line in upper.lines if line.get_marker() == "o"]
    assert alone == [[values[3]], [values[3]]]
    low, high = upper.collections[0].get_paths()[0].vertices[:, 1].min(), upper.collections[0].get_paths()[0].vertices[:, 1].max()
    assert (low, high) == pytest.approx((0.9, 1.1))


def test_errors_of_a_scan_are_those_of_the_tables() -> None:
    models = [nusim.read_model("circle", set={"physical.m5": m5}) for m5 in (0.2, 0.5, 1.5)]
    scan = width_scan(models, "nu5", errors=True)
    for place, model in enumerate(models):
        table = nusim.decay_table(nusim.solve(model), "nu5")
        assert scan.total_uncertainty[place] == pytest.approx(table.total_uncertainty)
        for name, values in scan.uncertainty.items():
            channel = table.channel(name)
            known = channel.width > 0 and bool(channel.errors)
            assert values[place] == pytest.approx(channel.uncertainty) if known else np.isnan(values[place])
    # the amplitude of three neutrinos holds the Z beside the Z': what is not known of the Z stays
    assert np.all(scan.uncertainty["nu nu nu"] > 1e-3)


def test_a_bar_of_rates_is_divided_by_parents() -> None:
    """Bars end at the number of events on a logarithmic axis; an experiment without events says so."""
    from matplotlib.colors import to_hex

    from nusim.plot import rates

    def rate(name: str, events: float, by_parent: dict[str, float]) -> nusim.Rate:
        return nusim.Rate("m", name, 1e20, 2 * events, events, events / 3, 0.01 * events, 0.2 * events, 0.0, 0.0, by_parent=by_parent)

    figure = drawn(
        rates([rate("small", 2.0, {"K+": 1.0, "D-": 0.5, "D0bar": 0.5}), rate("none", 0.0, {}), rate("large", 5e4, {"Ds+": 5e4})])
    )
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["none", "small", "large"]
    bars = [bar for bar in axes.patches if bar.get_width() > 0]
    ends = {round(bar.get_y() + bar.get_height() / 2): bar.get_x() + bar.get_width() for bar in bars}
    assert ends == pytest.approx({1: 2.0, 2: 5e4})
    assert len({to_hex(bar.get_facecolor()) for bar in bars}) == 3
    parts = sorted((bar.get_x(), bar.get_x() + bar.get_width()) for bar in bars if round(bar.get_y() + bar.get_height() / 2) == 1)
    # two equal shares divide the drawn length in the middle
    assert parts[0][1] ** 2 == pytest.approx(parts[0][0] * parts[-1][1])
    assert {text.get_text() for text in axes.texts} >= {"no events", "2.00", "50,000"}


def test_rates_of_nothing_are_drawn() -> None:
    from nusim.plot import rates

    drawn(rates([]))
