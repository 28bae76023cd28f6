"""The table of what came of the broken inputs, below the results of a run that asked for its own number of them."""

import pytest

from .trial import COUNTS, asked_for


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if COUNTS and asked_for() is not None:
        terminalreporter.section("broken inputs")
        terminalreporter.write_line(f"{'reader':<22} {'tried':>6} {'refused':>8} {'accepted':>9} {'faults':>7}")
        for name, count in COUNTS.items():
            terminalreporter.write_line(f"{name:<22} {count}")
