"""The activation quantizers. a are the activations (N, C, H, W), g is the gradient of the quantized ones.

Where a method's code calls torch.sign, the sign of 0 is 0; where its paper says +1, a rule takes that as `zero`.
"""

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
    reste_estimator,
    reste_integral,
    sign,
    standardise,
    standardise_gradient,
    swish_estimator,
    swish_integral,
    tanh_estimator,
    to_shape,
    triangle,
    triangle_integral,
)
from quantizer_schedules import fda_noise, fda_terms, log_growth, reste_power


def biper_paper(a, g):
    """The BiPer paper's eq. 7: the sign with +1 for 0; Bi-Real's triangle."""
    return Quantized(sign(a, 1), {'a': g * triangle(a)}, lambda x: triangle_integral(x['a']))


def per_sample(a, g):
    """[S] edmav4/BiPer and z-hXu/ReCU in training: each image divided by its deviation, through which the gradient flows; triangle."""
    divided = standardise(a, 1e-5, is_centred=False)
    return Quantized(
        np.sign(divided),
        {'a': standardise_gradient(a, g * triangle(divided), 1e-5, is_centred=False)},
        lambda x: triangle_integral(standardise(x['a'], 1e-5, is_centred=False)),
    )


def bi_real(a, g):
    """[S] liuzechun/Bi-Real-net."""
    return Quantized(np.sign(a), {'a': g * triangle(a)}, lambda x: triangle_integral(x['a']))


def rsign(a, g, bias):
    """[S] liuzechun/ReActNet: Bi-Real's sign of what is shifted by a bias for each channel (1, C, 1, 1)."""
    through = g * triangle(a + bias)
    return Quantized(
        np.sign(a + bias),
        {'a': through, 'bias': to_shape(through, bias)},
        lambda x: triangle_integral(x['a'] + x['bias']),
    )


def adabin(a, g, alpha_a, beta_a):
    """[S] huawei-noah/Efficient-Computing: Bi-Real's sign between two learned levels, alpha (-1 + beta) and alpha (1 + beta)."""
    u = (a - beta_a) / alpha_a
    signs, slopes = np.sign(u), triangle(u)
    rest = signs - triangle_integral(u)
    return Quantized(
        alpha_a * (signs + beta_a),
        {
            'a': g * slopes,
            'alpha_a': np.array((g * (signs + beta_a - slopes * u)).sum()),
            'beta_a': np.array((g * (alpha_a - slopes)).sum()),
        },
        lambda x: x['alpha_a'] * (triangle_integral((x['a'] - x['beta_a']) / x['alpha_a']) + rest + x['beta_a']),
    )


def ir_net(a, g, p, tMin):
    """[S] htqin/IR-Net: the weights' t and k."""
    t, k = log_growth(p, tMin, 10)
    return Quantized(np.sign(a), {'a': g * tanh_estimator(a, t, k)}, lambda x: k * np.tanh(t * x['a']))


def reste(a, g, p):
    """[S] DravenALG/ReSTE: the weights' estimator."""
    o = reste_power(p)
    return Quantized(np.sign(a), {'a': g * reste_estimator(a, o)}, lambda x: reste_integral(x['a'], o))


def rbnn(a, g, p):
    """[S] lmbxmu/RBNN: each image standardised, in evaluation too; height 1 and a sharpness of at least 1."""
    t = max(log_growth(p, 1e-2, 10)[0], 1.0)
    a2 = standardise(a)
    return Quantized(
        np.sign(a2),
        {'a': standardise_gradient(a, g * rbnn_estimator(a2, t, 1.0))},
        lambda x: rbnn_integral(standardise(x['a']), t, 1.0),
    )


def bnn(a, g, zero):
    """[S] itayhubara/BinaryNet.pytorch: hardtanh, whose gradient in torch is 0 at -1 and 1 themselves, then sign with identity."""
    return Quantized(sign(a, zero), {'a': g * (np.abs(a) < 1)}, lambda x: np.clip(x['a'], -1, 1))


def xnor_net(a, g, zero):
    """[S] jiecaoyu/XNOR-Net-PyTorch: the window is open."""
    return Quantized(sign(a, zero), {'a': g * (np.abs(a) < 1)}, lambda x: np.clip(x['a'], -1, 1))


def ste_sign(a, g, clipValue):
    """[S] larq/larq: sign, +1 for 0; the gradient passes up to a window and at its ends."""
    return Quantized(sign(a, 1), {'a': g * (np.abs(a) <= clipValue)}, lambda x: np.clip(x['a'], -clipValue, clipValue))


def swish_sign(a, g, beta):
    """[S] larq/larq: sign, +1 for 0; the slope of BNN+'s SignSwish."""
    return Quantized(sign(a, 1), {'a': g * swish_estimator(a, beta)}, lambda x: swish_integral(x['a'], beta))


def dorefa(a, g, bits):
    """[S] tensorpack: clamped to [0, 1] and rounded, halves to even, to 2^bits levels."""
    n = 2**bits - 1
    clamped = np.clip(a, 0, 1).astype(np.float32)
    return Quantized(
        np.round(clamped * np.float32(n)).astype(np.float64) / n,
        {'a': g * ((a >= 0) & (a <= 1))},
        lambda x: np.clip(x['a'], 0, 1),
    )


def dorefa_sign(a, g):
    """[S] zzzxxxttt/pytorch_DoReFaNet, 1 bit: the sign of what is clamped to [0, 1], so 1 above 0, else 0."""
    return Quantized(
        np.sign(np.clip(a, 0, 1)), {'a': g * ((a >= 0) & (a <= 1))}, lambda x: np.clip(x['a'], 0, 1)
    )


def dsq_binary(a, g, alpha):
    """[P] DSQ with the levels -1 and 1."""
    return rules.dsq_binary('a', a, g, alpha)


def dsq_piecewise(a, g, lower, upper, alpha):
    """[P] DSQ with learned levels."""
    return rules.dsq_piecewise('a', a, g, lower, upper, alpha)


def fda(a, g, w1, w2, p):
    """[P], [R] FDA: the sign plus the noise of each pixel's channels."""
    n, strength = fda_terms(p), fda_noise(p)
    through, of_w1, of_w2 = fda_noise_rows_gradient(_pixels(a), w1, w2, strength * _pixels(g))

    def soft(x):
        noise = _maps(fda_noise_rows(_pixels(x['a']), x['w1'], x['w2']), a.shape)
        return fda_integral(x['a'], n) + strength * noise

    return Quantized(
        np.sign(a) + strength * _maps(fda_noise_rows(_pixels(a), w1, w2), a.shape),
        {'a': g * fda_estimator(a, n) + _maps(through, a.shape), 'w1': of_w1, 'w2': of_w2},
        soft,
    )


def _pixels(maps):
    return maps.transpose(0, 2, 3, 1).reshape(-1, maps.shape[1])


def _maps(pixels, shape):
    n, c, h, w = shape
    return pixels.reshape(n, h, w, c).transpose(0, 3, 1, 2)


# zhaoweicai/hwgq's centers and clip_thr, stored in float32; it takes the middles as thresholds.
HWGQ_LEVELS = np.float32([0, 0.538, 1.076, 1.614])
HWGQ_THRESHOLDS = np.float32([0, *(np.float32(0.5) * (HWGQ_LEVELS[1:-1] + HWGQ_LEVELS[2:]))])


def hwgq(a, g):
    """[S] zhaoweicai/hwgq, 2 bits: a value at a threshold takes the lower level."""
    code = sum((a > np.float64(threshold)).astype(int) for threshold in HWGQ_THRESHOLDS)
    top = np.float64(HWGQ_LEVELS[-1])
    return Quantized(
        HWGQ_LEVELS.astype(np.float64)[code],
        {'a': g * ((a > 0) & (a <= top))},
        lambda x: np.clip(x['a'], 0, top),
    )


def identity(a, g):
    """Real activations, of LQ-Net's row and all others with 32 bits."""
    return Quantized(a, {'a': g}, lambda x: x['a'])


def lq_net(a, g, activation_basis):
    """[S] microsoft/LQ-Nets, 1 bit: the levels 0 and v; half of v has the lower one. The gradient passes up to v."""
    v = activation_basis.reshape(-1)[0]
    return Quantized(np.where(a > v / 2, v, 0.0), {'a': g * (a <= v)}, lambda x: np.minimum(x['a'], v))
