"""What a page is made of."""

from collections.abc import Sequence
from dataclasses import dataclass

Cell = str
"""HTML, escaped by who makes it."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a header; columns in `left` to the left, the others, numbers, to the right."""

    header: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    left: tuple[int, ...] = (0,)
    fold: str = ""
    """Title behind which it is folded away; empty for one that is shown."""
    kind: str = "table"


@dataclass(frozen=True, slots=True)
class Columns:
    """Small tables side by side where there is room."""

    tables: tuple[Table, ...]
    kind: str = "columns"


@dataclass(frozen=True, slots=True)
class Plot:
    """An interactive figure: plotly's data, layout and configuration as JSON."""

    name: str
    json: str
    height: int
    caption: Cell = ""
    kind: str = "plot"


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure that does not move, as a data address."""

    address: str
    text: str
    """What it shows, for those who do not see it."""
    caption: Cell = ""
    kind: str = "picture"


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph; `tone`: 'warning' for what must not be overlooked."""

    html: Cell
    tone: str = ""
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading within a section."""

    html: Cell
    kind: str = "heading"


@dataclass(frozen=True, slots=True)
class Lines:
    """Command lines, each with what it gives."""

    lines: tuple[tuple[Cell, Cell], ...]
    kind: str = "lines"


@dataclass(frozen=True, slots=True)
class Notes:
    """Warnings, folded where there are several."""

    notes: tuple[Cell, ...]
    kind: str = "notes"


Block = Table | Columns | Plot | Picture | Text | Heading | Lines | Notes


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page."""

    name: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """A number at the head of the page."""

    label: Cell
    value: Cell
    more: Cell = ""
    tone: str = ""


def table(header: Sequence[Cell], rows: Sequence[Sequence[Cell]], left: Sequence[int] = (0,), fold: str = "") -> Table:
    """A table from any sequences."""
    return Table(tuple(header), tuple(tuple(row) for row in rows), tuple(left), fold)
