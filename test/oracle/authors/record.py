"""
Records three steps of training by the authors' own code.

    python3 record.py SOURCES [METHOD ...]

SOURCES has a folder for each repository of README.md, named as the part of its name behind the owner. For each method writes METHOD.npz beside this
file: `initial/NAME`, the state dict, `images` (N, 3, H, W), `labels`, and for each step `stepN/loss` and `stepN/gradient/NAME`, which
are those that the optimizer is given; `after/NAME` is the state dict after the last step. All is float32 but the labels.

A recording is made only from a start (a seed) from which no value comes so near to a threshold that another order of summation could give
the other side, and from which float64 comes to the same losses and gradients.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

from methods import METHODS
from shims import Margins, with_floor_division, without_cuda

STEPS = 3
IMAGES = (8, 3, 8, 8)
CLASSES = 4
#: Of SGD, on every parameter, the same for all: methods' own optimizers are another matter.
LEARNING_RATE, MOMENTUM, WEIGHT_DECAY = 0.1, 0.9, 1e-4
#: Several times what back ends differ by in a network of this depth.
LEAST_MARGIN = 2e-5
#: Of float64 from float32, relative, and absolute for gradients that are nothing but rounding, such as those of biases before a batch norm.
LOSS_ERROR, GRADIENT_ERROR, NOISE = 2e-6, 1e-4, 1e-6
SEEDS = range(1, 400)


def as_in_training(modules):
    """Batch norms as they are after a while: scales and biases that aren't all the same."""
    for module in modules:
        for norm in module.modules():
            if isinstance(norm, (nn.BatchNorm1d, nn.BatchNorm2d)) and norm.affine:
                nn.init.uniform_(norm.weight, 0.6, 1.4)
                nn.init.normal_(norm.bias, 0, 0.1)


def start(build, folder, seed):
    """The network and the data; float32."""
    torch.manual_seed(seed)
    np.random.seed(seed)
    case = build(folder)
    as_in_training(case.modules)
    case.prepare()
    images = torch.randn(IMAGES)
    labels = torch.arange(IMAGES[0]) % CLASSES
    return case, images, labels


def state(prefix, module):
    tensors = {name: tensor for name, tensor in module.state_dict().items() if not name.endswith('num_batches_tracked')}
    return {f'{prefix}/{name}': tensor.detach().float().numpy().copy() for name, tensor in tensors.items()}


def run(case, images, labels):
    network = case.network
    arrays = state('initial', network)
    if case.teacher:
        arrays |= state('teacher', case.teacher)
    parameters = {name: it for name, it in network.named_parameters() if it.requires_grad}
    optimizer = torch.optim.SGD(network.parameters(), LEARNING_RATE, MOMENTUM, weight_decay=WEIGHT_DECAY)
    network.train()
    for step in range(STEPS):
        case.before(step)
        optimizer.zero_grad()
        loss = case.loss(network, images, labels)
        loss.backward()
        case.after_backward(step)
        arrays[f'step{step + 1}/loss'] = np.float32(loss.item())
        for name, parameter in parameters.items():
            arrays[f'step{step + 1}/gradient/{name}'] = parameter.grad.detach().float().numpy().copy()
        optimizer.step()
        case.after(step)
    return arrays | state('after', network)


def in_double(case, images, labels):
    """The same steps in float64."""
    for module in case.modules:
        module.double()
    torch.set_default_dtype(torch.float64)
    try:
        with Margins(zero_sums=case.zero_sums).watch():
            return run(case, images.double(), labels)
    finally:
        torch.set_default_dtype(torch.float32)


def differences(single, double):
    """Largest difference of a loss, and of a gradient, each as a part of what is allowed."""
    losses, gradients = [], []
    for name, value in single.items():
        if name.endswith('/loss'):
            losses.append(abs(value - double[name]) / (LOSS_ERROR * abs(value)))
        elif '/gradient/' in name:
            norm = np.linalg.norm
            gradients.append(norm(value - double[name]) / (GRADIENT_ERROR * norm(value) + NOISE))
    return max(losses), max(gradients)


def record(name, sources):
    repository, build = METHODS[name]
    folder = sources / repository
    for seed in SEEDS:
        case, images, labels = start(build, folder, seed)
        margins = Margins(case.edges, case.exact_zeros, case.zero_sums)
        with margins.watch():
            single = run(case, images, labels)
        if margins.least < LEAST_MARGIN:
            continue
        loss, gradient = differences(single, in_double(*start(build, folder, seed)))
        print(f'{name}: seed {seed}, least margin {margins.least:.1e}, float64 apart {loss:.2f}, {gradient:.2f} of the allowed')
        if max(loss, gradient) > 1:
            continue
        file = Path(__file__).with_name(f'{name}.npz')
        np.savez_compressed(file, images=images.numpy(), labels=labels.numpy(), **single)
        print(f'{name}: {file.stat().st_size} bytes, losses', *(single[f'step{i + 1}/loss'] for i in range(STEPS)))
        return
    sys.exit(f'{name}: no start was found whose steps are stable')


if __name__ == '__main__':
    torch.set_num_threads(1)
    with without_cuda(), with_floor_division():
        for name in sys.argv[2:] or METHODS:
            record(name, Path(sys.argv[1]).resolve())
