"""Writes docs/beam_validation.md: for every shipped beam its parents, its neutrinos and its D and K yields, and what they were compared to.

    python docs/make_beam_pages.py

Figures go to docs/figures/beams/. Published numbers: tests/reference/published_flux.csv and tests/reference/beam_yields.csv. A beam or
a flux that is added to the cards or to these files is on the page the next time. Every number is computed here, and verdicts follow from
the numbers.
"""

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import nusim
from nusim import pdg
from nusim.beams.beam import Beam, Polarity, load_parents
from nusim.beams.charm import QuarkPair
from nusim.beams.neutrino_flux import NeutrinoFlux, neutrino_flux
from nusim.beams.prompt import beam_parents
from nusim.beams.yields import differential_cross_section
from nusim.cards.locate import shipped
from nusim.cards.read import experiment_names, read_beam, read_experiment
from nusim.experiment.volumes import Box
from nusim.kernels.arrays import Array
from nusim.plot.style import line_style, new_figure, tex

HERE = Path(__file__).parent
REFERENCE = HERE.parent / "tests" / "reference"
PAGE = HERE / "beam_validation.md"
FIGURES = HERE / "figures" / "beams"

POINTS = {"dune-nd": (Box((0.0, 0.0, 573.95), size=(0.1, 0.1, 0.1)),)}
"""Published fluxes that hold at a point: 574 m, on the axis. The others are averages over the experiment's detector."""
SOURCES = {"microboone": "arXiv:2110.13978", "dune-nd": "arXiv:2103.04797"}
_SPECTRUM = np.geomspace(0.1, 400.0, 50)


@dataclass(frozen=True)
class Published:
    """A published flux: bin edges in GeV, neutrinos per cm^2 per proton in each bin."""

    experiment: str
    polarity: str
    flavour: str
    edges: Array
    flux: Array


def published_fluxes() -> list[Published]:
    """In the order of the file."""
    with open(REFERENCE / "published_flux.csv", encoding="utf-8") as stream:
        rows = [row for row in csv.reader(stream) if row and not row[0].startswith("#")][1:]
    found = []
    for key in dict.fromkeys(tuple(row[:3]) for row in rows):
        own = [row for row in rows if tuple(row[:3]) == key]
        low, high, flux = (np.array([float(row[k]) for row in own]) for k in (3, 4, 5))
        found.append(Published(*key, np.append(low, high[-1]), flux))
    return found


def _charm(beam: Beam, *names: str) -> float:
    """ub per nucleon."""
    pair = beam.pairs[0]
    return 1e3 * pair.cross_section * sum(pair.fractions[name] for name in names)


def _first(beam: Beam, pair: QuarkPair) -> float:
    """Pairs per interacting proton in its first interaction."""
    assert beam.dump is not None
    made = pair.per_proton(beam.materials[beam.dump.material].mass_number, beam.dump.production_cross_section)
    return made / pair.cascade_factor


def _decays(beam: Beam, name: str) -> float:
    parents = load_parents(beam, "fhc")
    flying = (parents.pdg == pdg.CODES[name]) & ~parents.at_rest
    return float(parents.weight[flying].sum())


def _k_plus(beam: Beam) -> float:
    """mb/(GeV/c sr) at SciBooNE's mean energy and angle."""
    formula = differential_cross_section(beam.yields["K+"], 321, beam.momentum)
    return float(formula(np.sqrt(np.array([3.9**2 - pdg.mass(321) ** 2])), np.radians([3.7]))[0])


QUANTITIES: dict[str, Callable[[Beam], float]] = {
    "k_plus_cross_section": _k_plus,
    "d0_cross_section": lambda beam: _charm(beam, "D0", "D0bar"),
    "d_plus_cross_section": lambda beam: _charm(beam, "D+", "D-"),
    "open_charm_without_cascade": lambda beam: (
        sum(beam.prompt_yields[code] for code in (411, -411, 421, -421, 431, -431)) / beam.pairs[0].cascade_factor
    ),
    "k_plus_all": lambda beam: _decays(beam, "K+"),
    "k_minus_all": lambda beam: _decays(beam, "K-"),
    "charm_pairs_first": lambda beam: _first(beam, beam.pairs[0]),
    "beauty_pairs_first": lambda beam: _first(beam, beam.pairs[1]),
}


def yield_rows(beam: Beam) -> list[str]:
    """Lines of the table of yields against published ones; empty where there are none."""
    with open(REFERENCE / "beam_yields.csv", encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(line for line in stream if not line.startswith("#")) if row["beam"] == beam.name]
    lines = []
    for row in rows:
        found, value = QUANTITIES[row["quantity"]](beam), float(row["value"])
        if row["error"]:
            sigma = (found - value) / float(row["error"])
            quoted, says = f"{value:g} +- {float(row['error']):g}", f"{'agrees' if abs(sigma) < 2 else '**differs**'}: {sigma:+.1f} sigma"
        else:
            quoted = f"{value:g}"
            says = f"{'agrees' if 0.8 < found / value < 1.25 else '**differs**'}: ratio {found / value:.2f}"
        lines.append(f"| {row['what']} | {found:.4g} | {quoted} | {row['source']} | {says} |")
    return lines


def parents_table(beam: Beam) -> list[str]:
    """Decays per proton and mean momentum by species and polarity, at rest apart."""
    lines = ["| polarity | parent | decays per proton | mean momentum [GeV] | at rest per proton | rows |", "|---|---|---|---|---|---|"]
    for polarity in beam.tables:
        parents = beam_parents(beam, polarity)  # type: ignore[arg-type]
        p = np.linalg.norm(parents.momentum, axis=1)
        for code in sorted(parents.species, key=lambda code: (abs(code), -code)):
            mine, still = parents.pdg == code, parents.at_rest
            flying, resting = mine & ~still, float(parents.weight[mine & still].sum())
            weight = parents.weight[flying]
            mean = f"{np.average(p[flying], weights=weight):.3g}" if weight.sum() > 0 else "-"
            rest = f"{resting:.3g}" if resting else "-"
            lines.append(f"| {polarity} | `{pdg.NAMES[code]}` | {weight.sum():.3g} | {mean} | {rest} | {int(mine.sum())} |")
    return lines


def draw_spectra(beam: Beam) -> str:
    """Decays per proton and unit of log10 p by species, a panel for each polarity, both charges of a dump's together; gives its name."""
    figure, axes = new_figure(len(beam.tables), 1, width=5.0, height=3.4)
    panels = [axes] if len(beam.tables) == 1 else list(axes)
    step = float(np.log10(_SPECTRUM[1] / _SPECTRUM[0]))
    for panel, polarity in zip(panels, beam.tables, strict=True):
        parents = beam_parents(beam, polarity)  # type: ignore[arg-type]
        p = np.linalg.norm(parents.momentum, axis=1)
        top = 0.0
        kinds = sorted({abs(code) for code in parents.species})
        species = np.abs(parents.pdg) if beam.dump else parents.pdg
        for code in sorted(set(species.tolist()), key=lambda code: (abs(code), -code)):
            mine = (species == code) & ~parents.at_rest
            height = np.histogram(p[mine], _SPECTRUM, weights=parents.weight[mine])[0] / step
            top = max(top, float(height.max()))
            style = line_style(kinds.index(abs(code))) | ({"linestyle": ":"} if code < 0 else {})
            if height.max() > 0:
                panel.stairs(height, _SPECTRUM, label=tex(pdg.NAMES[code]), **style)
        panel.set_xscale("log")
        panel.set_xlim(_SPECTRUM[0], beam.momentum)
        panel.set_yscale("log")
        panel.set_ylim(top * (1e-9 if beam.dump else 1e-7 if beam.pairs else 1e-5), top * 3)
        panel.set_xlabel("parent momentum [GeV]")
        panel.set_ylabel(r"decays per proton and unit of $\log_{10} p$")
        panel.set_title(f"{beam.name}, both charges" if beam.dump else f"{beam.name}, {polarity.upper()}", fontsize=10)
    panels[-1].legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, fontsize=8)
    return save(figure, f"{beam.name}_parents.svg")


def flux_like(one: Published) -> NeutrinoFlux:
    """nusim's flux in the bins of a published one."""
    experiment = read_experiment(one.experiment, set={"beam.polarity": one.polarity})
    if one.experiment not in POINTS:
        return nusim.neutrino_flux(experiment, one.edges, flavours=(one.flavour,))
    assert experiment.beam is not None
    polarity: Polarity = experiment.polarity
    return neutrino_flux(
        load_parents(experiment.beam, polarity), POINTS[one.experiment], one.edges, (one.flavour,), tunnel=experiment.beam.tunnel
    )


def draw_flux(one: Published, found: NeutrinoFlux) -> str:
    """Flux and ratio, one above the other; gives the figure's name."""
    figure, (upper, lower) = new_figure(1, 2, width=5.6, height=2.3)
    width, error = np.diff(one.edges), found.stat_error[one.flavour]
    upper.stairs(one.flux / width, one.edges, color="black", label=SOURCES.get(one.experiment, "published"))
    upper.stairs(found[one.flavour] / width, one.edges, label="nusim", **line_style(0))
    ratio, middle = found[one.flavour] / one.flux, (one.edges[1:] + one.edges[:-1]) / 2
    lower.errorbar(middle, ratio, error / one.flux, width / 2, fmt="o", markersize=3, color=line_style(0)["color"])
    lower.axhline(1.0, color="black", linewidth=0.8)
    upper.set_yscale("log")
    upper.set_ylabel(r"[cm$^{-2}$ GeV$^{-1}$ proton$^{-1}$]")
    upper.legend(frameon=False, fontsize=9)
    lower.set_ylabel("nusim / published")
    lower.set_ylim(0.5, 1.6)
    lower.set_xlabel(f"energy of {tex(one.flavour)} [GeV]")
    upper.set_title(f"{one.experiment}, {one.polarity.upper()}", fontsize=10)
    for panel in (upper, lower):
        panel.set_xlim(one.edges[0], one.edges[-1])
    return save(figure, f"{one.experiment}_{one.polarity}_{one.flavour}.svg")


def save(figure: Any, name: str) -> str:
    """Small and the same bytes for the same figure: letters stay letters."""
    import matplotlib as mpl

    FIGURES.mkdir(exist_ok=True)
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        figure.savefig(FIGURES / name, metadata={"Date": None})
    text = (FIGURES / name).read_text(encoding="utf-8")
    # two decimals of a point are finer than any screen
    (FIGURES / name).write_text(re.sub(r"(\d+\.\d{2})\d+", r"\1", text), encoding="utf-8")
    return name


def flux_lines(one: Published, beam: Beam) -> list[str]:
    """The comparison with one published flux, bin by bin, with its verdict."""
    found = flux_like(one)
    ratio, error = found[one.flavour] / one.flux, found.stat_error[one.flavour] / one.flux
    total = found[one.flavour].sum() / one.flux.sum()
    main = {"numu": "pi+", "numubar": "pi-"}.get(one.flavour, "K+")
    allowed = beam.normalisation_uncertainty.get(main, 0.2)
    inside = int(np.sum(np.abs(ratio - 1) < np.hypot(allowed, error)))
    verdict = "**Agrees**" if inside == len(ratio) else "**Agrees in total**" if abs(total - 1) < allowed else "**Differs**"
    source = SOURCES.get(one.experiment, "the published flux")
    where = "at a point on the axis" if one.experiment in POINTS else "averaged over the detector"
    lines = [
        f"### {one.experiment}, {one.polarity}, {one.flavour}: against {source}",
        "",
        f"{verdict}: the total is {total:.3f} of the published one, the bins {ratio.min():.2f} to {ratio.max():.2f}; "
        f"{inside} of {len(ratio)} lie within the card's {allowed:.0%} on {main} ({where}).",
        "",
        f"![nusim and the published flux](figures/beams/{draw_flux(one, found)})",
        "",
        "| GeV | published | nusim / published | from kaons |",
        "|---|---|---|---|",
    ]
    kaons = sum((part for name, part in found.by_parent[one.flavour].items() if name[0] == "K"), np.zeros(len(ratio)))
    for k, known in enumerate(one.flux):
        share = kaons[k] / found[one.flavour][k] if found[one.flavour][k] > 0 else 0.0
        lines.append(f"| {one.edges[k]:g}-{one.edges[k + 1]:g} | {known:.3e} | {ratio[k]:.3f} +- {error[k]:.3f} | {share:.0%} |")
    return [*lines, ""]


def beam_section(beam: Beam, fluxes: list[Published], experiments: list[str]) -> list[str]:
    """Everything about one beam."""
    used = ", ".join(f"`{name}`" for name in experiments) or "none of the shipped experiments"
    lines = [f"## {beam.name}", "", f"{beam.momentum:g} GeV/c protons; used by {used}.", ""]
    lines += [f"![Parent spectra](figures/beams/{draw_spectra(beam)})", "", *parents_table(beam), ""]
    size = ", ".join(f"{one.name} {max(one.effect.values()):.0%}" for one in beam.nuisances)
    lines += [f"Nuisances, one standard deviation (the largest effect on a parent): {size or 'none given'}.", ""]
    rows = yield_rows(beam)
    if rows:
        lines += ["### Yields", "", "| quantity | nusim | published | source | verdict |", "|---|---|---|---|---|", *rows, ""]
    own = [one for one in fluxes if one.experiment in experiments]
    for one in own:
        lines += flux_lines(one, beam)
    if not rows and not own:
        lines += ["No published flux or yield is compared to here.", ""]
    return lines


def page() -> str:
    """The page; figures are drawn on the way."""
    of_beam: dict[str, list[str]] = {}
    for name in experiment_names():
        experiment = read_experiment(name)
        if experiment.beam is not None:
            of_beam.setdefault(experiment.beam.name, []).append(name)
    fluxes = [one for one in published_fluxes() if one.experiment in experiment_names()]
    lines = [_HEAD]
    for name in sorted(shipped("beam")):
        beam = read_beam(name)
        lines += beam_section(beam, fluxes, of_beam.get(beam.name, []))
    return "\n".join(lines).rstrip() + "\n"


_HEAD = """# Beams: parents, neutrinos and yields, and what they were compared to

Written by `python docs/make_beam_pages.py`: every number is computed there, every verdict follows from the numbers. How the beams are made,
and what is left out, stands in [beams](physics/beams.md) and [beam dumps](physics/dumps.md). A flux *agrees* if all its bins lie within
the card's uncertainty of the main parent, *agrees in total* if its sum does; a yield agrees within two standard deviations, or, where the
source gives no error, within a quarter. Fluxes are per cm^2 and proton in each bin.
"""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
