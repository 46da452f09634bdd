import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Remark } from '@signwave/data';
import type { InputNode } from '@signwave/format';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/temp-folder.js';
import { openImageSample } from '../../src/node/open-image-sample.js';

const INPUT: InputNode = {
  op: 'input',
  inputs: [],
  height: 2,
  width: 2,
  channels: 3,
  recipe: { channelOrder: 'rgb', divisor: 255, mean: [0, 0, 0], std: [1, 1, 1] },
};
const IMAGE = Buffer.concat([Buffer.from('P6 4 2 255\n'), Buffer.alloc(24)]);

/** Two classes of two images each; the last one is cut short. */
async function imageFolder(): Promise<string> {
  const folder = await temporaryFolder();
  for (const name of ['a', 'b']) {
    await mkdir(join(folder, name));
    for (const image of ['0.ppm', '1.ppm']) await writeFile(join(folder, name, image), IMAGE);
  }
  await writeFile(join(folder, 'b', '1.ppm'), IMAGE.subarray(0, 20));
  return folder;
}

async function readAll(options: object): Promise<{ read: number; remarks: Remark[] }> {
  const remarks: Remark[] = [];
  const onRemark = (remark: Remark) => void remarks.push(remark);
  const sample = await openImageSample(await imageFolder(), { ...options, onRemark });
  let read = 0;
  for (let n = 0; n < sample.count; n++) if (await sample.read(n)) read++;
  sample.end();
  return { read, remarks };
}

test('images that can’t be decoded are left out, and one is told so', async () => {
  const { read, remarks } = await readAll({});
  expect(read).toBe(3);
  expect(remarks[0]).toMatchObject({
    isWarning: true,
    text: expect.stringMatching(/: 1 of 4 images can't be decoded and are left out:$/),
  });
  expect(remarks[1]).toMatchObject({ isWarning: false, text: expect.stringContaining('1.ppm') });
});

test('what happens to images of another size is told once', async () => {
  const { remarks } = await readAll({ input: INPUT });
  expect(remarks.filter(({ text }) => text.includes('is 4 x 2 pixels: resized'))).toHaveLength(1);
});

test('a sample says how it was taken', async () => {
  const { read, remarks } = await readAll({ limit: 2 });
  expect(read).toBe(2);
  expect(remarks).toEqual([
    { isWarning: false, text: expect.stringContaining('2 of 4 images, evenly over 2 classes') },
  ]);
});
