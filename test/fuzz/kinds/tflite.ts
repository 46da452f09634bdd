import { readFileSync } from 'node:fs';
import { convertTflite, describeTflite, readTflite } from '@signwave/convert';
import { bytesSource, crc32, readModel, SignwaveError, writeModel } from '@signwave/format';
import { TFLITE_MUTATIONS } from '../../../convert/test/tflite/mutation-kinds.js';
import { type Compared, type Input, isChosen, type Kind, pick, type Random, WrongResult } from '../kind.js';
import { checkGraph } from './model-graphs.js';

/** One of so many files that are converted is compared. */
const COMPARED_FILES = 8;

const FILES = ['signs_first', 'ties'].map(
  (network) => new Uint8Array(readFileSync(`test/cases/checkpoints/larq/small/${network}/model.tflite`)),
);

function make(random: Random): Input {
  let bytes: Uint8Array = pick(random, FILES).slice();
  for (let n = random.below(2); n >= 0 && bytes.length > 64; n--)
    bytes = pick(random, Object.values(TFLITE_MUTATIONS))(bytes, random.below);
  return { name: 'fuzz.tflite', bytes };
}

async function read({ name, bytes }: Input, number?: number): Promise<Compared | undefined> {
  const tflite = await readTflite(bytesSource(bytes, name));
  describeTflite(tflite);
  const { model } = convertTflite(tflite, { writer: 'signwave fuzz' });
  try {
    readModel(writeModel(model));
  } catch (cause) {
    if (!(cause instanceof SignwaveError)) throw cause;
    throw new WrongResult(`it is converted to a model that can't be stored: ${cause.message}`, { cause });
  }
  if (!isChosen(number, COMPARED_FILES)) return undefined;
  return checkGraph(model.graph, crc32(bytes));
}

export const TFLITE: Kind = {
  about:
    '`.tflite`: networks of Larq Compute Engine, damaged; described and converted, and of one in 8 that are small every bit is compared with the reference',
  make,
  read,
};
