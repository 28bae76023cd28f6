"""docs/physics/figure2.md and its figure: Fig. 2 of arXiv:1903.07590 with nusim's numbers, and the recasts of its three points.

python docs/make_figure2.py [NUMBERS.json]: about half an hour; numbers found in the file are not computed again.
"""

import json
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np

import nusim
from nusim.bounds.band import mixing2_from_mass
from nusim.bounds.computed import computed_curves
from nusim.bounds.experiment_bound import EXISTING, PROJECTIONS
from nusim.bounds.region import BENCHMARKS, excluded_above, region
from nusim.cli.output import save_figure
from nusim.model.model import Mediator
from nusim.plot.region import region as draw

PAGE, FIGURE = Path(__file__).parent / "physics" / "figure2.md", Path(__file__).parent / "figures" / "figure2.svg"
ANGLES = (0.0, 1e-5, 1e-4, 1e-3, 1e-2)
_OF_KAONS = ("ps191", "charm", "nutev", "t2k-nd280", "microboone-numi", "sbn", "dune-nd", "ship-2015")
AT_ANGLES = {"circle": _OF_KAONS, "star": _OF_KAONS, "triangle": ("charm", "nutev", "ship-2015")}
"""Experiments that matter for each point: the triangle is heavier than kaons."""
MORE = ("dune-nd-tdr", "sbnd", "microboone", "icarus", "ship-ecn3")
COMPARED = (
    ("nutev", "mu", (0.45, 0.8, 1.2, 1.5)),
    ("bebc", "mu", (0.8, 1.2, 1.5)),
    ("bebc", "e", (0.8, 1.2, 1.5)),
    ("charm", "e", (0.8, 1.2, 1.5)),
    ("charm", "tau", (0.2, 0.5, 1.0)),
    ("microboone-numi", "mu", (0.10, 0.20, 0.30, 0.35)),
    ("dune-nd", "mu", (0.03, 0.1, 0.2, 0.35)),
    ("ship-2015", "mu", (0.6, 1.0, 1.5)),
    ("na62-dump", "mu", (0.1, 0.3, 1.0, 1.5)),
)
"""Experiment, flavour, masses in GeV: nusim's limits beside published ones."""


def compute(numbers: dict[str, Any], keep: Any) -> None:
    """Whatever `numbers` lacks; `keep` is called after each piece."""
    for name in BENCHMARKS:
        if f"recast {name}" not in numbers:
            numbers[f"recast {name}"] = nusim.recast(nusim.read_model(name)).document()
            keep()
        if f"events {name}" not in numbers:
            spectrum = nusim.solve(nusim.read_model(name))
            numbers[f"events {name}"] = {one: _events(spectrum, one) for one in (*PROJECTIONS, *MORE)}
            keep()
    if "compared" not in numbers:
        numbers["compared"] = [_compared(*one) for one in COMPARED]
        keep()
    for name in BENCHMARKS:
        for angle in ANGLES:
            key = f"angle {name} {angle:g}"
            if key not in numbers:
                model = nusim.read_model(name, set={"portals.chi_hypercharge": angle})
                numbers[key] = nusim.recast(model, AT_ANGLES[name], limits=False).document() if angle else numbers[f"recast {name}"]
                keep()


def _events(spectrum: nusim.Spectrum, experiment: str) -> dict[str, Any]:
    rate = nusim.expected_events(spectrum, nusim.read_experiment(experiment))
    return {
        "visible": rate.events,
        "selected": rate.selected_events,
        "norm": rate.selected_norm_error,
        "by_contribution": dict(rate.selected_by_contribution),
    }


def _compared(name: str, flavour: str, masses: tuple[float, ...]) -> dict[str, Any]:
    from nusim.bounds.counted import standard_line
    from nusim.bounds.experiment_bound import least_limit, limits_of

    line = standard_line(nusim.read_experiment(name), flavour, masses, True)
    limits = limits_of(name, flavour, True, 0.90)
    return {
        "experiment": name,
        "flavour": flavour,
        "rows": [[mass, line.edges(mass)[0], least_limit(limits, mass)] for mass in masses],
    }


def _number(value: float | None, digits: int = 3) -> str:
    return "-" if value is None else f"{value:.{digits}g}"


def _table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def recast_table(numbers: dict[str, Any]) -> str:
    rows = []
    for name in BENCHMARKS:
        for one in numbers[f"recast {name}"]["verdicts"]:
            if one["verdict"] == "no bound" or (one["kind"] == "projection" and one["events"] == 0):
                continue
            excluded = one["events"] / one["strength"] if one["events"] and one["strength"] else one["threshold"]
            events = "" if one["events"] is None else f"{_number(one['events'])} / {_number(excluded)}"
            limits = (_number(one[key]) for key in ("value", "published", "standard", "model"))
            rows.append((name, one["label"], one["kind"], one["state"], events, *limits, _number(one["strength"], 2), one["verdict"]))
    header = ("point", "bound", "kind", "state", "events / excluded", "\\|U\\|^2", "published", "standard", "model", "strength", "verdict")
    return _table(header, rows)


def angle_table(numbers: dict[str, Any]) -> str:
    rows = []
    for name in BENCHMARKS:
        for angle in ANGLES:
            found = numbers[f"angle {name} {angle:g}"]
            by_name: dict[str, float] = {}
            for one in found["verdicts"]:
                if one["strength"] is not None and one["kind"] != "projection":
                    by_name[one["label"]] = max(by_name.get(one["label"], 0.0), one["strength"])
            strongest = sorted(by_name.items(), key=lambda item: -item[1])[:3]
            reach = [
                f"{one['name']} {_number(one['events'])}"
                for one in found["verdicts"]
                if one["kind"] == "projection" and one["events"] > 0.01
            ]
            chances = [one["visible_chance"] for one in found["verdicts"] if one["visible_chance"] is not None]
            verdict = found["verdict"] + (f" by {', '.join(found['excluded_by'])}" if found["excluded_by"] else "")
            rows.append(
                (
                    name,
                    f"{angle:g}",
                    verdict,
                    ", ".join(f"{label} {_number(value, 2)}" for label, value in strongest),
                    _number(max(chances), 2) if chances else "-",
                    ", ".join(reach) or "none",
                )
            )
    return _table(
        ("point", "sin chi", "verdict", "strongest bounds (strength)", "seen in a peak search", "projections (selected events)"), rows
    )


def events_table(numbers: dict[str, Any]) -> str:
    names = [*PROJECTIONS, *MORE]
    rows = []
    for name in names:
        cells = []
        for point in BENCHMARKS:
            found = numbers[f"events {point}"][name]
            chained = sum(value for key, value in found["by_contribution"].items() if " from " in key)
            share = (
                f", {chained / found['selected']:.0%} through chains"
                if found["selected"] > 0 and chained > 0.005 * found["selected"]
                else ""
            )
            cells.append(f"{_number(found['selected'])} of {_number(found['visible'])}{share}" if found["visible"] > 0 else "0")
        rows.append((name, *cells))
    return _table(("experiment", *BENCHMARKS), rows)


def compared_table(numbers: dict[str, Any]) -> str:
    rows = []
    for one in numbers["compared"]:
        for mass, own, published in one["rows"]:
            ratio = "-" if own is None or published is None else f"{own / published:.2f}"
            rows.append((one["experiment"], one["flavour"], f"{mass:g}", _number(own), _number(published), ratio))
    return _table(("experiment", "flavour", "mass [GeV]", "nusim", "published", "ratio"), rows)


def splitting_table() -> str:
    """The statement on mu' >= 1e-3 m5 at m_Z' = 0.1 GeV."""
    mediator = Mediator(0.1, 0.2, 1.0)
    sets = {name: [curve for curve in region(bounds=name).curves if curve.role == "bound"] for name in ("paper", "all")}
    rows = []
    for mass in (0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.10):
        own = [float(mixing2_from_mass("nu5", mass, 1 - d, 0.05, mediator, d)) for d in (1e-2, 1e-3, 1e-4)]
        least = (excluded_above(sets["paper"], mass), excluded_above(sets["all"], mass))
        rows.append(
            (f"{1e3 * mass:.0f}", *(_number(value) for value in own), *("-" if np.isinf(value) else _number(value) for value in least))
        )
    return _table(("m5 [MeV]", "mu' = 1e-2 m5", "1e-3 m5", "1e-4 m5", "paper's bounds from", "all bounds from"), rows)


def values(numbers: dict[str, Any]) -> dict[str, str]:
    """What the text says of the paper's two sentences, in numbers."""
    found: dict[str, str] = {}
    for point in BENCHMARKS:
        for name, one in numbers[f"events {point}"].items():
            key = f"{point}_{name.replace('-', '_')}"
            found[key] = _number(one["selected"])
            found[f"{key}_visible"] = _number(one["visible"])
            found[f"{key}_error"] = _number(one["norm"], 2)
    star = numbers["events star"]["dune-nd"]
    chains = sum(value for name, value in star["by_contribution"].items() if " from " in name)
    verdicts = {(point, one["name"]): one for point in ("circle", "star") for one in numbers[f"recast {point}"]["verdicts"]}
    needed = verdicts["star", "dune-nd"]["threshold"]
    circle = verdicts["circle", "sbn"]["verdict"] == verdicts["circle", "dune-nd"]["verdict"] == "reachable"
    return found | {
        "needed": _number(needed),
        "missing": _number(needed / star["selected"], 2),
        "chains": f"{chains / star['selected']:.0%}",
        "star_own": _number(verdicts["star", "dune-nd"]["standard"]),
        "star_published": _number(verdicts["star", "dune-nd"]["published"]),
        "star_value": _number(verdicts["star", "dune-nd"]["value"]),
        "circle_verdict": "Holds" if circle else "Does not hold",
        "star_verdict": "Holds" if verdicts["star", "dune-nd"]["verdict"] == "reachable" else "On the edge, and not at 90% CL here",
    }


TEXT = """# Figure 2 and bounds under new decays

![band, points, bounds and projections](../figures/figure2.svg)

`nusim region -o region.csv --plot fig2.pdf` (`nusim.region`) draws Fig. 2 of arXiv:1903.07590, `nusim recast MODEL` (`nusim.recast`) says
which bounds hold for a model. Written by `python docs/make_figure2.py`; every number in the tables is computed there. Code:
`nusim/bounds/`.

## Band, points, lines

- **Band**: mixings for which Eq. 4, exactly at one loop, gives m3 = sqrt(Delta m^2_atm) = 0.05 eV while 1% < m4/m5 < 99%, as |U|^2 of nu5
  against m5 (left) and of nu4 against m4 (right), small root of the mass condition. At fixed mass of the state drawn both mixings rise
  with the ratio: the edges are its ends. Other mediators with `--set mediator.m_zprime=0.1 mediator.m_phi=0.2`, other ranges with
  `--ratios`, other flavours with `--flavour`. Where y_N exceeds sqrt(4 pi) a warning says so: on the lower edge of the nu4 panel nu5 is
  100 times heavier, and that begins at 0.25 GeV.
- **Points**: circle, star, triangle with the mixings that Eq. 4 gives ([masses](masses.md)), not the text's rounded ones.
- **Type-I line**: the paper does not define its dashed line. Both readings are drawn: dashed, the tree-level seesaw |U|^2 = m3/m; dotted,
  the loops of Z and h alone (Eq. 7) at each end of the ratio, which have no solution at small masses.

**"mu' >~ 1e-3 m5 not covered" for m_Z' = m_phi'/2 = 100 MeV and m5 < 100 MeV.** |U_mu5|^2 that gives m3, and the least |U|^2 that bounds
exclude. With the bounds of the paper's figure the statement holds below 60 MeV; above, KEK's curve as digitised (it reaches down to 45
MeV in arXiv:1909.11198; where the paper's ends is not known) covers 1e-3 and leaves 1e-2. PIENU and MicroBooNE, later, cover 1e-3
everywhere.

{splitting}

## Published bounds

They are read from the files of the package HNLimits 1.2.0 (E. Fernandez-Martinez et al., arXiv:2304.06772; extra `[bounds]`), never from
its online sheet. The files give masses and mixings; confidence level and kind of state stand in `nusim/bounds/published.py`, marked
[file] or [recalled]. All curves are brought to 90% CL (or `--confidence 0.95`) and to the model's kind of state:

| | 95% to 90% CL | Dirac to Majorana |
|---|---|---|
| made and decaying in flight, N ~ U^4 | (ln 10 / ln 20)^(1/2) = 0.877 | 1/sqrt 2: twice the decays |
| decaying at once, N ~ U^2 | ln 10 / ln 20 = 0.769 | 1; searches that favour lepton number violation 1/2 (as HNLimits, an estimate) |
| peak search | 1.645 / 1.960 = 0.839 | 1 |

Worked example: PS191, Dirac, 90%, at 0.25 GeV: the limit for a Majorana state is 1/sqrt 2 of the published one, and `expected_events`
finds the same number of events for both (`tests/bounds/test_published.py`). Where the kind of state is not known the curve is taken as it
stands, so that no bound is strengthened by a guess; upper edges stay as published. Not in the package: NA48/2, OPAL, CHARM for muon
mixing and SBN; nusim says so, and draws CHARM and SBN from its own rates. Without the package everything works with nusim's own curves,
which a warning says.

## How bounds are recast

- **Peak searches** (KEK, E949, NA62, PIENU, PSI, TRIUMF): see the lepton made with each heavy state. Condition: the state must not show
  itself in the apparatus. nusim computes the chance P of a visible decay within it, with the model's widths, the momentum of the two-body
  decay and a generous length (1 to 1.5 m for stopped mesons, 120 to 150 m for NA48 and NA62: choices), states that it decays into
  included as an upper bound. Strength: |U|^2 (1 - P) / limit. States are taken one by one: two peaks closer than the resolution would
  add.
- **Counted** ({existing}): `expected_events` at the model's point, all states and chains, against the events that a standard heavy
  neutrino gives there at the *published* limit, state by state, so that efficiencies cancel; where nothing is published, against the
  criterion of the card. CHARM has no published |U_mu|^2 limit at hand: its events are compared with those at the |U_e|^2 limit. `ps191`,
  `t2k-nd280` and `nomad` have no public beam: their cards scale published limits. New final states such as nu4 e- e+ pass the thresholds
  of the card and share the efficiency that the comparison implies: the experiments have not looked for them.
- **Scaled** (NA3, DELPHI, L3, CMS): events go as |U|^2 Gamma_seen / Gamma [exp(-a m Gamma / p) - exp(-b m Gamma / p)], relative to a
  standard state at the published limit; distances a, b and a typical momentum p are choices.
- **Dark photons**, with portals open: limits on |epsilon| divided by the root of the share of Z' decays that is looked for; flat figures
  of abstracts (BaBar visible 1e-3, invisible 1e-3; electroweak data 2.7e-2), recalled.
- **Projections** ({projections}): events against the criterion of the card.

A strength of 1 excludes. *standard* is nusim's limit by the card's criterion for a minimal heavy neutral lepton; *model* is the limit
with the model's widths, at fixed masses along the mixing, with the events excluded at the published limit where there is one: beside
*published* it shows what the new decays do. Limits along the mixing hold chains (nu4 from nu5) as scans sample them. Check: a nu5 of 0.3
GeV that decays invisibly with a share 1 - 1e-6 before SBND; its limit is 1.81 times that of a standard state, a plain Monte Carlo finds
1.79, within its error (`tests/bounds/test_recast_monte_carlo.py`).

nusim's own limits beside published ones, Majorana, 90% CL. Charm experiments of the eighties were less efficient, or counted less charm,
than their cards, 2 to 6 times in |U|^2; MicroBooNE's card knows no background. This is why existing bounds are compared at the published
limit, and why nusim's CHARM curve for muons in the figure is too strong by such a factor.

{compared}

## The three points

Selected of visible events, each experiment with its own protons:

{events}

**Circle: "within reach of the SBN and DUNE experiments". {circle_verdict}.** {circle_sbn} selected events in SBN ({circle_sbnd} SBND,
{circle_microboone} MicroBooNE, {circle_icarus} ICARUS) and {circle_dune_nd} +- {circle_dune_nd_error} in DUNE's near detector, where
{needed} are needed without background; {circle_dune_nd_tdr} in the later design `dune-nd-tdr`. Over 90% of them are nu5 -> nu pi0 of nu5
from K+, which photons from beam neutrinos imitate; nu5 -> nu e+ e- alone gives 6 events in SBND and 400 in DUNE. nu4, which the paper
calls the best candidate, gives 0.2 and 12.

**Star: "DUNE will be able to test this BP". {star_verdict}.** {star_dune_nd} +- {star_dune_nd_error} selected events
({star_dune_nd_visible} visible) where {needed} are needed: {missing} times more protons, or their like in acceptance, would do. At 18 MeV
nusim's limit is |U_mu4|^2 = {star_own}, that of arXiv:1905.00284 {star_published}, the point {star_value}: just below one, just above the
other. They are nu4 from pi+, seen as e+ e-; those that nu5 -> 3 nu4 adds are {chains}. `dune-nd-tdr` expects {star_dune_nd_tdr}.

**Triangle**: nu4 and nu5 are alike and add up, which a bound on one state does not show: each alone lies just below NuTeV's limit,
together they exceed it by 1.9 in events, 1.4 in |U|^2; unless NuTeV's curve is wrong by as much the point is excluded. DUNE's near
detector would see {triangle_dune_nd} +- {triangle_dune_nd_error} selected events of it, from charm that 120 GeV protons make in the
target (sigma_cc = 4.6 +- 1.8 ub; with the 1.0 ub of arXiv:1905.00284 a fifth of them), SBN nothing: 8 GeV protons make no charm.

{recast}

## With kinetic mixing

sin chi is that of hypercharge, epsilon = -cos(theta_W) sin chi; `--set portals.chi_hypercharge=1e-3`. Masses and mixings stay. New decays
nu5 -> nu4 e- e+ and nu4 -> nu e- e+ make the circle visible: MicroBooNE's events, a third of what is excluded without mixing, are 270
times that at sin chi = 1e-5. At the star nu5 decays into three nu4 all the same, and only nu4 changes: DUNE passes its criterion at 1e-4,
SBN and SHiP at 1e-3; at 1e-2 CHARM and BaBar exclude it. The peak searches' condition holds wherever the last but one column, the largest
chance of a visible decay in any of them, is small. BaBar's visible search says nothing about circle and star, whose Z' decays into heavy
neutrinos, and holds for the triangle, whose Z' of 1 GeV cannot make two of them.

{angles}
"""


def page(numbers: dict[str, Any]) -> str:
    """The whole page."""
    return TEXT.format(
        **values(numbers),
        events=events_table(numbers),
        recast=recast_table(numbers),
        angles=angle_table(numbers),
        compared=compared_table(numbers),
        splitting=splitting_table(),
        existing=", ".join(f"`{name}`" for name in EXISTING),
        projections=", ".join(f"`{name}`" for name in PROJECTIONS),
    )


def main() -> None:
    warnings.simplefilter("ignore")
    store = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    numbers: dict[str, Any] = json.loads(store.read_text()) if store is not None and store.exists() else {}

    def keep() -> None:
        if store is not None:
            store.write_text(json.dumps(numbers, indent=1))

    compute(numbers, keep)
    curves = computed_curves([nusim.read_experiment(name) for name in (*PROJECTIONS, "charm")])
    save_figure(str(FIGURE), draw(region(computed=curves)))
    PAGE.write_text(page(numbers))


if __name__ == "__main__":
    main()
