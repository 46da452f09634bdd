"""The networks of nine methods for which no trained checkpoint is at hand: forward rules in NumPy on random tensors.

    python3 networks.py FOLDER

writes for each ID.npz, the state dict, and ID.input.npz, images (N, C, H, W). check.py compares what another executor makes of them.
"""

import sys
import zlib
from pathlib import Path

import numpy as np

from layers import *


def block(net, x, at, o, stride, convolution, finish, skips, shortcut):
    y = finish(net, convolution(net, x, f'{at}conv1', o, stride=stride), at, 1, shortcut if skips == 'conv' else 0)
    return finish(net, convolution(net, y, f'{at}conv2', o), at, 2, y if skips == 'conv' else shortcut)


def bn_hardtanh(net, x, at, i, shortcut=0):
    return hardtanh(batch_norm(net, x, f'{at}bn{i}') + shortcut)


def relu_bn(net, x, at, i, shortcut=0):
    return batch_norm(net, relu(x), f'{at}bn{i}') + shortcut


def bn_relu(net, x, at, i, shortcut=0):
    return relu(batch_norm(net, x, f'{at}bn{i}') + shortcut)


def bn_maxout(net, x, at, i, shortcut=0):
    y = batch_norm(net, x, f'{at}bn{i}') + shortcut
    c = y.shape[1]
    neg, pos = (net.normal(f'{at}nonlinear{i}.{n}_scale', c, scale=0.3, mean=m) for n, m in (('neg', 0.25), ('pos', 1)))
    return (channels(pos) * relu(y) - channels(neg) * relu(-y)).astype(F32)


def resnet20(net, x, convolution, finish, skips, shortcut_of):
    x = finish(net, float_conv(net, x, 'conv1', 16, 3, pad=1), '', 1)
    for stage, o in enumerate((16, 32, 64)):
        for b in range(3):
            stride = 2 if stage and not b else 1
            shortcut = pad_channels(shortcut_of(x), o) if stride == 2 else x
            x = block(net, x, f'layer{stage + 1}.{b}.', o, stride, convolution, finish, skips, shortcut)
    return linear(net, batch_norm(net, global_mean(x), 'bn2'), 'linear', net.classes)


def resnet18(net, x, convolution, finish, skips, shortcut_of, plain_stem=True, widths=(64, 128, 256, 512)):
    x = float_conv(net, x, 'conv1', widths[0], 3, pad=1)
    x = batch_norm(net, x, 'bn1') if plain_stem else finish(net, x, '', 1)
    for stage, o in enumerate(widths):
        for b in range(2):
            stride = 2 if stage and not b else 1
            at = f'layer{stage + 1}.{b}.'
            shortcut = x if stride == 1 and o == x.shape[1] else shortcut_of(net, x, at, o)
            x = block(net, x, at, o, stride, convolution, finish, skips, shortcut)
    return linear(net, batch_norm(net, avg_pool(x, 4).reshape(len(x), -1), 'bn2'), 'linear', net.classes)


def averaged(net, x, at, o):
    return pad_channels(avg_pool(x, 2), o)


def projected(net, x, at, o):
    return batch_norm(net, float_conv(net, x, f'{at}shortcut.0', o, 1, stride=2), f'{at}shortcut.1')


def binary_projected(net, x, at, o):
    return batch_norm(net, rbnn_conv(net, x, f'{at}shortcut.0', o, k=1, stride=2), f'{at}shortcut.1')


def vgg_small(net, x, convolution, pools_last=False):
    x = float_conv(net, x, 'conv0', 128, 3, pad=1)
    x = relu_bn(net, x, '', 0) if pools_last else bn_hardtanh(net, x, '', 0)
    for i, (o, pools) in enumerate(((128, 1), (256, 0), (256, 1), (512, 0), (512, 1)), start=1):
        x = convolution(net, x, f'conv{i}', o)
        if pools_last:
            x = relu_bn(net, x, '', i)
        if pools:
            x = max_pool(x, 2)
        if not pools_last:
            x = bn_hardtanh(net, x, '', i)
    return linear(net, x, 'fc', net.classes)


def imagenet_resnet(net, x, convolution, finish, depths=(2, 2, 2, 2), averages=False):
    x = finish(net, float_conv(net, x, 'conv1', 64, 7, stride=2, pad=3), '', 1)
    x = max_pool(x, 3, 2, 1)
    for stage, blocks in enumerate(depths):
        o = 64 * 2 ** stage
        for b in range(blocks):
            stride = 2 if stage and not b else 1
            at, shortcut = f'layer{stage + 1}.{b}.', x
            if stride == 2 and averages:
                shortcut = float_conv(net, avg_pool_ceil(x), f'{at}downsample.1', o, 1)
                shortcut = batch_norm(net, shortcut, f'{at}downsample.2')
            elif stride == 2:
                shortcut = float_conv(net, x, f'{at}downsample.0', o, 1, stride=2)
                shortcut = batch_norm(net, shortcut, f'{at}downsample.1')
            x = block(net, x, at, o, stride, convolution, finish, 'conv', shortcut)
    return linear(net, batch_norm(net, avg_pool(x, 7, 1).reshape(len(x), -1), 'bn2'), 'fc', net.classes)


def irnet_imagenet(net, x):
    y = log_softmax(imagenet_resnet(net, x, irnet_conv, bn_hardtanh))
    unused_batch_norm(net, 'bn3', net.classes)
    return y


def rbnn_imagenet(net, x):
    y = imagenet_resnet(net, x, rbnn_conv, bn_hardtanh)
    unused_batch_norm(net, 'bn3', net.classes)
    return y


def adabin_imagenet(net, x):
    y = imagenet_resnet(net, x, adabin_conv, bn_maxout, averages=True)
    unused_batch_norm(net, 'bn3', net.classes)
    for part in ('neg_scale', 'pos_scale'):
        net.normal(f'nonlinear2.{part}', 512)
    return y


def biper_mobilenet(net, x):
    x = float_conv(net, x, 'model.0.0', 32, 3, stride=2, pad=1)
    x = hardtanh(batch_norm(net, x, 'model.0.1'))
    outs = [64, 128, 128, 256, 256] + [512] * 6 + [1024] * 2
    for i, o in enumerate(outs, start=1):
        c, at = x.shape[1], f'model.{i}.'
        stride = 2 if o != c and o != 64 else 1
        y = biper_imagenet_conv(net, x, f'{at}conv1', c, stride=stride, groups=c // 16)
        y = hardtanh(batch_norm(net, y, f'{at}bn1') + (x if stride == 1 else avg_pool_ceil(x)))
        y = hardtanh(batch_norm(net, biper_imagenet_conv(net, y, f'{at}conv2', o, k=1), f'{at}bn2'))
        x = hardtanh(batch_norm(net, biper_imagenet_conv(net, y, f'{at}conv3', o, k=1), f'{at}bn3') + y)
    return linear(net, global_mean(x), 'fc', net.classes)


def rprelu(net, x, before, slope, after):
    c = x.shape[1]
    x = x + net.normal(f'{before}.bias', 1, c, 1, 1)
    x = prelu(x, net.normal(f'{slope}.weight', c, mean=0.25))
    return x + net.normal(f'{after}.bias', 1, c, 1, 1)


def rsign(net, x, name):
    return -net.normal(f'{name}.bias', 1, x.shape[1], 1, 1)


def birealnet(net, x, depths, react=False):
    x = batch_norm(net, float_conv(net, x, 'conv1', 64, 7, stride=2, pad=3), 'bn1')
    x = max_pool(x, 3, 2, 1)
    for stage, blocks in enumerate(depths):
        o = 64 * 2 ** stage
        for b in range(blocks):
            at, stride = f'layer{stage + 1}.{b}.', 2 if stage and not b else 1
            threshold = rsign(net, x, f'{at}move0') if react else 0.0
            y = mean_abs_conv(net, x, f'{at}binary_conv', o, stride=stride, threshold=threshold, flat=not react)
            y = batch_norm(net, y, f'{at}bn1')
            if stride == 2:
                x = batch_norm(net, float_conv(net, avg_pool(x, 2), f'{at}downsample.1', o, 1), f'{at}downsample.2')
            x = x + y
            if react:
                x = rprelu(net, x, f'{at}move1', f'{at}prelu', f'{at}move2')
    return linear(net, global_mean(x), 'fc', net.classes)


def birealnet50(net, x):
    x = batch_norm(net, float_conv(net, x, 'conv1', 64, 7, stride=2, pad=3), 'bn1')
    x1 = x2 = max_pool(x, 3, 2, 1)
    i = 0
    for repeat, o, first_stride in ((3, 256, 1), (4, 512, 2), (6, 1024, 2), (3, 2048, 2)):
        for b in range(repeat):
            at, middle, stride = f'layers.{i}.', o // 4, first_stride if b == 0 else 1
            if i == 0:
                clipped = np.where(x2 < -1, 0.1 * x2 - 0.9, np.where(x2 > 1, 0.1 * x2 + 0.9, x2)).astype(F32)
                out1 = batch_norm(net, float_conv(net, clipped, f'{at}conv1', middle, 1), f'{at}bn1')
                net.normal(f'{at}down_conv1x1.weight', middle, 16, 1, 1)
            else:
                out1 = batch_norm(net, mean_abs_conv(net, x2, f'{at}conv1', middle, k=1, flat=False), f'{at}bn1')
                out1 = out1 + (float_conv(net, x1, f'{at}down_conv1x1', middle, 1) if b == 0 else x1)
            out2 = batch_norm(net, mean_abs_conv(net, out1, f'{at}conv2', middle, stride=stride, flat=False), f'{at}bn2')
            out2 = out2 + (avg_pool(out1, 2) if stride == 2 else out1)
            out3 = batch_norm(net, mean_abs_conv(net, out2, f'{at}conv3', o, k=1, flat=False), f'{at}bn3')
            if b == 0:
                down = float_conv(net, avg_pool(x2, stride) if stride == 2 else x2, f'{at}downsample.1', o, 1)
                x2 = batch_norm(net, down, f'{at}downsample.2')
            x1, x2, i = out2, out3 + x2, i + 1
    return linear(net, global_mean(x2), 'fc', net.classes)


def reactnet(net, x):
    x = batch_norm(net, float_conv(net, x, 'feature.0.conv1', 32, 3, stride=2, pad=1), 'feature.0.bn1')
    for i, o in enumerate([64] + [128] * 2 + [256] * 2 + [512] * 6 + [1024] * 2, start=1):
        c, at = x.shape[1], f'feature.{i}.'
        stride = 2 if o != c and o != 64 else 1
        y = mean_abs_conv(net, x, f'{at}binary_3x3', c, stride=stride, threshold=rsign(net, x, f'{at}move11'))
        y = batch_norm(net, y, f'{at}bn1') + (x if stride == 1 else avg_pool(x, 2))
        y = rprelu(net, y, f'{at}move12', f'{at}prelu1', f'{at}move13')
        threshold = rsign(net, y, f'{at}move21')
        parts = [('binary_pw', 'bn2')] if o == c else [('binary_pw_down1', 'bn2_1'), ('binary_pw_down2', 'bn2_2')]
        z = [batch_norm(net, mean_abs_conv(net, y, at + w, c, k=1, threshold=threshold), at + n) + y for w, n in parts]
        x = rprelu(net, np.concatenate(z, axis=1), f'{at}move22', f'{at}prelu2', f'{at}move23')
    return linear(net, global_mean(x), 'fc', net.classes)


def nin(net, x):
    def unit(x, name, o, k):
        y = batch_norm(net, x, f'{name}.bn', eps=1e-4, min_gamma=0.01)
        w = xnor_weights(net, latent(net, y, f'{name}.conv.weight', o, k))
        return relu(conv(net.sign(f'{name}.conv', y), w, 1, k // 2) + channels(net.normal(f'{name}.conv.bias', o)))

    x = float_conv(net, x, 'xnor.0', 192, 5, pad=2, bias=True)
    x = relu(batch_norm(net, x, 'xnor.1', eps=1e-4, affine=False))
    x = max_pool(unit(unit(x, 'xnor.3', 160, 1), 'xnor.4', 96, 1), 3, 2, 1)
    x = avg_pool(unit(unit(unit(x, 'xnor.6', 192, 5), 'xnor.7', 192, 1), 'xnor.8', 192, 1), 3, 2, 1)
    x = unit(unit(x, 'xnor.10', 192, 3), 'xnor.11', 192, 1)
    x = batch_norm(net, x, 'xnor.12', eps=1e-4, affine=False)
    return global_mean(relu(float_conv(net, x, 'xnor.13', net.classes, 1, bias=True)))


CIFAR, IMAGENET = (3, 32, 32), (3, 224, 224)

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
    'irnet-resnet20_1w1a': (CIFAR, lambda n, x: resnet20(n, x, irnet_conv, bn_hardtanh, 'conv', lambda x: x[:, :, ::2, ::2])),
    'irnet-resnet18_1w1a': (
        CIFAR,
        lambda n, x: log_softmax(resnet18(n, x, irnet_conv, bn_hardtanh, 'block', projected)),
    ),
    'irnet-vgg_small_1w1a': (CIFAR, lambda n, x: vgg_small(n, x, irnet_conv)),
    'irnet-resnet18_1w1a imagenet': (IMAGENET, irnet_imagenet),
    'rbnn-resnet20_1w1a': (CIFAR, lambda n, x: resnet20(n, x, rbnn_conv, bn_hardtanh, 'block', lambda x: x[:, :, ::2, ::2])),
    'rbnn-resnet20_bireal_1w1a': (
        CIFAR,
        lambda n, x: resnet20(n, x, rbnn_conv, bn_hardtanh, 'conv', lambda x: x[:, :, ::2, ::2]),
    ),
    'rbnn-resnet18_1w1a': (CIFAR, lambda n, x: resnet18(n, x, rbnn_conv, bn_hardtanh, 'block', binary_projected)),
    'rbnn-vgg_small_1w1a': (CIFAR, lambda n, x: vgg_small(n, x, rbnn_conv)),
    'rbnn-resnet18_1w1a imagenet': (IMAGENET, rbnn_imagenet),
    'reste-resnet20_1w1a': (CIFAR, lambda n, x: resnet20(n, x, reste_conv, relu_bn, 'block', lambda x: x[:, :, ::2, ::2])),
    'reste-resnet20_bireal_1w1a': (
        CIFAR,
        lambda n, x: resnet20(n, x, reste_conv, relu_bn, 'conv', lambda x: x[:, :, ::2, ::2]),
    ),
    'reste-resnet18_1w1a': (
        CIFAR,
        lambda n, x: resnet18(n, x, reste_conv, relu_bn, 'block', projected, plain_stem=False),
    ),
    'reste-vgg_small_1w1a': (CIFAR, lambda n, x: vgg_small(n, x, reste_conv, pools_last=True)),
    'reste-resnet18_1w1a imagenet': (IMAGENET, lambda n, x: imagenet_resnet(n, x, reste_conv, relu_bn)),
    'adabin-resnet20_1w1a': (CIFAR, lambda n, x: resnet20(n, x, adabin_conv, bn_maxout, 'conv', lambda x: x[:, :, ::2, ::2])),
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
    'xnornet-nin': (CIFAR, nin),
}
OMEGA0 = 20


def write(name, folder):
    shape, forward = NETWORKS[name]
    # Enough images that statistics of a batch are sound; a few of them are kept.
    count, kept = (16, 4) if shape == CIFAR else (3, 2)
    seed = zlib.crc32(name.encode())
    net = Net(seed, 10 if shape == CIFAR else 20, OMEGA0)
    images = np.random.default_rng(seed + 1).normal(0, 1, (count, *shape)).astype(F32)
    forward(net, images)
    np.savez(folder / f'{name}.npz', **net.state)
    np.savez(folder / f'{name}.input.npz', input=images[:kept])


if __name__ == '__main__':
    folder = Path(sys.argv[1])
    for name in sys.argv[2:] or NETWORKS:
        write(name, folder)
        print(name, flush=True)
