"""Chains between the nodes of a scan, and where their sampling ends because they no longer count."""

from types import SimpleNamespace

import numpy as np
import pytest

import nusim
from nusim.rates import chains
from nusim.rates.chains import chain_table
from nusim.rates.sampled import Sampled

MASSES, COUPLINGS = np.geomspace(0.05, 0.5, 6), np.geomspace(1e-10, 1e-4, 13)


def test_a_row_without_chains_does_not_take_those_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chains go as the coupling to the fourth power and steeply with the mass; decays of what is made at once as its square.

    Where no chain was sampled because none counts, none may appear.
    """

    def number(mass: float, coupling: float) -> float:
        return 1e6 * mass**8 * coupling**2

    class Stand:
        """In place of `PointSampler`."""

        def __init__(self, *_: object, **__: object) -> None: ...

        def at(self, spectrum: SimpleNamespace) -> Sampled:
            events = number(spectrum.mass, spectrum.coupling) * spectrum.coupling
            return Sampled(events, events, 0.01 * events)

    def point(mass: float, coupling: float) -> tuple[object, float, float]:
        # made, and selected events that are no chains
        return SimpleNamespace(mass=mass, coupling=coupling), coupling, 1e-2 * coupling**2

    monkeypatch.setattr(chains, "PointSampler", Stand)
    table = chain_table(SimpleNamespace(parents=None), (MASSES, np.log(MASSES)), (COUPLINGS, np.log(COUPLINGS)), point)  # type: ignore[arg-type]
    assert table is not None
    x, y = (grid.ravel() for grid in np.meshgrid(MASSES, COUPLINGS, indexing="ij"))
    _, selected, _ = table.at(np.log(x), np.log(y))
    assert selected == pytest.approx(number(x, y), rel=1e-6)


@pytest.mark.slow
def test_the_circle_at_dune_falls_with_the_square_of_its_mixing() -> None:
    """Below the mixings where lifetimes count; a scan against rates of its points."""
    model, experiment = nusim.read_model("circle"), nusim.read_experiment("dune-nd")
    mixings = np.geomspace(4e-10, 4e-4, 11)
    scan = nusim.scan(model, experiment, ("physical.m5", np.geomspace(0.05, 0.45, 10)), ("mixing2", mixings), lines=2000)
    assert scan.rates[:5, :6] / mixings[:6] ** 2 == pytest.approx(np.tile(scan.rates[:5, :1] / mixings[0] ** 2, (1, 6)), rel=0.05)
