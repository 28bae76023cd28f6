"""The tables of a page, with units; the numbers are those of the library, to the digits of the commands."""

from html import escape
from typing import Any

from .. import pdg
from ..bounds.verdict import ModelBounds, Verdict
from ..cards.read import resolved
from ..cards.toml import leaves, written
from ..decays.channel import DecayTable
from ..decays.cosmology import bbn_flag
from ..digits import number, with_error
from ..events.sample import FINAL, EventSample
from ..model.neutrinoless import effective_mass_summary
from ..model.spectrum import Spectrum
from ..pdg import HEAVY_STATE_CODES
from ..rates.rate import Rate, ranked
from ..units import C_LIGHT, eV
from .blocks import Columns, Table, table
from .names import particles, typeset
from .report import AtExperiment, OfState

_LEAST = 1e-3
"""Shares below this are counted, not listed."""
_SMALLEST_ERROR = 5e-4
"""Relative: the widths of Z' and dark scalar follow from the card and have no theory error to show."""
_PARTS = (("by_contribution", "contribution"), ("by_parent", "parent"), ("by_final_state", "final state"))


def value(number_: float | None, digits: int = 6) -> str:
    """A number as HTML, without a power of ten below a million."""
    text = number(number_, digits)
    if "e+" in text and abs(float(text)) < 1e6:
        text = f"{float(text):.0f}"
    return typeset(text)


def masses(spectrum: Spectrum) -> Table:
    """As `nusim masses` gives them."""
    summary: dict[str, Any] = spectrum.summary() | effective_mass_summary(spectrum)
    rows: list[tuple[str, float | None, str]] = [(f"m({particles(state)})", spectrum.mass(state), "GeV") for state in spectrum.heavy_states]
    if spectrum.families is not None:
        rows += [(f"m({particles(f'nu{k}')})", mass / eV, "eV") for k, mass in enumerate(spectrum.masses[:2].tolist(), 1)]
    named = (
        ("μ′ = m<sub>5</sub> − m<sub>4</sub>", "mu_prime", "GeV"),
        ("m<sub>D</sub>", "m_dirac", "GeV"),
        ("Λ", "lambda", "GeV"),
        ("m<sub>3</sub>, one loop", "m3_ev", "eV"),
        ("m<sub>3</sub> of Z and Higgs loops", "m3_sm_ev", "eV"),
        ("m<sub>3</sub> of dark loops", "m3_dark_ev", "eV"),
        ("m<sub>ee</sub> of neutrinoless double beta decay", "m_ee_ev", "eV"),
        ("m<sub>ee</sub> of heavy states alone", "m_ee_heavy_ev", "eV"),
    )
    rows += [(label, summary.get(key), unit) for label, key, unit in named]
    return table(("", "mass", "unit"), [(label, value(mass, 10), unit) for label, mass, unit in rows if isinstance(mass, float)], (0, 2))


def mixings(spectrum: Spectrum) -> Table:
    """|U|^2 by row and column."""
    rows = [
        (particles(row) if row in ("e", "mu", "tau") else row, *(value(spectrum.mixing2(row, one), 6) for one in spectrum.columns))
        for row in spectrum.rows
    ]
    return table(("|U|<sup>2</sup>", *map(particles, spectrum.columns)), rows)


def lifetimes(states: tuple[OfState, ...], majorana: bool) -> Table:
    """Every heavy state: mass, width, c tau, lifetime, nucleosynthesis."""
    rows = []
    for one in states:
        decays = one.table
        flag = bbn_flag(decays)
        late = "" if flag is None else f"{'after' if flag.late else 'before'} (limit {float(flag.limit):g} s)"
        theory = f"{decays.total_uncertainty:.1%}" if decays.total_uncertainty > _SMALLEST_ERROR else ""
        nature = {"zprime": "vector", "phi": "scalar"}.get(decays.parent, "Majorana" if majorana else "Dirac")
        numbers = (decays.mass, 8), (decays.total_width, 6), (decays.ctau, 6), (decays.ctau / C_LIGHT, 6)
        mass, width, ctau, lifetime = (value(*pair) for pair in numbers)
        rows.append((particles(decays.parent), nature, mass, width, theory, ctau, lifetime, late))
    header = (
        "state",
        "kind",
        "mass [GeV]",
        "width [GeV]",
        "theory error",
        "cτ [m]",
        "lifetime [s]",
        "decays before or after nucleosynthesis",
    )
    return table(header, rows, (0, 1, 7))


def widths(decays: DecayTable) -> Table:
    """Open channels, largest first."""
    rows = [
        (
            particles(one.products),
            value(one.width),
            f"{one.uncertainty:.1%}" if one.errors else "",
            value(decays.branching_ratio(one.products), 4),
            ", ".join(particles(name) for name in one.via),
        )
        for one in sorted(decays, key=lambda one: -one.width)
        if one.width > 0
    ]
    fold = f"All {len(rows)} open channels of {particles(decays.parent)}, with widths"
    return table(("products", "width [GeV]", "theory error", "branching ratio", "via"), rows, (0, 4), fold)


def rates(found: tuple[AtExperiment, ...]) -> Table:
    """A line an experiment; those refused have no numbers."""
    rows = []
    for one in found:
        rate = one.rate
        if rate is None:
            rows.append((escape(one.experiment.name), value(one.experiment.protons, 3), "refused", *[""] * 7))
            continue
        rows.append(
            (
                escape(rate.experiment),
                value(rate.protons, 3),
                typeset(with_error(rate.decays, rate.decays_stat_error)),
                typeset(with_error(rate.events, rate.stat_error)),
                _error(rate.norm_error, rate.events),
                typeset(with_error(rate.selected_events, rate.selected_stat_error)),
                _error(rate.selected_norm_error, rate.selected_events),
                value(rate.acceptance, 3),
                value(rate.mean_boost, 3),
                value(rate.fraction_inside, 2),
            )
        )
    header = (
        "experiment", "protons on target", "decays inside", "visible events", "± norm", "selected events", "± norm", "accepted",
        "mean γβ", "decay inside",
    )  # fmt: skip
    return table(header, rows)


def _error(error: float, of: float) -> str:
    return value(error, 2) + (f" ({error / of:.0%})" if of > 0 and error > 0 else "")


def parts(rate: Rate) -> Columns:
    """What the events of one experiment are made of."""
    found = []
    for part, title in _PARTS:
        error, norm, selected = (getattr(rate, f"{kind}_{part}") for kind in ("error", "norm_error", "selected"))
        ordered = ranked(getattr(rate, part))
        shown = [(name, events) for name, events in ordered if events >= _LEAST * rate.events]
        rows = [
            (
                particles(name),
                typeset(with_error(events, error[name])),
                value(norm[name], 2),
                f"{events / rate.events:.2%}",
                value(selected[name], 4),
            )
            for name, events in shown
        ]
        if len(ordered) > len(shown):
            rest = ordered[len(shown) :]
            rows.append((f"{len(rest)} more", value(sum(events for _, events in rest), 2), "", "", ""))
        if rows:
            found.append(table((title, "visible events", "± norm", "share", "selected"), rows))
    return Columns(tuple(found))


def contours(found: tuple[AtExperiment, ...]) -> Table:
    """The lowest point of each contour, and whether the model's point is excluded."""
    rows = []
    for one in found:
        if one.reach is None:
            rows.append((escape(one.experiment.name), escape(one.no_reach or one.no_rate), "", ""))
            continue
        best = one.reach.smallest
        where = ("nothing", "") if best is None else (value(best[1], 3), value(best[0], 4))
        rows.append((escape(one.experiment.name), escape(one.reach.rule), *where))
    return table(("experiment", "criterion", "lowest |U|<sup>2</sup> excluded", "at mass [GeV]"), rows, (0, 1))


def verdicts(found: ModelBounds) -> Table:
    """All bounds that say something about the model, strongest first."""
    some = sorted((one for one in found.verdicts if one.verdict != "no bound"), key=lambda one: -(one.strength or 0.0))
    header = ("bound", "kind", "verdict", "state", "strength", "events", "needed", "|U|<sup>2</sup> or\u00a0|ε|", "published limit", "why")
    return table(header, [_verdict(one) for one in some], (0, 1, 2, 3, 9))


def _verdict(one: Verdict) -> tuple[str, ...]:
    badge = f'<span class="badge {one.verdict.replace(" ", "-")}">{one.verdict}</span>'
    state = particles(one.state) + (f" ({particles(one.flavour)})" if one.flavour else "")
    numbers = (value(number_, 3) for number_ in (one.strength, one.events, one.threshold, one.value, one.published))
    return escape(one.label), one.kind, badge, state, *numbers, typeset(one.reason)


def silent(found: ModelBounds) -> list[str]:
    """Bounds that say nothing of these masses and mixings."""
    speaking = {one.label for one in found.verdicts if one.verdict != "no bound"}
    return [escape(label) for label in dict.fromkeys(one.label for one in found.verdicts) if label not in speaking]


def one_event(sample: EventSample, number_: int) -> Table:
    """The particles of an event, in the beam frame."""
    rows = []
    first, last = (int(sample.offsets[k]) for k in (number_, number_ + 1))
    for row in range(first, last):
        code, mother = int(sample.pdg[row]), int(sample.mother[row])
        status = "leaves" if sample.status[row] == FINAL else "decays"
        energy, *momentum = (value(float(one), 5) for one in sample.momentum[row])
        vertex = (f"{float(one):.4g}" for one in sample.vertex[row, 1:])
        came = "" if mother < 0 else _particle(int(sample.pdg[first + mother]))
        rows.append((_particle(code), status, came, energy, *momentum, *vertex))
    header = ("particle", "", "from", "E [GeV]", "p<sub>x</sub>", "p<sub>y</sub>", "p<sub>z</sub>", "x [m]", "y [m]", "z [m]")
    return table(header, rows, (0, 1, 2), "The particles of this event, in the beam frame")


def _particle(code: int) -> str:
    if abs(code) in (12, 14, 16):
        flavour = particles(("e", "mu", "tau")[(abs(code) - 12) // 2])
        return f"{'anti-' if code < 0 else ''}ν<sub>{flavour}</sub>"
    if abs(code) in HEAVY_STATE_CODES.values():
        return particles(pdg.NAMES[abs(code)])
    return particles(pdg.NAMES[code]) if code in pdg.NAMES else str(code)


def card(spectrum: Spectrum) -> Table:
    """The model's card resolved."""
    rows = [(escape(key), escape(written(one))) for key, one in leaves(resolved(spectrum.model))]
    return table(("key", "value"), rows, (0, 1), "The model's card, resolved (GeV)")
