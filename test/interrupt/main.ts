// `npm run interrupt`, bundled and started by scripts/interrupt.mjs.
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Bug, interruptAll, type Tally } from './campaign.js';
import { WAYS, type Way } from './command.js';
import { COMMAND_NAMES, type CommandName } from './commands.js';
import { readOptions, USAGE } from './options.mjs';

type Tallies = { [Name in CommandName]?: { about: string; ways: { [W in Way]?: Tally } } };

// Its folders are removed when it exits.
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const read = readOptions(process.argv.slice(2), { commands: COMMAND_NAMES, ways: WAYS });
if ('help' in read) console.log(USAGE);
else if ('problem' in read) {
  console.error(`${read.problem}\nnpm run interrupt -- --help lists the options`);
  process.exitCode = 2;
} else await interrupt(read.options);

async function interrupt(options: {
  readonly points: number;
  readonly seed: number;
  readonly commands: string[];
  readonly ways: string[];
  readonly results: string;
  readonly only?: number;
}): Promise<void> {
  const { points, seed, only, results } = options;
  console.log(`seed ${seed}, ${only === undefined ? `${points} points` : `point ${only} of ${points}`} for each`);
  const bugs: Bug[] = [];
  const tallies: Tallies = {};
  await interruptAll({
    ...options,
    commands: options.commands as CommandName[],
    ways: options.ways as Way[],
    root: process.cwd(),
    program: resolve('cli/dist/signwave.mjs'),
    preload: resolve('test/interrupt/end-at-call.mjs'),
    onBug: (bug) => {
      bugs.push(bug);
      tell(bug, options);
    },
    onTally: (command, about, way, tally) => {
      console.log(`${command} ${way}: ${inWords(tally)}`);
      if (typeof tally === 'string' || only !== undefined) return;
      tallies[command] = { about, ways: { ...tallies[command]?.ways, [way]: tally } };
      const found = bugs.map(({ stderr, ...bug }) => bug);
      const record = { seed, points, node: process.version, commands: tallies, bugs: found };
      // After each, so that a campaign of hours that is ended has not been in vain.
      writeFileSync(results, `${JSON.stringify(record, null, 2)}\n`);
    },
  });
  if (bugs.length > 0) process.exitCode = 1;
}

function tell(
  { command, way, number, start, interruption, room, problem, stderr }: Bug,
  { points, seed }: { readonly points: number; readonly seed: number },
): void {
  console.log(`${command} ${way} ${number}: ${problem}`);
  console.log(`  from the start "${start}", ${JSON.stringify(interruption ?? room)}`);
  const args = `--only ${command} --how ${way} --points ${points} --seed ${seed} --point ${number}`;
  console.log(`  once more: npm run interrupt -- ${args}`);
  for (const line of stderr.trimEnd().split('\n')) console.log(`  | ${JSON.stringify(line).slice(1, -1)}`);
}

function inWords(tally: Tally | string): string {
  if (typeof tally === 'string') return `left out: ${tally}`;
  const { points, interrupted, before, after, littered, bugs } = tally;
  return `${points} points, ${interrupted} interrupted, outputs of ${before} as before, of ${after} whole and new, ${littered} left something to the next run, ${bugs} bugs`;
}
