"""PyTorch's layers and the methods' binary convolutions in evaluation, in NumPy. They are written from the papers' and the authors' rules,
not from the converter. A network that runs for the first time makes its own random tensors, some of them hostile, and remembers them by name.

Maps are float32 (N, C, H, W).
"""

import numpy as np

F32 = np.float32


class Net:
    """The tensors of a network, by name."""

    def __init__(self, seed, classes, omega0, state=None, given=None):
        self.rng, self.classes, self.omega0 = np.random.default_rng(seed), classes, omega0
        self.state = {} if state is None else state
        #: Part of latent weights that are exactly 0.
        self.zero_part = 0
        #: Signs by the name of the binary convolution that reads them, of another executor.
        self.given, self.layers, self.doubtful, self.wrong = given, [], 0, []

    def tensor(self, name, make):
        if name not in self.state:
            self.state[name] = np.asarray(make(), F32)
        return self.state[name]

    def normal(self, name, *shape, scale=0.1, mean=0.0):
        return self.tensor(name, lambda: self.rng.normal(mean, scale, shape))

    def signed_scale(self, name, *shape):
        """Random scales of both signs, some tiny."""
        def make():
            scale = self.rng.uniform(0.2, 1.0, shape) * self.rng.choice([-1, 1, 1], shape)
            return np.where(self.rng.uniform(size=shape) < 0.05, 1e-8, scale)
        return self.tensor(name, make)

    def sign(self, name, x, threshold=0.0, of_zero=0):
        """
        sign(x - threshold) as torch.sign gives it: 0 if they are equal, or `of_zero`. If the signs of another executor are given, they are used where
        rounding may decide, within 1e-5 of the threshold. Elsewhere they must be the same, and the first difference is noted.
        """
        distance = x - F32(1) * threshold
        signs = np.where(distance == 0, F32(of_zero), np.sign(distance))
        if self.given is not None:
            found = self.given[name].astype(F32)
            self.layers.append(name)
            differs = found != signs
            wrong = differs & (np.abs(distance) >= 1e-5 * max(1, float(x.std())))
            self.doubtful += int(differs.sum())
            if wrong.any():
                at = tuple(int(i) for i in np.argwhere(wrong)[0])
                self.wrong.append(f'{name} at {at}: {int(wrong.sum())} signs, {distance[at]} found as {found[at]}')
            signs = np.where(differs & ~wrong, found, signs)
        return signs


def channels(v):
    return np.reshape(v, (1, -1, 1, 1))


def conv(x, w, stride=1, pad=0, groups=1):
    n, c, h, wd = x.shape
    o, i, kh, kw = w.shape
    x = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(x, (kh, kw), axis=(2, 3))[:, :, ::stride, ::stride]
    oh, ow = windows.shape[2:4]
    results = []
    for g in range(groups):
        part = windows[:, g * i:(g + 1) * i].transpose(0, 2, 3, 1, 4, 5).reshape(n * oh * ow, i * kh * kw)
        filters = w[g * (o // groups):(g + 1) * (o // groups)].reshape(-1, i * kh * kw)
        results.append((part @ filters.T).reshape(n, oh, ow, -1))
    return np.ascontiguousarray(np.concatenate(results, axis=3).transpose(0, 3, 1, 2), F32)


def float_conv(net, x, name, o, k, stride=1, pad=0, bias=False):
    w = net.normal(f'{name}.weight', o, x.shape[1], k, k, scale=1 / np.sqrt(x.shape[1] * k * k))
    y = conv(x, w, stride, pad)
    return y + channels(net.normal(f'{name}.bias', o)) if bias else y


def linear(net, x, name, o):
    x = x.reshape(len(x), -1)
    w = net.normal(f'{name}.weight', o, x.shape[1], scale=1 / np.sqrt(x.shape[1]))
    return x @ w.T + net.normal(f'{name}.bias', o)


def batch_norm(net, x, name, eps=1e-5, affine=True, min_gamma=None):
    """A batch norm with statistics near the batch's own, so that signals stay alive; a few gammas are 0, 1e-8 or negative, a few betas 0."""
    c = x.shape[1]
    axes = (0,) + tuple(range(2, x.ndim))
    if affine:
        pick = net.rng.uniform(size=c)
        gamma = net.rng.uniform(0.5, 1.5, c) * net.rng.choice([-1, 1, 1, 1], c)
        gamma = np.where(pick < 0.04, 0, np.where(pick < 0.08, 1e-8, gamma))
        beta = np.where(pick < 0.02, 0, net.rng.normal(0, 0.3, c))
        net.tensor(f'{name}.weight', lambda: gamma)
        net.tensor(f'{name}.bias', lambda: beta)
    mean = net.tensor(f'{name}.running_mean', lambda: x.mean(axes) + net.rng.normal(0, 0.1, c) * x.std(axes))
    var = net.tensor(f'{name}.running_var', lambda: (x.var(axes) + 1e-3) * net.rng.uniform(0.5, 1.5, c))
    net.state[f'{name}.num_batches_tracked'] = np.int64(7)
    gamma = net.state[f'{name}.weight'] if affine else np.ones(c, F32)
    beta = net.state[f'{name}.bias'] if affine else np.zeros(c, F32)
    if min_gamma is not None:
        gamma = np.maximum(gamma, F32(min_gamma))
    shape = (1, -1) + (1,) * (x.ndim - 2)
    y = (x - mean.reshape(shape)) / np.sqrt(var.reshape(shape) + F32(eps)) * gamma.reshape(shape) + beta.reshape(shape)
    return y.astype(F32)


def unused_batch_norm(net, name, c):
    for part in ('weight', 'bias', 'running_mean', 'running_var'):
        net.normal(f'{name}.{part}', c)


def pool(x, k, stride, pad, reduce, fill, ceil=False):
    h, w = x.shape[2:]
    extra = stride - 1 if ceil else 0
    x = np.pad(x, ((0, 0), (0, 0), (pad, pad + extra), (pad, pad + extra)), constant_values=fill)
    windows = np.lib.stride_tricks.sliding_window_view(x, (k, k), axis=(2, 3))[:, :, ::stride, ::stride]
    return reduce(windows)


def max_pool(x, k, stride=None, pad=0):
    return pool(x, k, stride or k, pad, lambda v: v.max((4, 5)), -np.inf)


def avg_pool(x, k, stride=None, pad=0):
    return pool(x, k, stride or k, pad, lambda v: v.mean((4, 5), dtype=F32), 0)


def max_pool_ceil(x, k):
    """Stride 2, the last window cut off at the border."""
    h = x.shape[2]
    missing = -(h - k) % 2
    x = np.pad(x, ((0, 0), (0, 0), (0, missing), (0, missing)), constant_values=-np.inf)
    return max_pool(x, k, 2)


def avg_pool_ceil(x):
    """2 x 2, ceil_mode, count_include_pad=False."""
    return pool(x, 2, 2, 0, lambda v: np.nanmean(v, (4, 5), dtype=F32), np.nan, ceil=True)


def hardtanh(x):
    return np.clip(x, F32(-1), F32(1))


def relu(x):
    return np.maximum(x, F32(0))


def global_mean(x):
    return x.mean((2, 3), dtype=F32)


def log_softmax(x):
    x = x - x.max(1, keepdims=True)
    return x - np.log(np.exp(x).sum(1, keepdims=True))


def prelu(x, slope):
    return np.where(x > 0, x, x * channels(slope)).astype(F32)


def pad_channels(x, to):
    missing = (to - x.shape[1]) // 2
    return np.pad(x, ((0, 0), (missing, missing), (0, 0), (0, 0)))


# The methods' weights: latent ones in, two-valued ones out, all (O, I, kh, kw).

def per_filter(v):
    return v.reshape(len(v), -1)


def filter_mean(w):
    return per_filter(w).mean(1, dtype=np.float64).astype(F32).reshape(-1, 1, 1, 1)


def biper_weights(net, w):
    return np.sign(np.sin((F32(net.omega0) * w).astype(np.float64))).astype(F32)


def recu_weights(net, w, tau):
    centred = w - filter_mean(w)
    scaled = centred / (np.sqrt(per_filter(centred).var(1, ddof=1).reshape(-1, 1, 1, 1) + F32(1e-5)) / F32(2 * np.sqrt(2)))
    quantile = -np.abs(scaled).mean() * np.log(2 - 2 * tau)
    return np.sign(np.clip(scaled, -quantile, quantile)).astype(F32)


def irnet_weights(net, w):
    w = w - filter_mean(w)
    w = w / per_filter(w).std(1, ddof=1).reshape(-1, 1, 1, 1)
    exponent = np.round(np.log2(np.abs(per_filter(w)).mean(1)))
    return (np.sign(w) * (2.0 ** exponent).reshape(-1, 1, 1, 1)).astype(F32)


def reste_weights(net, w):
    return np.sign(w) * np.abs(w).mean(dtype=np.float64).astype(F32)


def mean_abs_weights(net, w):
    return np.sign(w) * np.abs(per_filter(w)).mean(1, dtype=np.float64).astype(F32).reshape(-1, 1, 1, 1)


def xnor_weights(net, w):
    w = np.clip(w - w.mean(1, keepdims=True, dtype=np.float64).astype(F32), -1, 1)
    return mean_abs_weights(net, w)


# The methods' convolutions, signs of the activations included.

def latent(net, x, name, o, k, groups=1):
    """Random latent weights of both signs and many magnitudes; in a few filters nearly all have one sign."""
    shape = (o, x.shape[1] // groups, k, k)
    w = net.rng.laplace(0, 0.08, shape) * net.rng.uniform(0.2, 2, (o, 1, 1, 1))
    w += np.where(net.rng.uniform(size=(o, 1, 1, 1)) < 0.05, 0.3, 0)
    # Moves weights that are so near to a mean, or to 0, that the order of a sum would decide their sign.
    for mean in (0, w.mean((1, 2, 3), keepdims=True), w.mean(1, keepdims=True)):
        w = np.where(np.abs(w - mean) < 1e-5, w + 1e-3, w)
    w = np.where(net.rng.uniform(size=shape) < net.zero_part, 0, w) if net.zero_part else w
    return net.tensor(name, lambda: w)


def biper_conv(net, x, name, o, k=3, stride=1, groups=1, beta=True):
    w = biper_weights(net, latent(net, x, f'{name}.weight', o, k, groups))
    alpha = net.signed_scale(f'{name}.alpha', o, 1, 1)
    if beta:
        net.normal(f'{name}.beta', o, 1, 1)
    net.tensor(f'{name}.tau', lambda: [0.04])
    return conv(net.sign(name, x), w, stride, k // 2, groups) * alpha


def biper_float_conv(net, x, name, o, k=3, stride=1):
    w = biper_weights(net, latent(net, x, f'{name}.weight', o, k))
    alpha = net.signed_scale(f'{name}.alpha', o, 1, 1)
    net.tensor(f'{name}.tau', lambda: [1])
    return conv(x, w, stride, k // 2) * alpha


def biper_imagenet_conv(net, x, name, o, k=3, stride=1, groups=1):
    return biper_conv(net, x, name, o, k, stride, groups, beta=False)


def recu_conv(net, x, name, o, k=3, stride=1):
    w = latent(net, x, f'{name}.weight', o, k)
    alpha = net.signed_scale(f'{name}.alpha', o, 1, 1)
    tau = net.tensor(f'{name}.tau', lambda: [0.92])
    return conv(net.sign(name, x), recu_weights(net, w, tau[0]), stride, k // 2) * alpha


def irnet_conv(net, x, name, o, k=3, stride=1):
    return conv(net.sign(name, x), irnet_weights(net, latent(net, x, f'{name}.weight', o, k)), stride, k // 2)


def reste_conv(net, x, name, o, k=3, stride=1):
    return conv(net.sign(name, x), reste_weights(net, latent(net, x, f'{name}.weight', o, k)), stride, k // 2)


def irnet_float_conv(net, x, name, o, k=3, stride=1):
    return conv(x, irnet_weights(net, latent(net, x, f'{name}.weight', o, k)), stride, k // 2)


def reste_float_conv(net, x, name, o, k=3, stride=1):
    return conv(x, reste_weights(net, latent(net, x, f'{name}.weight', o, k)), stride, k // 2)


def stored_conv(net, x, name, o, k=3, stride=1):
    """Weights that are stored as +a and -a, one a for the layer."""
    a = F32(net.rng.uniform(0.01, 0.1))
    w = net.tensor(f'{name}.weight', lambda: net.rng.choice([-a, a], (o, x.shape[1], k, k)))
    return conv(net.sign(name, x), w, stride, k // 2)


def binarynet_conv(net, x, name, o, k=3, stride=1, pad=None, bias=False):
    """Signs without a scale; the image keeps its floats."""
    w = np.sign(latent(net, x, f'{name}.weight', o, k))
    y = conv(x if x.shape[1] == 3 else net.sign(name, x), w, stride, k // 2 if pad is None else pad)
    return y + channels(net.normal(f'{name}.bias', o)) if bias else y


def binarynet_linear(net, x, name, o):
    """Takes a map, which it flattens, or a vector."""
    signs = net.sign(name, x.reshape(*x.shape[:2], *(x.shape[2:] or (1, 1))))
    signs = signs.reshape(len(x), -1)
    w = latent(net, signs, f'{name}.weight', o, 1)
    net.state[f'{name}.weight'] = w = w.reshape(o, -1)
    return (signs @ np.sign(w).T + net.normal(f'{name}.bias', o)).astype(F32)


def levels(net, name, x, thresholds, top):
    """
    Activations of equally spaced levels from 0 to `top`; one at a threshold gets the lower level. A level is reached where a sign is +1: of
    the layer `name`, then of `name`|1 ... In binary64, because thousands of products that aren't whole numbers would add rounding.
    """
    names = [f'{name}|{j}' if j else name for j in range(len(thresholds))]
    reached = sum(net.sign(n, x, F32(t), of_zero=-1) > 0 for n, t in zip(names, thresholds))
    return reached.astype(np.float64) * (top / len(thresholds))


def dorefa_activation(net, name, x, bits):
    if bits == 32:
        return relu(x)
    n = 2 ** bits - 1
    return levels(net, name, x, [0] if bits == 1 else [(j + 0.5) / n for j in range(n)], 1)


def dorefa_conv(net, a, name, o, k=3, stride=1, pad=None, bias=False):
    """@param a activations that are quantized already."""
    w = reste_weights(net, latent(net, a, f'{name}.weight', o, k))
    y = conv(a, w.astype(a.dtype), stride, k // 2 if pad is None else pad)
    return y + channels(net.normal(f'{name}.bias', o)) if bias else y


def as_linear(net, name, layer, a, o, **options):
    """A layer on a flattened map, as a convolution with a single position; its weights are stored as rows. @param name of the tensor."""
    if name in net.state:
        net.state[name] = net.state[name].reshape(o, *a.shape[1:])
    y = layer(net, a, name.rsplit('.', 1)[0], o, a.shape[2], pad=0, **options)
    net.state[name] = net.state[name].reshape(o, -1)
    return y


def half_wave(net, name, x, quantizer):
    """Four levels, an activation at the nearest, between two at the lower. @param name of the layer that reads them."""
    centers = net.tensor(f'{quantizer}.centers', lambda: [0.538, 1.076, 1.614])
    return levels(net, name, x, [0, (centers[0] + centers[1]) / F32(2), (centers[1] + centers[2]) / F32(2)], centers[2])


def hwgq_conv(net, a, name, o, k=3, stride=1, pad=None, stored=False):
    """@param a activations of four levels. @param stored whether weights are stored as +a and -a, one a for each filter."""
    if stored:
        scale = net.rng.uniform(0.01, 0.1, (o, 1, 1, 1))
        w = net.tensor(f'{name}.weight', lambda: net.rng.choice([-1, 1], (o, a.shape[1], k, k)) * scale)
    else:
        w = latent(net, a, f'{name}.latent', o, k)
        w = np.where(w >= 0, 1, -1) * np.abs(mean_abs_weights(net, w)).max((1, 2, 3), keepdims=True)
    return conv(a, w.astype(np.float64), stride, k // 2 if pad is None else pad)


def scaled(net, x, name):
    c = x.shape[1]
    return (x * channels(net.normal(f'{name}.weight', c, mean=1)) + channels(net.normal(f'{name}.bias', c))).astype(F32)


def rbnn_conv(net, x, name, o, k=3, stride=1):
    w = latent(net, x, f'{name}.weight', o, k)
    n = w[0].size
    a = max(d for d in range(1, int(np.sqrt(n)) + 1) if n % d == 0)
    alpha = net.signed_scale(f'{name}.alpha', o, 1, 1)
    rotate = net.normal(f'{name}.rotate', o, 1, 1, 1, scale=0.5, mean=1.0)
    r1, r2 = (net.tensor(f'{name}.{r}', lambda: np.linalg.qr(net.rng.normal(size=(s, s)))[0]) for r, s in (('R1', a), ('R2', n // a)))
    w = w - filter_mean(w)
    w = (w / per_filter(w).std(1, ddof=1).reshape(-1, 1, 1, 1)).astype(np.float64)
    rotated = (r1.T.astype(np.float64) @ w.reshape(o, a, n // a) @ r2.astype(np.float64)).reshape(w.shape)
    turned = w + np.abs(np.sin(rotate)) * (rotated - w)
    while (near := np.abs(per_filter(turned)).min(1) < 1e-6).any():
        # As above, but with another angle for filters that have a weight whose sign rounding would decide.
        rotate[near] = net.rng.normal(1.0, 0.5, rotate[near].shape)
        turned = w + np.abs(np.sin(rotate)) * (rotated - w)
    w = np.sign(turned).astype(F32)
    mean = x.mean((1, 2, 3), keepdims=True, dtype=np.float64).astype(F32)
    return conv(net.sign(name, x - mean), w, stride, k // 2) * alpha


def adabin_conv(net, x, name, o, k=3, stride=1):
    w = latent(net, x, f'{name}.weight', o, k)
    alpha = net.tensor(f'{name}.binary_a.alpha_a', lambda: net.rng.uniform(0.3, 1.2) * net.rng.choice([-1, 1]))
    beta = net.tensor(f'{name}.binary_a.beta_a', lambda: net.rng.normal(0, 0.3))
    centre = per_filter(w).mean(1, dtype=np.float64).reshape(-1, 1, 1, 1)
    distance = np.sqrt(((w - centre) ** 2).mean((1, 2, 3), keepdims=True))
    levels = np.sign((w - centre) / distance) * distance + centre
    signs = net.sign(name, x, beta)
    # In binary64, because thousands of products that aren't whole numbers would add rounding of their own.
    activations = np.float64(alpha) * (signs * np.sign(alpha) + np.float64(beta))
    return conv(activations, levels.astype(np.float64), stride, k // 2)


def mean_abs_conv(net, x, name, o, k=3, stride=1, threshold=0.0, flat=True):
    stored = f'{name}.weights' if flat else f'{name}.weight'
    w = latent(net, x, stored, o, k).reshape(o, -1, k, k)
    if flat:
        net.state[stored] = w.reshape(-1, 1)
    return conv(net.sign(name, x, threshold), mean_abs_weights(net, w), stride, k // 2)
