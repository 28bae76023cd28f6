"""The page of `nusim report`: whole, from nothing outside, with the library's numbers."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from html import escape
from html.parser import HTMLParser

import numpy as np
import pytest

import nusim
from nusim.digits import number, with_error
from nusim.reports.names import particles, typeset
from nusim.reports.report import Report

pytest.importorskip("plotly")
pytest.importorskip("jinja2")

VOID = {"meta", "img", "br", "link", "input", "hr"}
LOADS = {"src", "href", "data", "poster", "action", "srcset", "background"}


class Reader(HTMLParser):
    """Tags in balance, addresses, text, and the data of plots."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.problems: list[str] = []
        self.addresses: list[tuple[str, str]] = []
        self.names: Counter[str] = Counter()
        self.text: list[str] = []
        self.plots: dict[str, str] = {}
        self._plot = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.addresses += [(tag, value or "") for key, value in attrs if key in LOADS]
        self.names.update(value or "" for key, value in attrs if key == "id")
        if tag == "script":
            self._plot = given.get("data-plot") or ""
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> at {self.getpos()}")

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            if self._plot:
                self.plots[self._plot] = self.plots.get(self._plot, "") + data
        elif not self.open or self.open[-1] != "style":
            self.text.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    return reader


@pytest.fixture(scope="module")
def report() -> Report:
    model = nusim.read_model("hnl", set={"m4": 0.25, "mixing2.mu": 1e-8})
    return nusim.report(model, ["sbnd", "nomad"], existing=(), events=60)


@pytest.fixture(scope="module")
def page(report: Report) -> str:
    return report.html("nusim report hnl -o x.html", [("masses", "nusim masses hnl")])


def cells(*values: str) -> str:
    """A row as the page holds it."""
    return "<tr>" + "".join(f'<td class="text">{value}</td>' if k == 0 else f"<td>{value}</td>" for k, value in enumerate(values))


def test_it_is_html_in_balance(page: str) -> None:
    reader = read(page)
    assert page.startswith("<!DOCTYPE html>")
    assert not reader.problems
    assert not reader.open
    assert max(reader.names.values()) == 1


def test_nothing_is_loaded(page: str) -> None:
    reader = read(page)
    loaded = [address for tag, address in reader.addresses if not address.startswith(("#", "data:")) and tag != "a"]
    assert not loaded
    assert "default-src 'none'" in page
    style = page[page.index("<style>") : page.index("</style>")]
    assert not re.search(r"url\(|@import", style)
    assert all(address.startswith(("#", "https://arxiv.org/")) for tag, address in reader.addresses if tag == "a")


def test_every_section_is_there(page: str) -> None:
    reader = read(page)
    for name in ("spectrum", "decays", "rates", "contours", "bounds", "events", "made"):
        assert reader.names[name] == 1
        assert ("a", f"#{name}") in reader.addresses


def test_rates_are_those_of_the_library(report: Report, page: str) -> None:
    rate = nusim.expected_events(report.spectrum, nusim.read_experiment("sbnd"))
    shown = report.experiments[0].rate
    assert shown is not None
    assert (shown.events, shown.selected_events, shown.by_parent) == (rate.events, rate.selected_events, rate.by_parent)
    assert f"<td>{typeset(with_error(rate.events, rate.stat_error))}</td>" in page
    assert f"<td>{typeset(with_error(rate.selected_events, rate.selected_stat_error))}</td>" in page
    for name, events in rate.by_final_state.items():
        if events > 1e-3 * rate.events:
            error = rate.error_by_final_state[name]
            assert cells(particles(name), typeset(with_error(events, error))) in page


def test_widths_are_those_of_the_library(report: Report, page: str) -> None:
    table = nusim.decay_table(report.spectrum, "nu4")
    for channel in table:
        if channel.width > 0:
            start = cells(particles(channel.products), typeset(number(channel.width)))
            assert start in page
            row = page[page.index(start) :]
            assert f"<td>{typeset(number(table.branching_ratio(channel.products), 4))}</td>" in row[: row.index("</tr>")]
    assert f"<td>{typeset(number(table.ctau))}</td>" in page


def plots(page: str) -> list[dict[str, object]]:
    return [json.loads(text) for text in read(page).plots.values()]


def traces(page: str) -> Iterator[dict[str, object]]:
    for plot in plots(page):
        yield from plot["data"]  # type: ignore[misc]


def decoded(values: object) -> np.ndarray:
    """Numbers of a trace, NaN for its gaps."""
    assert isinstance(values, list)
    return np.array([np.nan if value is None else value for value in values], float)


def test_contours_and_the_point_are_drawn(report: Report, page: str) -> None:
    assert report.window is not None
    reach = report.experiments[0].reach
    assert reach is not None
    scan = nusim.scan(report.model, nusim.read_experiment("sbnd"), report.window.x, report.window.y, lines=2000)
    assert np.array_equal(scan.reach().contours[0], reach.contours[0])
    found = {str(trace.get("name")): trace for trace in traces(page)}
    drawn = found["sbnd"]
    assert np.array_equal(decoded(drawn["x"])[: len(reach.contours[0])], reach.contours[0][:, 0])
    star = found["this model"]
    assert (star["x"], star["y"]) == ([0.25], [pytest.approx(1e-8)])
    inside = reach.contains(0.25, 1e-8)
    rate = report.experiments[0].rate
    assert rate is not None
    assert inside == (rate.selected_events > reach.events_needed)


def test_verdicts_are_those_of_recast(report: Report, page: str) -> None:
    found = nusim.recast(report.model, ("sbnd", "nomad"), limits=False)
    assert report.bounds is not None
    assert [(one.name, one.verdict, one.strength) for one in report.bounds.verdicts] == [
        (one.name, one.verdict, one.strength) for one in found.verdicts
    ]
    assert f"hnl is <b>{found.verdict}</b>" in page


def test_scaled_experiments_have_their_line(report: Report, page: str) -> None:
    text = " ".join(read(page).text)
    assert "nomad: nothing is expected: its limits are on |U_tau|^2, which are 0 here" in text


def test_events_and_their_display(report: Report, page: str) -> None:
    assert report.sample is not None
    assert len(report.sample) == 60
    assert page.count("data:image/svg+xml;base64,") == 2
    assert "60 events at sbnd" in page


def test_commands_and_versions(page: str) -> None:
    assert "<code>nusim report hnl -o x.html</code>" in page
    assert "<code>nusim masses hnl</code>" in page
    assert nusim.__version__ in page


def test_the_same_report_is_the_same_page(report: Report, page: str) -> None:
    assert report.html("nusim report hnl -o x.html", [("masses", "nusim masses hnl")]) == page


def test_names_are_escaped(report: Report) -> None:
    odd = "</script><b>&x"
    model = replace(report.model, name=odd, source=odd)
    other = replace(report, spectrum=replace(report.spectrum, model=model))
    page = other.html(odd)
    reader = read(page)
    assert not reader.problems
    assert f"<h1>{escape(odd)}</h1>" in page
    assert f"<code>{escape(odd)}</code>" in page


def test_what_is_left_out_is_said() -> None:
    model = nusim.read_model("two-families")
    found = nusim.report(model, [], contours=True, bounds=False, events=0)
    text = " ".join(read(found.html()).text)
    assert "No contours: two-families: several families have no one mass and mixing" in text
    assert "No experiment was asked for" in text
    assert "No events: left out on request" in text
    assert len(found.states) == 6


def test_no_events_where_nothing_arrives() -> None:
    found = nusim.report(nusim.read_model("triangle"), ["sbnd"], contours=False, bounds=False, events=10)
    page = found.html()
    assert not read(page).problems
    assert found.sample is None
    text = " ".join(read(page).text)
    assert "No events: sbnd: no open production mode" in text


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("nu4 from nu5", "ν<sub>4</sub> from ν<sub>5</sub>"),
        ("nu e- mu+", "ν e<sup>−</sup> μ<sup>+</sup>"),
        ("mu- Ds+", "μ<sup>−</sup> D<sub>s</sub><sup>+</sup>"),
        ("nu eta'", "ν η′"),
        ("D0bar", "D̄<sup>0</sup>"),
        ("nu J/psi", "ν J/ψ"),
        ("a<b", "a&lt;b"),
    ],
)
def test_names_of_particles(name: str, shown: str) -> None:
    assert particles(name) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("(1.2 +- 0.1)e-05", "(1.2 ± 0.1)\u00a0×\u00a010<sup>−5</sup>"),
        ("6.6e+20", "6.6\u00a0×\u00a010<sup>20</sup>"),
        ("0.25", "0.25"),
        ("infinite", "∞"),
        ("nu e-05 <", "nu e-05 &lt;"),
    ],
)
def test_numbers_as_they_are_printed(text: str, shown: str) -> None:
    assert typeset(text) == shown
