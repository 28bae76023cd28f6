"""Les Houches event files (version 3, hep-ph/0609017 and arXiv:1405.1067) of decays in flight.

Layouts
- `chain`: one incoming particle, the beam parent (status -1), then its daughters and theirs; mothers (k, 0).
- `two-beam`: the same with a second incoming line, a photon without energy: HepMC3's ReaderLHEF takes the first two
  lines as beams. Mothers (1, 2) at the first vertex and (k, k) after it, the form that reader follows.
- `decay`: the heavy state seen in the detector as the incoming particle, and what descends from it.

Momenta are in the beam frame, GeV. LHE has no place for vertices: each event carries them as comment lines, which
pylhe keeps in `optional`, in both frames.
"""

from collections.abc import Sequence
from xml.sax.saxutils import quoteattr

from ..errors import DataFileError
from ..events.sample import FINAL, INCOMING, INTERMEDIATE
from ..events.variations import factors
from ..units import mm
from .header import RunInfo, json_text
from .record import Record, Shape
from .text import Integer, Real, RowTemplate
from .writer import EventWriter, weight_column

LAYOUTS = ("chain", "two-beam", "decay")
TAIL = b"</LesHouchesEvents>\n"
PLACEHOLDER = 22
"""PDG code of the incoming line without momentum in the layout `two-beam`."""

_NOTES = """
units: GeV; VTIMUP = c tau in mm from production to decay (a beam parent: from the point of its '# production' line), 0 for particles
        that leave the event; comment lines: m, ns, GeV
frames: momenta in the beam frame; vertices in the beam frame (beam_m) and in the detector frame (detector_m);
        time zero when the protons pass the beam frame's origin
event lines: '# event number parent pdg heavy line delay_ns t polarisation P weight w route R': number of the event in the run, PDG
        code of the beam parent, line of the heavy state that the detector sees decay, its delay against a massless particle on its way,
        its longitudinal polarisation in the rest frame of what it comes from, expected events that this event stands for, by which way
        that state came, in one word (nusim_run: routes): nu4, or nu4_from_nu5
        '# production line beam_m x y z detector_m x y z t_ns t': where the first particle begins (a beam
        parent: the start of the straight piece of its way on which it decays, not its birth in the target)
        '# vertex line beam_m x y z detector_m x y z t_ns t': where the particle on that line decays, one for each that does
SPINUP: cosine of the angle between spin and momentum in the beam frame; 9 = unknown or no spin
SCALUP, AQEDUP, AQCDUP: -1, not defined for a decay in flight
IDBMUP, EBMUP, PDF*: 0, there is no collision; the incoming particle is in each event
XSECUP: NOT a cross section: expected events of this final state for the protons on target in nusim_run, no selection applied;
        XERRUP: the same times stat_error / expected_events
normalisation: expected events = events_per_weight (nusim_run) times the sum of XWGTUP; per proton: divided by protons
named weights, where there are any (nusim_run: named_weights): XWGTUP with one nuisance of the beam a standard deviation up or down; their
        sums times events_per_weight are the expected events then; nuisances (nusim_run) holds the relative changes by beam parent
"""
_NOTES_UNWEIGHTED = """IDWTUP = 3: every event stands for events_per_weight expected events; XWGTUP = 1, save in the few events
        whose weight exceeded the common one: theirs is the ratio
"""
_NOTES_WEIGHTED = """IDWTUP = -4: XWGTUP = expected events that the event stands for; the SUM over a whole run is the expected number
"""


class LheWriter(EventWriter):
    """An open LHE file; see `EventWriter`."""

    format = "lhe"
    layouts = LAYOUTS

    def _head(self) -> str:
        return header_text(self._info)

    def _tail(self) -> str:
        return TAIL.decode()

    def _template(self, shape: Shape) -> RowTemplate:
        info = self._info
        return event_template(shape, info.layout, info.weighted, info.route_words[shape.route], info.named_weights)

    def _prepare(self, record: Record) -> None:
        record.of_particle["vtim"] = record.sample.proper_time / mm


def header_text(info: RunInfo) -> str:
    """The file up to its first event: the run in <header>, its processes in <init>."""
    metadata = info.metadata
    version = str(metadata["version"])
    lines = [
        '<LesHouchesEvents version="3.0">',
        "<header>",
        f"<nusim_run>\n{json_text(info.summary())}\n</nusim_run>",
        *(f"<nusim_{name}>\n{json_text(metadata[name])}\n</nusim_{name}>" for name in ("model", "experiment") if name in metadata),
        f"<nusim_notes>{_NOTES}{_NOTES_WEIGHTED if info.weighted else _NOTES_UNWEIGHTED}</nusim_notes>",
    ]
    if info.weighted or info.named_weights:
        lines += ["<initrwgt>", *_weight_lines(info), "</initrwgt>"]
    expected = float(metadata["expected_events"])
    relative = float(metadata["stat_error"]) / expected if expected > 0 else 0.0
    lines += ["</header>", "<init>", f" 0 0 0.0 0.0 0 0 0 0 {-4 if info.weighted else 3} {len(info.processes)}"]
    largest = float(metadata.get("largest_weight", 0.0)) if info.weighted else 1.0
    lines += [f" {rate:.14e} {rate * relative:.14e} {largest:.14e} {i + 1}" for i, rate in enumerate(info.rates)]
    lines += [f'<generator name="nusim" version={quoteattr(version)}>heavy neutrinos from meson decays in flight</generator>', "</init>"]
    return "\n".join(lines) + "\n"


def _weight_lines(info: RunInfo) -> list[str]:
    """What each named weight is."""
    lines = []
    if info.weighted:
        lines += ['<weight id="events">expected events this event stands for, at the file\'s protons on target</weight>']
    if info.named_weights:
        lines += ['<weightgroup name="nuisances" combine="none">']
        for name, by_parent in factors(info.effects).items():
            what = ", ".join(f"{parent} {factor:.6g}" for parent, factor in by_parent.items())
            lines += [f'<weight id="{name}">XWGTUP times, by beam parent: {what}; all others 1</weight>']
        lines += ["</weightgroup>"]
    return lines


def event_template(shape: Shape, layout: str, weighted: bool, route: str, named_weights: Sequence[str] = ()) -> RowTemplate:
    """The text of an event of this shape, from <event> to </event>; `route` in one word, `named_weights` of the nuisances."""
    kept = shape.below(shape.heavy) if layout == "decay" else tuple(range(len(shape.status)))
    shift = 2 if layout == "two-beam" else 1
    line_of = {place: i + (1 if i == 0 else shift) for i, place in enumerate(kept)}
    lines = len(kept) + (layout == "two-beam")
    pieces: list[str | Real | Integer] = [f"<event>\n {lines}", Integer("process", 4), " ", Real("file_weight"), " -1.0 -1.0 -1.0\n"]
    for i, place in enumerate(kept):
        status = INCOMING if i == 0 else shape.status[place]
        first, second = (0, 0) if i == 0 else _mothers(line_of[shape.mother[place]], layout)
        pieces += [Integer(("pdg", place), 12), f" {status} {first} {second} 0 0"]
        for name in ("px", "py", "pz", "E", "mass"):
            pieces += [" ", Real((name, place))]
        pieces += [" 0.0"] if shape.status[place] == FINAL else [" ", Real(("vtim", place))]
        pieces += [" ", Real(("spin", place)), "\n"] if shape.spin_known[place] else [" 9.0\n"]
        if i == 0 and layout == "two-beam":
            pieces += [f"{PLACEHOLDER:12d} {INCOMING} 0 0 0 0 0.0 0.0 0.0 0.0 0.0 0.0 9.0\n"]
    pieces += ["# event", Integer("number", 12), " parent", Integer("parent", 12), f" heavy {line_of[shape.heavy]}"]
    pieces += [" delay_ns ", Real("delay_ns"), " polarisation ", Real("polarisation"), " weight ", Real("weight"), f" route {route}\n"]
    pieces += ["# production 1", *_position(kept[0])]
    for place in kept:
        daughters = shape.daughters(place)
        if daughters:
            pieces += [f"# vertex {line_of[place]}", *_position(daughters[0])]
        elif shape.status[place] == INTERMEDIATE:
            raise DataFileError("event sample: a particle of intermediate status has no daughters")
    if layout == "decay" and shape.heavy != 0:
        pieces += ["# parent_momentum_GeV"]
        for name in ("px", "py", "pz", "E"):
            pieces += [" ", Real((name, 0))]
        pieces += ["\n"]
    columns = {"events": "weight"} if weighted else {}
    columns |= {name: weight_column(name) for name in named_weights}
    if columns:
        pieces += ["<rwgt>\n"]
        for name, column in columns.items():
            pieces += [f"<wgt id='{name}'>", Real(column), "</wgt>\n"]
        pieces += ["</rwgt>\n"]
    return RowTemplate([*pieces, "</event>\n"])


def _mothers(line: int, layout: str) -> tuple[int, int]:
    if layout != "two-beam":
        return line, 0
    return (1, 2) if line == 1 else (line, line)


def _position(place: int) -> list[str | Real | Integer]:
    """The production point of a particle in both frames, and its time."""
    pieces: list[str | Real | Integer] = [" beam_m"]
    for name in ("x", "y", "z"):
        pieces += [" ", Real((name, place))]
    pieces += [" detector_m"]
    for name in ("detector_x", "detector_y", "detector_z"):
        pieces += [" ", Real((name, place))]
    return [*pieces, " t_ns ", Real(("t_ns", place)), "\n"]
