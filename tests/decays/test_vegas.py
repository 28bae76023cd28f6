"""Widths as integrals of |M|^2 over three-body phase space by adaptive Monte Carlo, a route without any quadrature rule."""

import numpy as np
import pytest
import vegas

from nusim.decays.table import decay_table
from nusim.kernels.kinematics import kallen_sqrt, two_body_energy, two_body_momentum

from ..closure import toy

MASS = 0.35


@pytest.mark.parametrize("products", ["nu e- e+", "nu mu- mu+", "nu e- mu+", "nu nu nu"])
def test_width_by_adaptive_monte_carlo(products: str) -> None:
    channel = decay_table(toy.hnl(MASS, mixing2=(1e-6, 2e-6, 5e-7)), "nu4").channel(products)
    m_1, m_2, m_3 = channel.terms[0].masses
    low, high = (m_2 + m_3) ** 2, (MASS - m_1) ** 2

    @vegas.batchintegrand  # type: ignore[untyped-decorator, unused-ignore]
    def integrand(x: np.ndarray) -> np.ndarray:
        """|M|^2 / 2M times dPhi_3 = ds/2pi dPhi_2(M; 1, s) dPhi_2(s; 2, 3), product 1 along z."""
        s = low + (high - low) * x[:, 0]
        root = np.sqrt(s)
        cosine, azimuth = 2 * x[:, 1] - 1, 2 * np.pi * x[:, 2]
        sine = np.sqrt(1 - cosine**2)
        q, star = two_body_momentum(MASS, m_1, root), two_body_momentum(root, m_2, m_3)
        gamma_beta, gamma = -q / root, np.hypot(q, root) / root
        momenta = np.zeros((len(x), 3, 4))
        momenta[:, 0, 0], momenta[:, 0, 3] = np.hypot(q, m_1), q
        for place, energy, sign in ((1, two_body_energy(root, m_2, m_3), 1.0), (2, two_body_energy(root, m_3, m_2), -1.0)):
            z = sign * star * cosine
            momenta[:, place, 0] = gamma * energy + gamma_beta * z
            momenta[:, place, 1] = sign * star * sine * np.cos(azimuth)
            momenta[:, place, 2] = sign * star * sine * np.sin(azimuth)
            momenta[:, place, 3] = gamma * z + gamma_beta * energy
        phase_space = kallen_sqrt(MASS, m_1, root) / (8 * np.pi * MASS**2) * kallen_sqrt(root, m_2, m_3) / (8 * np.pi * s) / (2 * np.pi)
        total = sum(term.msq(momenta, np.zeros((len(x), 3))) for term in channel.terms)
        # divided by the width: numbers of order one for the adaptation
        return np.asarray(total * phase_space * (high - low) / (2 * MASS) / channel.width)

    integrator = vegas.Integrator([[1e-9, 1 - 1e-9]] * 3, ran_array_generator=np.random.default_rng(12).random)
    integrator(integrand, nitn=5, neval=2000)
    result = integrator(integrand, nitn=8, neval=20_000)
    assert result.sdev < 2e-3
    assert abs(result.mean - 1) < 4.9 * result.sdev
