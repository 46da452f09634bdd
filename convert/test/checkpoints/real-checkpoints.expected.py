"""Digests of real checkpoints by another route: Python's zipfile, pickle and struct (no PyTorch).

    python3 real-checkpoints.expected.py ../../../../shared/checkpoints > real-checkpoints.expected.json

The SHA-256 of a state dict is over, for each tensor in file order: name, NUL, shape as "3,16,3,3", NUL, values as
little-endian float32. The DataParallel prefix "module." is dropped if every name has it.
"""

import hashlib, io, json, pickle, struct, sys, zipfile
from collections import OrderedDict

FILES = {
    'biper-resnet20-cifar10/model_best.pth.tar': 'state_dict',
    'biper-resnet20-cifar10/stage1/model_best.pth.tar': 'state_dict',
    'biper-resnet20-1w32a-cifar10/model_best.pth.tar': 'state_dict',
    'biper-vgg-small-cifar10/model_best.pth.tar': 'state_dict',
    'biper-resnet18-imagenet/model_best.pth.tar': 'state_dict',
    'irnet-resnet20-cifar10/model.th': 'state_dict',
    'rbnn-resnet20-cifar10/model_best.pth.tar': 'state_dict',
    'reste-resnet20-cifar10/model_best.pth.tar': 'state_dict',
    'adabin-resnet20-cifar10/model.th': 'state_dict',
    'xnornet-nin-cifar10/nin.pth.tar': 'state_dict',
}
CODES = {'FloatStorage': 'f', 'LongStorage': 'q'}


class Reader(pickle.Unpickler):
    def find_class(self, module, name):
        if (module, name) == ('collections', 'OrderedDict'):
            return OrderedDict
        if (module, name) == ('torch._utils', '_rebuild_tensor_v2'):
            return lambda storage, offset, shape, strides, *_: (storage, offset, shape, strides)
        if module == 'torch' and name in CODES:
            return name
        raise pickle.UnpicklingError(f'{module}.{name}')

    def persistent_load(self, pid):
        return pid


def values(archive, folder, tensor):
    (_, cls, key, _, count), offset, shape, strides = tensor
    code = CODES[cls]
    storage = struct.unpack(f'<{count}{code}', archive.read(f'{folder}/data/{key}'))
    indices = [offset]
    for size, stride in zip(shape, strides):
        indices = [i + stride * k for i in indices for k in range(size)]
    return [storage[i] for i in indices]


def digest(path, key):
    with zipfile.ZipFile(path) as archive:
        folder = archive.namelist()[0].split('/')[0]
        state = Reader(io.BytesIO(archive.read(f'{folder}/data.pkl'))).load()[key]
        parallel = all(name.startswith('module.') for name in state)
        sha, elements = hashlib.sha256(), 0
        for name, tensor in state.items():
            floats = values(archive, folder, tensor)
            elements += len(floats)
            name = name[len('module.'):] if parallel else name
            sha.update(f"{name}\0{','.join(map(str, tensor[2]))}\0".encode())
            sha.update(struct.pack(f'<{len(floats)}f', *floats))
        return {'tensors': len(state), 'elements': elements, 'sha256': sha.hexdigest()}


print(json.dumps({name: digest(f'{sys.argv[1]}/{name}', key) for name, key in FILES.items()}, indent=2))
