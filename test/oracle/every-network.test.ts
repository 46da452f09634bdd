import { ARCHITECTURES, architectureId } from '@signwave/convert';
import { expect, test } from 'vitest';
import { readText } from '../source-files.js';

/** Networks that differ from one that is written in depth, widths, stem, skips, levels or form of weights alone. */
const VARIANTS = [
  ...['recu-resnet18A_1w1a', 'recu-resnet18B_1w1a', 'recu-resnet18C_1w1a'],
  ...['rbnn-resnet18A_1w1a', 'rbnn-resnet18B_1w1a', 'rbnn-resnet18C_1w1a'],
  ...['reste-resnet20_bireal_1w32a', 'reste-resnet18_1w32a', 'reste-resnet34_1w32a'],
  ...['irnet-resnet34_1w32a', 'lcr-resnet34_1w1a_IR', 'biper-demo_1w1a'],
  ...['bnext-bnext_small', 'bnext-bnext_middle', 'bnext-bnext_large'],
  ...['bonn-resnet18', 'dorefa-resnet20_1w3a', 'hwgq-resnet34', 'hwgq-alexnet_bw'],
  ...['dorefa-alexnet_1w1a', 'dorefa-alexnet_1w3a', 'dorefa-alexnet_1w4a', 'dorefa-alexnet_1w32a'],
];

test('every network, or one that it is a variant of, is written a second time in NumPy', () => {
  const [, table] = /^NETWORKS = \{\n([\s\S]*?)\n\}/m.exec(readText('test/oracle/networks.py'))!;
  const written = [...table!.matchAll(/^ {4}'([^' ]+)/gm)].map(([, id]) => id!);
  const ids = new Set(ARCHITECTURES.map(architectureId));
  expect([...ids].filter((id) => !written.includes(id) && !VARIANTS.includes(id))).toEqual([]);
  expect([...written, ...VARIANTS].filter((id) => !ids.has(id))).toEqual([]);
});
