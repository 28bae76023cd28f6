"""Makes docs/physics/reach_table.md and docs/figures/reach.svg: computed reach beside published curves.

python docs/make_reach.py
"""

import csv
from pathlib import Path

import numpy as np

import nusim
from nusim.cli.output import save_figure
from nusim.plot.reach import reach as figure_of

DOCS = Path(__file__).parent
PUBLISHED = DOCS.parent / "tests" / "reference" / "published_reach.csv"
HEAVIEST = {"ship-2015": 5.2, "na62-dump": 4.0}
"""GeV; 2 for the others."""
LIGHTEST = {"bebc": 0.1, "charm": 0.1}
"""GeV; 0.01 for the others."""


def published() -> dict[tuple[str, str], list[tuple[float, float]]]:
    """Masses and |U|^2 by experiment and flavour."""
    lines = [line for line in PUBLISHED.read_text().splitlines() if not line.startswith("#")]
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for row in csv.DictReader(lines):
        found.setdefault((row["experiment"], row["flavour"]), []).append((float(row["mass_GeV"]), float(row["mixing2"])))
    return found


def lower_edges(name: str, flavour: str, masses: np.ndarray, majorana: bool) -> np.ndarray:
    """Least |U|^2 within reach at each mass, mixing with one flavour."""
    mixed = {f"mixing2.{one}": 1e-8 * (one == flavour) for one in ("e", "mu", "tau")}
    model = nusim.read_model("hnl", set={"majorana": majorana, **mixed})
    scan = nusim.scan(model, nusim.read_experiment(name), ("m4", masses), ("mixing2", np.geomspace(1e-12, 0.1, 45)))
    edges: np.ndarray = scan.reach(refine=False).lower
    return edges


def main() -> None:
    """Write both."""
    drawn = []
    text = [
        "Computed over published lower edge of |U|^2, Majorana and Dirac; made by `docs/make_reach.py`.",
        "",
        "| experiment | mixing | m4 [GeV] | published | Majorana | ratio | Dirac, ratio |",
        "|---|---|---|---|---|---|---|",
    ]
    for (name, flavour), points in published().items():
        masses = np.array([mass for mass, _ in points])
        edges = [lower_edges(name, flavour, masses, majorana) for majorana in (True, False)]
        for (mass, limit), own, dirac in zip(points, *edges, strict=True):
            text.append(f"| {name} | {flavour} | {mass:.3g} | {limit:.3g} | {own:.3g} | {own / limit:.2f} | {dirac / limit:.2f} |")
        grid = np.geomspace(LIGHTEST.get(name, 0.01), HEAVIEST.get(name, 2.0), 50)
        model = nusim.read_model("hnl", set={f"mixing2.{one}": 1e-8 * (one == flavour) for one in ("e", "mu", "tau")})
        drawn.append(nusim.scan(model, nusim.read_experiment(name), ("m4", grid), ("mixing2", np.geomspace(1e-12, 1.0, 50))).reach())
    (DOCS / "physics" / "reach_table.md").write_text("\n".join(text) + "\n")
    figure = figure_of(drawn)
    axes = figure.axes[0]
    for line, points in zip(axes.get_lines()[: len(drawn)], published().values(), strict=False):
        axes.plot(*zip(*points, strict=True), "o", markersize=3, color=line.get_color())
    save_figure(str(DOCS / "figures" / "reach.svg"), figure)


if __name__ == "__main__":
    main()
