"""Makes examples/fashion-mnist/ from Debian's package dataset-fashion-mnist (Python 3.9 or later, standard library only).

    apt-get install dataset-fashion-mnist
    python3 examples/make-fashion-mnist.py [FOLDER]

FOLDER holds the four original files; by default it is where that package puts them. The subset is the first images of
each file, in the original order, so that the whole of it stays below 5 MB. The same input gives the same bytes with the
same zlib.
"""
import gzip
import pathlib
import struct
import sys

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else '/usr/share/datasets/fashion-mnist')
TARGET = HERE / 'fashion-mnist'
MAX_BYTES = 5_000_000

# Images of each part that are kept.
COUNTS = {'train': 9_000, 't10k': 2_000}


def first_items(name, count):
    """An idx file (big-endian: magic with the number of dimensions in its last byte, the sizes, the bytes), cut short."""
    data = gzip.decompress((SOURCE / f'{name}.gz').read_bytes())
    dimensions = data[3]
    total, *item = struct.unpack(f'>{dimensions}I', data[4:4 + 4 * dimensions])
    if total < count:
        sys.exit(f'{SOURCE / name}.gz has {total} items, expected at least {count}')
    item_bytes = 1
    for size in item:
        item_bytes *= size
    header = data[:4] + struct.pack(f'>{dimensions}I', count, *item)
    start = 4 + 4 * dimensions
    return header + data[start:start + count * item_bytes]


def main():
    TARGET.mkdir(exist_ok=True)
    written = 0
    for part, count in COUNTS.items():
        for kind in ('images-idx3-ubyte', 'labels-idx1-ubyte'):
            # No time and no file name in the header: the bytes depend on the images alone.
            packed = gzip.compress(first_items(f'{part}-{kind}', count), 9, mtime=0)
            (TARGET / f'{part}-{kind}.gz').write_bytes(packed)
            written += len(packed)
            print(f'{part}-{kind}.gz: {count} items, {len(packed)} bytes')
    if written > MAX_BYTES:
        sys.exit(f'{written} bytes in all, expected at most {MAX_BYTES}')


if __name__ == '__main__':
    main()
