"""Logits of published networks by their authors' own code, on random weights: ten numbers for each network.

    SIGNWAVE_PUBLISHED=FOLDER npx vitest run test/e2e/published-networks.test.ts -t written
    python3 published-logits.py FOLDER AUTHORS > ../e2e/published-logits.json

FOLDER has the state dicts and the images. AUTHORS has clones: BinaryNet.pytorch of github.com/itayhubara, pytorch_DoReFaNet of
github.com/zzzxxxttt, Projection-Convolutional-Neural-Networks of github.com/bczhangbczhang, LCR_BNN of github.com/42Shawn, BNext and
bitorch of github.com/hpi-xnor. Needs PyTorch, torchvision and SciPy, on a CPU, and what bitorch asks for. With names of networks behind AUTHORS, only these are run.
"""

import json
import sys
import types
from pathlib import Path

import numpy as np
import torch
import torchvision.transforms

folder, authors = (Path(argument).resolve() for argument in sys.argv[1:3])
chosen = sys.argv[3:]
IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
DOREFA = (0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)


def module(path, name):
    """Imports a module of an author's code, whose folders all have modules of the same names."""
    for loaded in [m for m in sys.modules if m.split('.')[0] in ('models', 'modules', 'nets', 'utils', 'dataset', 'resnet18_imagenet', 'bnext', 'bitorch')]:
        del sys.modules[loaded]
    sys.path.insert(0, str(authors / path))
    sys.argv = ['main.py']
    try:
        return __import__(name, fromlist=['*'])
    finally:
        sys.path.pop(0)


def binarynet(name):
    # Its name since 2018.
    torchvision.transforms.Scale = torchvision.transforms.Resize
    code = module('BinaryNet.pytorch', 'models')
    return getattr(code, name)(dataset='cifar10') if name == 'resnet_binary' else getattr(code, name)()


def dorefa(bits):
    return module('pytorch_DoReFaNet', 'nets.cifar_resnet').resnet20(1, bits)


def dorefa_alexnet(bits):
    return module('pytorch_DoReFaNet', 'nets.imgnet_alexnet').AlexNet_Q(1, bits)


def lcr(depth):
    # The code keeps two constants on a GPU.
    torch.Tensor.cuda = lambda tensor: tensor
    return getattr(module('LCR_BNN/LCR/imagenet', 'models.resnet_ir'), f'resnet{depth}_1w1a_IR')()


def bnext(size):
    # What it imports and has no use for in evaluation.
    for name, parts in (('torchinfo', ['summary']), ('einops', ['rearrange']), ('timm.models.layers', ['trunc_normal_', 'DropPath'])):
        sys.modules[name] = types.SimpleNamespace(**dict.fromkeys(parts))
    return module('BNext/src', 'bnext').BNext(1000, size)


def resnet_e(depth):
    network = getattr(module('bitorch', 'bitorch.models.resnet_e'), f'ResnetE{depth}')
    return network((1, 3, 224, 224), 1000)._model


#: id of the architecture -> network, mean and deviation of its images.
NETWORKS = {
    'bnn-resnet_binary': (lambda: binarynet('resnet_binary'), IMAGENET),
    'bnn-vgg_cifar10_binary': (lambda: binarynet('vgg_cifar10_binary'), IMAGENET),
    'bnn-alexnet_binary': (lambda: binarynet('alexnet_binary'), IMAGENET),
    **{f'dorefa-resnet20_1w{bits}a': (lambda bits=bits: dorefa(bits), DOREFA) for bits in (1, 2, 3, 4, 32)},
    **{f'dorefa-alexnet_1w{bits}a': (lambda bits=bits: dorefa_alexnet(bits), IMAGENET) for bits in (1, 2, 3, 4, 32)},
    'pcnn-resnet18': (lambda: module('Projection-Convolutional-Neural-Networks/ResNet18', 'resnet18_imagenet').resnet18(), IMAGENET),
    'lcr-resnet18_1w1a_IR': (lambda: lcr(18), IMAGENET),
    'bitorch-resnet_e18': (lambda: resnet_e(18), IMAGENET),
    'bitorch-resnet_e34': (lambda: resnet_e(34), IMAGENET),
    'bnext-bnext_tiny': (lambda: bnext('tiny'), IMAGENET),
    'bnext-bnext_small': (lambda: bnext('small'), IMAGENET),
}


def read_safetensors(path):
    data = path.read_bytes()
    length = int.from_bytes(data[:8], 'little')
    tensors = {}
    for name, entry in json.loads(data[8:8 + length]).items():
        start, end = (8 + length + offset for offset in entry['data_offsets'])
        tensors[name] = torch.from_numpy(np.frombuffer(data[start:end], '<f4').reshape(entry['shape']).copy())
    return tensors


recorded = {}
for name, (make, (mean, std)) in NETWORKS.items():
    if chosen and name not in chosen:
        continue
    network = make()
    state = read_safetensors(folder / f'{name}.safetensors')
    missing, unexpected = network.load_state_dict(state, strict=False)
    assert not unexpected and all(key.endswith(('num_batches_tracked', 'bn3.weight', 'bn3.bias', 'bn3.running_mean', 'bn3.running_var')) for key in missing), (name, missing, unexpected)
    pixels = np.frombuffer((folder / f'{name}.rgb').read_bytes(), np.uint8)
    side = int((len(pixels) / 3) ** 0.5)
    image = torch.from_numpy(pixels.reshape(side, side, 3).transpose(2, 0, 1).copy()).float().div(255)
    image = (image - torch.tensor(mean).view(3, 1, 1)) / torch.tensor(std).view(3, 1, 1)
    with torch.no_grad():
        logits = network.eval()(image.unsqueeze(0))[0]
    recorded[name] = [float(f'{value:.7g}') for value in logits[::len(logits) // 10].tolist()]
print(json.dumps(recorded, indent=2))
