"""Digests of real checkpoints by another route: Python's zipfile, pickle and struct (no PyTorch).

    python3 real-checkpoints.expected.py FOLDER_OF_CHECKPOINTS > real-checkpoints.expected.json

The SHA-256 of a state dict is over, for each tensor in file order: name, NUL, shape as "3,16,3,3", NUL, values as
little-endian float32. The DataParallel prefix "module." is dropped if every name has it.
"""

import ast, hashlib, io, json, pickle, struct, sys, zipfile
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


def digest_of(items):
    """items: (name, shape, floats) in file order."""
    sha, elements, count = hashlib.sha256(), 0, 0
    for name, shape, floats in items:
        sha.update(f"{name}\0{','.join(map(str, shape))}\0".encode())
        sha.update(struct.pack(f'<{len(floats)}f', *floats))
        elements, count = elements + len(floats), count + 1
    return {'tensors': count, 'elements': elements, 'sha256': sha.hexdigest()}


def digest_legacy(path):
    with open(path, 'rb') as file:
        for _ in range(3):
            Reader(file).load()
        state = Reader(file).load()['state_dict']
        codes = {tensor[0][2]: CODES[tensor[0][1]] for tensor in state.values()}
        storages = {}
        for key in Reader(file).load():
            count, = struct.unpack('<q', file.read(8))
            code = codes.get(key, 'f')  # the optimizer's are floats as well
            storages[key] = struct.unpack(f'<{count}{code}', file.read(count * struct.calcsize(code)))

    def floats(tensor):
        (_, _, key, *_), offset, shape, strides = tensor
        indices = [offset]
        for size, stride in zip(shape, strides):
            indices = [i + stride * k for i in indices for k in range(size)]
        return [storages[key][i] for i in indices]

    return digest_of((name, tensor[2], floats(tensor)) for name, tensor in state.items())


def digest_npz(path):
    def array(data):
        length, = struct.unpack('<H', data[8:10])
        header = ast.literal_eval(data[10:10 + length].decode())
        code = {'<f4': 'f', '<i8': 'q', '|u1': 'B', '<f8': 'd'}[header['descr']]
        assert not header['fortran_order']
        content = data[10 + length:]
        return header['shape'], struct.unpack(f'<{len(content) // struct.calcsize(code)}{code}', content)

    with zipfile.ZipFile(path) as archive:
        return digest_of((name[:-len('.npy')], *array(archive.read(name))) for name in archive.namelist())


results = {name: digest(f'{sys.argv[1]}/{name}', key) for name, key in FILES.items()}
results['legacy-torch/net_best.pth.tar'] = digest_legacy(f'{sys.argv[1]}/legacy-torch/net_best.pth.tar')
training_steps = 'biper-training-steps/biper_resnet20_three_steps.npz'
results[training_steps] = digest_npz(f'{sys.argv[1]}/{training_steps}')
print(json.dumps(results, indent=2))
