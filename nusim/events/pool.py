"""Chunks of a run made by several processes or a cluster, given back in order: what comes out does not depend on how many there are."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ..errors import ParameterError
from ..kernels.processes import in_order
from .generator import Generator
from .sample import EventSample

Work = Callable[[EventSample, int], Any]
"""What is made of a chunk's events, given with the number of the first: a function or callable object that can be sent to a process."""


def itself(sample: EventSample, first: int) -> EventSample:
    """The sample as it is."""
    return sample


def samples(run: Generator, chunk: int, workers: int = 1) -> Iterator[EventSample]:
    """The events of a run in order, `chunk` at a time, made by `workers` processes; by this one alone if `workers` is 1.

    Processes are as `kernels.processes.in_order` says. Raises ParameterError for fewer than one event or process.
    """
    yield from made(run, itself, 0, run.n, chunk, workers)


def made(run: Generator, work: Work, first: int, last: int, chunk: int, workers: int = 1, scheduler: str | None = None) -> Iterator[Any]:
    """What `work` makes of events first <= i < last, in order, each chunk in the process that generates it; else as `samples`."""
    check_at_least_one(chunk=chunk, workers=workers)
    spans = [(start, min(start + chunk, last)) for start in range(first, last, chunk)]
    yield from in_order(_Chunk(run, work), spans, workers, scheduler)


@dataclass(frozen=True, slots=True)
class _Chunk:
    """A run and what is to be made of its events."""

    run: Generator
    work: Work

    def __call__(self, first: int, last: int) -> Any:
        return self.work(self.run.events(first, last), first)


def check_at_least_one(**numbers: int) -> None:
    """ParameterError, with its name, for a number that is not whole or below 1."""
    for name, value in numbers.items():
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ParameterError(f"{name} = {value}: a whole number, at least 1")
