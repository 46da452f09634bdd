"""The cases: each rule with its options at the first, the middle and the last of 10 epochs; the losses; and what steps change."""

from dataclasses import dataclass
from functools import partial
from inspect import signature
from typing import Callable

import numpy as np
import quantizer_inputs as given
import quantizer_losses as losses
import quantizers_activations as activations
import quantizers_learned as learned
import quantizers_weights as weights
from quantizer_inputs import CHANNELS, FILTERS, SIDE

EPOCHS = 10
OMEGA0 = 20.0


@dataclass
class Case:
    name: str
    kind: str
    quantizer: str
    options: dict
    epoch: int
    inputs: dict
    run: Callable

    def result(self):
        """Runs the rule in float64 on the float32 inputs."""
        return self.run(**{name: value.astype(np.float64) for name, value in self.inputs.items()})

    def described(self):
        """What a test needs to know besides the arrays, for cases.json."""
        stage = self.options.get('stage', 1)
        options = {name: value for name, value in self.options.items() if name != 'stage'}
        names = ('name', 'kind', 'quantizer', 'epoch')
        return {**{name: getattr(self, name) for name in names}, 'stage': stage, 'epochs': EPOCHS, 'options': options}


# Signs of 0: that of the code and that of the paper.
ZEROS = (0, 1)

# Quantizer, options, its parameters and buffers, and the rule.
WEIGHTS = [
    *[('biper', {'stage': s, 'zero': z}, given.nothing, weights.biper) for s in (1, 2) for z in ZEROS],
    *[('sign-two-stage', {'stage': s}, given.nothing, weights.sign_two_stage) for s in (1, 2)],
    ('recu', {}, given.nothing, weights.recu),
    *[('ir-net', {'tMin': t}, given.nothing, weights.ir_net) for t in (1e-3, 1e-1)],
    ('dir-net', {}, given.nothing, weights.dir_net),
    ('reste', {}, given.nothing, weights.reste),
    ('full-precision', {}, given.nothing, weights.full_precision),
    *[('bnn', {'zero': z}, given.nothing, weights.bnn) for z in ZEROS],
    *[('xnor-net', {'zero': z}, given.nothing, weights.xnor_net) for z in ZEROS],
    *[('dorefa', {'zero': z}, given.nothing, weights.dorefa) for z in ZEROS],
    ('bi-real', {}, given.nothing, weights.bi_real),
    ('hwgq', {}, given.nothing, weights.hwgq),
    *[('reactnet', {'stage': s}, given.nothing, weights.reactnet) for s in (1, 2)],
    ('adabin', {}, given.nothing, weights.adabin),
    *[('ste-sign', {'clipValue': c}, given.nothing, weights.ste_sign) for c in (1, 1.25)],
    *[('swish-sign', {'beta': b}, given.nothing, weights.swish_sign) for b in (2, 5)],
    ('rbnn', {}, given.rotation, learned.rbnn),
    ('dsq', {'variant': 'binary'}, given.softness, learned.dsq_binary),
    ('dsq', {'variant': 'piecewise'}, given.levels, learned.dsq_piecewise),
    ('lq-net', {}, given.basis, learned.lq_net),
    ('slb', {}, given.nothing, learned.slb),
    ('fda', {}, given.filter_noise, learned.fda),
    ('pcnn', {}, given.projection, learned.pcnn),
    ('bonn', {}, given.modulation, learned.bonn),
]

ACTIVATIONS = [
    ('biper', {}, given.nothing, activations.biper_paper),
    ('per-sample', {}, given.nothing, activations.per_sample),
    ('bi-real', {}, given.nothing, activations.bi_real),
    ('rsign', {}, given.shifts, activations.rsign),
    ('adabin', {}, given.two_levels, activations.adabin),
    *[('ste-sign', {'clipValue': c}, given.nothing, activations.ste_sign) for c in (1, 1.25)],
    *[('swish-sign', {'beta': b}, given.nothing, activations.swish_sign) for b in (2, 5)],
    *[('ir-net', {'tMin': t}, given.nothing, activations.ir_net) for t in (1e-3, 1e-1)],
    ('reste', {}, given.nothing, activations.reste),
    ('rbnn', {}, given.nothing, activations.rbnn),
    *[('bnn', {'zero': z}, given.nothing, activations.bnn) for z in ZEROS],
    *[('xnor-net', {'zero': z}, given.nothing, activations.xnor_net) for z in ZEROS],
    ('dorefa', {'bits': 1, 'threshold': 0}, given.nothing, activations.dorefa_sign),
    ('dorefa', {'bits': 1, 'threshold': 0.5}, given.nothing, activations.dorefa),
    ('dorefa', {'bits': 2}, given.nothing, activations.dorefa),
    ('dsq', {'variant': 'binary'}, given.softness, activations.dsq_binary),
    ('dsq', {'variant': 'piecewise'}, given.levels, activations.dsq_piecewise),
    ('lq-net', {}, given.activation_basis, activations.lq_net),
    ('fda', {}, given.pixel_noise, activations.fda),
    ('hwgq', {}, given.nothing, activations.hwgq),
    ('identity', {}, given.nothing, activations.identity),
]


def _quantizer_cases(kind, first, table, tensor):
    for quantizer, options, own, rule in table:
        # numpy seeds from numbers only; these give each quantizer its own.
        seed = [*f'{kind}{quantizer}'.encode()]
        for epoch in (0, EPOCHS // 2, EPOCHS - 1):
            random = np.random.default_rng([*seed, epoch])
            x = given.far_from_zero(random) if quantizer == 'dir-net' else tensor(random)
            inputs = {first: x, 'g': given.normal(random, *x.shape), **own(random)}
            values = {**options, 'p': epoch / EPOCHS, 'epoch': epoch, 'epochs': EPOCHS, 'omega0': OMEGA0}
            takes = {name: value for name, value in values.items() if name in signature(rule).parameters}
            name = f'{kind}/{quantizer}{_label(options)}/p={epoch / EPOCHS}'
            yield Case(name, kind, quantizer, options, epoch, inputs, partial(_call, rule, first, takes))


def _label(options):
    label = ','.join(f'{name}={value}' for name, value in options.items())
    return f'[{label}]' if label else ''


def _call(rule, first, takes, g, **inputs):
    return rule(inputs.pop(first), g, **inputs, **takes)


def _loss_cases():
    random = np.random.default_rng(14)
    normal = partial(given.normal, random)
    shape = (FILTERS, CHANNELS, SIDE, SIDE)
    w = given.latents(random)
    column = lambda low, high: random.uniform(low, high, (FILTERS, 1, 1, 1)).astype(np.float32)

    yield _loss('wave', {'weight': 0.037}, {'latents': w}, lambda latents: losses.wave(latents, OMEGA0, 0.037))

    spread = np.float32([0.1, 1, 2, 5, 9])[:, None, None]
    off = np.float32([3, -0.2, 2, -1, 0])[:, None, None]
    layers = {'a0': normal(4, 5, 3, 3) * spread + off, 'a1': normal(4, 5, 2, 2) * spread - off}
    yield _loss('distribution', {'weight': 2}, layers, lambda **x: losses.distribution(x, 2))

    sizes = [(2, 3, 8, 8), (2, 4, 4, 4), (2, 5, 2, 2), (2, 6, 2, 2)]
    student = {f's{i}': normal(*size) for i, size in enumerate(sizes)}
    teacher = {f't{i}': np.maximum(normal(*size), 0) for i, size in enumerate(sizes)}
    gamma = np.float32([[1, 0.8, 1.2, 1.1]])
    yield _loss('lipschitz', {'weight': 8}, {**student, **teacher, 'gamma': gamma}, _lipschitz)
    attention = lambda **x: losses.attention(_named(x, 's'), _named(x, 't'))
    yield _loss('attention', {'weight': 1}, {**student, **teacher}, attention)

    c = w * np.float32(0.5)
    quantized = np.sign(c) * np.abs(c).mean()
    for eta in (0.0, 0.1):
        inputs = {'latents': c, 'quantized': quantized, 'upstream': normal(*shape)}
        inputs['projection'] = normal(1, 1, SIDE, SIDE) + np.float32(1)
        of = lambda latents, quantized, upstream, projection, eta=eta: losses.projection(
            latents, quantized, upstream, projection, eta
        )
        yield _loss('projection', {'weight': 1e-4, 'eta': eta}, inputs, of)

    x = normal(*shape)
    bayes = {'modulation': normal(1, 1, SIDE, SIDE) + np.float32(1), 'mu': column(0.2, 1), 'sigma': column(0.3, 1)}
    quantized = np.sign(x) * bayes['modulation'].mean()
    yield _loss('kernels', {'weight': 1e-4}, {'latents': x, 'quantized': quantized, **bayes}, losses.kernels)
    fine = {'f': normal(4, 7), 'centres': normal(3, 7), 'sigma': np.abs(normal(3, 7)) + np.float32(0.3)}
    yield _loss('features', {'weight': 1e-3}, {**fine, 'labels': np.float32([2, 0, 2, 1])}, losses.features)

    # Far apart and all at different distances, so that there is one minimum spanning tree.
    signs = np.ones(shape, np.float32).reshape(FILTERS, -1)
    for i, count in enumerate((2, 5, 9, 14, 3)):
        signs[i + 1] = signs[i]
        signs[i + 1, 6 * i : 6 * i + count] *= -1
    tree = (signs * (np.abs(normal(FILTERS, signs.shape[1])) + np.float32(0.2))).reshape(shape)
    tree -= tree.mean((1, 2, 3), keepdims=True)
    yield _loss('spanning-tree', {'weight': 0.01}, {'latents': tree}, lambda latents: losses.spanning_tree(latents, 0.01))


def _lipschitz(gamma, **features):
    return losses.lipschitz(_named(features, 's'), _named(features, 't'), gamma, batch=2)


def _named(arrays, letter):
    return {name: array for name, array in arrays.items() if name.startswith(letter)}


def _loss(name, options, inputs, run):
    return Case(f'losses/{name}{_label(options)}', 'losses', name, options, 0, inputs, run)


def all_cases():
    yield from _quantizer_cases('weights', 'latents', WEIGHTS, given.latents)
    yield from _quantizer_cases('activations', 'a', ACTIVATIONS, given.maps)
    yield from _loss_cases()


def update_cases():
    """What changes between steps besides the optimizer's: RBNN's rotations, of full rank so that they are unique, and LQ-Net's basis."""
    for shape, a, b in (((8, 4, 3, 3), 6, 6), ((8, 3, 3, 3), 3, 9)):
        random = np.random.default_rng([a, b])
        w = given.normal(random, *shape)
        rotations = {'r1': given.orthogonal(random, a), 'r2': given.orthogonal(random, b)}
        inputs = {'latents': w, 'rotate': given.normal(random, len(w), 1, 1, 1), **rotations}
        yield Case(f'updates/rbnn/{a}x{b}', 'updates', 'rbnn', {}, 0, inputs, _rotations)
    for steps in (0, 1, 1000):
        random = np.random.default_rng(steps)
        inputs = {'latents': given.latents(random), **given.basis(random), 'steps': np.float32(steps)}
        yield Case(f'updates/lq-net/steps={steps}', 'updates', 'lq-net', {}, 0, inputs, learned.lq_net_basis)


def _rotations(latents, rotate, r1, r2):
    return learned.rbnn_rotations(latents, r1, r2)
