"""The networks' forward rules: blocks and networks made of the layers of layers.py, written from the papers' and the authors' rules."""

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


def maxout(net, x, name):
    c = x.shape[1]
    neg, pos = (net.normal(f'{name}.{n}_scale', c, scale=0.3, mean=m) for n, m in (('neg', 0.25), ('pos', 1)))
    return (channels(pos) * relu(x) - channels(neg) * relu(-x)).astype(F32)


def bn_maxout(net, x, at, i, shortcut=0):
    return maxout(net, batch_norm(net, x, f'{at}bn{i}') + shortcut, f'{at}nonlinear{i}')


def relu_only(net, x, name):
    return relu(x)


def hardtanh_only(net, x, name):
    return hardtanh(x)


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


def irnet_resnet20_32a(net, x):
    x = batch_norm(net, float_conv(net, x, 'conv1', 16, 3, pad=1), 'bn1')
    for stage, o in enumerate((16, 32, 64)):
        for b in range(3):
            stride = 2 if stage and not b else 1
            shortcut = pad_channels(sliced(x), o) if stride == 2 else x
            x = block(net, x, f'layer{stage + 1}.{b}.', o, stride, irnet_float_conv, bn_relu, 'block', shortcut)
    return linear(net, relu(batch_norm(net, global_mean(x), 'bn2')), 'linear', net.classes)


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


def deep_stem(net, x, activate):
    for i, stride in ((0, 2), (3, 1)):
        x = batch_norm(net, float_conv(net, x, f'conv1.{i}', 32, 3, stride, pad=1), f'conv1.{i + 1}')
        x = activate(net, x, f'conv1.{i + 2}')
    return float_conv(net, x, 'conv1.6', 64, 3, pad=1)


def imagenet_resnet(net, x, convolution, finish, depths=(2, 2, 2, 2), averages=False, deep=None, skips='conv'):
    stem = deep_stem(net, x, deep) if deep else float_conv(net, x, 'conv1', 64, 7, stride=2, pad=3)
    x = finish(net, stem, '', 1)
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
            x = block(net, x, at, o, stride, convolution, finish, skips, shortcut)
    return linear(net, batch_norm(net, avg_pool(x, 7, 1).reshape(len(x), -1), 'bn2'), 'fc', net.classes)


def irnet_imagenet(net, x, convolution=irnet_conv, finish=bn_hardtanh, **options):
    y = log_softmax(imagenet_resnet(net, x, convolution, finish, **options))
    unused_batch_norm(net, 'bn3', net.classes)
    return y


def lcr_imagenet(net, x, **options):
    y = imagenet_resnet(net, x, irnet_conv, bn_hardtanh, **options)
    unused_batch_norm(net, 'bn3', net.classes)
    net.normal('gamma', 1, 4)
    return y


def rbnn_imagenet(net, x, **options):
    y = imagenet_resnet(net, x, rbnn_conv, bn_hardtanh, **options)
    unused_batch_norm(net, 'bn3', net.classes)
    return y


def adabin_imagenet(net, x, **options):
    y = imagenet_resnet(net, x, adabin_conv, bn_maxout, averages=True, **options)
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


def recu_two_stage(net, x, depths):
    x = batch_norm(net, float_conv(net, x, 'conv', 64, 7, stride=2, pad=3), 'bn')
    x = max_pool(x, 3, 2, 1)
    for stage, blocks in enumerate(depths):
        o = 64 * 2 ** stage
        for b in range(blocks):
            at, stride = f'layer{stage + 1}.{b}.', 2 if stage and not b else 1
            moved = x + net.normal(f'{at}move0.bias', 1, x.shape[1], 1, 1)
            y = batch_norm(net, recu_conv(net, moved, f'{at}conv', o, stride=stride), f'{at}bn')
            if stride == 2:
                x = batch_norm(net, float_conv(net, avg_pool(x, 2), f'{at}downsample.1', o, 1), f'{at}downsample.2')
            x = rprelu(net, x + y, f'{at}move1', f'{at}nonlinear', f'{at}move2')
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


def reactnet(net, x, flat=True):
    x = batch_norm(net, float_conv(net, x, 'feature.0.conv1', 32, 3, stride=2, pad=1), 'feature.0.bn1')
    for i, o in enumerate([64] + [128] * 2 + [256] * 2 + [512] * 6 + [1024] * 2, start=1):
        c, at = x.shape[1], f'feature.{i}.'
        stride = 2 if o != c and o != 64 else 1
        y = mean_abs_conv(
            net, x, f'{at}binary_3x3', c, stride=stride, threshold=rsign(net, x, f'{at}move11'), flat=flat
        )
        y = batch_norm(net, y, f'{at}bn1') + (x if stride == 1 else avg_pool(x, 2))
        y = rprelu(net, y, f'{at}move12', f'{at}prelu1', f'{at}move13')
        threshold = rsign(net, y, f'{at}move21')
        parts = [('binary_pw', 'bn2')] if o == c else [('binary_pw_down1', 'bn2_1'), ('binary_pw_down2', 'bn2_2')]
        pointwise = lambda w: mean_abs_conv(net, y, at + w, c, k=1, threshold=threshold, flat=flat)
        z = [batch_norm(net, pointwise(w), at + n) + y for w, n in parts]
        x = rprelu(net, np.concatenate(z, axis=1), f'{at}move22', f'{at}prelu2', f'{at}move23')
    return linear(net, global_mean(x), 'fc', net.classes)


def resnet_e(net, x, depths):
    """bitorch pads with -1, and the sign of 0 is +1 there, in activations and weights."""
    x = batch_norm(net, float_conv(net, x, 'features.0', 64, 7, stride=2, pad=3), 'features.1')
    x = batch_norm(net, max_pool(relu(x), 3, 2, 1), 'features.4')
    for stage, blocks in enumerate(depths):
        o = 64 * 2 ** stage
        for b in range(blocks):
            at, stride, shortcut = f'features.{5 + stage}.{b}.', 1 if o == x.shape[1] else 2, x
            if stride == 2:
                shortcut = batch_norm(net, float_conv(net, avg_pool(x, 2), f'{at}downsample.1', o, 1), f'{at}downsample.2')
            w = np.where(latent(net, x, f'{at}body.0.weight', o, 3) < 0, F32(-1), F32(1))
            signs = net.sign(f'{at}body.0', x, of_zero=1)
            padded = np.pad(signs, ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=-1)
            x = batch_norm(net, conv(padded, w, stride), f'{at}body.1') + shortcut
    return linear(net, global_mean(relu(x)), 'output_layer', net.classes)


def bnext(net, x, channels_of_blocks, first=32):
    """Its last layer has the 1000 classes of ImageNet always: with another number, the authors' code builds another stem."""
    x = batch_norm(net, float_conv(net, x, 'feature.0.conv1', first, 3, stride=2, pad=1), 'feature.0.bn1')
    net.normal('feature.0.prelu.weight', first)
    for i, o in enumerate(channels_of_blocks, start=1):
        c, at = x.shape[1], f'feature.{i}.'
        stride = 2 if o != c and i > 1 else 1
        y = bnext_unit(net, x, f'{at}Attention', 3, stride, attends=i % 2 == 0)
        names = ('FFN',) if o == c else ('FFN_1', 'FFN_2')
        x = np.concatenate([bnext_unit(net, y, at + name, 1) for name in names], axis=1)
    x = prelu(x, net.normal('prelu.weight', x.shape[1], mean=0.25))
    return linear(net, global_mean(x), 'fc', 1000)


def bnext_unit(net, x, at, k, stride=1, attends=False):
    c = x.shape[1]
    halved = lambda v: avg_pool(v, 2) if stride == 2 else v
    slope = net.normal(f'{at}.activation1.weight', c, mean=0.25)
    shortcut = halved(prelu(x, slope) if attends else x)
    threshold = rsign(net, x, f'{at}.move')
    for part in ('binary_activation', 'binary_conv'):
        # 0.9 times as large after each of 512 epochs.
        net.tensor(f'{at}.{part}.temperature', lambda: [0.9 ** 512])
    w = np.sign(latent(net, x, f'{at}.binary_conv.weight', c, k))
    y = conv(net.sign(f'{at}.binary_conv', x, threshold), w, stride, k // 2)
    y = prelu(batch_norm(net, y, f'{at}.norm1'), net.normal(f'{at}.activation2.weight', c, mean=0.25))
    # Only the 1 x 1 layers clamp it in evaluation.
    share = net.normal(f'{at}.scale', 1, c, 1, 1, scale=0.4, mean=0.5)
    share = np.clip(share, 0, 1) if k == 1 else share
    means = global_mean((halved(x) * share + y * (1 - share)).astype(F32))[:, :, None, None]
    squeezed = relu(float_conv(net, means, f'{at}.se.se.1', c // 8, 1, bias=True))
    factors = 1 / (1 + np.exp(-float_conv(net, squeezed, f'{at}.se.se.3', c, 1, bias=True).astype(np.float64)))
    y = (y * factors.astype(F32) * (shortcut if attends else 1)).astype(F32)
    return batch_norm(net, y, f'{at}.norm2') + shortcut


def xnor_conv(net, x, name, o, k, pad=None, min_gamma=None):
    y = batch_norm(net, x, f'{name}.bn', eps=1e-4, min_gamma=min_gamma)
    w = xnor_weights(net, latent(net, y, f'{name}.conv.weight', o, k))
    pad = k // 2 if pad is None else pad
    return relu(conv(net.sign(f'{name}.conv', y), w, 1, pad) + channels(net.normal(f'{name}.conv.bias', o)))


def xnor_linear(net, x, name, o, side=1, min_gamma=None):
    """Takes x as a map, or as the vector of a flattened map with this side."""
    y = batch_norm(net, x, f'{name}.bn', eps=1e-4, min_gamma=min_gamma)
    signs = net.sign(f'{name}.linear', y.reshape(len(y), -1, side, side)).reshape(len(y), -1, 1, 1)
    w = latent(net, signs, f'{name}.linear.weight', o, 1)
    net.state[f'{name}.linear.weight'] = w.reshape(o, -1)
    w = xnor_weights(net, w.reshape(o, -1, 1, 1))
    return relu(conv(signs, w)[:, :, 0, 0] + net.normal(f'{name}.linear.bias', o))


def lenet5(net, x):
    x = relu(batch_norm(net, float_conv(net, x, 'conv1', 20, 5, bias=True), 'bn_conv1', eps=1e-4, affine=False))
    x = max_pool(xnor_conv(net, max_pool(x, 2), 'bin_conv2', 50, 5, pad=0, min_gamma=0.01), 2)
    return linear(net, xnor_linear(net, x, 'bin_ip1', 500, side=4, min_gamma=0.01), 'ip2', net.classes)


def alexnet(net, x):
    x = relu(batch_norm(net, float_conv(net, x, 'features.0', 96, 11, stride=4, bias=True), 'features.1', eps=1e-4))
    x = max_pool(xnor_conv(net, max_pool(x, 3, 2), 'features.4', 256, 5), 3, 2)
    for name, o in (('features.6', 384), ('features.7', 384), ('features.8', 256)):
        x = xnor_conv(net, x, name, o, 3)
    x = max_pool(x, 3, 2).reshape(len(x), -1)
    x = xnor_linear(net, xnor_linear(net, x, 'classifier.0', 4096, side=6), 'classifier.1', 4096)
    return linear(net, batch_norm(net, x, 'classifier.2', eps=1e-3), 'classifier.4', net.classes)


def nin(net, x):
    def unit(x, name, o, k):
        return xnor_conv(net, x, name, o, k, min_gamma=0.01)

    x = float_conv(net, x, 'xnor.0', 192, 5, pad=2, bias=True)
    x = relu(batch_norm(net, x, 'xnor.1', eps=1e-4, affine=False))
    x = max_pool(unit(unit(x, 'xnor.3', 160, 1), 'xnor.4', 96, 1), 3, 2, 1)
    x = avg_pool(unit(unit(unit(x, 'xnor.6', 192, 5), 'xnor.7', 192, 1), 'xnor.8', 192, 1), 3, 2, 1)
    x = unit(unit(x, 'xnor.10', 192, 3), 'xnor.11', 192, 1)
    x = batch_norm(net, x, 'xnor.12', eps=1e-4, affine=False)
    return global_mean(relu(float_conv(net, x, 'xnor.13', net.classes, 1, bias=True)))


def pcnn(net, x):
    x = batch_norm(net, float_conv(net, x, 'conv1', 64, 7, stride=2, pad=3), 'bn1')
    x = max_pool(prelu(x, net.normal('prelu.weight', 64, mean=0.25)), 3, 2, 1)
    for stage, o in enumerate((64, 128, 256, 512)):
        for b in range(4):
            at, stride = f'layer{stage + 1}.{b}.', 2 if stage and not b else 1
            y = stored_conv(net, batch_norm(net, x, f'{at}bn'), f'{at}conv', o, stride=stride)
            if stride == 2:
                x = batch_norm(net, float_conv(net, x, f'{at}downsample.0', o, 1), f'{at}downsample.1')
                x = avg_pool(x, 2)
            x = prelu(x + y, net.normal(f'{at}prelu.weight', o, mean=0.25))
    return linear(net, avg_pool(x, 7, 1), 'fc', net.classes)


def dorefa_resnet20(net, x, bits):
    x = float_conv(net, x, 'conv0', 16, 3, pad=1)
    for i in range(9):
        at, o, stride = f'layers.{i}.', 16 * 2 ** (i // 3), 2 if i in (3, 6) else 1
        a = dorefa_activation(net, f'{at}conv0', batch_norm(net, x, f'{at}bn0'), bits)
        if stride == 2:
            x = batch_norm(net, dorefa_conv(net, a, f'{at}skip_conv', o, 1, 2), f'{at}skip_bn')
        y = batch_norm(net, dorefa_conv(net, a, f'{at}conv0', o, stride=stride), f'{at}bn1')
        x = x + dorefa_conv(net, dorefa_activation(net, f'{at}conv1', y, bits), f'{at}conv1', o)
    return linear(net, global_mean(batch_norm(net, x, 'bn')), 'logit', net.classes)


def dorefa_alexnet(net, x, bits):
    x = batch_norm(net, float_conv(net, x, 'features.0', 96, 11, stride=4, pad=2, bias=True), 'features.1')
    x = dorefa_conv(net, relu(max_pool(x, 3, 2)), 'features.4', 256, 5, bias=True)
    x = max_pool(batch_norm(net, x, 'features.5'), 3, 2)
    for i, o in ((9, 384), (12, 384), (15, 256)):
        x = dorefa_conv(net, dorefa_activation(net, f'features.{i}', x, bits), f'features.{i}', o, bias=True)
    x = max_pool(x, 3, 2)
    for i in (0, 3):
        a = dorefa_activation(net, f'classifier.{i}', x, bits)
        x = as_linear(net, f'classifier.{i}.weight', dorefa_conv, a, 4096, bias=True)
    n = 2 ** bits - 1
    x = (np.round(np.clip(x, 0, 1) * n) / n).astype(F32)
    return linear(net, x, 'classifier.6', net.classes)


def binarynet_head(net, x, hidden, affine):
    for i in (0, 3):
        x = binarynet_linear(net, x, f'classifier.{i}', hidden)
        x = hardtanh(batch_norm(net, x, f'classifier.{i + 1}'))
    return log_softmax(batch_norm(net, binarynet_linear(net, x, 'classifier.6', net.classes), 'classifier.7', affine=affine))


def binarynet_vgg(net, x):
    for at, o, pools in ((0, 384, 0), (3, 384, 1), (7, 768, 0), (10, 768, 1), (14, 1536, 0), (17, 512, 1)):
        x = binarynet_conv(net, x, f'features.{at}', o, bias=True)
        x = max_pool(x, 2) if pools else x
        x = hardtanh(batch_norm(net, x, f'features.{at + 1 + pools}'))
    return binarynet_head(net, x, 1024, affine=False)


def binarynet_alexnet(net, x):
    for at, o, k, stride, pools in ((0, 192, 11, 4, 1), (4, 576, 5, 1, 1), (8, 1152, 3, 1, 0), (11, 768, 3, 1, 0), (14, 256, 3, 1, 1)):
        x = binarynet_conv(net, x, f'features.{at}', o, k, stride, pad=2 if k > 3 else 1, bias=True)
        x = max_pool(x, 3, 2) if pools else x
        x = hardtanh(batch_norm(net, x, f'features.{at + 1 + pools}'))
    return binarynet_head(net, x, 4096, affine=True)


def binarynet_resnet(net, x):
    x = hardtanh(batch_norm(net, binarynet_conv(net, x, 'conv1', 80), 'bn1'))
    for stage, o in enumerate((80, 160, 320)):
        for b in range(2):
            at, stride = f'layer{stage + 1}.{b}.', 2 if stage and not b else 1
            y = hardtanh(batch_norm(net, binarynet_conv(net, x, f'{at}conv1', o, stride=stride), f'{at}bn1'))
            y = binarynet_conv(net, y, f'{at}conv2', o)
            if stride == 2:
                x = batch_norm(net, binarynet_conv(net, x, f'{at}downsample.0', o, 1, stride), f'{at}downsample.1')
            x = x + y
            if (stage, b) != (2, 1):
                x = hardtanh(batch_norm(net, x, f'{at}bn2'))
    unused_batch_norm(net, 'layer3.1.bn2', 320)
    x = hardtanh(batch_norm(net, avg_pool(x, 8).reshape(len(x), -1), 'bn2'))
    return log_softmax(batch_norm(net, binarynet_linear(net, x, 'fc', net.classes), 'bn3'))


def caffe_norm(net, x, name):
    return batch_norm(net, x, name, affine=False)


def hwgq_resnet(net, x, depths=(2, 2, 2, 2), stored=False):
    x = max_pool_ceil(float_conv(net, x, 'conv1', 64, 7, stride=2, pad=3, bias=True), 3)
    x = caffe_norm(net, x, 'bn1')
    before = None
    for stage, blocks in enumerate(depths):
        o = 64 * 2 ** stage
        for b in range(blocks):
            at = f'{stage + 2}{"abcdef"[b]}'
            if b == 0 and stage > 0:
                a = half_wave(net, f'res{at}_branch2a', caffe_norm(net, x, f'bn{before}'), f'qt{before}')
                x = hwgq_conv(net, a, f'res{at}_branch1', o, 1, 2, stored=stored)
                x = scaled(net, caffe_norm(net, x, f'bn{at}_branch1'), f'scale{at}_branch1')
                stride = 2
            else:
                y = x if before is None else caffe_norm(net, x, f'bn{at}_branch2a')
                a = half_wave(net, f'res{at}_branch2a', y, f'qt{at}_branch2a')
                stride = 1
            y = caffe_norm(net, hwgq_conv(net, a, f'res{at}_branch2a', o, stride=stride, stored=stored), f'bn{at}_branch2b')
            a = half_wave(net, f'res{at}_branch2b', y, f'qt{at}_branch2b')
            y = caffe_norm(net, hwgq_conv(net, a, f'res{at}_branch2b', o, stored=stored), f'bn{at}_branch2b_end')
            x, before = x + scaled(net, y, f'scale{at}_branch2b_end'), at
    return linear(net, avg_pool(relu(x), 7, 1), 'fc1000', net.classes)


def hwgq_layer(net, x, i, o, k=3):
    a = half_wave(net, f'conv{i}', caffe_norm(net, x, f'bn{i}'), f'qt{i}')
    return hwgq_conv(net, a, f'conv{i}', o, k)


def hwgq_vgg_small(net, x):
    x = hwgq_layer(net, float_conv(net, x, 'conv1_1', 128, 3, pad=1), '1_2', 128)
    x = hwgq_layer(net, hwgq_layer(net, max_pool(x, 2), '2_1', 256), '2_2', 256)
    x = hwgq_layer(net, hwgq_layer(net, max_pool(x, 2), '3_1', 512), '3_2', 512)
    x = max_pool(relu(scaled(net, caffe_norm(net, x, 'bn3'), 'scale3')), 2)
    return linear(net, x, 'fc4', net.classes)


def hwgq_alexnet(net, x):
    x = max_pool_ceil(float_conv(net, x, 'conv1', 96, 11, stride=4), 3)
    x = max_pool_ceil(hwgq_layer(net, x, '2', 256, 5), 3)
    x = hwgq_layer(net, hwgq_layer(net, x, '3', 384), '4', 384)
    x = max_pool_ceil(hwgq_layer(net, x, '5', 256), 3)
    for i in ('6', '7'):
        a = half_wave(net, f'fc{i}', caffe_norm(net, x, f'bn{i}'), f'qt{i}')
        x = as_linear(net, f'fc{i}.latent', hwgq_conv, a, 4096)
    return linear(net, relu(caffe_norm(net, x, 'bn8')), 'fc8', net.classes)


def sliced(x):
    return x[:, :, ::2, ::2]
