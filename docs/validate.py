"""Compares what nusim computes with independent calculations and with published numbers: writes docs/validation.md and its figures.

    python docs/validate.py [SECTION...]      # widths decays production beams contours distributions rates; all without any

Every number and every verdict is computed here; references are tests/reference/*.csv, typed from the works named there, and integrals
made here. Ends with code 1 if a comparison fails for no known reason. Named sections are printed and drawn; the page
is written by a whole run only.
"""

import csv
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from make_beam_pages import QUANTITIES, SOURCES, flux_like, published_fluxes
from make_production import computed
from make_reach import lower_edges, published
from scipy import stats
from tqdm import tqdm

import nusim
from nusim.cards.read import CardWarning, read_beam
from nusim.constants import G_F
from nusim.decays.channel import Channel
from nusim.decays.draw import draw_products
from nusim.production.modes import name_of, reference
from nusim.production.processes import processes

HERE = Path(__file__).parent
REFERENCE = HERE.parent / "tests" / "reference"
PAGE, FIGURES = HERE / "validation.md", HERE / "figures" / "validation"
EVENTS = 100_000
P_VALUE = 1e-6
FLAVOURS = ("e", "mu", "tau")


KNOWN = {
    "lower edge in |U_mu|^2, dune-nd": "near to 0.23 GeV; above the kaon's mass the study has 14 times fewer D_s, and is weaker still",
    "lower edge in |U_mu|^2, na62-dump": "weaker by 2 to 4 below 0.9 GeV; the published curve has no beauty",
    "lower edge in |U_mu|^2, bebc": "the limit of 1985 has neither kaons nor D_s",
    "lower edge in |U_e|^2, charm": "the limit of 1986 has neither kaons nor D_s",
    "sps-dump-cu: K+ decays per proton at all momenta": "most are slow, where every calculation is crude",
    "sps-dump-cu: K- decays per proton at all momenta": "most are slow, where every calculation is crude",
    "sps-dump-mo: beauty pairs per interacting proton, first interaction": "cross sections of 1.7 nb there, 2.2 nb here",
}
"""Why nusim differs where it is known to; what is not listed fails."""


@dataclass(frozen=True)
class Comparison:
    """A line of the page."""

    quantity: str
    compared: str
    points: int
    found: str
    """How near it came."""
    allowed: str
    """What is allowed, and why."""
    passed: bool


def rows_of(name: str) -> list[dict[str, str]]:
    """A table of published numbers."""
    with open(REFERENCE / name, encoding="utf-8") as stream:
        return list(csv.DictReader(line for line in stream if not line.startswith("#")))


def hnl(mass: float, majorana: bool = True, **mixing: float) -> nusim.Spectrum:
    """A heavy neutral lepton."""
    changes = {f"mixing2.{flavour}": mixing.get(flavour, 0.0) for flavour in FLAVOURS}
    return nusim.solve(nusim.read_model("hnl", set={"m4": mass, "majorana": majorana, **changes}))


def figure(name: str, columns: int = 1, width: float = 6.4, height: float = 4.0) -> tuple[Any, Any, Callable[[], None]]:
    """A figure with its axes, and what saves it as FIGURES/name.png."""
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(width, height), layout="constrained")
    axes = drawn.subplots(1, columns)

    def save() -> None:
        FIGURES.mkdir(parents=True, exist_ok=True)
        drawn.savefig(FIGURES / f"{name}.png", dpi=90, metadata={"Software": None})

    return drawn, axes, save


def widths() -> Iterator[Comparison]:
    """Total widths of a heavy neutral lepton against four codes, and massless limits."""
    _, axes, save = figure("widths")
    light, heavy, inside = [], [], []
    for flavour in FLAVOURS:
        own = [row for row in rows_of("hnl_total_width.csv") if row["flavour"] == flavour]
        masses, ratios, spread = [], [], []
        for row in own:
            mass, codes = float(row["mass_gev"]), np.array([float(row[code]) for code in ("hnlcalc", "alpinist", "fairship", "senscalc")])
            table = nusim.decay_table(hnl(mass, **{flavour: 1.0}), "nu4")
            total = table.total_width - table.width("nu gamma")
            middle, room = float(np.median(codes)), 0.1 * np.ptp(codes)
            masses.append(mass)
            ratios.append(total / middle)
            spread.append(codes / middle)
            if mass <= 0.5:
                light.append(total / middle - 1)
            else:
                heavy.append(total / middle - 1)
                inside.append(codes.min() - room < total < codes.max() + room)
        spread_of = np.array(spread)
        (line,) = axes.plot(masses, ratios, "o-", label=f"nusim, |U_{flavour}|", markersize=4)
        axes.fill_between(masses, spread_of.min(axis=1), spread_of.max(axis=1), alpha=0.2, color=line.get_color(), lw=0)
    axes.set(xscale="log", xlabel="mass [GeV]", ylabel="total width over the codes' median")
    axes.legend(title="bands: spread of the four codes")
    save()
    codes_named = "HNLCalc, ALPINIST, FairShip, SensCalc"
    worst = max(map(abs, light))
    yield Comparison(
        "total width of a Majorana HNL, to 0.5 GeV", codes_named, len(light), f"median {np.median(np.abs(light)):.2%}, largest {worst:.2%}",
        "1.5%: constants and thresholds", worst < 0.015,
    )  # fmt: skip
    yield Comparison(
        "the same above 0.5 GeV", codes_named, len(heavy), f"{sum(inside)} inside the codes' spread",
        "inside: the codes differ among themselves by the treatment of hadrons", all(inside),
    )  # fmt: skip
    deviations = []
    for mass in (0.01, 0.1, 1.0):
        for majorana in (True, False):
            found = nusim.decay_table(hnl(mass, majorana, mu=1e-4), "nu4").width("nu nu nu")
            exact = (2 if majorana else 1) * G_F**2 * mass**5 / (192 * np.pi**3) * 1e-4
            deviations.append(found / exact - 1)
    yield Comparison(
        "N -> 3 nu", "(2) G_F^2 m^5 |U|^2 / (192 pi^3)", len(deviations), f"largest {max(map(abs, deviations)):.1e}",
        "1e-9: rounding", max(map(abs, deviations)) < 1e-9,
    )  # fmt: skip


def three_body(channel: Channel, nodes: int = 96) -> tuple[np.ndarray, np.ndarray, float, float]:
    """By a product of Gauss-Legendre rules over the pair's mass and cosine: s, from low to high with its ends, the share of the width up to
    it, which begins with 0 and ends with 1, the width, and the asymmetry of product 0: against a polarisation P it goes as
    1 + asymmetry P cos. Terms of a channel have the same masses."""
    t, w = np.polynomial.legendre.leggauss(nodes)
    cosine, d_cosine = np.polynomial.legendre.leggauss(24)
    d_width, turned = np.zeros(nodes), 0.0
    for term in channel.terms:
        m, (a, b, c) = term.m_parent, term.masses
        phi = (t + 1) * np.pi / 4
        low, high = (b + c) ** 2, (m - a) ** 2
        s = low + (high - low) * np.sin(phi) ** 2
        ds = (high - low) * np.sin(2 * phi) * w * np.pi / 4
        grid_s, grid_c = (part.ravel() for part in np.meshgrid(s, cosine, indexing="ij"))
        root = np.sqrt(grid_s)
        q, star = _momentum(m, a, root), _momentum(root, b, c)
        energy, sine = np.hypot(q, a), np.sqrt(1 - grid_c**2)
        momenta = np.zeros((len(root), 3, 4))
        momenta[:, 0, 0], momenta[:, 0, 3] = energy, q
        gamma, gamma_beta = (m - energy) / root, -q / root
        for place, mass, sign in ((1, b, 1.0), (2, c, -1.0)):
            e, p = np.hypot(star, mass), sign * star * grid_c
            momenta[:, place, 0] = gamma * e + gamma_beta * p
            momenta[:, place, 1], momenta[:, place, 3] = sign * star * sine, gamma_beta * e + gamma * p
        measure = (q * star / (2 * root) / (64 * np.pi**3 * m**2)) * np.outer(ds, d_cosine).ravel()
        none = np.zeros((len(root), 3))
        plain, along = term.msq(momenta, none), term.msq(momenta, none + np.array([0.0, 0.0, 1.0]))
        d_width += (plain * measure).reshape(nodes, -1).sum(axis=1)
        turned += float(((along - plain) * measure).sum())
    total = float(d_width.sum())
    below = (np.cumsum(d_width) - d_width / 2) / total
    return np.concatenate([[low], s, [high]]), np.concatenate([[0.0], below, [1.0]]), total, turned / total


def _momentum(m: Any, one: Any, other: Any) -> Any:
    return np.sqrt(np.maximum((m - one - other) * (m + one + other) * (m - one + other) * (m + one - other), 0.0)) / (2 * m)


def channels() -> list[tuple[str, Channel]]:
    """Decays into three: of a heavy neutral lepton, Majorana and Dirac, and through a Z' with both currents."""
    found = []
    for majorana in (True, False):
        table = nusim.decay_table(hnl(0.3, majorana, e=1e-6, mu=2e-6), "nu4")
        found += [
            (f"{'Majorana' if majorana else 'Dirac'}, 0.3 GeV: {name}", table.channel(name))
            for name in ("nu e- e+", "nu mu- mu+", "nu e- mu+")
        ]
    dark = nusim.solve(nusim.read_model("circle", set={"portals.epsilon": 1e-3}))
    found.append(("circle, epsilon = 1e-3: nu5 -> nu4 e- e+", nusim.decay_table(dark, "nu5").channel("nu4 e- e+")))
    found.append(("circle, epsilon = 1e-3: nu4 -> nu e- e+", nusim.decay_table(dark, "nu4").channel("nu e- e+")))
    return found


def decays() -> Iterator[Comparison]:
    """Widths of the tables against integrals of |M|^2, made here."""
    for name, channel in channels():
        width = three_body(channel)[2]
        found = abs(channel.width / width - 1)
        yield Comparison(f"width, {name}", "integral of |M|^2", 1, f"{found:.1e}", "1e-5: nodes of the integral", found < 1e-5)


def distributions() -> Iterator[Comparison]:
    """Energies and directions of events against integrals of |M|^2."""
    some = channels()
    _, axes, save = figure("distributions", len(some) // 2, 11.0, 3.2)
    axes = list(axes.ravel())
    for number, (name, channel) in enumerate(some):
        s, below, _, asymmetry = three_body(channel, 768)
        for degree in (0.0, 0.8):
            spin = np.tile([0.0, 0.0, degree], (EVENTS, 1))
            _, momenta, _ = draw_products(channel.terms, spin, np.zeros(EVENTS, bool), 1, 900 + number, np.arange(EVENTS))
            first = momenta[:, 0]
            mass, light = channel.terms[0].m_parent, channel.terms[0].masses[0]
            own = mass**2 + light**2 - 2 * mass * first[:, 0]
            # the integral up to each event: uniform if the events are right
            energy = stats.kstest(np.interp(own, s, below), "uniform").pvalue
            cosine = first[:, 3] / np.linalg.norm(first[:, 1:], axis=1)
            slope = asymmetry * degree
            direction = stats.kstest(cosine, lambda x, slope=slope: (1 + x) / 2 + slope * (x**2 - 1) / 4).pvalue
            yield Comparison(
                f"energy and direction of the first product, {name}, P = {degree:g}", "integral of |M|^2", EVENTS,
                f"p = {energy:.2g} and {direction:.2g} (KS)", f"p > {P_VALUE:g}", min(energy, direction) > P_VALUE,
            )  # fmt: skip
        if number % 2 == 0 and number // 2 < len(axes):
            here = axes[number // 2]
            counts, edges = np.histogram((mass**2 + light**2 - own) / (2 * mass), bins=40)
            here.stairs(counts, edges, label="events")
            energies = (mass**2 + light**2 - s[::-1]) / (2 * mass)
            expected = EVENTS * np.diff(np.interp(edges, energies, 1 - below[::-1]))
            here.plot((edges[1:] + edges[:-1]) / 2, expected, "k.", markersize=3, label="integral")
            here.set_title(name, fontsize=7)
            here.set_xlabel("energy of the first product [GeV]", fontsize=7)
            here.tick_params(labelsize=7)
            here.legend(fontsize=6)
    save()


def production() -> Iterator[Comparison]:
    """Branching ratios for a massless neutrino against measured ones."""
    _, axes, save = figure("production", height=9.0)
    names, pulls = [], []
    for process in processes():
        found = reference(process)
        if found is None or name_of(found[1]) != name_of(process):
            continue
        measured, value = found[0], computed(process)
        error = float(np.hypot(measured.error / measured, max(process.theory_error, 0.01)))
        names.append(name_of(process).replace(" N ", " nu "))
        pulls.append((value / float(measured) - 1) / error)
    axes.plot(pulls, np.arange(len(pulls)), "o", markersize=4)
    axes.axvspan(-2, 2, alpha=0.15, lw=0)
    axes.set_yticks(np.arange(len(pulls)), names, fontsize=6)
    axes.set_xlabel("(computed - measured) / (experimental and theory error)")
    save()
    far = [name for name, pull in zip(names, pulls, strict=True) if abs(pull) > 3]
    yield Comparison(
        "production, massless neutrino", "PDG branching ratios", len(pulls),
        f"{sum(abs(pull) < 2 for pull in pulls)} within two errors, largest {max(map(abs, pulls)):.1f}"
        + (f" ({', '.join(far)})" if far else ""),
        "nine in ten within two: theory errors (1% at least); where it is measured nusim uses the measurement",
        np.mean(np.abs(pulls) < 2) >= 0.9,
    )  # fmt: skip


def beams() -> Iterator[Comparison]:
    """Fluxes of light neutrinos and yields against published ones."""
    some = published_fluxes()
    _, axes, save = figure("fluxes")
    for one in some:
        found = flux_like(one)[one.flavour]
        ratio, total = found / one.flux, found.sum() / one.flux.sum()
        axes.stairs(ratio, one.edges, label=f"{one.experiment}, {one.flavour}", baseline=None)
        yield Comparison(
            f"flux of {one.flavour} at {one.experiment}, {one.polarity}", SOURCES.get(one.experiment, "published"), len(ratio),
            f"total {total:.2f}, bins {ratio.min():.2f} to {ratio.max():.2f}", "total within 15%: yields of pions are known to 10-20%",
            abs(total - 1) < 0.15,
        )  # fmt: skip
    axes.axhline(1.0, color="0.6", lw=0.8)
    axes.set(xlabel="neutrino energy [GeV]", ylabel="nusim over published", xscale="log")
    axes.legend(fontsize=7)
    save()
    for row in rows_of("beam_yields.csv"):
        ours, value = QUANTITIES[row["quantity"]](read_beam(row["beam"])), float(row["value"])
        if row["error"]:
            sigma = (ours - value) / float(row["error"])
            yield Comparison(
                f"{row['beam']}: {row['what']}", row["source"], 1, f"{ours / value:.2f}, {sigma:+.1f} sigma", "two sigma", abs(sigma) < 2
            )
        else:
            yield Comparison(
                f"{row['beam']}: {row['what']}",
                row["source"],
                1,
                f"{ours / value:.2f}",
                "25%: no error is given",
                0.8 < ours / value < 1.25,
            )


def contours() -> Iterator[Comparison]:
    """Least mixing within reach against published curves."""
    _, axes, save = figure("contours")
    for (name, flavour), points in published().items():
        masses, limits = np.array(points).T
        ratio = lower_edges(name, flavour, masses, True) / limits
        near = np.abs(np.log(ratio)) < np.log(2)
        axes.plot(masses, ratio, "o-", markersize=3, label=f"{name}, |U_{flavour}|")
        yield Comparison(
            f"lower edge in |U_{flavour}|^2, {name}", "published 90% curve (HNLimits)", len(ratio),
            f"median {np.median(ratio):.2f}, {near.sum()} of {len(ratio)} within a factor 2, {ratio.min():.2f} to {ratio.max():.2f}",
            "a factor 2 at more than half of the masses; why not elsewhere: [reach](physics/reach.md)", bool(near.mean() > 0.5),
        )  # fmt: skip
    axes.axhspan(0.5, 2.0, alpha=0.12, lw=0)
    axes.set(xlabel="mass [GeV]", ylabel="nusim over published, |U|^2", xscale="log", yscale="log")
    axes.legend(fontsize=6, ncols=2)
    save()


def rates() -> Iterator[Comparison]:
    """Events against the rate, unweighted against weighted."""
    for model, experiment in (("hnl", "sbnd"), ("circle", "sbnd"), ("hnl", "na62-dump")):
        spectrum, place = nusim.solve(nusim.read_model(model)), nusim.read_experiment(experiment)
        rate = nusim.expected_events(spectrum, place)
        plain, weighted = (nusim.generate(spectrum, place, 30_000, seed=7 + k, weighted=bool(k)) for k in range(2))
        error = float(np.sqrt(np.sum(weighted.weight**2)))
        for kind, sample, own in (("unweighted", plain, 0.0), ("weighted", weighted, error)):
            # the rate and the run have surveyed the same parents with other lines
            sigma = (sample.weight.sum() - rate.events) / np.hypot(own, np.hypot(rate.stat_error, rate.stat_error))
            yield Comparison(
                f"sum of {kind} events, {model} at {experiment}", "the rate", len(sample), f"{sample.weight.sum() / rate.events:.4f}, "
                f"{sigma:+.1f} sigma", "4 sigma", abs(sigma) < 4,
            )  # fmt: skip
        energy = [sample.momentum[sample.offsets[:-1] + sample.seen, 0] for sample in (plain, weighted)]
        means = [float(np.average(e, weights=sample.weight)) for e, sample in zip(energy, (plain, weighted), strict=True)]
        errors = [
            float(np.sqrt(np.sum((sample.weight * (e - mean)) ** 2)) / sample.weight.sum())
            for e, mean, sample in zip(energy, means, (plain, weighted), strict=True)
        ]
        sigma = (means[0] - means[1]) / np.hypot(*errors)
        yield Comparison(
            f"mean energy of the state seen, {model} at {experiment}", "weighted events", len(plain),
            f"{means[0]:.4f} GeV and {means[1]:.4f} GeV, {sigma:+.1f} sigma", "4 sigma", abs(sigma) < 4,
        )  # fmt: skip


SECTIONS: dict[str, tuple[str, Callable[[], Iterator[Comparison]], str]] = {
    "widths": ("Widths", widths, "widths.png"),
    "decays": ("Widths from |M|^2", decays, ""),
    "production": ("Production", production, "production.png"),
    "beams": ("Beams", beams, "fluxes.png"),
    "contours": ("Contours", contours, "contours.png"),
    "distributions": ("Distributions of decay products", distributions, "distributions.png"),
    "rates": ("Rates and events", rates, ""),
}
DETAILS = {
    "widths": "[decays](physics/decays.md)",
    "decays": "[dark decays](physics/dark_decays.md)",
    "production": "[production](production_table.md)",
    "beams": "[beams](beam_validation.md), bin by bin",
    "contours": "[reach](physics/reach_table.md), mass by mass, Dirac as well",
    "distributions": "[rates and events](physics/rates_and_events.md)",
    "rates": "[rates and events](physics/rates_and_events.md)",
}


def verdict(one: Comparison) -> str:
    """In words, with the reason of a known difference."""
    return "agrees" if one.passed else f"**differs**: {KNOWN.get(one.quantity, 'unexplained')}"


def line(one: Comparison) -> str:
    """A row of the page's tables."""
    cells = (one.quantity, one.compared, str(one.points), one.found, one.allowed, verdict(one))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def page(found: list[tuple[str, Comparison]]) -> str:
    """The text of the page."""
    failed = sum(not one.passed for _, one in found)
    unknown = sum(not one.passed and one.quantity not in KNOWN for _, one in found)
    known = failed - unknown
    lines = [
        "# Validation",
        "",
        "Made by `python docs/validate.py`: every number and verdict is computed there, from its own integrals and the published numbers",
        "in `tests/reference`. What the paper says is compared in [claims](claims.md), how else it is tested in [testing](testing.md).",
        "",
        f"{len(found)} comparisons: {len(found) - failed} agree, {known} differ for known reasons, {unknown} without one.",
    ]
    for section, rows in groupby(found, key=lambda pair: pair[0]):
        title, _, picture = SECTIONS[section]
        lines += ["", f"## {title}", "", f"More: {DETAILS[section]}.", ""]
        lines += [f"![{title}](figures/validation/{picture})", ""] if picture else []
        lines += ["| quantity | compared with | points | found | allowed | verdict |", "|---|---|---|---|---|---|"]
        lines += [line(one) for _, one in rows]
    return "\n".join([*lines, ""])


def run(names: list[str]) -> list[tuple[str, Comparison]]:
    """Comparisons of the sections, with progress."""
    found = []
    with tqdm(names, unit="section", disable=None) as bar:
        for name in bar:
            bar.set_postfix_str(name)
            found += [(name, one) for one in SECTIONS[name][1]()]
    return found


def main(arguments: list[str]) -> int:
    """Run and write; the exit code."""
    unknown = [name for name in arguments if name not in SECTIONS]
    if unknown:
        print(f"validate: unknown section {unknown[0]!r}; known: {', '.join(SECTIONS)}", file=sys.stderr)
        return 2
    warnings.simplefilter("ignore", CardWarning)
    found = run(arguments or list(SECTIONS))
    for _, one in found:
        print(f"{one.quantity}: {one.found} (allowed: {one.allowed}): {verdict(one)}")
    if not arguments:
        PAGE.write_text(page(found), encoding="utf-8")
    return int(any(not one.passed and one.quantity not in KNOWN for _, one in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
