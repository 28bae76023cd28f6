"""Phase space by routes the code does not use: products of Gauss-Legendre rules, and plain Monte Carlo points."""

import numpy as np


def momentum(m, m1, m2):
    return np.sqrt(np.maximum((m - m1 - m2) * (m + m1 + m2) * (m - m1 + m2) * (m + m1 - m2), 0)) / (2 * m)


def three_momenta(m, masses, s_bc, cos_star, direction, azimuth):
    """Momenta (n, 3, 4) of (a, b, c): a along `direction` (n, 3), b at (cos_star, azimuth) in the frame of the pair (b, c)."""
    a, b, c = masses
    root = np.sqrt(s_bc)
    q, star = momentum(m, a, root), momentum(root, b, c)
    z = direction
    x = np.cross(z, np.array([0.36, 0.48, 0.8]))
    x /= np.linalg.norm(x, axis=1)[:, None]
    y = np.cross(z, x)
    sine = np.sqrt(1 - cos_star**2)
    transverse = (star * sine * np.cos(azimuth))[:, None] * x + (star * sine * np.sin(azimuth))[:, None] * y
    out = np.empty((len(s_bc), 3, 4))
    out[:, 0, 0], out[:, 0, 1:] = np.sqrt(q**2 + a**2), q[:, None] * z
    pair_energy = m - out[:, 0, 0]
    gamma, gamma_beta = pair_energy / root, -q / root
    for place, mass, sign in ((1, b, 1.0), (2, c, -1.0)):
        e, p = np.sqrt(star**2 + mass**2), sign * star * cos_star
        out[:, place, 0] = gamma * e + gamma_beta * p
        out[:, place, 1:] = (gamma_beta * e + gamma * p)[:, None] * z + sign * transverse
    return out


def three_body_width(m, masses, msq, nodes=48):
    """Width from |M|^2(momenta) of an unpolarised parent; |M|^2 is a polynomial of second order in the pair's cosine."""
    a, b, c = masses
    t, w = np.polynomial.legendre.leggauss(nodes)
    phi = (t + 1) * np.pi / 4
    low, high = (b + c) ** 2, (m - a) ** 2
    s = low + (high - low) * np.sin(phi) ** 2
    ds = (high - low) * np.sin(2 * phi) * w * np.pi / 4
    cos, dcos = np.polynomial.legendre.leggauss(4)
    grid_s, grid_cos = (g.ravel() for g in np.meshgrid(s, cos, indexing="ij"))
    direction = np.tile([0.0, 0.0, 1.0], (len(grid_s), 1))
    values = msq(three_momenta(m, masses, grid_s, grid_cos, direction, 0 * grid_s)).reshape(nodes, 4)
    root = np.sqrt(s)
    density = momentum(m, a, root) / (4 * np.pi * m) * momentum(root, b, c) / (4 * np.pi * root) / (2 * np.pi)
    return np.sum(values * ds[:, None] * density[:, None] * dcos / 2) / (2 * m)


def two_body_points(m, masses, n, rng):
    """Isotropic back-to-back momenta (n, 2, 4)."""
    q = momentum(m, *masses)
    direction = rng.normal(size=(n, 3))
    direction /= np.linalg.norm(direction, axis=1)[:, None]
    out = np.empty((n, 2, 4))
    for place, sign in ((0, 1.0), (1, -1.0)):
        out[:, place, 0] = np.hypot(q, masses[place])
        out[:, place, 1:] = sign * q * direction
    return out


def three_body_points(m, masses, n, rng):
    """Momenta (n, 3, 4) flat in s_bc and in every angle, and their weight relative to flat phase space."""
    a, b, c = masses
    s = rng.uniform((b + c) ** 2, (m - a) ** 2, n)
    direction = rng.normal(size=(n, 3))
    direction /= np.linalg.norm(direction, axis=1)[:, None]
    points = three_momenta(m, masses, s, rng.uniform(-1, 1, n), direction, rng.uniform(0, 2 * np.pi, n))
    return points, momentum(m, a, np.sqrt(s)) * momentum(np.sqrt(s), b, c) / np.sqrt(s)
