"""nusim plot events: distributions of an event file."""

import argparse
from typing import TYPE_CHECKING

from .options import Subparsers, add_command, add_seed, figure, whole_number
from .output import save_figure, warn

if TYPE_CHECKING:
    from ..events.measure import Measured
    from ..events.sample import EventSample
    from ..io.header import RunInfo

FILE = "an event file of nusim's: LHE, HepMC3, HEPEVT with its JSON file, flat ROOT, Parquet"


def add_parser(subparsers: Subparsers) -> None:
    """Register the figure."""
    parser = add_command(subparsers, "events", "distributions of an event file, by final state and by route", run)
    parser.add_argument("file", metavar="FILE", help=FILE)
    parser.add_argument("-o", "--output", metavar="FIG", type=figure, required=True, help="the figure (.pdf, .png, .svg)")
    parser.add_argument(
        "--smear", action="store_true", help="what is visible with the resolutions and thresholds of the experiment's card ([smearing])"
    )
    add_seed(parser)
    parser.add_argument("--first", metavar="N", type=whole_number, help="only the first N events, which then stand for all")


def run(args: argparse.Namespace) -> int:
    """Read the events and draw them."""
    from ..plot.events import events

    sample, info = read_sample(args.file, 0, args.first)
    if len(sample) < info.events:
        warn([f"{args.file}: the first {len(sample)} of {info.events} events stand for all"])
    seen = _measured(args.file, sample, info, args.seed) if args.smear else None
    save_figure(args.output, events(_scaled(sample, info), seen=seen))
    print(f"{args.output}: {len(sample)} events")
    return 0


def read_sample(path: str, first: int, last: int | None) -> "tuple[EventSample, RunInfo]":
    """Events first <= i < last of a file as one sample, all that there are if `last` is None, and what the file says of its run."""
    from ..errors import ParameterError
    from ..events.sample import joined, taken
    from ..io.read import open_source, refuse

    if last is not None and last < 1:
        raise ParameterError(f"--first {last}: at least one event is needed")
    parts: list[EventSample] = []
    done = 0
    with open_source(path) as source:
        for sample in source.samples(refuse(source.path)):
            begin, end = max(first - done, 0), len(sample) if last is None else min(last - done, len(sample))
            if begin < end or not parts:
                parts.append(taken(sample, min(begin, len(sample)), max(min(begin, len(sample)), end)))
            done += len(sample)
            if last is not None and done >= last:
                break
        info = source.info
    if not parts:
        raise ParameterError(f"{path}: holds no events")
    return joined(parts), info


def _measured(path: str, sample: "EventSample", info: "RunInfo", seed: int) -> "Measured":
    """What the experiment of a file measures; DataFileError where its card gives no resolutions."""
    from ..cards.experiment import SelectionTable, SmearingTable
    from ..errors import DataFileError
    from ..events.measure import measured

    experiment = info.metadata.get("experiment", {})
    if "smearing" not in experiment:
        raise DataFileError(f"{path}: --smear: the card of {experiment.get('name', 'its experiment')} has no [smearing]")
    visible, thresholds = (experiment["selection"][key] for key in ("visible", "thresholds"))
    selection = SelectionTable(visible=tuple(visible), thresholds=thresholds).selection()
    return measured(sample, SmearingTable(**experiment["smearing"]).smearing(), selection, seed)


def _scaled(sample: "EventSample", info: "RunInfo") -> "EventSample":
    """Part of a file's events with the weights of all."""
    from dataclasses import replace

    return replace(sample, weight=sample.weight * (info.events / max(len(sample), 1)))
