// Shows that no piece of an operation can be forgotten without notice. It removes one piece at a time from a copy of the tree, and prints
// what complains: TypeScript is asked first, then the named test. It exits with 1 if nothing complains. Run it after changes in how
// operations are added; it takes some minutes, so no other check includes it.
//
//   node scripts/checks/check-omissions.mjs [PIECE...]
import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * @typedef {object} Piece
 * @property {string} name
 * @property {string} file
 * @property {readonly (readonly [found: RegExp, instead: string])[]} cuts replacements in the file; each must be found.
 * @property {string} [test] the test that complains if TypeScript doesn't: its file, and options.
 */

/**
 * The pieces of `sampleMean`, an operation with a kernel of its own.
 * @type {readonly Piece[]}
 */
const PIECES = [
  {
    name: 'schema: its table',
    file: 'format/signwave.fbs',
    cuts: [[/^table SampleMean \{\}\n/m, '']],
    test: 'format/test/schema.test.ts',
  },
  {
    name: 'schema: its place in the union',
    file: 'format/signwave.fbs',
    cuts: [[/, SampleMean\n/, '\n']],
    test: 'format/test/schema.test.ts',
  },
  {
    name: 'row',
    file: 'format/src/operations/same-shape.ts',
    cuts: [[/^ {2}sampleMean: .*\n/m, '']],
  },
  {
    name: 'row: its node in the union of nodes',
    file: 'format/src/operations/same-shape.ts',
    cuts: [[/^ {2}\| SampleMeanNode\b/m, '']],
  },
  {
    // The operation is also removed from the released schema, so that its row has to say which version introduced it.
    name: 'row: its version',
    file: 'format/test/golden/v1.1.fbs',
    cuts: [[/, SampleMean\n/, '\n']],
    test: 'format/test/schema.test.ts',
  },
  {
    name: 'specification',
    file: 'format/SPEC.md',
    cuts: [[/^4\.17 \*\*sampleMean\.\*\*(.|\n)*?\n\n/m, '']],
    test: 'format/test/schema.test.ts',
  },
  {
    name: 'specification: its version',
    file: 'format/SPEC.md',
    cuts: [[/, version 1\.\d+\n/, ', version 1.0\n']],
    test: 'format/test/schema.test.ts',
  },
  {
    name: 'reference: its step',
    file: 'reference/src/steps/same-shape.ts',
    cuts: [[/^ {2}sampleMean: .*\n/m, '']],
  },
  {
    name: 'reference: what it computes',
    file: 'reference/src/ops/sample-mean.ts',
    cuts: [[/^export function sampleMean/m, 'function sampleMean']],
  },
  {
    name: 'ONNX lowering',
    file: 'convert/src/onnx/lower.ts',
    cuts: [[/^ {4}case 'sampleMean': \{\n(.|\n)*?\n {4}\}\n/m, '']],
  },
  {
    name: 'kernel: its source',
    file: 'runtime/assembly/maps.ts',
    cuts: [[/^export function sampleMean\b/m, 'function sampleMean']],
    test: 'runtime/test/records.test.ts',
  },
  {
    name: 'kernel: its room',
    file: 'runtime/src/kernels/sample-mean.ts',
    cuts: [[/^export const sampleMean/m, 'const sampleMean']],
  },
  {
    name: 'kernel: the rooms of the operation',
    file: 'runtime/src/kernels/rooms.ts',
    cuts: [[/^ {2}sampleMean: .*\n/m, '']],
  },
  {
    name: 'kernel: when it is chosen, for the page of kernels',
    file: 'runtime/assembly/maps.ts',
    cuts: [[/^ \* @chosen `sampleMean`\n/m, '']],
    test: 'test/kernels-page.test.ts',
  },
  {
    // An operation that random graphs don't draw by its row must be drawn in a way of its own.
    name: 'random graphs of the runtime',
    file: 'reference/test/graphs.ts',
    cuts: [[/^ {4}'add',$/m, "    'sampleMean',\n    'add',"]],
    test: 'runtime/test/exactness.test.ts -t use',
  },
  {
    name: 'random graphs for peers',
    file: 'reference/test/graphs.ts',
    cuts: [[/^ {4}'add',$/m, "    'sampleMean',\n    'add',"]],
    test: 'bench/test/peers/onnx.test.ts --root bench -t random',
  },
];

const chosen = process.argv.slice(2);
const copy = mkdtempSync(join(tmpdir(), 'signwave-omissions-'));
try {
  copyTree();
  const pieces = PIECES.filter(({ name }) => chosen.length === 0 || chosen.some((it) => name.includes(it)));
  for (const test of new Set(pieces.map((piece) => piece.test))) {
    const complaint = ofAll(test);
    if (complaint !== undefined) throw new Error(`with nothing taken away: ${complaint}`);
  }
  if (pieces.map(report).includes(false)) process.exitCode = 1;
} finally {
  rmSync(copy, { recursive: true, force: true });
}

/** Copies tracked files. Installed packages are those of the tree, except ours, which are those of the copy. */
function copyTree() {
  const paths = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], { cwd: ROOT, encoding: 'utf8' });
  for (const path of paths.split('\0').filter((it) => it !== '' && existsSync(join(ROOT, it)))) {
    mkdirSync(join(copy, dirname(path)), { recursive: true });
    copyFileSync(join(ROOT, path), join(copy, path));
  }
  for (const modules of ['node_modules', 'bench/node_modules', 'page/node_modules'].filter((it) =>
    existsSync(join(ROOT, it)),
  )) {
    mkdirSync(join(copy, modules));
    for (const name of readdirSync(join(ROOT, modules)).filter((it) => it !== '@signwave')) {
      symlinkSync(join(ROOT, modules, name), join(copy, modules, name));
    }
  }
  mkdirSync(join(copy, 'node_modules/@signwave'));
  for (const name of readdirSync(join(ROOT, 'node_modules/@signwave'))) {
    symlinkSync(join(copy, name), join(copy, 'node_modules/@signwave', name));
  }
  if (existsSync(join(ROOT, 'runtime/build')))
    cpSync(join(ROOT, 'runtime/build'), join(copy, 'runtime/build'), { recursive: true });
}

/**
 * @param {Piece} piece
 * @returns {boolean} whether something complains when the piece is missing.
 */
function report({ name, file, cuts, test }) {
  const path = join(copy, file);
  const whole = readFileSync(path, 'utf8');
  let text = whole;
  for (const [found, instead] of cuts) {
    if (!found.test(text)) throw new Error(`${file} has no ${found}: say here where this piece is now`);
    text = text.replace(found, instead);
  }
  writeFileSync(path, text);
  const complaint = ofAll(test);
  writeFileSync(path, whole);
  console.log(`${complaint ? 'missed' : 'NOT MISSED'}  ${name} (${file})\n        ${complaint ?? 'nobody complains'}`);
  return complaint !== undefined;
}

/**
 * @param {string | undefined} test
 * @returns {string | undefined} the first complaint.
 */
function ofAll(test) {
  return ofTypes() ?? (test && ofTest(test));
}

/** @returns {string | undefined} the first error of TypeScript. */
function ofTypes() {
  const options = [
    '--noEmit',
    '--incremental',
    '--tsBuildInfoFile',
    join(copy, 'types.tsbuildinfo'),
    '--pretty',
    'false',
  ];
  return run('tsc', options).find((line) => /error TS\d+/.test(line));
}

/**
 * @param {string} test its file, and options.
 * @returns {string | undefined} the first test that fails, and why.
 */
function ofTest(test) {
  const [file = '', ...options] = test.split(' ');
  const root = options.includes('--root') ? `${options[options.indexOf('--root') + 1]}/` : '';
  const lines = run('vitest', ['run', file.replace(root, ''), ...options, '--reporter', 'tap-flat']);
  const failed = lines.findIndex((line) => line.startsWith('not ok') && !line.includes('# SKIP'));
  if (failed < 0) return undefined;
  const message = lines.slice(failed).find((line) => line.includes('message:'));
  return `${file}: ${lines[failed]?.replace(/^not ok \d+ - | # time=.*/g, '')}${message ? `:${message.replace(/^\s*message:/, '')}` : ''}`;
}

/**
 * @param {string} program of node_modules.
 * @param {readonly string[]} options
 * @returns {string[]} lines of what it prints.
 */
function run(program, options) {
  const { stdout, stderr } = spawnSync(join(ROOT, 'node_modules/.bin', program), options, {
    cwd: copy,
    encoding: 'utf8',
  });
  return `${stdout}\n${stderr}`.split('\n');
}
