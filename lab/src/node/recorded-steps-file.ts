import { type TfliteModel, ZipArchive } from '@signwave/convert';
import { SignwaveError } from '@signwave/format';
import { decodeNpy, type RecordedStep } from '../index.js';
import { openFileSource } from './file-source.js';

const SUFFIX = '.npy';
/** The largest map of larq's zoo has some 10 MB. */
const MAX_ARRAY_BYTES = 2 ** 28;

/**
 * Reads what an interpreter gave at the operators of a network: an `.npz` with an array for each, whose name is the operator's number or the
 * name of its output.
 *
 * @returns by the operators' indices.
 * @throws {SignwaveError} `E_IO`; `E_CHECKPOINT_STRUCTURE` for a damaged archive; `E_NPY` for an array of another type or of no operator.
 */
export async function readRecordedSteps(
  path: string,
  { operators, tensors }: TfliteModel,
): Promise<ReadonlyMap<number, RecordedStep>> {
  const source = await openFileSource(path);
  try {
    const archive = await ZipArchive.open(source);
    const steps = new Map<number, RecordedStep>();
    for (const entry of archive.names) {
      const name = entry.endsWith(SUFFIX) ? entry.slice(0, -SUFFIX.length) : entry;
      const operator = operators.find(
        ({ index, outputs }) =>
          tensors[outputs[0] ?? -1]?.name === name || (/^\d+$/.test(name) && Number(name) === index),
      );
      if (!operator) {
        throw new SignwaveError(
          'E_NPY',
          `${path}: the array "${name}" is neither the number of an operator, 0 to ${operators.length - 1}, nor the name of what one makes`,
        );
      }
      const bytes = await archive.read(entry, MAX_ARRAY_BYTES);
      steps.set(operator.index, decodeNpy(bytes, `${path}: ${name}`, { types: ['<f4', '<i4'] }));
    }
    return steps;
  } finally {
    await source.close();
  }
}
