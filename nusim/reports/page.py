"""A report as one HTML page: sections made of tables, figures and notes, put into a template with all they need inside."""

import json
from base64 import b64encode
from collections.abc import Sequence
from functools import cache
from html import escape
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from ..bounds.verdict import ModelBounds
from ..errors import MissingExtraError
from ..plot.branching import SMALLEST
from . import figures, tables
from .blocks import Block, Fact, Heading, Lines, Notes, Picture, Plot, Section, Text, table
from .names import particles, typeset
from .report import OfState, Report

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from plotly.graph_objects import Figure as Interactive

_PACKAGES = ("nusim", "numpy", "scipy", "plotly", "matplotlib", "pydantic", "HNLimits", "pythia8mc", "isal")
_ARXIV = "https://arxiv.org/abs/1903.07590"


def check_installed() -> None:
    """MissingExtraError without the packages of the extra [report]."""
    try:
        import jinja2  # noqa: F401
        import plotly  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(f"a report needs {error.name or 'plotly'}: pip install 'nusim[report]'") from None


def page(report: Report, command: str, commands: Sequence[tuple[str, str]]) -> str:
    """The page of a report; see `Report.html`."""
    check_installed()
    from jinja2 import Environment
    from plotly.offline import get_plotlyjs

    plots = _Plots()
    sections = [
        _spectrum(report),
        _decays(report, plots),
        _rates(report, plots),
        _contours(report, plots),
        _bounds(report, plots),
        _events(report),
        _made(report, command, commands),
    ]
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    folder = files(__package__)
    template = environment.from_string((folder / "page.html").read_text(encoding="utf-8"))
    return template.render(
        title=f"{report.model.name}: nusim report",
        name=report.model.name,
        kind=f"{report.model.kind}, {'Majorana' if report.model.majorana else 'Dirac'}",
        source=report.model.source,
        facts=_facts(report),
        sections=sections,
        style=(folder / "page.css").read_text(encoding="utf-8"),
        library=get_plotlyjs() if plots.number else "",
    )


class _Plots:
    """Interactive figures as blocks, numbered."""

    def __init__(self) -> None:
        self.number = 0

    def block(self, figure: "Interactive | None", caption: str) -> list[Block]:
        """The figure, or nothing."""
        if figure is None:
            return []
        self.number += 1
        document: dict[str, Any] = json.loads(figure.to_json())
        document["config"] = {"displaylogo": False, "responsive": True, "modeBarButtonsToRemove": ["select2d", "lasso2d"]}
        # what ends a script must not stand within one
        text = json.dumps(document, sort_keys=True, ensure_ascii=True).replace("<", "\\u003c").replace(">", "\\u003e")
        return [Plot(f"figure-{self.number}", text, int(figure.layout.height), caption)]


def _facts(report: Report) -> list[Fact]:
    """What one wants to know first."""
    facts = []
    for one in report.states:
        if one.table.parent in report.spectrum.heavy_states:
            mixing = float(report.spectrum.active_mixing2(one.table.parent).sum())
            more = f"|U|<sup>2</sup> = {tables.value(mixing, 3)}, cτ\u00a0=\u00a0{tables.value(one.table.ctau, 3)}\u00a0m"
            facts.append(Fact(f"mass of {particles(one.table.parent)}", f"{tables.value(one.table.mass, 4)} GeV", more))
    rated = [one.rate for one in report.experiments if one.rate is not None]
    if rated:
        best = max(rated, key=lambda rate: rate.selected_events)
        error = tables.value(float(np.hypot(best.selected_stat_error, best.selected_norm_error)), 2)
        more = f"± {error} at {escape(best.experiment)}, for {tables.value(best.protons, 3)} protons"
        facts.append(Fact("most selected events", tables.value(best.selected_events, 3), more))
    if report.bounds is not None:
        by = _decisive(report.bounds)
        names = ", ".join(by[:4]) + (f" and {len(by) - 4} more" if len(by) > 4 else "")
        facts.append(
            Fact("verdict", report.bounds.verdict, escape(f"by {names}" if by else "by all bounds checked"), report.bounds.verdict)
        )
    return facts


def _spectrum(report: Report) -> Section:
    blocks: list[Block] = [tables.masses(report.spectrum), tables.mixings(report.spectrum)]
    blocks += [tables.card(report.spectrum), *_notes([*report.notes, *report.spectrum.warnings])]
    return Section("spectrum", "Masses and mixings", tuple(blocks))


def _decays(report: Report, plots: _Plots) -> Section:
    blocks: list[Block] = [tables.lifetimes(report.states, report.model.majorana)]
    for one in report.states:
        blocks += _of_state(one, plots)
    return Section("decays", "Decays", tuple(blocks))


def _of_state(one: OfState, plots: _Plots) -> list[Block]:
    name = particles(one.table.parent)
    blocks: list[Block] = [Heading(f"{name}, {tables.value(one.table.mass, 6)} GeV")]
    if one.table.total_width == 0:
        return [*blocks, Text(f"{name} does not decay.")]
    blocks += plots.block(figures.branching(one), f"Branching ratios of {name} above {SMALLEST:g}.")
    blocks.append(tables.widths(one.table))
    about = f"Branching ratios and cτ of {name} when the mass on the card changes and all else on it stays; dotted: this model."
    blocks += plots.block(figures.branching_over_mass(one), about)
    return [*blocks, *_notes(one.table.warnings)]


def _rates(report: Report, plots: _Plots) -> Section:
    blocks: list[Block] = []
    if not report.experiments:
        blocks.append(Text("No experiment was asked for."))
    else:
        blocks.append(tables.rates(report.experiments))
        blocks.append(
            Text(
                "± after the events: statistical, of the simulation; norm: of the beam, or of the limits scaled from. Visible: with a "
                "charged particle, a photon or a meson. Decay inside: share of the states crossing the detector that decay in it."
            )
        )
    rated = [one.rate for one in report.experiments if one.rate is not None]
    caption = "Expected events with statistical and normalisation errors in quadrature; point at one for its parents."
    blocks += plots.block(figures.rates(rated), caption)
    # what holds at each of several is said once
    common = [note for note in rated[0].warnings if all(note in rate.warnings for rate in rated)] if len(rated) > 1 else []
    blocks += _notes([note for note in common if note not in report.spectrum.warnings])
    for one in report.experiments:
        name = escape(one.experiment.name)
        if one.rate is None:
            blocks += [Heading(name), Text(typeset(one.no_rate), "warning")]
            continue
        blocks.append(Heading(name))
        if one.rate.events == 0:
            blocks.append(Text(f"No events: {typeset(one.rate.warnings[0]) if one.rate.warnings else 'nothing is expected'}", "warning"))
        blocks.append(tables.parts(one.rate))
        shown = one.rate.warnings[1:] if one.rate.events == 0 else one.rate.warnings
        blocks += _notes([note for note in shown if note not in (*report.spectrum.warnings, *common)])
    return Section("rates", "Expected events", tuple(blocks))


def _contours(report: Report, plots: _Plots) -> Section:
    blocks: list[Block] = []
    if report.window is None:
        return Section("contours", "Reach", (Text(f"No contours: {escape(report.no_contours)}"),))
    span = f"{tables.value(float(report.window.masses[0]), 3)} to {tables.value(float(report.window.masses[-1]), 3)} GeV"
    caption = (
        f"Within its contour an experiment would exclude the model; star: this model. All else on the card stays, but for the mixing, "
        f"which is free here. Masses from {span}. Click a name to hide its contour, twice to see it alone."
    )
    blocks += plots.block(figures.contours(report.experiments, report.window), caption)
    blocks.append(tables.contours(report.experiments))
    notes = [note for one in report.experiments if one.reach is not None for note in one.reach.warnings]
    return Section("contours", "Reach", (*blocks, *_notes(notes)))


def _bounds(report: Report, plots: _Plots) -> Section:
    found = report.bounds
    if found is None:
        return Section("bounds", "Bounds", (Text(f"No verdicts: {escape(report.no_bounds)}"),))
    by = _decisive(found)
    said = f"{escape(found.model)} is <b>{found.verdict}</b>" + (f" ({escape(', '.join(by))})" if by else "")
    level = f"Limits at {report.confidence:.0%} confidence; experiments to come by the criteria of their cards."
    blocks: list[Block] = [Text(f"{said}. {level}")]
    blocks += plots.block(
        figures.strengths(found), "Strength: signal over what is excluded. At 1 and above a point is excluded, or reachable."
    )
    blocks.append(tables.verdicts(found))
    silent = tables.silent(found)
    if silent:
        blocks.append(Text(f"No bound on these masses and mixings: {', '.join(silent)}."))
    known = {note for one in report.experiments if one.rate is not None for note in one.rate.warnings}
    return Section("bounds", "Bounds", (*blocks, *_notes([note for note in found.warnings if note not in known])))


def _decisive(found: ModelBounds) -> list[str]:
    """Labels of the bounds that make the verdict, as the table has them."""
    return list(dict.fromkeys(one.label for one in found.verdicts if one.verdict == found.verdict and one.verdict != "allowed"))


def _events(report: Report) -> Section:
    sample, experiment = report.sample, report.sampled
    if sample is None or experiment is None:
        place = "" if experiment is None else f" at {escape(experiment.name)}"
        return Section("events", "Events", (Text(f"No events{place}: {typeset(report.no_events)}"),))
    from ..plot.display import display
    from ..plot.events import events

    number = _typical(sample.channel)
    total = tables.value(float(sample.weight.sum()), 4)
    said = f"{len(sample)} events at {escape(experiment.name)}, seed {report.seed}; they stand for {total} expected ones."
    shown = f"One event in the detector of {escape(experiment.name)}: {particles(sample.states[sample.state[number]])} to "
    shown += f"{particles(sample.channels[sample.channel[number]])}. Without magnetic fields and matter."
    blocks: list[Block] = [
        Text(said),
        _picture(
            events(sample, experiment), "Distributions of the events", "Distributions by final state, and by route where there are several."
        ),
        _picture(display(sample, number, experiment.detectors), "An event in its detector, from above and from the side", shown),
        tables.one_event(sample, number),
    ]
    notes = [note for note in sample.metadata.get("warnings", ()) if note not in report.warnings]
    return Section("events", "Events", (*blocks, *_notes(notes)))


def _typical(channel: np.ndarray) -> int:
    """The first event of the most frequent final state."""
    return int(np.flatnonzero(channel == np.bincount(channel).argmax())[0])


def _made(report: Report, command: str, commands: Sequence[tuple[str, str]]) -> Section:
    blocks: list[Block] = []
    if command:
        blocks += [Text("This page was made by"), Lines((("", escape(command)),))]
    if commands:
        blocks += [Text("Its parts are given by"), Lines(tuple((escape(what), escape(line)) for what, line in commands))]
    blocks.append(table(("package", "version"), [(name, escape(number)) for name, number in _versions().items()], (0, 1)))
    kernel = "" if report.sample is None else f", kernel {escape(str(report.sample.metadata.get('kernel', 'numpy')))}"
    said = f"Seed {report.seed}{kernel}. The same command with the same versions makes the same page. Units are GeV and metres."
    blocks.append(Text(f'{said} The model is that of <a href="{_ARXIV}">arXiv:1903.07590</a>, or a heavy neutral lepton.'))
    return Section("made", "How this was made", tuple(blocks))


@cache
def _versions() -> dict[str, str]:
    import platform

    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return {"nusim": found.pop("nusim"), "Python": platform.python_version(), **found}


def _notes(notes: Sequence[str]) -> list[Block]:
    once = tuple(typeset(note) for note in dict.fromkeys(notes))
    return [Notes(once)] if once else []


def _picture(figure: "Figure", text: str, caption: str) -> Picture:
    """A printed figure as SVG within the page; equal figures are equal bytes."""
    from matplotlib import rc_context

    content = BytesIO()
    with rc_context({"svg.hashsalt": "nusim"}):
        figure.savefig(content, format="svg", metadata={"Date": None})
    return Picture("data:image/svg+xml;base64," + b64encode(content.getvalue()).decode(), text, caption)
