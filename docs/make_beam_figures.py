"""Compares light-neutrino fluxes with published ones: a table on standard output and docs/figures/dune_nd_flux.png.

    python docs/make_beam_figures.py
    python docs/make_beam_figures.py --envelope 8000
    python docs/make_beam_figures.py --muons

The second also makes LBNF's parents anew with horn B or C moved by 50 cm, from that many protons each (needs pip install 'nusim[beams]';
about three minutes a variant), and draws the band. The third draws docs/figures/heavy_from_muons.png alone, in two minutes.
Published figures: tests/reference/published_flux.csv.
"""

import argparse
import csv
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

import nusim
from nusim.beams.beam import Beam, load_parents
from nusim.beams.build import build_parents
from nusim.beams.horns import Horn, Shell
from nusim.beams.neutrino_flux import NeutrinoFlux, neutrino_flux
from nusim.beams.parents import ParentFlux
from nusim.cards.read import read_beam
from nusim.experiment.source import heavy_source, parents_of, tables_of
from nusim.experiment.survey import survey
from nusim.experiment.volumes import Box
from nusim.kernels.arrays import Array
from nusim.plot.style import line_style, new_figure

HERE = Path(__file__).parent
PUBLISHED = HERE.parent / "tests" / "reference" / "published_flux.csv"
ON_AXIS = Box((0.0, 0.0, 573.95), size=(0.1, 0.1, 0.1))
"""574 m, on the axis, as the published flux."""
SHIFT = 0.5


@dataclass(frozen=True)
class Published:
    """A published flux: bin edges in GeV, neutrinos per cm^2 per proton in each bin."""

    edges: Array
    flux: Array


def published(experiment: str) -> Published:
    """Muon neutrinos of the neutrino mode."""
    with open(PUBLISHED) as stream:
        rows = [row for row in csv.reader(stream) if row[0] == experiment]
    low, high, flux = (np.array([float(row[k]) for row in rows]) for k in (3, 4, 5))
    return Published(np.append(low, high[-1]), flux)


def moved(horn: Horn, by: float) -> Horn:
    """A horn `by` metres downstream."""

    def shell(old: Shell) -> Shell:
        return Shell(tuple(z + by for z in old.z), old.inner, old.outer)

    return replace(horn, wall=shell(horn.wall), field=shell(horn.field))


def small(beam: Beam, protons: int) -> ParentFlux:
    """Neutrino-mode parents from `protons` in the cascade and everything else in proportion; nothing from the horns' metal."""
    assert beam.build is not None
    share = protons / beam.build.protons
    draws = {name: int(n * share) for name, n in beam.build.draws.items()}
    plan = replace(beam.build, draws=draws, tracked=int(share * (beam.build.tracked or 0)), metal_hits=0)
    return build_parents(replace(beam, build=plan), "fhc", cascade_protons=protons)


def variants(beam: Beam, protons: int, edges: Array) -> dict[str, Array]:
    """Muon-neutrino fluxes with horns B and C moved, over the one with them in place, by name; shape (k,)."""
    found = {}
    for name, number, by in (
        ("", 0, 0.0),
        ("B -50 cm", 1, -SHIFT),
        ("B +50 cm", 1, SHIFT),
        ("C -50 cm", 2, -SHIFT),
        ("C +50 cm", 2, SHIFT),
    ):
        horns = tuple(moved(horn, by) if k == number else horn for k, horn in enumerate(beam.horns))
        parents = small(replace(beam, horns=horns), protons)
        found[name] = neutrino_flux(parents, [ON_AXIS], edges, ("numu",), tunnel=beam.tunnel)["numu"]
    base = found.pop("")
    return {name: flux / base for name, flux in found.items()}


def print_comparison(name: str, flux: NeutrinoFlux, reference: Published, moves: dict[str, Array]) -> None:
    """A Markdown table of nusim over published, and where there are any, of the moved horns."""
    total = flux["numu"]
    head = [f"{name}, GeV", "published", "nusim / published", "of which K+", *moves]
    print(f"| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for k, known in enumerate(reference.flux):
        share = flux.by_parent["numu"]["K+"][k] / total[k]
        cells = [f"{total[k] / known * change[k]:.2f}" for change in moves.values()]
        ratio = f"{total[k] / known:.3f} +- {flux.stat_error['numu'][k] / known:.3f}"
        bin_ = f"{reference.edges[k]:g}-{reference.edges[k + 1]:g}"
        print(f"| {' | '.join([bin_, f'{known:.3e}', ratio, f'{share:.0%}', *cells])} |")
    print(f"| all | {reference.flux.sum():.3e} | {total.sum() / reference.flux.sum():.3f} |{' |' * (len(moves) + 1)}")


def draw(flux: NeutrinoFlux, reference: Published, moves: dict[str, Array]) -> None:
    """Flux and ratio, one above the other."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 6.0), layout="constrained")
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
    width, edges = np.diff(reference.edges), reference.edges
    ratio, error = flux["numu"] / reference.flux, flux.stat_error["numu"] / reference.flux
    if moves:
        factors = np.stack([np.ones(len(ratio)), *moves.values()])
        band = {"baseline": ratio * factors.min(axis=0), "fill": True, "alpha": 0.25, "color": "tab:blue"}
        bottom.stairs(ratio * factors.max(axis=0), edges, label="horn B or C moved by 50 cm", **band)
    top.stairs(reference.flux / width, edges, color="black", label="arXiv:2103.04797")
    top.stairs(flux["numu"] / width, edges, color="tab:blue", label="nusim, card lbnf")
    bottom.stairs(ratio, edges, baseline=None, color="tab:blue")
    bottom.errorbar((edges[1:] + edges[:-1]) / 2, ratio, error, fmt="none", color="tab:blue")
    bottom.axhline(1.0, color="black", linewidth=0.8)
    top.set_yscale("log")
    top.set_ylabel(r"$\nu_\mu$ [cm$^{-2}$ GeV$^{-1}$ proton$^{-1}$]")
    bottom.set_ylabel("nusim / published")
    bottom.set_xlabel("energy [GeV]")
    bottom.set_ylim(0.4, 2.0)
    top.legend()
    if moves:
        bottom.legend()
    figure.suptitle("DUNE near detector, 574 m, neutrino mode")
    figure.savefig(HERE / "figures" / "dune_nd_flux.png", dpi=110)


def draw_muons() -> None:
    """Decays in the volume by what made the heavy neutrino: mesons, muons in flight, muons at rest, over its mass."""
    figure, axes = new_figure(columns=2, width=4.6, height=4.0)
    masses = np.array([2.0, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 98, 103, 110]) / 1e3
    for panel, name in zip(axes, ("sbnd", "dune-nd"), strict=True):
        experiment, kinds = nusim.read_experiment(name), ("pi, K decays", "muons in flight", "muons at rest")
        number = np.zeros((len(kinds), len(masses)))
        for k, mass in enumerate(masses.tolist()):
            spectrum = nusim.solve(nusim.read_model("hnl", set={"m4": mass, "mixing2.mu": 1e-6}))
            source = heavy_source(spectrum, experiment, parents_of(experiment), tables_of(spectrum), seed=1)
            weight, parents = experiment.protons * survey(source, 1).row_weight, source.parents
            muon, rest = (column[source.row] for column in (np.abs(parents.pdg) == 13, parents.at_rest))
            number[:, k] = [weight[some].sum() for some in (~muon, muon & ~rest, muon & rest)]
        for place, kind in enumerate(kinds):
            seen = number[place] > 0
            panel.plot(1e3 * masses[seen], number[place][seen], label=kind, **line_style(place))
        panel.set_yscale("log")
        panel.set_title(f"{name}, $|U_{{\\mu 4}}|^2 = 10^{{-6}}$", fontsize=10)
        panel.set_xlabel("mass [MeV]")
    axes[0].set_ylabel("decays in the detector")
    axes[0].legend(frameon=False)
    figure.savefig(HERE / "figures" / "heavy_from_muons.png", dpi=110)


def main() -> None:
    """Tables of both detectors, the figure of the second; or the figure of muons."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--envelope", type=int, metavar="PROTONS", help="also move horns B and C, from this many protons each")
    parser.add_argument("--muons", action="store_true", help="draw the heavy neutrinos of muons, nothing else")
    arguments = parser.parse_args()
    if arguments.muons:
        draw_muons()
        return
    protons = arguments.envelope
    reference = published("microboone")
    print_comparison("microboone", nusim.neutrino_flux(nusim.read_experiment("microboone"), reference.edges), reference, {})
    beam, reference = read_beam("lbnf"), published("dune-nd")
    flux = neutrino_flux(load_parents(beam, "fhc"), [ON_AXIS], reference.edges, ("numu",), tunnel=beam.tunnel)
    moves = variants(beam, protons, reference.edges) if protons else {}
    print_comparison("dune-nd", flux, reference, moves)
    draw(flux, reference, moves)


if __name__ == "__main__":
    main()
