"""Events made by several processes, given back in order: what comes out does not depend on how many there are."""

from collections import deque
from collections.abc import Iterator

from ..errors import ParameterError
from .generator import Generator
from .sample import EventSample

_run: Generator
"""Of a worker process."""


def samples(run: Generator, chunk: int, workers: int = 1) -> Iterator[EventSample]:
    """The events of a run in order, `chunk` at a time, made by `workers` processes; by this one alone if `workers` is 1.

    Processes are started afresh (spawned): a script that asks for more than one guards its own top level with `if __name__ == "__main__":`.
    At most two chunks a process are held in memory. Raises ParameterError for fewer than one event or process.
    """
    check_at_least_one(chunk=chunk, workers=workers)
    spans = [(first, min(first + chunk, run.n)) for first in range(0, run.n, chunk)]
    if min(workers, len(spans)) <= 1:
        yield from (run.events(*span) for span in spans)
        return
    from concurrent.futures import Future, ProcessPoolExecutor
    from multiprocessing import get_context

    workers = min(workers, len(spans))
    with ProcessPoolExecutor(workers, get_context("spawn"), _start, (run,)) as pool:
        waiting: deque[Future[EventSample]] = deque()
        try:
            for span in spans:
                waiting.append(pool.submit(_events, *span))
                if len(waiting) >= 2 * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            # a run that is broken off does not wait for chunks nobody takes
            for left in waiting:
                left.cancel()


def _start(run: Generator) -> None:
    """Give a worker process its run."""
    global _run
    _run = run


def _events(first: int, last: int) -> EventSample:
    return _run.events(first, last)


def check_at_least_one(**numbers: int) -> None:
    """ParameterError, with its name, for a number that is not whole or below 1."""
    for name, value in numbers.items():
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ParameterError(f"{name} = {value}: a whole number, at least 1")
