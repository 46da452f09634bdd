import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { keepsAlpha, plainFile } from '../../src/browser/plain-file.js';
import { toRgb } from '../../src/image/raster.js';
import { decodeImage } from '../../src/node/read-image.js';
import { golden } from '../node/golden.js';

const files = golden.files.map((file) => ({ ...file, bytes: new Uint8Array(Buffer.from(file.file, 'base64')) }));
const HAS_ALPHA_IN_ITS_PIXELS = /rgb-alpha.*png|gray-alpha.*png|lossless-alpha\.webp|animation\.webp/;

describe('plainFile', () => {
  test.each(files.filter(({ name }) => /\.(png|jpg|webp)$/.test(name)))(
    'keeps the samples of $name and nothing that changes how a browser shows them',
    async ({ name, bytes, rgb }) => {
      const plain = plainFile(bytes);
      const { orientation, icc, exif, xmp, hasAlpha } = await sharp(plain).metadata();
      expect({ orientation, icc, exif, xmp }).toEqual({
        orientation: undefined,
        icc: undefined,
        exif: undefined,
        xmp: undefined,
      });
      expect(hasAlpha).toBe(HAS_ALPHA_IN_ITS_PIXELS.test(name));
      if (name.endsWith('webp')) expect(keepsAlpha(bytes)).toBe(hasAlpha);
      const image = await decodeImage(plain, name);
      expect(Buffer.from(toRgb(image).data).toString('base64')).toBe(rgb);
    },
  );

  test.each(files.filter(({ name }) => /\.(ppm|tif)$/.test(name)))('leaves $name as it is', ({ bytes }) => {
    expect(plainFile(bytes)).toBe(bytes);
  });

  test('takes EXIF off a JPEG whose markers have bytes of padding before them', async () => {
    const { bytes, rgb } = files.find(({ name }) => name === 'exif-6.jpg')!;
    const padded = Uint8Array.from([...bytes.subarray(0, 2), 0xff, 0xff, ...bytes.subarray(2)]);
    const plain = plainFile(padded);
    expect((await sharp(plain).metadata()).orientation).toBeUndefined();
    expect(Buffer.from((await decodeImage(plain, 'x')).data).toString('base64')).toBe(rgb);
  });

  test('ends for files that are cut or damaged, with no more bytes than there were', () => {
    const some = files.filter(({ name }) => ['exif-6.jpg', 'rgb-profile.png', 'exif-6.webp'].includes(name));
    fc.assert(
      fc.property(fc.constantFrom(...some), fc.nat(), fc.nat(), fc.nat(255), ({ bytes }, length, at, value) => {
        const damaged = bytes.slice(0, length % (bytes.length + 1));
        if (damaged.length > 4) damaged[4 + (at % (damaged.length - 4))] = value;
        expect(plainFile(damaged).length).toBeLessThanOrEqual(damaged.length);
        keepsAlpha(damaged);
      }),
      { numRuns: 500 },
    );
  });
});
