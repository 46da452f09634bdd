// The options of bench/scripts/larq.mjs, which reads them before anything is built; bench/src/larq.ts reads them again.
import { parseOptions } from '../scripts/modules/parse-options.mjs';

/** The networks of larq's zoo that are timed, functions of larq-zoo, in the order of docs/larq.md. */
export const LARQ_NETWORKS = [
  'QuickNetSmall',
  'QuickNet',
  'QuickNetLarge',
  'BinaryResNetE18',
  'BiRealNet',
  'BinaryDenseNet28',
  'MeliusNet22',
  'RealToBinaryNet',
  'BinaryAlexNet',
];

export const LARQ_USAGE = `node bench/scripts/larq.mjs [--network NAME]... [--rounds N] [--again] [--write]

Networks of larq's zoo with random weights: signwave beside larq compute engine, TensorFlow Lite, ONNX Runtime and TensorFlow.js, in interleaved
rounds. Each network's results are kept as soon as it is measured; started again, it goes on with those that are missing.

  --network  one of ${LARQ_NETWORKS.join(', ')}; default: all
  --rounds   samples of each time (default 15)
  --again    forget results that are there
  --write    keep the results in bench/larq-results.json instead of build/bench/larq-results.json, unless other work had the core, and write
             the tables in docs/larq.md. For an otherwise idle machine
  --help     print this`;

/**
 * @param {readonly string[]} args
 * @returns {{ help: true } | { problem: string } | { options: { networks: string[], rounds: number, again: boolean, write: boolean } }}
 */
export function readLarqOptions(args) {
  const parsed = parseOptions(args, {
    network: { type: 'string', multiple: true, default: [] },
    rounds: { type: 'string', default: '15' },
    again: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  });
  if ('problem' in parsed) return parsed;
  const { network: asked, again, write, help } = parsed.values;
  if (help) return { help };
  const rounds = Number(parsed.values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1)
    return { problem: `--rounds takes a number from 1 on, not ${parsed.values.rounds}` };
  const unknown = asked.find((name) => !LARQ_NETWORKS.includes(name));
  if (unknown !== undefined) return { problem: `--network takes one of ${LARQ_NETWORKS.join(', ')}, not ${unknown}` };
  const networks = LARQ_NETWORKS.filter((name) => asked.length === 0 || asked.includes(name));
  return { options: { networks, rounds, again, write } };
}
