"""How nusim's figures look: colours that stay apart for colour-blind readers and in grey, ticks on all sides."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8C6D31")
"""Okabe and Ito, 'Color Universal Design' (2008), without the yellow that vanishes on white, and a brown."""

DASHES = ("-", "--", "-.", ":")

_NAMES = {
    "nu": r"\nu",
    **{f"nu{k}": rf"\nu_{k}" for k in range(4, 10)},
    "zprime": r"Z'",
    "phi": r"\varphi'",
    "gamma": r"\gamma",
    "hadrons": r"\mathrm{hadrons}",
    "phi_meson": r"\phi",
    "eta_c": r"\eta_c",
    "J/psi": r"J/\psi",
    "KL": r"K_L",
    "KS": r"K_S",
    "numu": r"\nu_\mu",
    "nue": r"\nu_e",
    "numubar": r"\bar\nu_\mu",
    "nuebar": r"\bar\nu_e",
}
_LETTERS = {
    **{"mu": r"\mu", "tau": r"\tau", "pi": r"\pi", "rho": r"\rho", "omega": r"\omega", "eta": r"\eta"},
    **{"Ds": "D_s", "Bs": "B_s", "Lambda_c": r"\Lambda_c"},
}


def tex(products: str) -> str:
    """nusim's name of a particle or final state as a label."""
    return "$" + r"\,".join(_tex(name) for name in products.split()) + "$"


def _tex(name: str) -> str:
    if name in _NAMES:
        return _NAMES[name]
    body = name.rstrip("+-0*'")
    tail = name[len(body) :]
    letter = _LETTERS.get(body, body)
    return f"{letter}^{{{tail}}}" if tail and tail != "'" else f"{letter}{tail}"


_AXES = {
    "m4": r"$m_4$ [GeV]",
    "physical.m5": r"$m_5$ [GeV]",
    "physical.m4": r"$m_4$ [GeV]",
    "mixing2": r"$|U_4|^2$",
    "physical.mixing2": r"$|U_4|^2$",
    "physical.mass_ratio": r"$m_4/m_5$",
    "mixing2.e": r"$|U_{e4}|^2$",
    "mixing2.mu": r"$|U_{\mu4}|^2$",
    "mixing2.tau": r"$|U_{\tau4}|^2$",
    "protons": "protons on target",
    "portals.epsilon": r"$\epsilon$",
    "mediator.m_phi": r"$m_{\varphi'}$ [GeV]",
    "mediator.m_zprime": r"$m_{Z'}$ [GeV]",
}
"""Labels of keys that are scanned."""


def axis_label(key: str) -> str:
    """The label of an axis along which a key of a card changes."""
    return _AXES.get(key, key)


def new_figure(columns: int = 1, rows: int = 1, width: float = 6.0, height: float = 4.4) -> "tuple[Figure, Any]":
    """A figure outside pyplot, and its axes with ticks on all sides."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width * columns, height * rows), layout="constrained")
    axes = figure.subplots(rows, columns)
    for one in [axes] if rows * columns == 1 else axes.flat:
        one.tick_params(which="both", direction="in", top=True, right=True)
    return figure, axes


def line_style(place: int) -> dict[str, Any]:
    """Colour and dashes of the place-th curve; no two of 32 alike."""
    return {"color": COLOURS[place % len(COLOURS)], "linestyle": DASHES[(place // len(COLOURS)) % len(DASHES)], "linewidth": 1.6}


def legend_beside(axes: "Axes", entries: int) -> None:
    """A legend to the right of the axes, where it covers no curve."""
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, fontsize=9, ncols=1 if entries <= 18 else 2)
