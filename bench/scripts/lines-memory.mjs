// Answers a million lines in one process, small images again and again, and prints as JSON how much memory it takes on the way, for docs/scale.md.
//
//   node bench/scripts/lines-memory.mjs [--lines 1000000] > docs/scale-memory.json
//
// Needs Linux, where /proc tells a process's memory, and the CLI's bundle.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseOptions } from '../../scripts/modules/parse-options.mjs';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

const IMAGES = 'examples/images';
const SAMPLES = 20;

const parsed = parseOptions(process.argv.slice(2), { lines: { type: 'string', default: '1000000' } });
const count = 'values' in parsed ? Number(parsed.values.lines) : Number.NaN;
if (!(Number.isSafeInteger(count) && count >= SAMPLES)) {
  console.error(`bench/scripts/lines-memory.mjs: expected, if anything, --lines of ${SAMPLES} or more`);
  process.exit(2);
}

const paths = readdirSync(IMAGES, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.png'));
const child = spawn(process.execPath, ['cli/bin/signwave.mjs', 'run', 'zoo:cifar10-resnet20', '--stdin', 'jsonl'], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const ended = once(child, 'close');
const sent = send();
const samples = [];
let answers = 0;
let errors = 0;
for await (const line of createInterface(child.stdout)) {
  answers++;
  if ('error' in JSON.parse(line)) errors++;
  if (answers % Math.floor(count / SAMPLES) === 0) samples.push({ answers, residentBytes: residentBytes() });
}
await sent;
const [status] = await ended;
if (status !== 0 || answers !== count || errors > 0)
  throw new Error(`status ${status}, ${answers} answers, ${errors} errors`);
console.log(JSON.stringify({ node: process.version, lines: count, samples }, null, 2));

/** Writes the requests as fast as they are taken. */
async function send() {
  for (let n = 0; n < count; n++) {
    const line = JSON.stringify({ id: n, path: join(IMAGES, /** @type {string} */ (paths[n % paths.length])) });
    if (!child.stdin.write(`${line}\n`)) await once(child.stdin, 'drain');
  }
  child.stdin.end();
}

/** What the process takes of the machine's memory. */
function residentBytes() {
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? [];
  return 1024 * Number(kibibytes);
}
