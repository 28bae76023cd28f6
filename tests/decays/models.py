"""Heavy neutral leptons to test decays with."""

from nusim.decays.channel import DecayTable
from nusim.decays.table import decay_table
from nusim.model.model import Hnl
from nusim.model.spectrum import Spectrum, solve

MIXED = (0.02, 0.05, 0.03)
ONE = {"e": (1.0, 0.0, 0.0), "mu": (0.0, 1.0, 0.0), "tau": (0.0, 0.0, 1.0)}


def hnl(mass: float, mixing2: tuple[float, float, float] = MIXED, majorana: bool = True) -> Spectrum:
    return solve(Hnl(name="test", source="made for a test", majorana=majorana, m4=mass, mixing2=mixing2))


def table(mass: float, mixing2: tuple[float, float, float] = MIXED, majorana: bool = True) -> DecayTable:
    return decay_table(hnl(mass, mixing2, majorana), "nu4")
