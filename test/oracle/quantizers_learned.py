"""The weight quantizers that have parameters of their own, buffers, or change their latents (O, I, k, k)."""

import numpy as np
import quantizer_rules as rules
from quantizer_rules import (
    Quantized,
    fda_estimator,
    fda_integral,
    fda_noise_rows,
    fda_noise_rows_gradient,
    rbnn_estimator,
    rbnn_integral,
    standardise,
    standardise_gradient,
    to_shape,
)
from quantizer_schedules import fda_noise, fda_terms, log_growth, slb_temperature


def rbnn(w, g, rotate, r1, r2, p):
    """[S] lmbxmu/RBNN: standardised weights move towards their rotation, taken as constant, by |sin rotate| (O, 1, 1, 1)."""
    t, k = log_growth(p, 1e-2, 10)
    w2 = standardise(w)
    rotated = _rotate(w2, r1, r2)
    part = np.abs(np.sin(rotate))
    w3 = w2 + part * (rotated - w2)
    dw3 = g * rbnn_estimator(w3, t, k)
    of_part = to_shape(dw3 * (rotated - w2), rotate)

    def soft(x):
        now = standardise(x['latents'])
        return rbnn_integral(now + np.abs(np.sin(x['rotate'])) * (rotated - now), t, k)

    return Quantized(
        np.sign(w3),
        {
            'latents': standardise_gradient(w, dw3 * (1 - part)),
            'rotate': of_part * np.sign(np.sin(rotate)) * np.cos(rotate),
        },
        soft,
    )


def _rotate(w2, r1, r2):
    return (r1.T @ w2.reshape(-1, len(r1), len(r2)) @ r2).reshape(w2.shape)


def rbnn_rotations(latents, r1, r2):
    """RBNN's update of R1 (a, a) and R2 (b, b) in three rounds. The product of an SVD's bases is unique if the matrix has full rank."""
    w2 = standardise(latents)
    x = w2.reshape(-1, len(r1), len(r2))
    for _ in range(3):
        binary = np.sign(r1.T @ x @ r2)
        u, _, vt = np.linalg.svd(np.einsum('oij,kj,olk->il', binary, r2, x))
        r1 = vt.T @ u.T
        u, _, vt = np.linalg.svd(np.einsum('oji,jk,okl->il', x, r1, binary))
        r2 = u @ vt
    return Quantized(_rotate(w2, r1, r2), {}, None, {'r1': r1, 'r2': r2})


def dsq_binary(w, g, alpha):
    """[P] DSQ with the levels -1 and 1."""
    return rules.dsq_binary('latents', w, g, alpha)


def dsq_piecewise(w, g, lower, upper, alpha):
    """[P] DSQ with learned levels; for weights and inputs the same."""
    return rules.dsq_piecewise('latents', w, g, lower, upper, alpha)


def lq_net(w, g, basis):
    """[S] microsoft/LQ-Nets, 1 bit: basis (O) times +1 where w > 0, else -1; identity."""
    b = np.where(w > 0, 1.0, -1.0)
    return Quantized(basis.reshape(-1, 1, 1, 1) * b, {'latents': g}, lambda x: x['latents'])


def lq_net_basis(latents, basis, steps):
    """LQ-Net's basis after a step on these latents, as a moving average with the factor 0.9; steps is the number of those before.

    TensorFlow's average corrects for a start at 0 (zero_debias), so that the first step forgets the initial basis. After many steps, it is
    the plain average.
    """
    fitted = (np.abs(latents).sum((1, 2, 3)) + 1e-4 * basis) / (latents[0].size + 1e-4)
    seen = 1 - 0.9**steps
    moved = (0.9 * seen * basis + 0.1 * fitted) / (0.9 * seen + 0.1)
    return Quantized(moved, {}, None, {'basis': moved})


def slb(w, g, epoch, epochs):
    """[R] SLB with one latent a+ - a- per weight: the mean of +-1 under softmax, later the likelier of the two, which at 0 is -1."""
    temperature, is_hard = slb_temperature(epoch, epochs)
    if is_hard:
        hard = np.where(w > 0, 1.0, -1.0)
        return Quantized(hard, {'latents': np.zeros_like(g)}, lambda x: hard)
    value = np.tanh(temperature * w / 2)
    return Quantized(
        value,
        {'latents': g * (1 - value**2) * temperature / 2},
        lambda x: np.tanh(temperature * x['latents'] / 2),
    )


def fda(w, g, w1, w2, p):
    """[P], [R] FDA: sign plus noise of each filter, times the layer's mean |w|, taken as constant; gradient of sines in |w| <= 1."""
    n, a, mean = fda_terms(p), fda_noise(p), np.abs(w).mean()
    rows, of = w.reshape(len(w), -1), mean * g
    through, of_w1, of_w2 = fda_noise_rows_gradient(rows, w1, w2, a * of.reshape(rows.shape))

    def soft(x):
        now = x['latents']
        noise = fda_noise_rows(now.reshape(rows.shape), x['w1'], x['w2']).reshape(w.shape)
        return mean * (fda_integral(now, n) + a * noise)

    return Quantized(
        mean * (np.sign(w) + a * fda_noise_rows(rows, w1, w2).reshape(w.shape)),
        {'latents': of * fda_estimator(w, n) + through.reshape(w.shape), 'w1': of_w1, 'w2': of_w2},
        soft,
    )


def pcnn(w, g, projection):
    """[R] PCNN with one projection (1, 1, k, k): the sign of the weights times its mean; times the layer's mean |w|, taken as constant."""
    window = np.abs(projection * w) <= 1
    return Quantized(
        np.sign(projection.mean() * w) * np.abs(w).mean(),
        {'latents': g * window * projection, 'projection': to_shape(g * window * w, projection)},
        lambda x: np.clip(x['projection'] * x['latents'], -1, 1),
    )


def bonn(w, g, modulation):
    """[P] BONN: the sign times the mean of the modulation (1, 1, k, k), a vector that all kernels of the layer share."""
    window = np.abs(modulation * w) <= 1
    return Quantized(
        np.sign(w) * modulation.mean(),
        {'latents': g * window * modulation, 'modulation': to_shape(g * window * w, modulation)},
        lambda x: np.clip(x['modulation'] * x['latents'], -1, 1),
    )
