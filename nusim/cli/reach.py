"""nusim reach: where experiments would exclude a model."""

import argparse
from typing import TYPE_CHECKING, Any

from .options import Subparsers, add_command, add_json, add_plot
from .output import number, print_json, print_table, save_bytes, save_figure, warn
from .scan import add_scan, header_of, scans_of

if TYPE_CHECKING:
    from ..rates.reach import Reach

_EPILOG = "The contour of a composite experiment is that of its members' events together."


def add_parser(subparsers: Subparsers) -> None:
    """Register the command."""
    parser = add_command(subparsers, "reach", "contours of what experiments would exclude", run, _EPILOG)
    add_scan(parser, required=False)
    parser.add_argument(
        "--criterion",
        metavar="RULE",
        type=_rule,
        help="a number of events, classical, cls or feldman-cousins (default: of the experiment's card)",
    )
    parser.add_argument("--confidence", metavar="CL", type=_positive, help="confidence level of the criterion, such as 0.95")
    parser.add_argument("--background", metavar="B", type=_not_negative, help="background events (default: of the experiment's card)")
    for what in ("background", "signal"):
        parser.add_argument(
            f"--{what}-uncertainty", metavar="X", type=_not_negative, default=0.0, help=f"relative uncertainty of the {what} (default 0)"
        )
    parser.add_argument("--band", action="store_true", help="also contours for a standard deviation of the beam and the widths")
    parser.add_argument("-o", "--output", metavar="FILE", help="write the contours: .csv, .yaml (HEPData) or .npz")
    add_plot(parser, "the contours")
    add_json(parser)


def _rule(text: str) -> str | float:
    try:
        return float(text)
    except ValueError:
        return text


def _positive(text: str) -> float:
    value = _not_negative(text)
    if value == 0:
        raise argparse.ArgumentTypeError(f"{text!r}: a positive number is needed")
    return value


def _not_negative(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r}: a number is needed, not negative")
    return value


def run(args: argparse.Namespace) -> int:
    """Print the lowest point of each contour, write the contours."""
    from ..io.contours import check_suffix, reach_bytes

    if args.output:
        check_suffix(args.output)
    scans, notes = scans_of(args)
    options = {name: getattr(args, name) for name in ("confidence", "background", "background_uncertainty", "signal_uncertainty", "band")}
    found = scans[0].reaches(args.criterion, workers=args.workers, scheduler=args.scheduler, **options)
    warn([*notes, *(note for one in found for note in one.warnings)])
    if args.output:
        save_bytes(args.output, reach_bytes(args.output, found, scans, header_of(args, scans)))
    if args.plot:
        from ..plot.reach import reach as draw

        save_figure(args.plot, draw(found))
    if args.json:
        print_json({"model": scans[0].model, "reaches": [_document(one, notes) for one in found]})
        return 0
    rows = []
    for one in found:
        best = one.smallest
        where = ("-", "-", "-") if best is None else (number(best[1], 3), number(best[0], 4), _span(one))
        rows.append((one.experiment, one.rule, *where))
    first = found[0]
    print(f"{first.model}: excluded in {first.x.key} and {first.y.key}")
    print_table(("experiment", "criterion", f"lowest {first.y.key}", f"at {first.x.key}", "from - to"), rows, left=(0, 1))
    return 0


def _span(one: "Reach") -> str:
    """Where along x anything is excluded."""
    ends = [float(end) for contour in one.contours for end in (contour[:, 0].min(), contour[:, 0].max())]
    return f"{min(ends):.4g} - {max(ends):.4g}" if ends else "-"


def _document(one: "Reach", notes: list[str]) -> dict[str, Any]:
    import numpy as np

    edges = np.isfinite(one.lower) | np.isfinite(one.upper)
    return {
        "experiment": one.experiment,
        "criterion": one.criterion.kind,
        "confidence": one.confidence,
        "contours": one.contours,
        "axes": [{"key": axis.key, "values": axis.values} for axis in (one.x, one.y)],
        "warnings": list(dict.fromkeys([*one.warnings, *notes])),
        "events_needed": one.events_needed,
        "edges": {name: getattr(one, name)[edges] for name in ("columns", "lower", "upper", "lower_error", "upper_error")},
        "band": {"nuisances": one.nuisances, **one.band},
    }
