// Writes every case of conformance/src/c/cases.ts as C, with inputs and WebAssembly's outputs: PROGRAM FOLDER.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeModel } from '@signwave/format';
import { load, prepareImage } from '@signwave/runtime';
import { exportC } from '@signwave/runtime/c';
import { recordCalls, WASM_KERNELS } from '@signwave/runtime/internals';
import { type Case, casesOf } from '../c/cases.js';

/** What check-c.mjs needs to know of a case. */
export interface Written {
  readonly name: string;
  readonly kind: 'bytes' | 'floats';
  readonly images: { readonly width: number; readonly height: number; readonly channels: number }[];
}

const folder = process.argv[2]!;
const uncalled = new Set(Object.keys(WASM_KERNELS));
const written: Written[] = [];
for (const given of await casesOf()) written.push(await write(given));
if (uncalled.size > 0) throw new Error(`no case calls ${[...uncalled].join(', ')}`);
writeFileSync(join(folder, 'cases.json'), JSON.stringify(written));

async function write({ name, model, inputs, images = [] }: Case): Promise<Written> {
  const target = join(folder, name);
  mkdirSync(join(target, 'c'), { recursive: true });
  for (const [file, text] of await exportC(model)) writeFileSync(join(target, 'c', file), text);
  const file = writeModel(model);
  const runtime = await load(file, { name, kernels: 'simd' });
  writeFileSync(join(target, 'model.sgnw'), file);
  writeFileSync(join(target, 'inputs'), joined(inputs));
  writeFileSync(join(target, 'expected'), joined(inputs.map((input) => runtime.run(input))));
  const { recipe, height, width } = runtime.input;
  images.forEach((image, index) => {
    writeFileSync(join(target, `image-${index}`), image.data);
    writeFileSync(join(target, `prepared-${index}`), joined([prepareImage(image, recipe!, height, width)]));
  });
  const { load: loadCalls, floatsInput, bytesInput, steps } = await recordCalls(model);
  const calls = [...loadCalls, floatsInput, ...(bytesInput ? [bytesInput] : []), ...steps];
  for (const { kernel } of calls) uncalled.delete(kernel);
  return {
    name,
    kind: inputs[0] instanceof Uint8Array ? 'bytes' : 'floats',
    images: images.map((image) => ({ width: image.width, height: image.height, channels: image.channels })),
  };
}

function joined(arrays: readonly (Uint8Array | Float32Array)[]): Uint8Array {
  return Buffer.concat(arrays.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)));
}
