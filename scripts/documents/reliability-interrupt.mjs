// What docs/reliability.md says about interrupted commands, from docs/reliability-interrupt.json, which is what `npm run interrupt` recorded.
import { readFileSync, writeFileSync } from 'node:fs';
import { withFigures } from '../modules/figures.mjs';

const RECORD = new URL('../../docs/reliability-interrupt.json', import.meta.url);
/** @type {[string, string]} */
const MARKERS = [
  '<!-- interrupt: written by scripts/documents/write-reliability.mjs, do not edit -->',
  '<!-- /interrupt -->',
];
const WAYS = {
  kill: 'SIGKILL',
  term: 'SIGTERM',
  int: 'SIGINT',
  hup: 'SIGHUP',
  disk: 'full disk',
};

/**
 * @typedef {keyof typeof WAYS} Way
 * @typedef {object} Tally as test/interrupt/campaign.ts counts.
 * @property {number} points
 * @property {number} interrupted
 * @property {number} before
 * @property {number} after
 * @property {number} littered
 * @property {number} bugs
 *
 * @typedef {object} Record as test/interrupt/main.ts writes it.
 * @property {number} seed
 * @property {number} points of each; in what is kept, those of a bug say it.
 * @property {string} node
 * @property {{ [command: string]: { about: string, ways: { [way in Way]?: Tally } } }} commands
 * @property {{ command: string, way: Way, number: number, problem: string, points: number }[]} bugs
 */

/**
 * Keeps what several runs of one campaign recorded, each of other commands, in other ways or with other numbers of points.
 *
 * @param {string[]} paths
 */
export function keepInterrupts(paths) {
  /** @type {Record[]} */
  const records = paths.map((path) => JSON.parse(readFileSync(path, 'utf8')));
  const [{ seed, node }] = records;
  if (records.some((it) => it.seed !== seed || it.node !== node))
    throw new Error('these are of other seeds or versions of Node');
  /** @type {Record['commands']} */
  const commands = {};
  for (const record of records) {
    for (const [name, { about, ways }] of Object.entries(record.commands))
      commands[name] = { about, ways: { ...commands[name]?.ways, ...ways } };
  }
  const sorted = Object.fromEntries(Object.entries(commands).sort(([a], [b]) => (a < b ? -1 : 1)));
  const bugs = records.flatMap(({ points, bugs: found }) => found.map((bug) => ({ ...bug, points })));
  writeFileSync(RECORD, `${JSON.stringify({ seed, node, commands: sorted, bugs }, null, 2)}\n`);
}

/**
 * The page with the figures of the record.
 *
 * @param {string} page
 */
export function withInterrupts(page) {
  /** @type {Record} */
  const { seed, node, commands, bugs } = JSON.parse(readFileSync(RECORD, 'utf8'));
  const rows = Object.entries(commands).flatMap(([name, { ways }]) =>
    /** @type {Way[]} */ (Object.keys(WAYS)).flatMap((way) => {
      const it = ways[way];
      if (!it) return [];
      const counts = [it.points, it.interrupted, it.before, it.after, it.littered, it.bugs];
      return [`| \`${name}\` | ${WAYS[way]} | ${counts.join(' | ')} |`];
    }),
  );
  const lines = [
    `Node ${node}, seed ${seed}.`,
    '',
    '| | ended by | points | ended early | all outputs as before | all outputs whole and new | left something to the next run | bugs |',
    '|---|---|---:|---:|---:|---:|---:|---:|',
    ...rows,
    '',
    ...Object.entries(commands).map(([name, { about }]) => `* \`${name}\`: ${about}.`),
  ];
  if (bugs.length > 0) {
    lines.push('', 'Found, and open when this was recorded:', '');
    for (const { command, way, number, problem, points } of bugs)
      lines.push(
        `* \`--only ${command} --how ${way} --points ${points} --seed ${seed} --point ${number}\`: \`${problem}\``,
      );
  }
  return withFigures(page, MARKERS, lines);
}
