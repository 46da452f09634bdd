"""Makes golden.json: images resized, cropped and converted by Pillow, for resize.test.ts and prepare.test.ts.

    python3 -m venv build/golden && build/golden/bin/pip install pillow==12.3.0 numpy
    build/golden/bin/python data/test/image/make-golden.py

Bytes are base64 of (height, width, channels). torchvision's size rules are written out here in Python, so that
Python's own int() and round() decide. Pillow 13 sometimes resizes the columns first, so an older one is used (resize.ts).
"""
import base64
import json
import pathlib

import numpy as np
import PIL
from PIL import Image

FILTERS = {'bilinear': Image.Resampling.BILINEAR, 'bicubic': Image.Resampling.BICUBIC}
random = np.random.default_rng(20261124)


def noise(width, height, channels, extreme=False):
    """Uniform noise; `extreme` gives 0 and 255 only, which makes bicubic overshoot on both sides."""
    shape = (height, width, channels)
    return random.integers(0, 2, shape, dtype=np.uint8) * np.uint8(255) if extreme \
        else random.integers(0, 256, shape, dtype=np.uint8)


def to_pil(array):
    return Image.fromarray(array[:, :, 0] if array.shape[2] == 1 else array)


def text(data):
    return base64.b64encode(data).decode('ascii')


def raster(array):
    height, width, channels = array.shape
    return {'width': width, 'height': height, 'channels': channels, 'data': text(array.tobytes())}


def resize_cases():
    sizes = [  # from (width, height), to (width, height)
        ((7, 5), (13, 11)), ((33, 31), (16, 8)), ((65, 48), (9, 7)), ((17, 11), (20, 23)),
        ((1, 9), (5, 3)), ((9, 1), (3, 4)), ((1, 1), (4, 3)), ((12, 10), (1, 1)), ((20, 15), (20, 6)),
        ((20, 15), (7, 15)), ((3, 3), (3, 3)), ((50, 3), (7, 29)), ((127, 2), (3, 5)),
        ((6, 70), (19, 17)), ((13, 40), (6, 18)),  # Pillow 13 differs on these two
    ]
    for index, (source, target) in enumerate(sizes):
        channels = 1 if index % 3 == 2 else 3
        for extreme in ([False, True] if index < 3 else [False]):
            array = noise(*source, channels, extreme)
            yield {'image': raster(array), 'width': target[0], 'height': target[1],
                   'expected': {name: text(to_pil(array).resize(target, pil_filter).tobytes())
                                for name, pil_filter in FILTERS.items()}}


def shorter_side(image, size):
    """torchvision.transforms.Resize(size)"""
    width, height = image.size
    short, long = min(width, height), max(width, height)
    new_short, new_long = size, int(size * long / short)
    return (new_short, new_long) if width <= height else (new_long, new_short)


def centre_crop(image, height, width):
    """torchvision.transforms.CenterCrop((height, width)), of an image that is large enough"""
    left = int(round((image.width - width) / 2.0))
    top = int(round((image.height - height) / 2.0))
    return image.crop((left, top, left + width, top + height))


def prepare_cases():
    cases = [  # source (width, height), shorter side, input (height, width);
        # margins odd and even, rounded both ways
        ((27, 39), 17, (13, 14)), ((39, 27), 17, (17, 17)), ((20, 20), 18, (11, 12)), ((23, 32), 16, (15, 11)),
        ((31, 19), 14, (11, 9)), ((16, 11), 15, (14, 14)), ((11, 16), 15, (15, 12)),
    ]
    for source, size, (height, width) in cases:
        array = noise(*source, 3)
        expected = {}
        for interpolation, pil_filter in FILTERS.items():
            for mode, order in (('RGB', 'rgb'), ('L', 'gray')):
                image = to_pil(array).convert(mode)
                image = centre_crop(image.resize(shorter_side(image, size), pil_filter), height, width)
                expected[f'{interpolation} {order}'] = text(image.tobytes())
        yield {'image': raster(array), 'sizePixels': size, 'height': height, 'width': width, 'expected': expected}


def convert_cases():
    for channels, mode in ((1, 'L'), (3, 'RGB'), (4, 'RGBA')):
        array = noise(16, 16, channels)
        image = Image.frombytes(mode, (16, 16), array.tobytes())
        yield {'image': raster(array), 'rgb': text(image.convert('RGB').tobytes()),
               'gray': text(image.convert('L').tobytes())}


assert int(PIL.__version__.split('.')[0]) < 13, PIL.__version__
golden = {'madeBy': f'make-golden.py, Pillow {PIL.__version__}, NumPy {np.__version__}',
          'resize': list(resize_cases()), 'prepare': list(prepare_cases()), 'convert': list(convert_cases())}
path = pathlib.Path(__file__).with_name('golden.json')
path.write_text(json.dumps(golden, indent=0) + '\n')
print(f'{path}: {path.stat().st_size} bytes')
