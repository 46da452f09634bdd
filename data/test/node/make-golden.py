"""Makes golden.json: image files of many kinds with Pillow's decoding of them, for read-image.test.ts.

    python3 -m venv build/golden && build/golden/bin/pip install pillow==12.3.0 numpy
    build/golden/bin/python data/test/node/make-golden.py

`files`: the file and `Image.open(file).convert('RGB')` as (height, width, 3), both base64.
`prepared`: SHA-256 of the 20 photographs of ../shared after Resize(256), CenterCrop(224): (224, 224, 3) bytes.
"""
import base64
import hashlib
import io
import json
import pathlib
import struct
import warnings
import zlib

import numpy as np
import PIL
from PIL import Image, ImageCms, features

random = np.random.default_rng(20261124)
WIDTH, HEIGHT = 16, 5  # width: whole bytes at 1, 2 and 4 bits a pixel


def noise(*shape):
    return random.integers(0, 256, shape, dtype=np.uint8)


def chunk(kind, data):
    return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))


def png(depth, colour_type, bits_per_pixel, *extra):
    """A PNG of noise; Pillow itself can't write most of these."""
    rows = b''.join(b'\0' + noise(WIDTH * bits_per_pixel // 8).tobytes() for _ in range(HEIGHT))
    header = struct.pack('>IIBBBBB', WIDTH, HEIGHT, depth, colour_type, 0, 0, 0)
    return b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', header) + b''.join(extra) + chunk(b'IDAT', zlib.compress(rows)) \
        + chunk(b'IEND', b'')


def swapped_profile():
    """The sRGB profile with red and green swapped, so that applying it would show; without its date of creation."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile('sRGB')).tobytes()
    profile = profile[:24] + bytes(12) + profile[36:]
    return profile.replace(b'rXYZ', b'....').replace(b'gXYZ', b'rXYZ').replace(b'....', b'gXYZ')


def saved(image, kind, **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def files():
    palette = chunk(b'PLTE', noise(768).tobytes())
    yield 'gray-1-bit.png', png(1, 0, 1)
    yield 'gray-2-bit.png', png(2, 0, 2)
    yield 'gray-4-bit.png', png(4, 0, 4)
    yield 'gray.png', png(8, 0, 8)
    yield 'gray-16-bit.png', png(16, 0, 16)
    yield 'gray-transparent-value.png', png(8, 0, 8, chunk(b'tRNS', b'\0\x40'))
    yield 'gray-alpha.png', png(8, 4, 16)
    yield 'gray-alpha-16-bit.png', png(16, 4, 32)
    yield 'rgb.png', png(8, 2, 24)
    yield 'rgb-16-bit.png', png(16, 2, 48)
    yield 'rgb-gamma.png', png(8, 2, 24, chunk(b'gAMA', struct.pack('>I', 100000)))
    yield 'rgb-profile.png', png(8, 2, 24, chunk(b'iCCP', b'x\0\0' + zlib.compress(swapped_profile())))
    yield 'rgb-alpha.png', png(8, 6, 32)
    yield 'rgb-alpha-16-bit.png', png(16, 6, 64)
    yield 'palette.png', png(8, 3, 8, palette)
    yield 'palette-alpha.png', png(8, 3, 8, palette, chunk(b'tRNS', noise(256).tobytes()))
    yield 'palette-4-bit.png', png(4, 3, 4, chunk(b'PLTE', noise(48).tobytes()))

    smooth = Image.fromarray(noise(5, 7, 3)).resize((31, 19), Image.Resampling.BICUBIC)
    turned = Image.Exif()
    turned[0x112] = 6
    yield 'chroma-420.jpg', saved(smooth, 'JPEG', quality=90)
    yield 'chroma-444.jpg', saved(smooth, 'JPEG', quality=90, subsampling=0)
    yield 'progressive.jpg', saved(smooth, 'JPEG', quality=75, progressive=True)
    yield 'exif-turned.jpg', saved(smooth, 'JPEG', exif=turned)
    yield 'profile.jpg', saved(smooth, 'JPEG', icc_profile=swapped_profile())
    yield 'gray.jpg', saved(smooth.convert('L'), 'JPEG')
    yield 'cmyk.jpg', saved(smooth.convert('CMYK'), 'JPEG', quality=92)
    yield 'lossy.webp', saved(smooth, 'WEBP', quality=80)
    yield 'lossless-alpha.webp', saved(Image.fromarray(noise(5, 7, 4), 'RGBA'), 'WEBP', lossless=True, exact=True)
    yield 'rgb.tif', saved(smooth, 'TIFF')
    yield 'cmyk.tif', saved(smooth.convert('CMYK'), 'TIFF')
    yield 'rgb.ppm', saved(smooth, 'PPM')
    yield 'gray.pgm', saved(smooth.convert('L'), 'PPM')


def text(data):
    return base64.b64encode(data).decode('ascii')


def decoded(name, data):
    image = Image.open(io.BytesIO(data))
    return {'name': name, 'file': text(data), 'width': image.width, 'height': image.height,
            'rgb': text(image.convert('RGB').tobytes())}


def prepared(path):
    """torchvision's Resize(256), CenterCrop(224)"""
    image = Image.open(path).convert('RGB')
    width, height = image.size
    long = int(256 * max(width, height) / min(width, height))
    image = image.resize((256, long) if width <= height else (long, 256), Image.Resampling.BILINEAR)
    left, top = int(round((image.width - 224) / 2.0)), int(round((image.height - 224) / 2.0))
    return hashlib.sha256(image.crop((left, top, left + 224, top + 224)).tobytes()).hexdigest()


warnings.simplefilter('ignore')  # of Pillow, about the palette with alpha
here = pathlib.Path(__file__).resolve().parent
photographs = here.parents[3] / 'shared/checkpoints/biper-resnet18-imagenet/images'
golden = {
    'madeBy': f'make-golden.py, Pillow {PIL.__version__}, libjpeg-turbo {features.version("libjpeg_turbo")}',
    'files': [decoded(name, data) for name, data in files()],
    'prepared': {path.name: prepared(path) for path in sorted(photographs.iterdir())},
}
path = here / 'golden.json'
path.write_text(json.dumps(golden, indent=0) + '\n')
print(f'{path}: {path.stat().st_size} bytes')
