"""Runs networks for which there is no trained checkpoint, by forward rules in NumPy on random tensors.

    python3 networks.py FOLDER

writes for each network ID.npz, the state dict, and ID.input.npz, images (N, C, H, W). compare.py compares the results of another executor.

    python3 networks.py --names [--full]

lists them, without --full only those that `.ci/run` has time for.
"""

import sys
import zlib
from pathlib import Path

import numpy as np

from forward_rules import *

CIFAR, IMAGENET, MNIST = (3, 32, 32), (3, 224, 224), (1, 28, 28)
DEEP = (3, 4, 6, 3)


def with_zeros(net):
    net.zero_part = 3e-4
    return net


#: id of the architecture -> input shape, forward rule.
NETWORKS = {
    'biper-resnet20_1w1a': (CIFAR, lambda n, x: resnet20(n, x, biper_conv, bn_hardtanh, 'conv', lambda x: avg_pool(x, 2))),
    'biper-resnet18_1w1a': (CIFAR, lambda n, x: resnet18(n, x, biper_conv, bn_hardtanh, 'block', averaged)),
    'biper-resnet18A_1w1a': (
        CIFAR,
        lambda n, x: resnet18(n, x, biper_conv, bn_hardtanh, 'block', averaged, widths=(32, 32, 64, 128)),
    ),
    'biper-vgg_small_1w1a': (CIFAR, lambda n, x: vgg_small(n, x, biper_conv)),
    'biper-resnet34_1w1a': (IMAGENET, lambda n, x: imagenet_resnet(n, x, biper_imagenet_conv, bn_hardtanh, (3, 4, 6, 3))),
    'biper-mobilenet_1w1a': (IMAGENET, biper_mobilenet),
    'recu-resnet20_1w1a': (CIFAR, lambda n, x: resnet20(n, x, recu_conv, bn_hardtanh, 'conv', lambda x: avg_pool(x, 2))),
    'recu-resnet18_1w1a': (CIFAR, lambda n, x: resnet18(n, x, recu_conv, bn_hardtanh, 'block', averaged)),
    'recu-vgg_small_1w1a': (CIFAR, lambda n, x: vgg_small(n, x, recu_conv)),
    'recu-resnet18_1w1a imagenet': (IMAGENET, lambda n, x: imagenet_resnet(n, x, recu_conv, bn_hardtanh)),
    'irnet-resnet20_1w1a': (CIFAR, lambda n, x: resnet20(n, x, irnet_conv, bn_hardtanh, 'conv', sliced)),
    'irnet-resnet18_1w1a': (
        CIFAR,
        lambda n, x: log_softmax(resnet18(n, x, irnet_conv, bn_hardtanh, 'block', projected)),
    ),
    'irnet-vgg_small_1w1a': (CIFAR, lambda n, x: vgg_small(n, x, irnet_conv)),
    'irnet-resnet18_1w1a imagenet': (IMAGENET, irnet_imagenet),
    'rbnn-resnet20_1w1a': (CIFAR, lambda n, x: resnet20(n, x, rbnn_conv, bn_hardtanh, 'block', sliced)),
    'rbnn-resnet20_bireal_1w1a': (
        CIFAR,
        lambda n, x: resnet20(n, x, rbnn_conv, bn_hardtanh, 'conv', sliced),
    ),
    'rbnn-resnet18_1w1a': (CIFAR, lambda n, x: resnet18(n, x, rbnn_conv, bn_hardtanh, 'block', binary_projected)),
    'rbnn-vgg_small_1w1a': (CIFAR, lambda n, x: vgg_small(n, x, rbnn_conv)),
    'rbnn-resnet18_1w1a imagenet': (IMAGENET, rbnn_imagenet),
    'reste-resnet20_1w1a': (CIFAR, lambda n, x: resnet20(n, x, reste_conv, relu_bn, 'block', sliced)),
    'reste-resnet20_bireal_1w1a': (
        CIFAR,
        lambda n, x: resnet20(n, x, reste_conv, relu_bn, 'conv', sliced),
    ),
    'reste-resnet18_1w1a': (
        CIFAR,
        lambda n, x: resnet18(n, x, reste_conv, relu_bn, 'block', projected, plain_stem=False),
    ),
    'reste-vgg_small_1w1a': (CIFAR, lambda n, x: vgg_small(n, x, reste_conv, pools_last=True)),
    'reste-resnet18_1w1a imagenet': (IMAGENET, lambda n, x: imagenet_resnet(n, x, reste_conv, relu_bn)),
    'adabin-resnet20_1w1a': (CIFAR, lambda n, x: resnet20(n, x, adabin_conv, bn_maxout, 'conv', sliced)),
    'adabin-resnet18_1w1a': (
        CIFAR,
        lambda n, x: resnet18(n, x, adabin_conv, bn_maxout, 'conv', projected, plain_stem=False),
    ),
    'adabin-resnet18_1w1a imagenet': (IMAGENET, adabin_imagenet),
    'bireal-birealnet18': (IMAGENET, lambda n, x: birealnet(n, x, (4, 4, 4, 4))),
    'bireal-birealnet34': (IMAGENET, lambda n, x: birealnet(n, x, (6, 8, 12, 6))),
    'bireal-birealnet50': (IMAGENET, birealnet50),
    'reactnet-birealnet18': (IMAGENET, lambda n, x: birealnet(n, x, (4, 4, 4, 4), react=True)),
    'reactnet-birealnet34': (IMAGENET, lambda n, x: birealnet(n, x, (6, 8, 12, 6), react=True)),
    'reactnet-reactnet': (IMAGENET, reactnet),
    'bnext-bnext_tiny': (IMAGENET, lambda n, x: bnext(n, x, [64] + [128] * 2 + [256] * 2 + [512] * 6 + [1024] * 2)),
    'bitorch-resnet_e18': (IMAGENET, lambda n, x: resnet_e(n, x, (4, 4, 4, 4))),
    'bitorch-resnet_e34': (IMAGENET, lambda n, x: resnet_e(n, x, (6, 8, 12, 6))),
    'xnornet-nin': (CIFAR, nin),
    'xnornet-lenet5': (MNIST, lenet5),
    'xnornet-alexnet': ((3, 227, 227), alexnet),
    'biper-resnet20_1w32a': (
        CIFAR,
        lambda n, x: resnet20(n, x, biper_float_conv, bn_relu, 'conv', lambda x: avg_pool(x, 2)),
    ),
    'biper-resnet18B_1w1a': (
        CIFAR,
        lambda n, x: resnet18(n, x, biper_conv, bn_hardtanh, 'block', averaged, widths=(32, 64, 128, 256)),
    ),
    'biper-resnet18C_1w1a': (
        CIFAR,
        lambda n, x: resnet18(n, x, biper_conv, bn_hardtanh, 'block', averaged, widths=(64, 64, 128, 256)),
    ),
    'biper-resnet18_1w1a imagenet': (IMAGENET, lambda n, x: imagenet_resnet(n, x, biper_imagenet_conv, bn_hardtanh)),
    'biper-resnet18_1w1a averages': (
        IMAGENET,
        lambda n, x: imagenet_resnet(n, x, biper_imagenet_conv, bn_hardtanh, averages=True),
    ),
    'recu-resnet34_1w1a': (IMAGENET, lambda n, x: imagenet_resnet(n, x, recu_conv, bn_hardtanh, DEEP)),
    'recu-resnet18_1w1a two-stage': (IMAGENET, lambda n, x: recu_two_stage(n, x, (4, 4, 4, 4))),
    'recu-resnet34_1w1a two-stage': (IMAGENET, lambda n, x: recu_two_stage(n, x, (6, 8, 12, 6))),
    'irnet-resnet20_1w32a': (CIFAR, irnet_resnet20_32a),
    'irnet-resnet34_1w1a': (IMAGENET, lambda n, x: irnet_imagenet(n, x, depths=DEEP)),
    'irnet-resnet18_1w32a': (IMAGENET, lambda n, x: irnet_imagenet(n, x, irnet_float_conv, bn_relu, skips='block')),
    'irnet-resnet18_1w32a deep stem': (
        IMAGENET,
        lambda n, x: irnet_imagenet(n, x, irnet_float_conv, bn_relu, skips='block', deep=relu_only, averages=True),
    ),
    'irnet-resnet18_1w1a deep stem': (IMAGENET, lambda n, x: irnet_imagenet(n, x, deep=hardtanh_only, averages=True)),
    'rbnn-resnet34_1w1a': (IMAGENET, lambda n, x: rbnn_imagenet(n, x, depths=DEEP)),
    'reste-resnet34_1w1a': (IMAGENET, lambda n, x: imagenet_resnet(n, x, reste_conv, relu_bn, DEEP)),
    'reste-resnet20_1w32a': (CIFAR, lambda n, x: resnet20(n, x, reste_float_conv, relu_bn, 'block', sliced)),
    'reste-vgg_small_1w32a': (CIFAR, lambda n, x: vgg_small(n, x, reste_float_conv, pools_last=True)),
    'reste-resnet18_1w32a imagenet': (IMAGENET, lambda n, x: imagenet_resnet(n, x, reste_float_conv, relu_bn)),
    'adabin-resnet34_1w1a': (IMAGENET, lambda n, x: adabin_imagenet(n, x, depths=DEEP)),
    'adabin-resnet18_1w1a deep stem': (IMAGENET, lambda n, x: adabin_imagenet(n, x, deep=maxout)),
    'bireal-birealnet18 zero weights': (IMAGENET, lambda n, x: birealnet(with_zeros(n), x, (4, 4, 4, 4))),
    'lcr-resnet18_1w1a_IR': (IMAGENET, lcr_imagenet),
    'lcr-resnet18_1w1a_IR deep stem': (IMAGENET, lambda n, x: lcr_imagenet(n, x, deep=hardtanh_only, averages=True)),
    'pcnn-resnet18': (IMAGENET, pcnn),
    'hwgq-resnet18': (IMAGENET, hwgq_resnet),
    'hwgq-resnet18_bw': (IMAGENET, lambda n, x: hwgq_resnet(n, x, stored=True)),
    'hwgq-vgg_small': (CIFAR, hwgq_vgg_small),
    'hwgq-alexnet': ((3, 227, 227), hwgq_alexnet),
    'bnn-vgg_cifar10_binary': (CIFAR, binarynet_vgg),
    'bnn-alexnet_binary': (IMAGENET, binarynet_alexnet),
    'bnn-resnet_binary': (CIFAR, binarynet_resnet),
    'dorefa-resnet20_1w1a': (CIFAR, lambda n, x: dorefa_resnet20(n, x, 1)),
    'dorefa-resnet20_1w2a': (CIFAR, lambda n, x: dorefa_resnet20(n, x, 2)),
    'dorefa-resnet20_1w4a': (CIFAR, lambda n, x: dorefa_resnet20(n, x, 4)),
    'dorefa-alexnet_1w2a': (IMAGENET, lambda n, x: dorefa_alexnet(n, x, 2)),
    'dorefa-resnet20_1w32a': (CIFAR, lambda n, x: dorefa_resnet20(n, x, 32)),
    'adambnn-reactnet': (IMAGENET, lambda n, x: reactnet(n, x, flat=False)),
    'biper-resnet20_1w1a zero weights': (
        CIFAR,
        lambda n, x: resnet20(with_zeros(n), x, biper_conv, bn_hardtanh, 'conv', lambda x: avg_pool(x, 2)),
    ),
}
OMEGA0 = 20

#: What takes longest and repeats the layers of another network of its authors: more of them, or another stem. Tested by `.ci/run --full`.
LARGER = {
    'biper-resnet34_1w1a',
    'recu-resnet34_1w1a',
    'recu-resnet34_1w1a two-stage',
    'irnet-resnet34_1w1a',
    'irnet-resnet18_1w1a deep stem',
    'rbnn-resnet34_1w1a',
    'reste-resnet34_1w1a',
    'adabin-resnet34_1w1a',
    'bireal-birealnet34',
    'reactnet-birealnet34',
    'lcr-resnet18_1w1a_IR deep stem',
    'hwgq-resnet18_bw',
    'hwgq-alexnet',
    'bnn-alexnet_binary',
    'dorefa-alexnet_1w2a',
}
assert LARGER < set(NETWORKS)


def write(name, folder):
    shape, forward = NETWORKS[name]
    # Enough images for sound batch statistics; only a few of them are kept.
    count, kept = (16, 4) if shape[1] <= 32 else (3, 1)
    seed = zlib.crc32(name.encode())
    net = Net(seed, 10 if shape[1] <= 32 else 20, OMEGA0)
    images = np.random.default_rng(seed + 1).normal(0, 1, (count, *shape)).astype(F32)
    forward(net, images)
    np.savez(folder / f'{name}.npz', **net.state)
    np.savez(folder / f'{name}.input.npz', input=images[:kept])


if __name__ == '__main__':
    if sys.argv[1:] in (['--names'], ['--names', '--full']):
        print('\n'.join(name for name in NETWORKS if name not in LARGER or '--full' in sys.argv))
        sys.exit()
    folder = Path(sys.argv[1])
    for name in sys.argv[2:] or NETWORKS:
        write(name, folder)
        print(name, flush=True)
