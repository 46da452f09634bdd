import { basename, dirname, join } from 'node:path';
import { SignwaveError } from '@signwave/format';
import { type MemoryImages, sharedBytes, sharedLabels } from '../../sets/image-set.js';
import { fileExists } from '../file-access.js';
import type { CifarSet } from './cifar-sets.js';
import { type Checksums, findDataFile, readDataFile, verifyLabels } from './data-file.js';
import type { FixedPart, Part } from './part.js';
import { byteArrayOf, readPythonDict, textOf } from './python-batch.js';

// ╒══════ record of the binary version (no header; 1 label byte in CIFAR-10, 2 in CIFAR-100: coarse, fine) ══════╕
//   0                label bytes; the last one is the class
//   labelBytes       1024 red bytes, row-major (32, 32)
//   labelBytes+1024  1024 green
//   labelBytes+2048  1024 blue
//
// The Python version has the same planes as rows of an array (images, 3072), and the labels as a list beside it.

const SIDE = 32;
const PLANE_BYTES = SIDE * SIDE;
const IMAGE_BYTES = 3 * PLANE_BYTES;

/** Images of one file: their planes at `first + i * stride` of `bytes`, and their labels. */
interface Batch {
  readonly bytes: Uint8Array;
  readonly first: number;
  readonly stride: number;
  readonly labels: ArrayLike<number>;
}

/** @throws {SignwaveError} `E_DATA` if a file is missing, isn't made of whole records, or has an impossible label. */
export async function openCifar(set: CifarSet, folder: string, part: Part, checksums: Checksums): Promise<FixedPart> {
  const advice = `give the folder of the binary or the Python version of ${set.name}, or the one above ${set.below[0]}/ or ${set.below[1]}/`;
  const [stem] = part === 'train' ? set.train : [set.test];
  const found = await findDataFile(folder, set.below, [`${stem}.bin`, stem!], advice);
  const isBinary = found.endsWith('.bin');
  const stems = part === 'train' ? set.train : [set.test];
  const batches: Batch[] = [];
  for (const name of stems) {
    const path = join(dirname(found), isBinary ? `${name}.bin` : name);
    const bytes = await readDataFile(path, checksums);
    const batch = isBinary ? binaryBatch(set, path, bytes) : pythonBatch(set, path, bytes);
    verifyLabels(path, batch.labels, set.classNames.length);
    batches.push(batch);
  }
  const names = await readClassNames(set, dirname(found), isBinary, checksums);
  return { name: set.name, classNames: names, images: joined(batches) };
}

function binaryBatch({ name, labelBytes }: CifarSet, path: string, bytes: Uint8Array): Batch {
  const stride = labelBytes + IMAGE_BYTES;
  if (bytes.length === 0 || bytes.length % stride !== 0) {
    throw new SignwaveError(
      'E_DATA',
      `${path} has ${bytes.length} bytes, expected a multiple of ${stride} (a ${name} record); it's cut short or another file`,
    );
  }
  const labels = Uint8Array.from({ length: bytes.length / stride }, (_, i) => bytes[i * stride + labelBytes - 1]!);
  return { bytes, first: labelBytes, stride, labels };
}

function pythonBatch({ labelsKey }: CifarSet, path: string, bytes: Uint8Array): Batch {
  const dict = readPythonDict(bytes, path);
  const data = byteArrayOf(dict.get('data'));
  const labels = dict.get(labelsKey);
  const [count, row] = data?.shape ?? [];
  if (data?.shape.length !== 2 || row !== IMAGE_BYTES || !count) {
    const shape = data ? `an array of shape (${data.shape.join(', ')})` : 'no array of bytes';
    throw new SignwaveError('E_DATA', `${path} has ${shape} as "data", expected uint8 (images, ${IMAGE_BYTES})`);
  }
  if (!Array.isArray(labels) || labels.length !== count) {
    const length = Array.isArray(labels)
      ? `${labels.length} labels`
      : `no list of labels; it has ${[...dict.keys()].join(', ')}`;
    throw new SignwaveError('E_DATA', `${path}: for "${labelsKey}" of ${count} images there are ${length}`);
  }
  return { bytes: data.bytes, first: 0, stride: IMAGE_BYTES, labels };
}

/** Joins batches, one after the other. */
function joined(batches: readonly Batch[]): MemoryImages {
  const count = batches.reduce((sum, { labels }) => sum + labels.length, 0);
  const pixels = sharedBytes(count * IMAGE_BYTES);
  const labels = sharedLabels(new Uint16Array(count));
  let index = 0;
  for (const batch of batches) {
    labels.set(batch.labels, index);
    for (let i = 0; i < batch.labels.length; i++, index++) {
      interleave(batch.bytes, batch.first + i * batch.stride, pixels, index * IMAGE_BYTES);
    }
  }
  return { kind: 'memory', count, height: SIDE, width: SIDE, channels: 3, pixels, labels };
}

/** Turns planes (3, 32, 32) at `from` of `planes` into (32, 32, 3) at `to` of `pixels`. */
function interleave(planes: Uint8Array, from: number, pixels: Uint8Array, to: number): void {
  for (let pixel = 0, out = to; pixel < PLANE_BYTES; pixel++, out += 3) {
    pixels[out] = planes[from + pixel]!;
    pixels[out + 1] = planes[from + PLANE_BYTES + pixel]!;
    pixels[out + 2] = planes[from + 2 * PLANE_BYTES + pixel]!;
  }
}

/** Names from the file of class names, if there is one. */
async function readClassNames(
  set: CifarSet,
  folder: string,
  isBinary: boolean,
  checksums: Checksums,
): Promise<readonly string[]> {
  const path = join(folder, isBinary ? set.binaryNames : set.pythonNames);
  if (!(await fileExists(path))) return set.classNames;
  const bytes = await readDataFile(path, checksums);
  const names = isBinary
    ? new TextDecoder().decode(bytes).split(/\r?\n/)
    : namesOf(readPythonDict(bytes, path).get(set.namesKey));
  const given = names.map((name) => name.trim()).filter((name) => name !== '');
  if (given.length === set.classNames.length) return given;
  throw new SignwaveError(
    'E_DATA',
    `${path} has ${given.length} class names, expected ${set.classNames.length}; without ${basename(path)} the usual names are taken`,
  );
}

function namesOf(list: unknown): string[] {
  return Array.isArray(list) ? list.map(textOf) : [];
}
