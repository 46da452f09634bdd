"""Makes the files of this folder from the maintainers' data (Python 3.9 or later, standard library only).

    python3 examples/make-examples.py FOLDER_OF_MAINTAINERS_DATA

The same input gives the same bytes, on every system.
"""
import collections
import io
import pathlib
import pickle
import pickletools
import shutil
import struct
import sys
import zipfile
import zlib

HERE = pathlib.Path(__file__).resolve().parent
DATA = pathlib.Path(sys.argv[1])
SOURCE = DATA / 'checkpoints/biper-resnet20-cifar10'
CIFAR10 = DATA / 'data/cifar-10-batches-bin'

IMAGES = 100
SIDE = 32
RECORD_BYTES = 1 + 3 * SIDE * SIDE

# What PyTorch writes: the data of each entry starts at a multiple of this many bytes.
STORAGE_ALIGNMENT = 64
ZIP_LOCAL_HEADER_BYTES = 30


def without_training_state(stream):
    """The pickle of a checkpoint, ended before its 'optimizer' entry.

    The top level is one dict, filled by one SETITEMS at the very end, in the order epoch, model, state_dict, best_prec1,
    optimizer, lr_scheduler. So the opcodes before the one that pushes 'optimizer' leave whole pairs on the stack.
    """
    end = next(position for opcode, argument, position in pickletools.genops(stream) if argument == 'optimizer')
    return stream[:end] + pickle.SETITEMS + pickle.STOP


class StorageKeys(pickle.Unpickler):
    """Walks a checkpoint's pickle without PyTorch and collects the storages that it refers to."""

    KNOWN = {
        ('collections', 'OrderedDict'): collections.OrderedDict,
        ('torch._utils', '_rebuild_tensor_v2'): lambda *arguments: None,
        ('torch', 'FloatStorage'): 'float32',
        ('torch', 'LongStorage'): 'int64',
    }

    def __init__(self, stream):
        super().__init__(io.BytesIO(stream))
        self.keys = set()

    def find_class(self, module, name):
        return self.KNOWN[module, name]

    def persistent_load(self, identifier):
        _, _, key, _, _ = identifier
        self.keys.add(key)


def make_checkpoint(target):
    source = zipfile.ZipFile(SOURCE / 'model_best.pth.tar')
    pickled = without_training_state(source.read('checkpoint.pth/data.pkl'))
    walk = StorageKeys(pickled)
    assert list(walk.load()) == ['epoch', 'model', 'state_dict', 'best_prec1']

    with zipfile.ZipFile(target, 'w', zipfile.ZIP_STORED) as archive:
        for name in source.namelist():
            folder, _, key = name.removeprefix('checkpoint.pth/').rpartition('/')
            if folder == 'data' and key not in walk.keys:
                continue
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system = 0
            data_offset = archive.fp.tell() + ZIP_LOCAL_HEADER_BYTES + len(name) + 4
            padding = -data_offset % STORAGE_ALIGNMENT
            entry.extra = b'FB' + struct.pack('<H', padding) + b'Z' * padding  # PyTorch's own padding field
            archive.writestr(entry, pickled if key == 'data.pkl' else source.read(name))


def chunk(kind, data):
    return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))


def png(rgb):
    """(32, 32, 3) bytes as a PNG file, no row filters."""
    header = struct.pack('>IIBBBBB', SIDE, SIDE, 8, 2, 0, 0, 0)
    row_bytes = 3 * SIDE
    rows = b''.join(b'\0' + rgb[start:start + row_bytes] for start in range(0, len(rgb), row_bytes))
    return b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', header) + chunk(b'IDAT', zlib.compress(rows, 9)) + chunk(b'IEND', b'')


def make_images(folder, class_names):
    shutil.rmtree(folder, ignore_errors=True)
    with open(CIFAR10 / 'test_batch.bin', 'rb') as records:
        for index in range(IMAGES):
            record = records.read(RECORD_BYTES)
            planes = [record[1 + c * SIDE * SIDE:1 + (c + 1) * SIDE * SIDE] for c in range(3)]
            rgb = bytes(sample for pixel in zip(*planes) for sample in pixel)
            path = folder / class_names[record[0]] / f'{index:04d}.png'
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(png(rgb))


def make_logits(target):
    """The first rows of a float32 .npy file of version 1.0."""
    array = (SOURCE / 'golden_logits_first1000test.npy').read_bytes()
    header_bytes = struct.unpack('<H', array[8:10])[0]
    header = array[10:10 + header_bytes]
    assert b"'<f4'" in header and b'(1000, 10)' in header
    short = header.replace(b'(1000, 10)', b'(%d, 10)' % IMAGES).rstrip().ljust(header_bytes - 1) + b'\n'
    data = array[10 + header_bytes:]
    target.write_bytes(array[:10] + short + data[:IMAGES * 10 * 4])


def main():
    class_names = (CIFAR10 / 'batches.meta.txt').read_text().split()
    make_checkpoint(HERE / 'biper-resnet20-cifar10.pth')
    (HERE / 'config.txt').write_bytes((SOURCE / 'config.txt').read_bytes())
    make_images(HERE / 'images', class_names)
    (HERE / 'labels.txt').write_bytes(''.join(f'{name}\n' for name in class_names).encode())
    make_logits(HERE / 'expected-logits.npy')
    for path in sorted(HERE.iterdir()):
        size = sum(part.stat().st_size for part in ([path] if path.is_file() else path.rglob('*.png')))
        print(f'{size:9,} bytes  {path.name}')


main()
