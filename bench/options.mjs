// The options of `npm run bench`: scripts/bench.mjs reads them before anything is installed, and bench/src/main.ts reads them again.
import { parseOptions } from '../scripts/modules/parse-options.mjs';

/** The parts that `--only` can select. */
export const PARTS = ['layers', 'networks', 'scaling', 'ablations'];
export const PEERS = ['none', 'web', 'all'];

export const USAGE = `npm run bench -- [--peers ${PEERS.join('|')}] [--rounds N] [--only PART]... [--network ID]... [--shapes FILE]... [--write] [--documents]

signwave beside other engines, layer by layer and whole networks, in one process and in interleaved rounds.

  --peers      web (default): ONNX Runtime Web and TensorFlow.js; all: also native ONNX Runtime and, where there is a Python for it, larq
               compute engine, for which a Python environment is made in the user's cache folder
  --rounds     samples of each time (default 15)
  --only       ${PARTS.join(', ')}: this part, once for each; all else in bench/results.json stays as it is
  --network    one of the networks of scripts/bench.mjs, as resnet18-imagenet, which is the one that larq compute engine is compared on;
               all others stay as they are
  --shapes     nothing but the layers of this file, once for each; as those in bench/shapes
  --write      write bench/results.json and what is made of it, README.md, docs/performance.md and the chart, instead of
               build/bench/results.json. For an otherwise idle machine
  --documents  measure nothing, and make README.md, docs/performance.md and the chart anew from bench/results.json
  --help       print this`;

/**
 * @param {readonly string[]} args
 * @returns {{ help: true } | { problem: string } | { options: { peers: string, rounds: number, only: string[], networks: string[], shapes: string[], write: boolean, documents: boolean } }}
 */
export function readOptions(args) {
  const parsed = parseOptions(args, {
    peers: { type: 'string', default: 'web' },
    rounds: { type: 'string', default: '15' },
    only: { type: 'string', multiple: true, default: [] },
    network: { type: 'string', multiple: true, default: [] },
    shapes: { type: 'string', multiple: true, default: [] },
    write: { type: 'boolean', default: false },
    documents: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  });
  if ('problem' in parsed) return parsed;
  const { values } = parsed;
  const { peers, only, network: networks, shapes, write, documents, help } = values;
  if (help) return { help };
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1)
    return { problem: `--rounds takes a number from 1 on, not ${values.rounds}` };
  if (!PEERS.includes(peers)) return { problem: `--peers takes one of ${PEERS.join(', ')}, not ${peers}` };
  const unknown = only.find((part) => !PARTS.includes(part));
  if (unknown !== undefined) return { problem: `--only takes one of ${PARTS.join(', ')}, not ${unknown}` };
  if (shapes.length > 0 && (write || only.length > 0 || networks.length > 0))
    return {
      problem: '--shapes prints layers of these files and nothing else: leave --write, --only and --network out',
    };
  if (documents && args.length > 1) return { problem: '--documents measures nothing: leave all other options out' };
  return { options: { peers, rounds, only, networks, shapes, write, documents } };
}
