"""The weight quantizers whose only input is the latent weights (O, I, k, k). g is the gradient of the quantized weights.

Where a method's code calls torch.sign or tf.sign, the sign of 0 is 0; where its paper says +1, a rule takes that as `zero`. Where the
code calls torch.clamp, the gradient passes at the ends, too, as in the PyTorch of that time; current versions give 0 there.
"""

import numpy as np
from quantizer_rules import (
    EACH_FILTER,
    Quantized,
    reste_estimator,
    reste_integral,
    sign,
    standardise,
    standardise_gradient,
    swish_estimator,
    swish_integral,
    tanh_estimator,
)
from quantizer_schedules import dir_net_sharpness, log_growth, recu_tau, reste_power

ROOT8 = 2 * np.sqrt(2)


def biper(w, g, stage, omega0, zero):
    """[S] edmav4/BiPer: the wave in stage 1, its sign in stage 2."""
    wave = np.sin(omega0 * w)
    return Quantized(
        wave if stage == 1 else sign(wave, zero),
        {'latents': g * omega0 * np.cos(omega0 * w)},
        lambda x: np.sin(omega0 * x['latents']),
    )


def sign_two_stage(w, g, stage):
    """Table 1 of the BiPer paper: real weights in stage 1, their sign in stage 2."""
    return Quantized(w if stage == 1 else np.sign(w), {'latents': g}, lambda x: x['latents'])


def recu(w, g, p):
    """[S] z-hXu/ReCU: centred, divided by the deviation, clamped to a quantile that is taken as constant; sign with identity."""
    w1 = ROOT8 * standardise(w, eps=1e-5)
    q = -np.abs(w1).mean() * np.log(2 - 2 * recu_tau(p))
    inside = np.abs(w1) <= q
    return Quantized(
        np.sign(np.clip(w1, -q, q)),
        {'latents': standardise_gradient(w, ROOT8 * g * inside, eps=1e-5)},
        lambda x: np.clip(ROOT8 * standardise(x['latents'], eps=1e-5), -q, q),
    )


def ir_net(w, g, p, tMin):
    """[S] htqin/IR-Net: standardised, sign times a power of 2 that is taken as constant; gradient of k tanh(t v)."""
    return _ir_net(w, g, *log_growth(p, tMin, 10))


def dir_net(w, g, p):
    """[A] DIR-Net after its abstract: IR-Net with t held back by dir_net_sharpness."""
    return _ir_net(w, g, *dir_net_sharpness(p, standardise(w)))


def _ir_net(w, g, t, k):
    v = standardise(w)
    # np.round rounds halves to even, as torch.round does.
    scale = 2 ** np.round(np.log2(np.abs(v).mean(EACH_FILTER, keepdims=True)))
    return Quantized(
        np.sign(v) * scale,
        {'latents': standardise_gradient(w, g * scale * tanh_estimator(v, t, k))},
        lambda x: scale * k * np.tanh(t * standardise(x['latents'])),
    )


def reste(w, g, p):
    """[S] DravenALG/ReSTE: sign times the layer's mean |w|, through which the gradient flows, too."""
    o = reste_power(p)
    mean, b = np.abs(w).mean(), np.sign(w)
    return Quantized(
        b * mean,
        {'latents': g * mean * reste_estimator(w, o) + b * (g * b).sum() / w.size},
        lambda x: np.abs(x['latents']).mean() * b + mean * reste_integral(x['latents'], o),
    )


def full_precision(w, g):
    """The rows without a method: real weights."""
    return Quantized(w, {'latents': g}, lambda x: x['latents'])


def bnn(w, g, zero):
    """[S] itayhubara/BinaryNet.pytorch: sign with identity. After each step, the latents are clamped."""
    return Quantized(sign(w, zero), {'latents': g}, lambda x: x['latents'], {'latents': np.clip(w, -1, 1)})


def xnor_net(w, g, zero):
    """[S] jiecaoyu/XNOR-Net-PyTorch: before a step, the latents are centred over I and clamped, and stay so."""
    kept = np.clip(w - w.mean(1, keepdims=True), -1, 1)
    n, inputs = w[0].size, w.shape[1]
    b, mean = sign(kept, zero), np.abs(kept).mean(EACH_FILTER, keepdims=True)
    factor = (1 - 1 / inputs) * n
    window = np.abs(kept) <= 1
    through_mean = b * (g * b).sum(EACH_FILTER, keepdims=True) / n
    return Quantized(
        b * mean,
        {'kept': factor * (g * mean * window + through_mean)},
        lambda x: factor * (np.abs(x['kept']).mean(EACH_FILTER, keepdims=True) * b + mean * x['kept']),
        {'kept': kept},
    )


def dorefa(w, g, zero):
    """[S] pytorch_DoReFaNet and tensorpack, 1 bit: sign times the layer's mean |w|, taken as constant; identity."""
    return Quantized(sign(w, zero) * np.abs(w).mean(), {'latents': g}, lambda x: x['latents'])


def bi_real(w, g):
    """[S] liuzechun/Bi-Real-net: sign times the filter's mean |w|, taken as constant; gradient of clamp."""
    mean = np.abs(w).mean(EACH_FILTER, keepdims=True)
    return Quantized(np.sign(w) * mean, {'latents': g * (np.abs(w) <= 1)}, lambda x: np.clip(x['latents'], -1, 1))


def ste_sign(w, g, clipValue):
    """[S] larq/larq: sign, +1 for 0; the gradient passes up to a window and at its ends."""
    return Quantized(
        sign(w, 1), {'latents': g * (np.abs(w) <= clipValue)}, lambda x: np.clip(x['latents'], -clipValue, clipValue)
    )


def swish_sign(w, g, beta):
    """[S] larq/larq: sign, +1 for 0; the slope of BNN+'s SignSwish."""
    return Quantized(sign(w, 1), {'latents': g * swish_estimator(w, beta)}, lambda x: swish_integral(x['latents'], beta))


def reactnet(w, g, stage):
    """[S] liuzechun/ReActNet: real weights in its first step, Bi-Real's in its second."""
    return full_precision(w, g) if stage == 1 else bi_real(w, g)


def adabin(w, g, p):
    """[S] huawei-noah/Efficient-Computing: the filter's mean, plus or less its deviation (N), through which gradients flow; IR-Net's t, k."""
    t, k = log_growth(p, 1e-3, 10)
    mean, deviation, v = _standard(w)
    b = np.sign(v)
    rest = b - k * np.tanh(t * v)
    average = lambda x: x.mean(EACH_FILTER, keepdims=True)
    h = g * tanh_estimator(v, t, k)

    def soft(x):
        now, spread, at = _standard(x['latents'])
        return spread * (k * np.tanh(t * at) + rest) + now

    of_latents = h - average(h) + average(g) + v * (average(g * b) - average(h * v))
    return Quantized(deviation * b + mean, {'latents': of_latents}, soft)


def _standard(w):
    mean = w.mean(EACH_FILTER, keepdims=True)
    deviation = np.sqrt(((w - mean) ** 2).mean(EACH_FILTER, keepdims=True))
    return mean, deviation, (w - mean) / deviation


def hwgq(w, g):
    """[S] zhaoweicai/hwgq: +-1, +1 for 0, times the filter's mean |w|; identity, not multiplied by that mean."""
    mean = np.abs(w).mean(EACH_FILTER, keepdims=True)
    return Quantized(sign(w, 1) * mean, {'latents': g}, lambda x: x['latents'])
