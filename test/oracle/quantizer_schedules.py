"""What the methods change during training, as functions of p = epoch / epochs. An epoch counts from 0."""

import numpy as np


def log_growth(p, start, end):
    """IR-Net's and RBNN's sharpness t, which grows by the same factor each epoch, and the height k = max(1/t, 1)."""
    t = 10 ** (np.log10(start) + p * (np.log10(end) - np.log10(start)))
    return t, max(1 / t, 1.0)


def recu_tau(p, start=0.85, end=0.99):
    a = (end - start) / (np.e - 1)
    return a * np.exp(p) + start - a


def reste_power(p, end=3.0):
    return 1 + (1 - np.cos(p * np.pi / 2)) * (end - 1)


def fda_terms(p):
    """FDA's n: the series has the terms 0 to n."""
    return 9 + int(9 * p)


def fda_noise(p):
    return 0.1 * (1 + np.cos(np.pi * p)) / 2


def slb_temperature(epoch, epochs, speed=1.03, start=0.4, end=0.9):
    """SLB's T, and whether the weights are one-hot by now. The published code counts epochs from 1."""
    first, last, now = int(epochs * start), int(epochs * end), epoch + 1
    return speed ** max(0, min(now, last) - first), now >= last


def dir_net_sharpness(p, v):
    """DIR-Net's t and k, after the abstract only.

    IR-Net's t, but at most atanh(sqrt(1 - 0.05)) / q. q is the smallest |v| such that at least 10 % of the layer's standardised weights
    are not larger, so that these keep at least 5 % of the largest gradient. If q is 0, IR-Net's t.
    """
    t, _ = log_growth(p, 1e-3, 10)
    size = np.sort(np.abs(v), axis=None)
    q = size[int(np.ceil(0.1 * size.size)) - 1]
    if q > 0:
        t = min(t, np.arctanh(np.sqrt(0.95)) / q)
    return t, max(1 / t, 1.0)
