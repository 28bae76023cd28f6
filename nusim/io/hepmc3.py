"""HepMC3 text files (Asciiv3, Comput. Phys. Commun. 260 (2021) 107310) of decays in flight, with a strict NuHepMC 1.0 layout.

Layouts
- `chain`: the beam parent (status 4), then its daughters and theirs; a vertex for each decay.
- `nuhepmc`: the same as NuHepMC 1.0.0 requires it (arXiv:2310.13211): besides, a target without momentum, as a decay in flight has
  none, and the run attributes that the specification asks for.
- `decay`: the heavy state seen in the detector (status 4), and what descends from it.

GeV and mm, detector frame, time as c t in mm from the moment the protons pass the beam frame's origin: detector simulations place the
vertices as they are. Exactly one blank stands between two words, as HepMC3's reader wants it.
"""

from collections.abc import Iterator

from ..errors import DataFileError
from ..events.sample import FINAL, INCOMING, INTERMEDIATE
from ..units import mm, second
from .header import RunInfo, json_text
from .record import Record, Shape
from .text import Integer, Real, RowTemplate
from .writer import EventWriter

LAYOUTS = ("chain", "nuhepmc", "decay")

SEEN, MESON_DECAY, OTHER_DECAY = 1, 21, 22
"""Status of a vertex: the decay that the detector sees, that of the beam parent, any other."""
BEAM, TARGET = 4, 20
"""Status of a particle in NuHepMC."""
NO_TARGET = 81
"""PDG code of the target that is none: 81 to 100 are the PDG's for pseudoparticles of generators."""
FIRST_PROCESS = 700
"""NuHepMC (E.C.1) leaves 700 and above to processes that are not scattering of neutrinos: 700 + number of the final state."""

TAIL = b"HepMC::Asciiv3-END_EVENT_LISTING\n\n"

_VERTEX_STATUS = {
    SEEN: ("decay_seen", "the decay in the detector that the weight of the event is for"),
    MESON_DECAY: ("parent_decay", "the decay of the beam parent"),
    OTHER_DECAY: ("other_decay", "another decay of the event: on the way to the decay seen, or beside it"),
}
_PARTICLE_STATUS = {
    1: ("undecayed", "leaves the event"),
    2: ("decayed", "decays in the event"),
    BEAM: ("beam_parent", "the particle of the beam that makes the heavy state; in the layout decay the heavy state itself"),
}
_CONVENTIONS = ("G.C.1", "G.C.2", "G.C.5", "G.S.1", "G.S.2", "E.C.1", "E.C.5", "E.S.1")
_NOTES = """units: GeV, mm, c t in mm; frame: detector (run: frames.detector); time zero when the protons pass the beam frame's origin
normalisation: expected events = events_per_weight (nusim.run) times the sum of the weights CV; the weight 'events' is that product,
 and so are further weights by name, each under its variation
event attributes: nusim.parent PDG code of the beam parent; nusim.heavy particle whose decay is seen; nusim.delay_ns its delay against a
 massless particle on its way; nusim.polarisation its longitudinal polarisation where it is made; nusim.route by which way it came
particle attributes: ctau_mm c tau from production to decay; spin cosine of the angle between spin and momentum in the laboratory"""
_NO_CROSS_SECTION = """NuHepMC.FluxAveragedTotalCrossSection is 0 because a decay in flight has none, and the target has no momentum
 because there is none: NuHepMC.Exposure.POT and the weights normalise"""


class HepmcWriter(EventWriter):
    """An open HepMC3 file; see `EventWriter`."""

    format = "hepmc3"
    layouts = LAYOUTS

    def _head(self) -> str:
        return header_text(self._info)

    def _tail(self) -> str:
        return TAIL.decode()

    def _template(self, shape: Shape) -> RowTemplate:
        return event_template(shape, self._info.layout, self._info.route_words[shape.route], self._info.weight_names)

    def _prepare(self, record: Record) -> None:
        columns, sample = record.of_particle, record.sample
        momenta = self._frame.directions(columns["px"], columns["py"], columns["pz"])
        columns |= dict(zip(("detector_px", "detector_py", "detector_pz"), momenta, strict=True))
        columns |= {name: columns[f"detector_{name[0]}"] / mm for name in ("x_mm", "y_mm", "z_mm")}
        columns |= {"t_mm": sample.vertex[:, 0] / mm, "t_s": sample.vertex[:, 0] / second, "ctau_mm": sample.proper_time / mm}
        record.of_event["nuhepmc_process"] = record.of_event["process"] + FIRST_PROCESS


def header_text(info: RunInfo) -> str:
    """The file up to its first event."""
    lines = [
        "HepMC::Version 3.02.06",
        "HepMC::Asciiv3-START_EVENT_LISTING",
        "W " + _weight_names(info),
    ]
    lines += [f"T nusim\\|{_escaped(str(info.metadata['version']))}\\|heavy neutrinos from meson decays in flight"]
    lines += [f"A {name} {_escaped(value)}" for name, value in _attributes(info)]
    return "\n".join(lines) + "\n"


def _weight_names(info: RunInfo) -> str:
    """Names in one word each: HepMC3's reader splits them at blanks."""
    return _escaped("\n".join(("CV", "events", *("_".join(name.split()) for name in info.weight_names))))


def _attributes(info: RunInfo) -> Iterator[tuple[str, str]]:
    """Names and values of the run's attributes."""
    metadata, strict = info.metadata, info.layout == "nuhepmc"
    yield "nusim.run", json_text(info.summary(), indent=None)
    for name in ("model", "experiment"):
        if name in metadata:
            yield f"nusim.{name}", json_text(metadata[name], indent=None)
    yield "nusim.notes", f"{_NOTES}\n{_NO_CROSS_SECTION}" if strict else _NOTES
    if strict:
        yield from ((f"NuHepMC.Version.{part}", str(number)) for part, number in (("Major", 1), ("Minor", 0), ("Patch", 0)))
        yield "NuHepMC.Conventions", " ".join(_CONVENTIONS)
        yield "NuHepMC.FluxAveragedTotalCrossSection", "0.0"
        yield "NuHepMC.Units.CrossSection.Unit", "pb"
        yield "NuHepMC.Units.CrossSection.TargetScale", "PerAtom"
    yield "NuHepMC.Exposure.POT", repr(float(metadata["protons"]))
    yield "NuHepMC.Provenance.Seed", str(metadata["seed"])
    yield "NuHepMC.Provenance.NEvents", str(metadata["n"])
    processes = {FIRST_PROCESS + i + 1: products for i, products in enumerate(info.processes)}
    yield "NuHepMC.ProcessIDs", " ".join(map(str, processes))
    for number, products in processes.items():
        yield f"NuHepMC.ProcessInfo[{number}].Name", products
        yield f"NuHepMC.ProcessInfo[{number}].Description", f"decay in flight of a heavy state into {products}"
    target = {TARGET: ("no_target", "stands for the target, of which a decay in flight has none")} if strict else {}
    for kind, table in (("Vertex", _VERTEX_STATUS), ("Particle", _PARTICLE_STATUS | target)):
        yield f"NuHepMC.{kind}StatusIDs", " ".join(map(str, table))
        for number, (name, text) in table.items():
            yield f"NuHepMC.{kind}StatusInfo[{number}].Name", name
            yield f"NuHepMC.{kind}StatusInfo[{number}].Description", text
    codes = info.summary()["pdg_codes"]
    particles = {
        codes[name]: (name, f"heavy state {name} of the model") for name in dict.fromkeys((*metadata.get("states", ()), *info.states))
    }
    if strict:
        particles[NO_TARGET] = ("no_target", "a target that is none")
    yield "NuHepMC.AdditionalParticleNumbers", " ".join(map(str, particles))
    for code, (name, text) in particles.items():
        yield f"NuHepMC.AdditionalParticleNumber[{code}].Name", name
        # readers of the specification look for the description under this name
        yield f"NuHepMC.AdditionalParticleInfo[{code}].Description", text


def _escaped(text: str) -> str:
    """As HepMC3 writes strings: a line each."""
    return text.replace("\\", "\\\\").replace("\n", "\\|").encode("ascii", "backslashreplace").decode("ascii")


def event_template(shape: Shape, layout: str, route: str, weight_names: tuple[str, ...] = ()) -> RowTemplate:
    """The text of an event of this shape."""
    order = [shape.heavy if layout == "decay" else 0]
    for place in order:  # grows as it goes: daughters of one mother stand together
        order.extend(shape.daughters(place))
    strict = layout == "nuhepmc"
    number = {place: i + 1 + (strict and i > 0) for i, place in enumerate(order)}
    decays = [place for place in order if shape.daughters(place)]
    if any(shape.status[place] == INTERMEDIATE and place not in decays for place in order):
        raise DataFileError("event sample: a particle of intermediate status has no daughters")
    pieces: list[str | Real | Integer] = ["E ", Integer("number", 12), f" {len(decays)} {len(order) + strict}\nU GEV MM\nW"]
    for name in ("file_weight", "weight", *(f"weight {name}" for name in weight_names)):
        pieces += [" ", Real(name)]
    pieces += ["\nA 0 signal_process_id ", Integer("nuhepmc_process", 4), "\nA 0 lab_pos"]
    first = shape.daughters(shape.heavy)[0]
    pieces += [piece for name in ("x_mm", "y_mm", "z_mm", "t_s") for piece in (" ", Real((name, first)))]
    pieces += [
        "\nA 0 nusim.parent ",
        Integer("parent", 12),
        f"\nA 0 nusim.heavy {number[shape.heavy]}\nA 0 nusim.delay_ns ",
        Real("delay_ns"),
    ]
    pieces += ["\nA 0 nusim.polarisation ", Real("polarisation"), f"\nA 0 nusim.route {route}\n"]
    for place in decays:
        pieces += [f"A {number[place]} ctau_mm ", Real(("ctau_mm", place)), "\n"]
    for place in order:
        if shape.spin_known[place]:
            pieces += [f"A {number[place]} spin ", Real(("spin", place)), "\n"]
    pieces += _particle(order[0], number, 0, BEAM)
    if strict:
        pieces += [f"P 2 0 {NO_TARGET} 0 0 0 0 0 {TARGET}\n"]
    for i, place in enumerate(decays):
        incoming = "1,2" if strict and i == 0 else str(number[place])
        status = SEEN if place == shape.heavy else MESON_DECAY if shape.status[place] == INCOMING else OTHER_DECAY
        daughters = shape.daughters(place)
        pieces += [f"V {-(i + 1)} {status} [{incoming}] @"]
        pieces += [piece for name in ("x_mm", "y_mm", "z_mm", "t_mm") for piece in (" ", Real((name, daughters[0])))]
        pieces += ["\n"]
        for daughter in daughters:
            pieces += _particle(daughter, number, -(i + 1), 1 if shape.status[daughter] == FINAL else 2)
    return RowTemplate(pieces, dense=True)


def _particle(place: int, number: dict[int, int], vertex: int, status: int) -> list[str | Real | Integer]:
    pieces: list[str | Real | Integer] = [f"P {number[place]} {vertex} ", Integer(("pdg", place), 12)]
    for name in ("detector_px", "detector_py", "detector_pz", "E", "mass"):
        pieces += [" ", Real((name, place))]
    return [*pieces, f" {status}\n"]
