"""Rates as people read them: one experiment as a page, several as one table, all numbers as CSV."""

import csv
from collections.abc import Iterator, Sequence
from io import StringIO
from typing import TYPE_CHECKING

from .output import number, print_table, with_error

if TYPE_CHECKING:
    from ..rates.rate import Rate
    from .rate import Found

_SMALLEST, _SMALLEST_OF_MANY = 1e-6, 0.01
"""Shares of parts below these are counted, not listed, on the page of one experiment and in the table of several."""

_PARTS = {"by_contribution": "contribution", "by_parent": "parent", "by_final_state": "final state"}


def print_page(rate: "Rate", seconds: float, share: float | None) -> None:
    """One experiment: what decays, what is seen of it, and of which parts it is made."""
    print(f"{rate.model} at {rate.experiment}, {rate.protons:.4g} protons on target")
    summary = [
        ("decays in the volume", with_error(rate.decays, rate.decays_stat_error)),
        ("  visible: events", with_error(rate.events, rate.stat_error)),
        ("  selected", with_error(rate.selected_events, rate.selected_stat_error)),
    ]
    if rate.events > 0:
        causes = ", ".join(f"{name} {change / rate.events:.0%}" for name, change in _largest(rate)) or "none given"
        summary += [
            ("  normalisation", f"+- {rate.norm_error:.2g} events ({rate.norm_error / rate.events:.0%})"),
            ("    largest", causes),
            ("  acceptance", number(rate.acceptance, 4)),
            ("  mean gamma beta", number(rate.mean_boost, 4)),
            ("  decay inside", f"{number(rate.fraction_inside, 4)} of those that cross"),
            ("  time", f"{seconds:.1f} s"),
        ]
    print_table(("", "expected"), summary, left=(0, 1))
    for part, title in _PARTS.items():
        least = share if share is not None else 0.0 if part == "by_contribution" else _SMALLEST
        rows = _rows(rate, part, least)
        if rows:
            print_table((title, *_COLUMNS), rows)


def print_rates(model: str, found: Sequence["Found"], share: float | None) -> None:
    """Several experiments: a line each, then the parts of each."""
    print(f"{model}: expected events in {len(found)} experiments")
    head = ("experiment", "protons", "visible", "stat", "norm", "selected", "stat", "accepted", "gamma beta", "inside", "time")
    rows = []
    for one in found:
        rate = one.rate
        if rate is None:
            rows.append((one.experiment, "refused", *[""] * 8, f"{one.seconds:.1f} s"))
            continue
        rows.append(
            (
                rate.experiment,
                number(rate.protons, 3),
                number(rate.events, 4),
                _percent(rate.stat_error, rate.events),
                _percent(rate.norm_error, rate.events),
                number(rate.selected_events, 4),
                _percent(rate.selected_stat_error, rate.selected_events),
                number(rate.acceptance, 3),
                number(rate.mean_boost, 3),
                number(rate.fraction_inside, 2),
                f"{one.seconds:.1f} s",
            )
        )
    print_table(head, rows)
    for one in found:
        if one.rate is None:
            print(f"  {one.experiment}: refused: {one.reason}")
        elif one.rate.events == 0 and one.rate.warnings:
            print(f"  {one.rate.warnings[0]}")
    least = _SMALLEST_OF_MANY if share is None else share
    for part, title in _PARTS.items():
        lines = []
        for one in found:
            own = [] if one.rate is None else _rows(one.rate, part, least)
            lines += [((one.experiment if k == 0 else ""), *row) for k, row in enumerate(own)]
        if lines:
            print()
            print_table(("experiment", title, *_COLUMNS), lines, left=(0, 1))
    if any(one.rate is not None for one in found):
        print("\n  norm: of the beam, or of the limits scaled from")
        print("  inside: share of the states crossing the detector that decay in it")


_COLUMNS = ("events", "stat", "norm", "share", "selected")


def _rows(rate: "Rate", part: str, least: float) -> list[tuple[str, ...]]:
    """The parts of a rate that have at least the given share, largest first, and how many have less."""
    from ..rates.rate import ranked

    error, norm, selected = (getattr(rate, f"{kind}_{part}") for kind in ("error", "norm_error", "selected"))
    ordered = ranked(getattr(rate, part))
    shown = [(name, value) for name, value in ordered if value >= least * rate.events]
    rows: list[tuple[str, ...]] = [
        (
            name,
            number(value, 4),
            _percent(error[name], value),
            _percent(norm[name], value),
            f"{value / rate.events:.2%}",
            number(selected[name], 4),
        )
        for name, value in shown
    ]
    rest = ordered[len(shown) :]
    if rest:
        whole, chosen = sum(value for _, value in rest), sum(selected[name] for name, _ in rest)
        rows.append((f"{len(rest)} more", number(whole, 2), "", "", f"{whole / rate.events:.1g}", number(chosen, 2)))
    return rows


def _largest(rate: "Rate") -> list[tuple[str, float]]:
    from ..rates.rate import ranked

    return [(name, change) for name, change in ranked(rate.norm_by_nuisance) if change > 0.1 * rate.norm_error][:4]


def _percent(error: float, value: float) -> str:
    if not value > 0:
        return "-"
    relative = 100 * error / value
    return f"{relative:.2f}%" if relative < 1 else f"{relative:.1f}%" if relative < 10 else f"{relative:.0f}%"


def csv_text(model: str, found: Sequence["Found"]) -> str:
    """Every number of every experiment, a line each."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("model", "experiment", "part", "name", "value", "stat_error", "norm_error", "selected"))
    for one in found:
        if one.rate is None:
            writer.writerow((model, one.experiment, "refused", one.reason, "", "", "", ""))
        else:
            writer.writerows((model, one.experiment, *line) for line in _csv_lines(one.rate))
    return out.getvalue()


def _csv_lines(rate: "Rate") -> Iterator[tuple[object, ...]]:
    from ..rates.rate import PARTS

    yield "total", "protons", rate.protons, "", "", ""
    yield "total", "decays", rate.decays, rate.decays_stat_error, "", ""
    yield "total", "events", rate.events, rate.stat_error, rate.norm_error, rate.selected_events
    yield "total", "selected_events", rate.selected_events, rate.selected_stat_error, rate.selected_norm_error, rate.selected_events
    for name in ("acceptance", "mean_boost", "fraction_inside", "effective_parents"):
        value = getattr(rate, name)
        yield "total", name, "" if value is None else value, "", "", ""
    for name, change in rate.norm_by_nuisance.items():
        yield "norm_by_nuisance", name, change, "", "", rate.selected_norm_by_nuisance.get(name, 0.0)
    for part in PARTS:
        error, norm, selected = (getattr(rate, f"{kind}_{part}") for kind in ("error", "norm_error", "selected"))
        for name, value in getattr(rate, part).items():
            yield part, name, value, error[name], norm[name], selected[name]
    for warning in rate.warnings:
        yield "warning", warning, "", "", "", ""
