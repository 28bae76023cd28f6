"""One broken input given to its reader, within bounds of time and memory."""

import os
import resource
import shutil
import signal
import traceback
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from nusim.errors import NusimError

from .readers import Reader
from .seeds import Seeds

SECONDS = 5.0
"""Of CPU time that an input may take."""
MEMORY = 1_500_000_000
"""Bytes of address space beyond what the process has."""
_LINE = 2000


def asked_for() -> int | None:
    """Inputs a reader that the environment asks for."""
    number = os.environ.get("NUSIM_FUZZ")
    return int(number) if number else None


class TooLong(BaseException):
    """No exception that a reader would take for a broken file."""


@dataclass
class Count:
    """What came of a reader's inputs."""

    tried: int = 0
    refused: int = 0
    accepted: int = 0
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.tried:6d} {self.refused:8d} {self.accepted:9d} {len(self.faults):7d}"


COUNTS: dict[str, Count] = {}
"""Of this run, by reader."""


@contextmanager
def bounded() -> Iterator[None]:
    """Bounds for the code inside: TooLong after SECONDS, MemoryError beyond MEMORY."""

    def stop(*_: Any) -> None:
        raise TooLong

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    before = signal.signal(signal.SIGPROF, stop)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MEMORY, hard))
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
        signal.signal(signal.SIGPROF, before)


def attempt(reader: Reader, number: int, seeds: Seeds, folder: Path) -> tuple[str, str]:
    """'refused' with its line, 'accepted', or 'fault' with what was wrong about it. The same number gives the same input."""
    rng = np.random.default_rng([zlib.crc32(reader.name.encode()), number])
    with np.errstate(all="ignore"):  # of making it
        files = reader.broken(rng, seeds)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    path = folder / next(iter(files))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            with bounded():
                reader.read(path)
        except NusimError as error:
            result, line = "refused", str(error)
        except TooLong:
            return "fault", f"more than {SECONDS} s\n{_end_of_trace()}"
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            return "fault", _end_of_trace()
        else:
            result, line = "accepted", ""
    numpys = [one for one in said if not issubclass(one.category, UserWarning)]
    if numpys:
        return "fault", f"{numpys[0].category.__name__}: {numpys[0].message} ({numpys[0].filename}:{numpys[0].lineno})"
    if "\n" in line or len(line) > _LINE or (result == "refused" and not line.strip()):
        return "fault", f"not one line: {line[:_LINE]!r}"
    if reader.names_file and result == "refused" and not any(name in line for name in (*files, str(folder))):
        return "fault", f"does not name the file: {line}"
    return result, line


def _end_of_trace() -> str:
    return "".join(traceback.format_exc().splitlines(keepends=True)[-9:])


def run(reader: Reader, count: int, seeds: Seeds, folder: Path, first: int = 0) -> Count:
    """Inputs `first` ... of a reader."""
    found = Count()
    for number in range(first, first + max(round(count * reader.share), 2)):
        result, said = attempt(reader, number, seeds, folder)
        found.tried += 1
        if result == "fault":
            found.faults.append(f"{reader.name}, input {number}: {said}")
        elif result == "refused":
            found.refused += 1
        else:
            found.accepted += 1
    return found
