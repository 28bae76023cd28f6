"""Lines in which benchmarks say how nusim compares with another code, for the table of `python benchmarks`."""

from dataclasses import dataclass

MARK = "ratio | "


@dataclass(frozen=True)
class Row:
    """One comparison, of rates measured in the same run."""

    what: str
    nusim: float
    other: float
    unit: str

    def __str__(self) -> str:
        return f"{MARK}{self.what} | {self.nusim:,.0f} {self.unit} | {self.other:,.0f} {self.unit} | {self.nusim / self.other:.2f}"


def show(row: Row) -> None:
    """Print it."""
    print(row, flush=True)


def table_of(lines: list[str]) -> list[str]:
    """The rows among lines of output as a table with a head; empty without any."""
    cells = [line[len(MARK) :].split(" | ") for line in lines if line.startswith(MARK)]
    if not cells:
        return []
    cells.insert(0, ["comparison", "nusim", "other", "nusim / other"])
    widths = [max(len(row[k]) for row in cells) for k in range(4)]
    return ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in cells]
