import {
  convertTflite,
  type LoweredTflite,
  lowerTflite,
  readTflite,
  smallerWeightsOf,
  type TfliteModel,
} from '@signwave/convert';
import { type InputNode, type Model as ModelFile, SignwaveError, writeModel } from '@signwave/format';
import { type Check, compareSteps, type StepsVerdict } from '../index.js';
import { convertedAgain, madeFrom } from './against-checkpoint.js';
import { openFileSource } from './file-source.js';
import { readRecordedSteps } from './recorded-steps-file.js';
import { sha256 } from './sha256.js';
import type { OpenedInputs } from './verify-inputs.js';

/** A `.tflite` and what it becomes. */
export interface TfliteComparison {
  readonly checks: readonly Check[];
  /** Compares operator by operator with what an interpreter recorded for the first input. @param path of an `.npz`. */
  compareSteps(path: string, inputs: OpenedInputs): Promise<StepsVerdict>;
}

/**
 * Converts the `.tflite` that a model was made from once more, with the settings that the file records, and compares.
 *
 * @param bytes of the model file.
 * @throws {SignwaveError} as `readTflite` and `convertTflite`.
 */
export async function compareTflite(path: string, file: ModelFile, bytes: Uint8Array): Promise<TfliteComparison> {
  const source = await openFileSource(path);
  try {
    const { info, graph } = file;
    const tflite = await readTflite(source);
    const { name, labels, licence, sourceSha256, writer } = info;
    const { recipe } = graph.nodes[0] as InputNode;
    const { model } = convertTflite(tflite, {
      writer,
      name,
      ...(labels && { labels }),
      ...(licence !== undefined && { licence }),
      ...(sourceSha256 !== undefined && { sourceSha256 }),
      ...(recipe && { preprocess: recipe }),
      smaller: smallerWeightsOf(graph),
    });
    return {
      checks: [madeFrom(file, await sha256([source])), convertedAgain(writeModel(model), bytes)],
      compareSteps: (steps, inputs) => compareWithSteps(tflite, lowerTflite(tflite), steps, inputs),
    };
  } finally {
    await source.close();
  }
}

async function compareWithSteps(
  tflite: TfliteModel,
  lowered: LoweredTflite,
  path: string,
  inputs: OpenedInputs,
): Promise<StepsVerdict> {
  const input = await inputs.read(0);
  if (!(input instanceof Float32Array)) {
    throw new SignwaveError('E_USAGE', `${path} needs the first input as the interpreter had it: floats, by --input`);
  }
  return compareSteps(tflite, lowered, input, await readRecordedSteps(path, tflite), path);
}
