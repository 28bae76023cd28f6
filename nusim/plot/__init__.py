"""Figures in the field's usual style; every function returns a matplotlib Figure and writes nothing."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .branching import branching, branching_bars
    from .events import events
    from .flux import flux

__all__ = ["branching", "branching_bars", "events", "flux"]

_HOME = {"branching": "branching", "branching_bars": "branching", "events": "events", "flux": "flux"}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
