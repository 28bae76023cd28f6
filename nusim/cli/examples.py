"""An example of every command, shown at the end of its --help."""

import argparse
import re

EXAMPLES: dict[str, tuple[str, ...]] = {
    "cards": ("nusim cards",),
    "show": ("nusim show circle", "nusim show sbnd --set protons=1e21"),
    "masses": ("nusim masses circle --set physical.m5=0.2",),
    "widths": ("nusim widths circle --parent nu5", "nusim widths hnl --scan m4=0.01:1:100 -o widths.csv --plot widths.pdf"),
    "flux": ("nusim flux sbnd --edges 0:3:0.1 --plot flux.pdf",),
    "rate": ("nusim rate circle sbnd microboone", "nusim rate hnl all --set m4=0.3 mixing2=1e-7 -o rates.csv"),
    "events": ("nusim events circle sbnd -n 10000 -o circle.lhe.gz", "nusim events circle sbnd -n 1e6 --workers 4 -o circle.hepmc3.gz"),
    "scan": ("nusim scan hnl sbnd --x m4=0.05:0.45:20 --y mixing2=1e-10:1e-4:25 -o scan.csv",),
    "reach": ("nusim reach hnl sbnd --x m4=0.05:0.45:20 -o reach.csv --plot reach.pdf",),
    "region": ("nusim region -o region.csv --plot region.pdf",),
    "recast": ("nusim recast circle --no-limits",),
    "explore": (
        "nusim explore circle sbn --draw physical.m5=0.05:0.5 portals.epsilon=1e-6:1e-3 -n 500 -o points.parquet",
        "nusim explore hnl --grid m4=0.05:2:40 mixing2=1e-10:1e-4:40 -o grid.parquet",
    ),
    "report": ("nusim report circle -o circle.html", "nusim report hnl sbnd --set m4=0.3 --quick -o hnl.html"),
    "info": ("nusim info circle.lhe.gz",),
    "convert": ("nusim convert circle.lhe.gz circle.hepmc3",),
    "merge": ("nusim merge part1.lhe part2.lhe -o whole.lhe",),
    "plot": ("nusim plot events circle.lhe.gz -o circle.pdf",),
    "plot events": ("nusim plot events circle.lhe.gz -o circle.pdf",),
    "plot display": ("nusim plot display circle.lhe.gz --event 3 -o event.svg",),
    "plot reach": ("nusim plot reach sbnd.csv dune.csv -o reach.pdf",),
    "plot corner": ("nusim plot corner points.parquet physical.m5 portals.epsilon events_sbn -o corner.pdf",),
    "beam": ("nusim beam bnb",),
}
"""Command lines by command."""


class _Formatter(argparse.HelpFormatter):
    """Text in paragraphs; lines that begin with blanks stay as they are."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        paragraphs = [part for part in re.split(r"\n{2,}", text) if part.strip()]
        filled = [part if "\n  " in part else super(_Formatter, self)._fill_text(part, width, indent) for part in paragraphs]
        return "\n\n".join(filled)


def add_examples(parser: argparse.ArgumentParser, command: str = "") -> None:
    """Give the parser of every command below this one its examples."""
    for name, below in commands_of(parser).items():
        full = f"{command} {name}".strip()
        lines = EXAMPLES.get(full, ())
        if lines:
            title = "example:" if len(lines) == 1 else "examples:"
            below.epilog = "\n\n".join(filter(None, [below.epilog, "\n".join([title, *(f"  {line}" for line in lines)])]))
            below.formatter_class = _Formatter
        add_examples(below, full)


def commands_of(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Commands of a parser by name; none where it has none."""
    for action in parser._actions:  # argparse keeps them nowhere else
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}
