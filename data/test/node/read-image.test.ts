import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32, type InputRecipe } from '@signwave/format';
import { describe, expect, test } from 'vitest';
import { describeWithShared, sharedPath } from '../../../test/shared.js';
import { temporaryFolder } from '../../../test/temp-folder.js';
import { MAX_IMAGE_PIXELS } from '../../src/image/limits.js';
import { prepareImage } from '../../src/image/prepare.js';
import { toGray, toRgb } from '../../src/image/raster.js';
import { decodeImage, readImage } from '../../src/node/read-image.js';
import { golden } from './golden.js';

function fileBytes(name: string): Buffer {
  return Buffer.from(golden.files.find((file) => file.name === name)!.file, 'base64');
}

describe('decodeImage', () => {
  test.each(golden.files)('has the bytes of Pillow for $name', async ({ name, file, width, height, rgb, gray }) => {
    const image = await decodeImage(Buffer.from(file, 'base64'), name);
    expect(image).toMatchObject({ width, height, channels: name.startsWith('gray') ? 1 : 3 });
    expect(Buffer.from(toRgb(image).data).toString('base64')).toBe(rgb);
    expect(Buffer.from(toGray(image).data).toString('base64')).toBe(gray);
  });

  test.each([
    ['gray-16-bit.png', true],
    ['gray-16-bit-dim.png', false],
    ['gray-alpha-16-bit.png', false],
    ['gray-16-bit-transparent-value.png', true],
    ['gray-16-bit.tif', true],
    ['gray-1000.pgm', true],
    ['gray-1000-text.pgm', true],
    ['gray-100.pgm', false],
    ['rgb-16-bit.png', false],
    ['rgb-1000.ppm', false],
    ['gray.jpg', false],
  ])('says whether samples of 16-bit gray were clipped: %s, %s', async (name, isClipped) => {
    expect((await decodeImage(fileBytes(name), name)).isClipped).toBe(isClipped);
  });

  test('reads a PGM whose header has comments and any white space', async () => {
    const file = Buffer.from('P5#a\n# b\r\t2\v1 #c\n255\n\x07\x23', 'latin1');
    expect(await decodeImage(file, 'x.pgm')).toEqual({
      width: 2,
      height: 1,
      channels: 1,
      data: Uint8Array.of(7, 35),
      isClipped: false,
    });
  });
});

describeWithShared('photographs', () => {
  const recipe: InputRecipe = {
    resize: { mode: 'shorterSide', sizePixels: 256, interpolation: 'bilinear' },
    channelOrder: 'rgb',
    divisor: 255,
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
  };

  test.each(Object.entries(golden.prepared))(
    '%s: Resize(256), CenterCrop(224) has the bits of Pillow',
    async (name, sha256) => {
      const image = await readImage(sharedPath(`checkpoints/biper-resnet18-imagenet/images/${name}`)!);
      const bytes = prepareImage(image, recipe, 224, 224);
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
    },
  );
});

describe('image files that cannot be read', () => {
  test('names a missing file and the reason', async () => {
    const path = join(await temporaryFolder(), 'none.png');
    await expect(readImage(path)).rejects.toMatchObject({
      code: 'E_IMAGE',
      message: `${path} can't be read: no such file or directory`,
    });
  });

  test('names a file by its path when its content is wrong', async () => {
    const path = join(await temporaryFolder(), 'page.jpg');
    await writeFile(path, '<!DOCTYPE html><title>404</title>');
    await expect(readImage(path)).rejects.toMatchObject({
      code: 'E_IMAGE',
      message: expect.stringMatching(/page\.jpg can't be decoded: it is an HTML page.*; expected JPEG, PNG/),
    });
  });

  test.each(['chroma-420.jpg', 'rgb.png', 'rgb.ppm', 'lossy.webp'])('refuses %s cut short', async (name) => {
    const file = fileBytes(name);
    await expect(decodeImage(file.subarray(0, file.length * 0.7), name)).rejects.toMatchObject({ code: 'E_IMAGE' });
  });

  test.each([
    ['svg', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>')],
    ['gif', Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64')],
  ])('refuses %s, whose pixels would not be those of Pillow', async (format, file) => {
    await expect(decodeImage(file, 'x')).rejects.toThrow(`x can't be decoded: it is ${format}; expected JPEG`);
  });

  test('names a BMP, which has no reader', async () => {
    await expect(decodeImage(Buffer.from('BM\x46\x0a\0\0\0\0\0\0\x36\0\0\0', 'latin1'), 'x.bmp')).rejects.toThrow(
      /x\.bmp can't be decoded: it is a BMP image; expected JPEG/,
    );
  });

  test.each([
    [{ photometric: 8, samples: 3 }, /TIFF of L\*a\*b\* samples.* save it as PNG/],
    [{ photometric: 6, samples: 3 }, /TIFF of YCbCr samples without JPEG/],
    [{ photometric: 5, samples: 4, bits: 16 }, /CMYK TIFF of 16 bits/],
    [{ photometric: 1, samples: 1, bits: 12 }, /TIFF of 12 bits a sample/],
    [{ photometric: 1, samples: 1, extra: [339, 2] }, /TIFF of signed samples/],
    [{ photometric: 2, samples: 3, bits: 16, planes: 2 }, /16 bits a sample in separate planes/],
    [{ photometric: 2, samples: 4, bits: 16, extra: [338, 1] }, /16 bits a sample with premultiplied alpha/],
  ] as const)('refuses a TIFF that programs read differently: %j', async (kind, message) => {
    for (const little of [true, false]) {
      await expect(decodeImage(tiffOf(kind, little), 'x.tif')).rejects.toMatchObject({
        code: 'E_IMAGE',
        message: expect.stringMatching(message),
      });
    }
  });

  test('refuses an empty file', async () => {
    await expect(decodeImage(new Uint8Array(0), 'x.png')).rejects.toMatchObject({ code: 'E_IMAGE' });
  });

  test('refuses a PNG that claims more pixels than the limit, before decoding it', async () => {
    const file = fileBytes('rgb.png');
    file.writeUInt32BE(30_000, 16);
    file.writeUInt32BE(30_000, 20);
    file.writeUInt32BE(crc32(file.subarray(12, 29)), 29);
    await expect(decodeImage(file, 'bomb.png')).rejects.toThrow(
      `bomb.png can't be decoded: it has more than the limit of ${MAX_IMAGE_PIXELS} pixels`,
    );
  });

  test.each([
    ['P6 2 1 255\n12345', /6 bytes, but 5 follow/],
    ['P6 2 1 65535\n123456', /12 bytes, but 6 follow/],
    ['P5 2 1 65536\n123456', /maximum value is 65536 or more/],
    ['P5 2 1 0\n12', /maximum value is 0/],
    ['P2 2 1 9\n1', /no sample at byte 10/],
    ['P2 2 1 9\n1 10', /sample is 10 or more, above the limit of 9/],
    ['P2 2 1 9\n1 -1', /no sample at byte 11/],
    ['P1 2 1\n12', /no pixel of 0 or 1 at byte 8/],
    ['P1 2 1\n1', /no pixel of 0 or 1 at byte 8/],
    ['P4 9 2\n123', /4 bytes, but 3 follow/],
    ['P5 0 1 255\n', /0 x 1 pixels, it is empty/],
    ['P5 20000 20000 255\n', /20000 x 20000 pixels, more than the limit/],
    ['P5 2000000 1 255\n', /2000000 x 1 pixels, one side more than 1000000 times as long/],
    ['P5 99999999999 1 255\n', /width is \d+ or more, above the limit/],
    ['P5 2 x 255\n12', /no height at byte 5/],
    ['P5 2 1 255x12', /white space at byte 10/],
    ['P5 2 1', /no maximum value at byte 6/],
    ['P5 # no end', /no width at byte 11/],
  ])('refuses the PPM %j', async (file, message) => {
    await expect(decodeImage(Buffer.from(file, 'latin1'), 'x.ppm')).rejects.toMatchObject({
      code: 'E_IMAGE',
      message: expect.stringMatching(message),
    });
  });
});

interface TiffKind {
  readonly photometric: number;
  readonly samples: number;
  readonly bits?: number;
  readonly planes?: number;
  /** A tag and its value. */
  readonly extra?: readonly [number, number];
}

/** A TIFF file of 8 x 4 pixels, all zero, in one strip. */
function tiffOf({ photometric, samples, bits = 8, planes = 1, extra }: TiffKind, little: boolean): Uint8Array {
  const entries: (readonly [number, number])[] = [
    [256, 8],
    [257, 4],
    [258, bits],
    [259, 1],
    [262, photometric],
    [273, 256],
    [277, samples],
    [278, 4],
    [279, 4 * samples * bits],
    [284, planes],
    ...(extra ? [extra] : []),
  ];
  const bytes = new Uint8Array(256 + 4 * samples * bits);
  const view = new DataView(bytes.buffer);
  bytes.set(Buffer.from(little ? 'II' : 'MM'));
  view.setUint16(2, 42, little);
  view.setUint32(4, 8, little);
  view.setUint16(8, entries.length, little);
  entries.forEach(([tag, value], i) => {
    view.setUint16(10 + 12 * i, tag, little);
    view.setUint16(12 + 12 * i, 3, little);
    view.setUint32(14 + 12 * i, 1, little);
    view.setUint16(18 + 12 * i, value, little);
  });
  return bytes;
}
