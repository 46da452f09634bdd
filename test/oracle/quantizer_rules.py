"""What the quantizers share: the result of a rule, signs, estimators, standardisation and DSQ's function.

Everything is computed in float64 from float32 inputs. A rule's gradients are written in closed form. Its `soft` is the function whose
derivative they are, with what the method takes as constant kept from the call; quantizers_self_test.py differentiates it numerically.
"""

from dataclasses import dataclass, field
from typing import Callable

import numpy as np

EACH_FILTER = (1, 2, 3)


@dataclass
class Quantized:
    forward: np.ndarray
    # By input name, the derivative of sum(g * forward), with the method's rule in place of the derivative of sign.
    gradients: dict
    # From inputs by name to an array of forward's shape.
    soft: Callable
    # Changed latents, and buffers after a step.
    after: dict = field(default_factory=dict)


def sign(x, zero):
    """The sign, with the given one for 0 and -0."""
    return np.where(x == 0, zero, np.sign(x))


def to_shape(x, like):
    """Sums over the axes along which an input was repeated."""
    extra = tuple(i for i, n in enumerate(like.shape) if n == 1 and x.shape[i] != 1)
    return x.sum(axis=extra, keepdims=True)


def standardise(x, eps=0.0, is_centred=True):
    """Divides each filter, or each image, by its standard deviation (N - 1), after its mean is subtracted if is_centred."""
    n = x[0].size
    centred = x - x.mean(EACH_FILTER, keepdims=True)
    deviation = np.sqrt((centred**2).sum(EACH_FILTER, keepdims=True) / (n - 1) + eps)
    return (centred if is_centred else x) / deviation


def standardise_gradient(x, g, eps=0.0, is_centred=True):
    """The gradient through standardise, and through the mean and deviation in it."""
    n = x[0].size
    centred = x - x.mean(EACH_FILTER, keepdims=True)
    deviation = np.sqrt((centred**2).sum(EACH_FILTER, keepdims=True) / (n - 1) + eps)
    divided = centred if is_centred else x
    direct = g / deviation
    if is_centred:
        direct = direct - direct.mean(EACH_FILTER, keepdims=True)
    of_deviation = -(g * divided).sum(EACH_FILTER, keepdims=True) / deviation**2
    return direct + of_deviation * centred / ((n - 1) * deviation)


def tanh_estimator(x, t, k):
    return k * t * (1 - np.tanh(t * x) ** 2)


def triangle(x):
    """Bi-Real's derivative in place of that of sign."""
    return np.maximum(0, 2 - 2 * np.abs(x))


def triangle_integral(x):
    inside = np.where(x < 0, x * x + 2 * x, 2 * x - x * x)
    return np.where(np.abs(x) < 1, inside, np.sign(x))


def swish_estimator(x, beta):
    """larq's formula for the derivative of BNN+'s SignSwish."""
    u = beta * x
    return beta * (2 - u * np.tanh(u / 2)) / (1 + np.cosh(u))


def swish_integral(x, beta):
    s = 1 / (1 + np.exp(-beta * x))
    return 2 * s * (1 + beta * x * (1 - s)) - 1


def rbnn_estimator(x, t, k):
    return k * np.maximum(0, np.sqrt(2) * t - t**2 * np.abs(x))


def rbnn_integral(x, t, k):
    edge = np.sqrt(2) / t
    at = np.clip(x, -edge, edge)
    return k * (np.sqrt(2) * t * at - t**2 * at * np.abs(at) / 2)


# ReSTE's borders as its code compares them, in float32.
RESTE_CORE, RESTE_END = float(np.float32(0.1)), 1.5


def reste_estimator(x, o):
    size = np.abs(x)
    outer = np.where(size > 0, size, 1) ** ((1 - o) / o) / o
    core = 0.1 ** (1 / o) / 0.1
    return np.where(size <= RESTE_CORE, core, np.where(size <= RESTE_END, outer, 0.0))


def reste_integral(x, o):
    size = np.minimum(np.abs(x), RESTE_END)
    core = 0.1 ** (1 / o) / 0.1
    outer = core * RESTE_CORE + size ** (1 / o) - RESTE_CORE ** (1 / o)
    return np.sign(x) * np.where(size <= RESTE_CORE, core * size, outer)


def fda_estimator(x, n, w0=0.1):
    series = sum(np.cos((2 * i + 1) * w0 * x) for i in range(n + 1))
    return np.where(np.abs(x) <= 1, 4 * w0 / np.pi * series, 0.0)


def fda_integral(x, n, w0=0.1):
    x = np.clip(x, -1, 1)
    return 4 / np.pi * sum(np.sin((2 * i + 1) * w0 * x) / (2 * i + 1) for i in range(n + 1))


def fda_noise_rows(x, w1, w2):
    """FDA's noise of each row of x (rows, d), by w1 (d, hidden) and w2 (hidden, d)."""
    return np.maximum(x @ w1, 0) @ w2 + 0.1 * np.sin(x)


def fda_noise_rows_gradient(x, w1, w2, g):
    """The gradients of sum(g * noise) to x, w1 and w2."""
    hidden = x @ w1
    of_hidden = (g @ w2.T) * (hidden > 0)
    return of_hidden @ w1.T + 0.1 * np.cos(x) * g, x.T @ of_hidden, np.maximum(hidden, 0).T @ g


def dsq(x, lower, upper, alpha):
    """DSQ's soft function of one bit: the values, and the derivatives to x, lower, upper and alpha of each."""
    step = upper - lower
    s, c = 1 / (1 - alpha), np.log(2 / alpha - 1)
    part = (x - lower) / step
    z = c * (part - 0.5)
    bend = 0.5 * s / np.cosh(z) ** 2
    q = (s * np.tanh(z) + 1) / 2
    below, above = x < lower, x > upper
    inside = ~(below | above)
    of_alpha = step * (0.5 * s**2 * np.tanh(z) + bend * (part - 0.5) * -2 / (alpha * (2 - alpha)))
    return np.where(below, lower, np.where(above, upper, lower + step * q)), {
        'x': np.where(inside, bend * c, 0.0),
        'lower': np.where(below, 1.0, np.where(above, 0.0, 1 - q - bend * c * (1 - part))),
        'upper': np.where(above, 1.0, np.where(below, 0.0, q - bend * c * part)),
        'alpha': np.where(inside, of_alpha, 0.0),
    }


def dsq_hard(x, lower, upper):
    """DSQ's two levels. The middle takes the upper one: [I], the paper's sgn at 0 isn't stated where it was read."""
    return np.where(x >= (lower + upper) / 2, upper, lower)


def dsq_binary(name, x, g, alpha):
    """DSQ of x, which a case calls by this name, with the levels -1 and 1."""
    _, of = dsq(x, -1.0, 1.0, alpha)
    return Quantized(
        dsq_hard(x, -1.0, 1.0),
        {name: g * of['x'], 'alpha': np.array((g * of['alpha']).sum())},
        lambda at: dsq(at[name], -1.0, 1.0, at['alpha'])[0],
    )


def dsq_piecewise(name, x, g, lower, upper, alpha):
    """DSQ of x, which a case calls by this name, with learned levels."""
    _, of = dsq(x, lower, upper, alpha)
    gradients = {level: np.array((g * of[level]).sum()) for level in ('lower', 'upper', 'alpha')}
    return Quantized(
        dsq_hard(x, lower, upper),
        {name: g * of['x'], **gradients},
        lambda at: dsq(at[name], at['lower'], at['upper'], at['alpha'])[0],
    )
