"""The losses that methods add to the cross entropy, with their gradients. Each gives a value and, by input name, its derivatives."""

import numpy as np
from quantizer_rules import EACH_FILTER, Quantized, to_shape


def _loss(value, gradients, soft):
    return Quantized(np.array(value), gradients, soft)


def wave(w, omega0, tau):
    """[S] edmav4/BiPer: tau times the mean of sin(omega0 w)^2 of one layer."""

    def value(x):
        return tau * np.mean(0.5 - 0.5 * np.cos(2 * omega0 * x['latents']))

    return _loss(value({'latents': w}), {'latents': tau * omega0 * np.sin(2 * omega0 * w) / w.size}, value)


def distribution(layers, weight):
    """[S] ruizhoud/DistributionLoss: of the layers' inputs (N, C, H, W), named a0, a1, ..., by each channel's mean and deviation."""

    def parts(a):
        mean = a.mean((0, 2, 3))
        deviation = np.sqrt(a.var((0, 2, 3)) + 1e-10)
        return mean, deviation

    def value(x):
        total = 0
        for name in layers:
            mean, deviation = parts(x[name])
            degenerate = np.maximum(2 - np.abs(mean) - deviation, 0) ** 2
            saturated = np.maximum(deviation - 4, 0) ** 2
            mismatch = np.maximum(mean**2 - deviation**2, 0)
            total += degenerate.mean() + saturated.mean() + mismatch.mean()
        return weight * total / len(layers)

    gradients = {}
    for name, a in layers.items():
        mean, deviation = parts(a)
        channels, n = len(mean), a.size / len(mean)
        degenerate = 2 * np.maximum(2 - np.abs(mean) - deviation, 0)
        is_mismatched = mean**2 > deviation**2
        of_mean = -degenerate * np.sign(mean) + 2 * mean * is_mismatched
        of_deviation = -degenerate + 2 * np.maximum(deviation - 4, 0) - 2 * deviation * is_mismatched
        factor = weight / len(layers) / channels / n
        each = (slice(None), None, None)
        centred = a - mean[each]
        gradients[name] = factor * (of_mean[each] + of_deviation[each] * centred / deviation[each])
    return _loss(value(layers), gradients, value)


def _pooled(a, side):
    k = a.shape[2] // side
    return a.reshape(*a.shape[:2], side, k, side, k).mean((3, 5))


def _spread(g, side):
    """The gradient through _pooled."""
    k = side // g.shape[2]
    return g.repeat(k, 2).repeat(k, 3) / k**2


def lipschitz(student, teacher, gamma, batch):
    """[S] 42Shawn/LCR_BNN: features s0, s1, ... of the student, times gamma (1, stages), and t0, t1, ... of the teacher; the whole term."""
    names = list(student)
    last = len(names) - 1
    scale = 8 / (batch * 1e4)

    def stage(first, second):
        one = _pooled(first, second.shape[2]).reshape(*first.shape[:2], -1)
        two = second.reshape(*second.shape[:2], -1)
        retention = one @ two.transpose(0, 2, 1) / two.shape[2]
        back = retention.sum(1)
        forth = np.einsum('nij,nj->ni', retention, back)
        norm = np.sqrt((forth**2).sum(1))
        return one, two, retention, back, forth, norm

    targets = [np.sqrt(stage(teacher[f't{i}'], teacher[f't{i + 1}'])[-1]) for i in range(last)]

    def value(x):
        features = [x['gamma'][0, i] * x[name] for i, name in enumerate(names)]
        total = 0
        for i in range(last):
            size = np.sqrt(stage(features[i], features[i + 1])[-1])
            total += np.mean((size - targets[i]) ** 2) / 2 ** (last - i)
        return scale * total

    features = [gamma[0, i] * student[name] for i, name in enumerate(names)]
    of = [np.zeros_like(f) for f in features]
    for i in range(last):
        one, two, retention, back, forth, norm = stage(features[i], features[i + 1])
        size = np.sqrt(norm)
        of_norm = scale * 2 * (size - targets[i]) / len(size) / 2 ** (last - i) / (2 * size)
        of_forth = (of_norm / norm)[:, None] * forth
        # forth = R back and back = R^T 1.
        of_back = np.einsum('nij,ni->nj', retention, of_forth)
        of_retention = of_forth[:, :, None] * back[:, None, :] + of_back[:, None, :]
        of_retention = of_retention / two.shape[2]
        of_one = (of_retention @ two).reshape(*features[i].shape[:2], *features[i + 1].shape[2:])
        of[i] += _spread(of_one, features[i].shape[2])
        of[i + 1] += (of_retention.transpose(0, 2, 1) @ one).reshape(features[i + 1].shape)
    gradients = {name: gamma[0, i] * of[i] for i, name in enumerate(names)}
    gradients['gamma'] = np.array([[(of[i] * student[name]).sum() for i, name in enumerate(names)]])
    return _loss(value({**student, 'gamma': gamma}), gradients, value)


def projection(c, quantized, upstream, w, eta, weight=1e-4):
    """[R] PCNN: (weight / 2) ||quantized - w (c + eta upstream)||^2, with the quantized weights and their gradient taken as constant."""
    at = c + eta * upstream

    def value(x):
        now = x['projection'] * (x['latents'] + eta * upstream)
        return weight / 2 * ((quantized - now) ** 2).sum()

    error = w * at - quantized
    gradients = {'latents': weight * error * w, 'projection': weight * to_shape(error * at, w)}
    return _loss(value({'latents': c, 'projection': w}), gradients, value)


def kernels(latents, quantized, modulation, mu, sigma, weight=1e-4, nu=1e-3):
    """[P] BONN's kernel loss: reconstruction, and a mixture of two Gaussians at +-mu with the deviation sigma, each (O, 1, 1, 1)."""
    x = latents
    side = np.where(x >= 0, 1.0, -1.0)

    def value(v):
        error = v['modulation'] * v['latents'] - quantized
        off = v['latents'] - side * v['mu']
        sigma2 = v['sigma'] ** 2 * np.ones_like(x)
        return weight / 2 * (error**2 + nu * (off**2 / sigma2 + np.log(sigma2))).sum()

    error, off = modulation * x - quantized, x - side * mu
    gradients = {
        'latents': weight * (error * modulation + nu * off / sigma**2),
        'modulation': weight * to_shape(error * x, modulation),
        'mu': -weight * nu * (side * off / sigma**2).sum(EACH_FILTER, keepdims=True),
        'sigma': weight * nu * (1 / sigma - off**2 / sigma**3).sum(EACH_FILTER, keepdims=True),
    }
    return _loss(value({'latents': x, 'modulation': modulation, 'mu': mu, 'sigma': sigma}), gradients, value)


def features(f, centres, sigma, labels, weight=1e-3):
    """[P] BONN's feature loss of fine-tuning, for features f (N, D), and centres and deviations (classes, D)."""
    pick = labels.astype(int)

    def value(v):
        off, sigma2 = v['f'] - v['centres'][pick], v['sigma'][pick] ** 2
        return weight / 2 * (off**2 + off**2 / sigma2 + np.log(sigma2)).sum()

    off, s = f - centres[pick], sigma[pick]
    of_f = weight * off * (1 + 1 / s**2)
    of_centres, of_sigma = np.zeros_like(centres), np.zeros_like(sigma)
    np.add.at(of_centres, pick, -of_f)
    np.add.at(of_sigma, pick, weight * (1 / s - off**2 / s**3))
    gradients = {'f': of_f, 'centres': of_centres, 'sigma': of_sigma}
    return _loss(value({'f': f, 'centres': centres, 'sigma': sigma}), gradients, value)


def attention(student, teacher):
    """[A] DIR-Net after its abstract: per stage, the mean squared difference of sums of squares over channels, of unit length per image."""

    def unit(f):
        energy = (f**2).sum(1, keepdims=True)
        length = np.sqrt((energy**2).sum(EACH_FILTER, keepdims=True))
        return energy / length, length

    targets = {name: unit(teacher[f't{name[1:]}'])[0] for name in student}

    def value(x):
        return sum(np.mean((unit(x[name])[0] - target) ** 2) for name, target in targets.items())

    gradients = {}
    for name, f in student.items():
        v, length = unit(f)
        of_v = 2 * (v - targets[name]) / v.size
        of_energy = (of_v - v * (of_v * v).sum(EACH_FILTER, keepdims=True)) / length
        gradients[name] = 2 * f * of_energy
    return _loss(value(student), gradients, value)


def spanning_tree(w, weight):
    """[A], [I] MST: weight times the number of signs that differ along the edges of a minimum spanning tree of the filters; identity to w.

    The signs are those of the centred weights, as ReCU's are.
    """
    signs = np.sign(w - w.mean(EACH_FILTER, keepdims=True)).reshape(len(w), -1)
    apart = (1 - signs[:, None] * signs[None]).sum(-1) / 2
    edges, reached = [], [0]
    while len(reached) < len(w):
        left = [j for j in range(len(w)) if j not in reached]
        i, j = min(((i, j) for i in reached for j in left), key=lambda edge: apart[edge])
        edges.append((i, j))
        reached.append(j)
    gradient = np.zeros_like(signs)
    for i, j in edges:
        gradient[i] -= weight * signs[j] / 2
        gradient[j] -= weight * signs[i] / 2

    def value(x):
        # With b = signs + (w - constant w): the straight-through product.
        b = signs + (x['latents'] - w).reshape(signs.shape)
        return weight * sum((1 - b[i] * b[j]).sum() / 2 for i, j in edges)

    return _loss(weight * sum(apart[edge] for edge in edges), {'latents': gradient.reshape(w.shape)}, value)
