// A file of each kind, as each browser reads it, against Pillow's bytes, which are those of training and of `signwave run`.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { serveFolder } from '../../../scripts/modules/static-server.mjs';
import { buildLibrary } from './build-library.mjs';
import { DRIVERS, until } from './drivers.mjs';

const FOLDER = 'build/web-images';
/** These are decoded by the browser with a decoder of its own choice: a sample may differ by this much. */
const LOSSY = /\.jpg$|lossy.*\.webp$/;
const LARGEST_LOSSY_DIFFERENCE = 2;

/** What the page does: every file is read and compared. Written as text, since each browser is driven in another way. */
const PROGRAM = `
  import { rasterOf } from '/library.js';
  const bytesOf = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const results = {};
  for (const { name, file, width, height, rgb } of await (await fetch('/files.json')).json()) {
    try {
      const image = await rasterOf(new File([bytesOf(file)], name));
      const colour = (i) => image.data[Math.floor(i / 3) * image.channels + (image.channels === 1 ? 0 : i % 3)];
      results[name] = {
        isSameSize: image.width === width && image.height === height,
        largest: bytesOf(rgb).reduce((largest, sample, i) => Math.max(largest, Math.abs(sample - colour(i))), 0),
      };
    } catch (error) {
      results[name] = { error: error.code + ' ' + error.message };
    }
  }
  window.results = results;
`;

const { files } = JSON.parse(readFileSync('data/test/node/golden.json', 'utf8'));
await buildLibrary(FOLDER);
writeFileSync(`${FOLDER}/files.json`, JSON.stringify(files));
writeFileSync(`${FOLDER}/program.js`, PROGRAM);
writeFileSync(
  `${FOLDER}/index.html`,
  '<!doctype html><meta charset="utf-8"><title>images</title><script type="module" src="/program.js"></script>',
);

for (const [name, launch] of Object.entries(DRIVERS)) {
  describe(name, async () => {
    const server = await serveFolder(FOLDER);
    const driver = await launch();
    /** @type {Record<string, { isSameSize?: boolean, largest?: number, error?: string }>} */
    let results;
    try {
      await driver.goto(`${server.url}/`);
      await until(driver, '!!window.results');
      results = JSON.parse(await driver.evaluate('JSON.stringify(window.results)'));
    } finally {
      await driver.close();
      server.close();
    }
    const read = Object.entries(results).filter(([file]) => !file.endsWith('.tif'));

    test('reads what keeps its samples to the bytes of Pillow', () => {
      for (const [file, { isSameSize, largest, error }] of read.filter(([file]) => !LOSSY.test(file))) {
        // Without WebGL the colour of transparent pixels can't be had: it is refused, not made up.
        if (file === 'lossless-alpha.webp' && error) assert.match(error, /^E_IMAGE .*takes WebGL/);
        else assert.deepEqual({ isSameSize, largest, error }, { isSameSize: true, largest: 0, error: undefined }, file);
      }
    });

    test(`reads JPEG and lossy WebP to within ${LARGEST_LOSSY_DIFFERENCE} of 255, whatever their EXIF and profiles say`, (context) => {
      const lossy = read.filter(([file]) => LOSSY.test(file));
      const differing = lossy.filter(([, { largest }]) => largest !== 0);
      context.diagnostic(`${lossy.length - differing.length} of ${lossy.length} have every byte of Pillow`);
      for (const [file, { isSameSize, largest, error }] of lossy) {
        assert.deepEqual({ isSameSize, error }, { isSameSize: true, error: undefined }, file);
        assert.ok(Number(largest) <= LARGEST_LOSSY_DIFFERENCE, `${file}: ${largest}`);
      }
    });

    test('names TIFF, which browsers have no decoder for, and what to do', () => {
      for (const [file, { error }] of Object.entries(results).filter(([file]) => file.endsWith('.tif'))) {
        if (error)
          assert.match(error, /E_IMAGE .*\.tif can't be decoded here: it is a TIFF image .*save it as PNG/, file);
      }
    });
  });
}
