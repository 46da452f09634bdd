"""Tensors for the cases: random, with 0, -0, ties, the ends of each method's window and their neighbours in float32."""

import numpy as np
from quantizers_activations import HWGQ_LEVELS, HWGQ_THRESHOLDS

FILTERS, CHANNELS, SIDE = 6, 4, 3
MAPS = (3, 8, 4, 4)


def latents(random):
    """Weights (O, I, k, k): some on ties and edges, one filter above 0 and one below, and one whose mean is exactly 0."""
    w = random.normal(0, 0.5, (FILTERS, CHANNELS, SIDE, SIDE))
    w[1], w[2] = np.abs(w[1]) + 0.01, -np.abs(w[2]) - 0.01
    pairs = np.arange(1, 18) / 16
    w[3] = random.permutation([*pairs, *-pairs, 0, -0.0]).reshape(w[3].shape)
    w[4] *= 0.01
    w = w.astype(np.float32)
    edges = _edges()
    w[0].flat[: len(edges)] = edges
    return w


def far_from_zero(random):
    """Weights whose magnitudes are so alike that DIR-Net holds its sharpness back in the last epoch."""
    signs = random.choice([-1, 1], (FILTERS, CHANNELS, SIDE, SIDE))
    return (signs * random.uniform(0.6, 1.4, signs.shape)).astype(np.float32)


def maps(random):
    """Activations (N, C, H, W), some on ties and edges, and one image whose mean is exactly 0."""
    a = random.normal(0, 1, MAPS).astype(np.float32)
    edges = [*_edges(), *HWGQ_THRESHOLDS, *np.nextafter(HWGQ_THRESHOLDS, np.float32(9)), HWGQ_LEVELS[-1], 1 / 6, 5 / 6]
    a[0].flat[: len(edges)] = edges
    values = np.arange(1, a[1].size // 2) / 32
    a[1] = random.permutation([*values, *-values, 0, -0.0]).reshape(a[1].shape)
    return a


def _edges():
    core, one, end = np.float32([0.1, 1, 1.5])
    edges = [0, -0.0, 0.5, -0.5, one, -one, end, -end, core, -core, 0.75, -0.125]
    neighbours = [np.nextafter(one, end), np.nextafter(one, core), np.nextafter(core, one), np.nextafter(end, np.float32(2))]
    return np.float32([*edges, *neighbours])


def normal(random, *shape):
    return random.normal(size=shape).astype(np.float32)


def _small(random, *shape):
    return normal(random, *shape) * np.float32(0.3)


def nothing(_):
    return {}


def rotation(random):
    """RBNN's, for filters of 6 x 6 numbers: at first, rotate is pi/2."""
    rotate = np.float32([np.pi / 2, 0.3, -0.7, 2, 0, 4]).reshape(-1, 1, 1, 1)
    return {'rotate': rotate, 'r1': orthogonal(random, 6), 'r2': orthogonal(random, 6)}


def orthogonal(random, n):
    return np.linalg.qr(random.normal(size=(n, n)))[0].astype(np.float32)


def basis(random):
    return {'basis': random.uniform(0.1, 1, FILTERS).astype(np.float32)}


def activation_basis(random):
    return {'activation_basis': random.uniform(0.5, 1.5, (1, 1)).astype(np.float32)}


def filter_noise(random):
    n = CHANNELS * SIDE * SIDE
    return {'w1': _small(random, n, n // 4), 'w2': _small(random, n // 4, n)}


def pixel_noise(random):
    n = MAPS[1]
    return {'w1': _small(random, n, n // 4), 'w2': _small(random, n // 4, n)}


def projection(random):
    return {'projection': _factors(random)}


def modulation(random):
    return {'modulation': _factors(random)}


def _factors(random):
    """A factor for each position of a kernel: 2 and 1 where latents has +-0.5 and +-1, so that products are +-1."""
    factors = _small(random, 1, 1, SIDE, SIDE) + np.float32(1)
    factors.flat[2:6] = 2, 2, 1, 1
    return factors


def softness(_):
    return {'alpha': np.float32(0.2)}


def levels(random):
    """DSQ's, whose ends and middle are among the edges."""
    return {'lower': np.float32(-0.75), 'upper': np.float32(0.5), **softness(random)}


def shifts(random):
    """RSign's: the edges of channel 0 move to a tie and the ends of its window, and values of channel 2 onto a tie."""
    bias = _small(random, 1, MAPS[1], 1, 1)
    bias.flat[:3] = -0.5, 0, 0.125
    return {'bias': bias}


def two_levels(random):
    """AdaBin's, of either order, whose middle and ends of the window are among the values."""
    return {'alpha_a': np.float32(0.5 * random.choice([-1, 1])), 'beta_a': np.float32(0.25)}
