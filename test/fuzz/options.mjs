// The options of `npm run fuzz`.
import { parseOptions } from '../../scripts/modules/parse-options.mjs';

export const USAGE = `npm run fuzz -- [--minutes N] [--seed S] [--kinds a,b] [--inputs a=N,b=N] [--processes N] [--only N] [--file PATH]

Makes random and damaged inputs, and reads each as the program would: it has to be refused by a SignwaveError or read as what it is,
within limits of time and memory. Ends with status 1 if one isn't. The smallest file that shows a bug is kept in build/fuzz/found.

  --minutes    how long at most (default 3)
  --seed       of the inputs (default: one of its own, which is printed)
  --kinds      files, graphs, checkpoints, tflite, images, json (default: all)
  --inputs     read so many of these kinds, and nothing else: files=1000000,images=20000
  --processes  read in so many processes at a time (default 1)
  --only       read the input with this number of each kind, and no other
  --file       read this file as one of the kind, and nothing else
  --help       print this`;

/** @typedef {{ minutes: number, seed: number, kinds: string[], processes: number, inputs?: Record<string, number>, only?: number, file?: string }} Options */

/**
 * @param {readonly string[]} args
 * @param {readonly string[]} known kinds
 * @returns {{ help: true } | { problem: string } | { options: Options }}
 */
export function readOptions(args, known) {
  const parsed = parseOptions(args, {
    minutes: { type: 'string', default: '3' },
    seed: { type: 'string', default: `${Date.now() % 1_000_000}` },
    kinds: { type: 'string', default: known.join(',') },
    inputs: { type: 'string' },
    processes: { type: 'string', default: '1' },
    only: { type: 'string' },
    file: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  });
  if ('problem' in parsed) return parsed;
  const { values } = parsed;
  if (values.help) return { help: true };
  const [minutes, seed, only] = [Number(values.minutes), Number(values.seed), Number(values.only ?? 0)];
  const processes = Number(values.processes);
  if (!Number.isSafeInteger(processes) || processes < 1)
    return { problem: `--processes takes a whole number above 0, not ${values.processes}` };
  const inputs = values.inputs && Object.fromEntries(values.inputs.split(',').map(countOf));
  const kinds = inputs ? Object.keys(inputs) : values.kinds.split(',');
  const unknown = kinds.find((kind) => !known.includes(kind));
  if (unknown !== undefined) return { problem: `--kinds takes some of ${known.join(',')}, not ${unknown}` };
  const bad = inputs && Object.entries(inputs).find(([, count]) => !(Number.isSafeInteger(count) && count > 0));
  if (bad) return { problem: `--inputs takes a whole number of each kind, not ${bad[1]} of ${bad[0]}` };
  if (!(minutes > 0)) return { problem: `--minutes takes a number above 0, not ${values.minutes}` };
  if (!Number.isSafeInteger(seed) || seed < 0) return { problem: `--seed takes a whole number, not ${values.seed}` };
  if (!Number.isSafeInteger(only) || only < 0) return { problem: `--only takes a whole number, not ${values.only}` };
  if (values.file !== undefined && kinds.length > 1)
    return { problem: '--file needs --kinds with the one that it is of' };
  return {
    options: {
      ...{ minutes, seed, kinds, processes },
      ...(inputs && { inputs }),
      ...(values.only !== undefined && { only }),
      ...(values.file !== undefined && { file: values.file }),
    },
  };
}

/** @param {string} text */
function countOf(text) {
  const [kind, count] = text.split('=');
  return [kind, Number(count)];
}
