"""Figures in the field's usual style; every function returns a matplotlib Figure and writes nothing."""

# imported at once: a name that is both a function here and a file would otherwise change its meaning after first use
from .branching import branching, branching_bars
from .corner import corner
from .display import display
from .events import events
from .flux import flux
from .rates import rates
from .reach import reach
from .recast import recast
from .region import region

__all__ = ["branching", "branching_bars", "corner", "display", "events", "flux", "rates", "reach", "recast", "region"]
