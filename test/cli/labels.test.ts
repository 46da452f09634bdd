import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT, signwave, temporaryFolder } from './signwave.js';

const CASES = join(ROOT, 'test/cases');
const folder = temporaryFolder();

test.each(['class-index.json', 'id2label.json'])(
  'convert takes the labels of %s, in the order of the numbers',
  async (name) => {
    const model = join(folder, `${name}.sgnw`);
    const options = ['--arch', join(CASES, 'tiny.json'), '--labels', join(CASES, 'labels', name)];
    const converted = await signwave('convert', join(CASES, 'checkpoints/plain.pth'), '-o', model, ...options);
    expect(converted).toMatchObject({ code: 0 });
    const { stdout } = await signwave('inspect', model, '--json');
    expect(JSON.parse(stdout)).toMatchObject({ labels: ['cat', 'dog', 'bird'] });
  },
);
