"""Makes golden.json: image files of many kinds with Pillow's decoding of them, for read-image.test.ts.

    python3 -m venv build/golden && build/golden/bin/pip install pillow==12.3.0 numpy
    build/golden/bin/python data/test/node/make-golden.py FOLDER_OF_PHOTOGRAPHS

`files`: the file, `Image.open(file).convert('RGB')` as (height, width, 3) and `.convert('L')` as (height, width), base64.
   `evaluated`: SHA-256 of both after Resize(14), CenterCrop(12), which is the trainer's evaluation for 12 x 12.
`prepared`: SHA-256 of the 20 photographs (of the maintainers' ResNet-18 for ImageNet) after Resize(256), CenterCrop(224): (224, 224, 3) bytes.
"""
import base64
import hashlib
import io
import json
import pathlib
import struct
import sys
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
    return png_of(depth, colour_type, extra, [(WIDTH, HEIGHT)], bits_per_pixel, 0)


def interlaced(depth, colour_type, bits_per_pixel, *extra):
    """The same in Adam7's seven passes."""
    starts = (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)
    sizes = [((WIDTH - x + dx - 1) // dx, (HEIGHT - y + dy - 1) // dy) for x, y, dx, dy in starts]
    return png_of(depth, colour_type, extra, sizes, bits_per_pixel, 1)


def png_of(depth, colour_type, extra, passes, bits_per_pixel, interlace):
    rows = b''.join(b'\0' + noise((width * bits_per_pixel + 7) // 8).tobytes()
                    for width, height in passes for _ in range(height))
    header = struct.pack('>IIBBBBB', WIDTH, HEIGHT, depth, colour_type, 0, 0, interlace)
    return b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', header) + b''.join(extra) + chunk(b'IDAT', zlib.compress(rows)) \
        + chunk(b'IEND', b'')


def with_adobe(jpeg, transform):
    """The JPEG file with another colour transform in its Adobe segment (2: YCCK), or without the segment."""
    at = jpeg.index(b'\xff\xee')
    end = at + 2 + int.from_bytes(jpeg[at + 2:at + 4], 'big')
    return jpeg[:at] + (jpeg[at:end - 1] + bytes([transform]) if transform is not None else b'') + jpeg[end:]


def netpbm(kind, maximum, samples):
    """The kinds 2, 3 (text), 5, 6 (binary) of noise from 0 to the maximum, 5 x 3 pixels."""
    values = random.integers(0, maximum + 1, 15 * samples)
    head = f'P{kind}\n# noise\n5 3\n{maximum}\n'.encode()
    if kind < 4:
        return head + ' '.join(map(str, values)).encode() + b'\n'
    return head + values.astype('>u2' if maximum > 255 else 'u1').tobytes()


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

    for depth, kind, bits in (1, 0, 1), (8, 0, 8), (16, 0, 16), (8, 4, 16), (16, 4, 32), (8, 2, 24), (16, 2, 48), (8, 6, 32), (16, 6, 64):
        name = {0: 'gray', 4: 'gray-alpha', 2: 'rgb', 6: 'rgb-alpha'}[kind]
        yield f'{name}-{depth}-bit-interlaced.png', interlaced(depth, kind, bits)
    yield 'palette-interlaced.png', interlaced(8, 3, 8, palette)
    for depth in 1, 2:
        colours = chunk(b'PLTE', noise(3 << depth).tobytes())
        yield f'palette-{depth}-bit.png', png(depth, 3, depth, colours)
        yield f'palette-{depth}-bit-alpha.png', png(depth, 3, depth, colours, chunk(b'tRNS', b'\0'))
    yield 'gray-16-bit-transparent-value.png', png(16, 0, 16, chunk(b'tRNS', b'\1\0'))
    yield 'gray-4-bit-transparent-value.png', png(4, 0, 4, chunk(b'tRNS', b'\0\3'))
    yield 'rgb-transparent-value.png', png(8, 2, 24, chunk(b'tRNS', b'\0\1\0\2\0\3'))
    yield 'rgb-16-bit-transparent-value.png', png(16, 2, 48, chunk(b'tRNS', b'\0\1\0\2\0\3'))
    dim = random.integers(0, 256, (HEIGHT, WIDTH), dtype=np.uint16)
    yield 'gray-16-bit-dim.png', saved(Image.fromarray(dim), 'PNG')
    turn = chunk(b'eXIf', b'MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0')
    yield 'rgb-exif-turned.png', png(8, 2, 24, turn)

    small = Image.fromarray(noise(5, 9, 3))
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x112] = orientation
        yield f'exif-{orientation}.jpg', saved(small, 'JPEG', exif=exif)
        yield f'exif-{orientation}.tif', saved(small, 'TIFF', tiffinfo={274: orientation})
        if orientation in (3, 6):
            yield f'exif-{orientation}.webp', saved(small, 'WEBP', exif=exif, lossless=True)
    cmyk = saved(small.convert('CMYK'), 'JPEG', quality=92)
    yield 'ycck.jpg', with_adobe(cmyk, 2)
    yield 'cmyk-without-adobe.jpg', with_adobe(cmyk, None)
    yield 'cmyk-progressive.jpg', saved(small.convert('CMYK'), 'JPEG', progressive=True)
    yield 'cmyk-profile.jpg', saved(small.convert('CMYK'), 'JPEG', icc_profile=swapped_profile())
    yield 'stored-as-rgb.jpg', saved(small, 'JPEG', keep_rgb=True)
    yield 'chroma-422.jpg', saved(small, 'JPEG', subsampling=1)
    yield 'gray-progressive.jpg', saved(small.convert('L'), 'JPEG', progressive=True)

    clear = Image.fromarray(noise(5, 7, 4), 'RGBA')
    yield 'lossless.webp', saved(small, 'WEBP', lossless=True)
    yield 'lossy-alpha.webp', saved(clear, 'WEBP', quality=70)
    yield 'profile.webp', saved(small, 'WEBP', lossless=True, icc_profile=swapped_profile())
    yield 'animation.webp', saved(small, 'WEBP', lossless=True, save_all=True, append_images=[small.rotate(180)])

    yield 'rgb-lzw.tif', saved(small, 'TIFF', compression='tiff_lzw')
    yield 'rgb-jpeg.tif', saved(small, 'TIFF', compression='jpeg')
    yield 'rgb-alpha.tif', saved(clear, 'TIFF')
    yield 'palette.tif', saved(small.quantize(13), 'TIFF')
    yield 'gray-1-bit.tif', saved(small.convert('1'), 'TIFF')
    yield 'gray.tif', saved(small.convert('L'), 'TIFF')
    yield 'gray-alpha.tif', saved(clear.convert('LA'), 'TIFF')
    yield 'gray-16-bit.tif', saved(Image.fromarray(dim * 3), 'TIFF')
    yield 'gray-float.tif', saved(Image.fromarray((random.random((5, 7)) * 400 - 50).astype(np.float32)), 'TIFF')

    yield 'gray-1-bit-text.pbm', b'P1\n5 2\n1 0 1 0 1\n11100\n'
    yield 'gray-1-bit.pbm', b'P4\n11 3\n' + noise(6).tobytes()
    for maximum in 1, 100, 255, 1000, 65535:
        for kind in 2, 3, 5, 6:
            yield f'{"rgb" if kind % 3 == 0 else "gray"}-{maximum}{"-text" if kind < 4 else ""}.{"ppm" if kind % 3 == 0 else "pgm"}', \
                netpbm(kind, maximum, 3 if kind % 3 == 0 else 1)
    yield 'gray-over.pgm', b'P5 4 1 100\n' + bytes([0, 99, 100, 200])


def text(data):
    return base64.b64encode(data).decode('ascii')


def decoded(name, data):
    image = Image.open(io.BytesIO(data))
    gray = Image.open(io.BytesIO(data)).convert('L')
    rgb = image.convert('RGB')  # before the size: a TIFF is turned when it is loaded
    return {'name': name, 'file': text(data), 'width': image.width, 'height': image.height,
            'rgb': text(rgb.tobytes()), 'gray': text(gray.tobytes()),
            'evaluated': {'rgb': evaluated(rgb, 14, 12), 'gray': evaluated(gray, 14, 12)}}


def evaluated(image, short, side):
    """torchvision's Resize(short), CenterCrop(side)"""
    width, height = image.size
    long = int(short * max(width, height) / min(width, height))
    image = image.resize((short, long) if width <= height else (long, short), Image.Resampling.BILINEAR)
    left, top = int(round((image.width - side) / 2.0)), int(round((image.height - side) / 2.0))
    return hashlib.sha256(image.crop((left, top, left + side, top + side)).tobytes()).hexdigest()


warnings.simplefilter('ignore')  # of Pillow, about the palette with alpha
here = pathlib.Path(__file__).resolve().parent
photographs = pathlib.Path(sys.argv[1])
golden = {
    'madeBy': f'make-golden.py, Pillow {PIL.__version__}, libjpeg-turbo {features.version("libjpeg_turbo")}',
    'files': [decoded(name, data) for name, data in files()],
    'prepared': {path.name: evaluated(Image.open(path).convert('RGB'), 256, 224) for path in sorted(photographs.iterdir())},
}
path = here / 'golden.json'
path.write_text(json.dumps(golden, indent=0) + '\n')
print(f'{path}: {path.stat().st_size} bytes')
