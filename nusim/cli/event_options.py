"""Options of `nusim events` for what is done with events besides: hadrons of quarks, decays, times."""

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..events.options import EventOptions


def add_event_options(parser: argparse.ArgumentParser) -> None:
    """--hadronise, --decay, --timing."""
    parser.add_argument(
        "--hadronise",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="whether inclusive final states ('mu- hadrons') become hadrons by Pythia (default: if nusim[hadrons] is installed)",
    )
    parser.add_argument(
        "--decay",
        metavar="NAMES",
        default="",
        help="particles that decay in events, with commas: tau,mu,pi0,K*,... or short, all with c tau below 1 cm (needs nusim[hadrons])",
    )
    parser.add_argument(
        "--timing",
        choices=("buckets",),
        help="times within the beam's spill: buckets, or slow extraction, of its card (default: none)",
    )


def event_options(args: argparse.Namespace) -> "EventOptions":
    """What they ask for."""
    from ..events.options import EventOptions

    names = tuple(name.strip() for name in args.decay.split(",") if name.strip())
    return EventOptions(hadronise=args.hadronise, decay=names, timing=args.timing)
