"""|M|^2 of a lepton pair averaged over its angles, against the spinors' at Gauss nodes of the cosine."""

import numpy as np
import pytest

from nusim.decays.amplitudes import Boson, LeptonPair, Vertex
from nusim.decays.dalitz import Region, gauss
from nusim.decays.pair_squares import averaged_squares

COSINES = 4


def random_pair(rng, m_a: float, m_b: float, m_c: float) -> LeptonPair:
    """Any couplings: of W, Z, Z' with its longitudinal part and the scalar."""

    def numbers(n: int) -> list[complex]:
        return [complex(*rng.normal(size=2)) for _ in range(n)]

    first, second = numbers(2)
    zprime, phi = Boson(1.3, 0.2, (1.0, 1.0, 1.0)), Boson(0.9, 0.1, (1.0, 1.0, 1.0))
    return LeptonPair(1.0, (m_a, m_b, m_c), Vertex(*numbers(6)), Vertex(*numbers(6)), (first, second), zprime, phi)


@pytest.mark.parametrize("masses", [(0.0, 0.1, 0.25), (0.0, 0.3, 0.3), (0.3, 0.1, 0.25), (0.6, 1e-4, 1e-4), (0.2, 0.0, 0.7)])
def test_the_average_is_that_of_the_spinors(masses: tuple[float, float, float]) -> None:
    rng = np.random.default_rng(3)
    region = Region(0, 1.0, masses, (np.inf, np.inf))
    low, high = region.ends()
    s = np.linspace(low, high, 9)[1:-1]
    cosine, weight = gauss(COSINES)
    momenta, _ = region.momenta(np.repeat(s, COSINES), np.tile(cosine, len(s)))
    for _ in range(5):
        amplitude = random_pair(rng, *masses)
        made = averaged_squares(amplitude, s)
        by_daughter = (np.abs(amplitude.tensor(momenta)) ** 2).sum(axis=(1, 2, 3)).reshape(2, len(s), COSINES) @ weight / 2
        if masses[0] == 0:
            assert made == pytest.approx(by_daughter, rel=1e-12)
        else:
            assert made.sum(axis=0) == pytest.approx(by_daughter.sum(axis=0), rel=1e-12)
            assert np.all(made[0] == made[1])
