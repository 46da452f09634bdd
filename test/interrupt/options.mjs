// The options of `npm run interrupt`.
import { parseOptions } from '../../scripts/modules/parse-options.mjs';

export const USAGE = `npm run interrupt -- [--points N] [--seed S] [--only a,b] [--how a,b] [--point N] [--results FILE]

Ends commands in the middle and runs them again: nothing that was there may be lost or half written, and nothing may lie about afterwards.
Ends with status 1 if something does.

  --points     how many for each command and each way (default 100)
  --seed       of the points (default: one of its own, which is printed)
  --only       convert, train, sweep, export-onnx, export-c, run, run-images, shard, eval, eval-shard, merge,
               collect, zoo (default: all)
  --how        kill, term, int, hup, disk (default: all; disk needs Linux and its administrator, and is left out where there is neither)
  --point      try the point with this number, and no other
  --results    where the figures go as JSON (default build/interrupt/results.json)
  --help       print this`;

/**
 * @param {readonly string[]} args
 * @param {{ commands: readonly string[], ways: readonly string[] }} known
 * @returns {{ help: true } | { problem: string } | { options: { points: number, seed: number, commands: string[], ways: string[], results: string, only?: number } }}
 */
export function readOptions(args, known) {
  const parsed = parseOptions(args, {
    points: { type: 'string', default: '100' },
    seed: { type: 'string', default: `${Date.now() % 1_000_000}` },
    only: { type: 'string', default: known.commands.join(',') },
    how: { type: 'string', default: known.ways.join(',') },
    point: { type: 'string' },
    results: { type: 'string', default: 'build/interrupt/results.json' },
    help: { type: 'boolean', short: 'h', default: false },
  });
  if ('problem' in parsed) return parsed;
  const { values } = parsed;
  if (values.help) return { help: true };
  const [points, seed, only] = [Number(values.points), Number(values.seed), Number(values.point ?? 0)];
  const [commands, ways] = [values.only.split(','), values.how.split(',')];
  const otherCommand = commands.find((it) => !known.commands.includes(it));
  if (otherCommand !== undefined)
    return { problem: `--only takes some of ${known.commands.join(',')}, not ${otherCommand}` };
  const otherWay = ways.find((it) => !known.ways.includes(it));
  if (otherWay !== undefined) return { problem: `--how takes some of ${known.ways.join(',')}, not ${otherWay}` };
  if (!Number.isSafeInteger(points) || points < 1)
    return { problem: `--points takes a whole number above 0, not ${values.points}` };
  if (!Number.isSafeInteger(seed) || seed < 0) return { problem: `--seed takes a whole number, not ${values.seed}` };
  if (!Number.isSafeInteger(only) || only < 0 || only >= points)
    return { problem: `--point takes a number below that of --points, not ${values.point}` };
  return {
    options: { points, seed, commands, ways, results: values.results, ...(values.point !== undefined && { only }) },
  };
}
