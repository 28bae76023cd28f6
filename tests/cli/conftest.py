"""A run of the program inside the test process."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from nusim.cli.main import main


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """stdout as one strict JSON document."""

        def refuse(name: str) -> Any:
            raise AssertionError(f"{name} is not JSON")

        return json.loads(self.out, parse_constant=refuse)


Run = Callable[..., Result]


@pytest.fixture
def nusim(capsys: pytest.CaptureFixture[str]) -> Run:
    """nusim("masses", "circle"): exit code, stdout and stderr."""

    def run(*argv: object) -> Result:
        try:
            code = main([str(word) for word in argv])
        except SystemExit as stop:
            code = int(stop.code or 0)
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return run
