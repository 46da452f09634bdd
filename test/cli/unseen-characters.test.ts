import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeModel } from '@signwave/format';
import { describe, expect, test } from 'vitest';
import { bytes, checkpoint, pickle, tensorPickle, zip } from '../../convert/test/checkpoints/build.js';
import { caffeModel } from '../../convert/test/checkpoints/build-caffemodel.js';
import { entry, safetensors } from '../../convert/test/checkpoints/build-safetensors.js';
import { tinyModel } from '../../lab/test/tiny-model.js';
import { EXAMPLE_CHECKPOINT, EXAMPLE_IMAGES, type Outcome, ROOT, signwave, temporaryFolder } from './signwave.js';

// Every text that a file, its name or an argument can hold is made of these characters. None may reach the terminal as it is, and no text
// may begin a line.

const folder = temporaryFolder();
/** What a `.sgnw` may hold: its strings have no controls. */
const MILD = 'x\u202ey\u200bz\ufeff\u2028w';
const HOSTILE = `${MILD}\x1b[31m\x07\x7f\x9b2J\r\nFORGED line`;
/** The same without what no file name can have. */
const NAME = HOSTILE.replace('\r', '');

const UNSEEN = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

const SHOWN = /\\u202e|\\u001b/;

function expectSeen(outcome: Outcome): void {
  expectNoneUnseen(outcome);
  expect(outcome.stdout + outcome.stderr).toMatch(SHOWN);
}

function expectNoneUnseen({ stdout, stderr }: Outcome): void {
  const text = stdout + stderr;
  expect(text).not.toMatch(UNSEEN);
  expect(text).not.toMatch(/^FORGED/m);
  expect(text).not.toContain('defect');
}

function file(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

const FLOATS = new Uint8Array(8);
const TENSOR = tensorPickle({ elements: 2, shape: [2], strides: [1] });
const NPY = (descr: string): Uint8Array => {
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (2,), }\n`;
  return bytes('\x93NUMPY', 1, 0, header.length & 255, header.length >> 8, header, FLOATS);
};
/** What a name of one character for each byte can hold. */
const LATIN = [...HOSTILE].filter((character) => character < '\u0100').join('');

const CHECKPOINTS: readonly [what: string, name: string, content: string | Uint8Array][] = [
  ['tensor names', 'a.pth', checkpoint(pickle.program(pickle.dict({ [HOSTILE]: TENSOR })), { 0: FLOATS })],
  [
    'metadata keys and values',
    'b.pth',
    checkpoint(
      pickle.program(pickle.dict({ [HOSTILE]: pickle.text(HOSTILE), state_dict: pickle.dict({ w: TENSOR }) })),
      { 0: FLOATS },
    ),
  ],
  [
    'keys of state dicts',
    'c.pth',
    checkpoint(pickle.program(pickle.dict({ [HOSTILE]: pickle.dict({ w: TENSOR }), b: pickle.dict({ v: TENSOR }) })), {
      0: FLOATS,
    }),
  ],
  [
    'classes',
    'd.pth',
    checkpoint(pickle.program(pickle.dict({ a: pickle.call('m\x1b[31m\x07', 'n\x1b\x07'), w: TENSOR })), {
      0: FLOATS,
    }),
  ],
  [
    'entries of an archive',
    'e.pth',
    zip([
      { name: LATIN, data: bytes() },
      { name: LATIN, data: bytes() },
    ]),
  ],
  [
    'keys of storages',
    'f.pth',
    checkpoint(
      pickle.program(pickle.dict({ w: tensorPickle({ key: HOSTILE, elements: 2, shape: [2], strides: [1] }) })),
    ),
  ],
  [
    'safetensors names, types and metadata',
    'h.safetensors',
    safetensors({ __metadata__: { [HOSTILE]: HOSTILE }, [HOSTILE]: entry(HOSTILE, [2], 0, 8) }, FLOATS),
  ],
  ['broken headers', 'i.safetensors', safetensors({ [HOSTILE]: entry('F32', [3], 0, 8) }, FLOATS)],
  ['an index', 'j.index.json', JSON.stringify({ weight_map: { [HOSTILE]: HOSTILE } })],
  ['arrays and their types', 'k.npz', zip([{ name: `${LATIN}.npy`, data: NPY('\x1b[31m\x07') }])],
  ['broken headers of arrays', 'l.npz', zip([{ name: 'a.npy', data: NPY("<f4', '\x1b\x07': 'x") }])],
  [
    'layers of Caffe',
    'm.caffemodel',
    caffeModel([{ name: HOSTILE, type: HOSTILE, blobs: [{ shape: [2], values: Float32Array.of(1, 2) }] }], HOSTILE),
  ],
  ['the name of a file', `${NAME}.pth`, 'no checkpoint'],
];

describe('characters that are not seen are shown, of', () => {
  test.each(CHECKPOINTS)('%s', async (_what, name, content) => {
    const path = file(name, content);
    expectSeen(await signwave('inspect', path));
    const { code, stdout } = await signwave('inspect', path, '--json');
    expect(stdout).not.toMatch(UNSEEN);
    if (code === 0) JSON.parse(stdout);
  });

  test('a packed model, in text, JSON and reports', async () => {
    const { info, graph } = tinyModel();
    const nodes = graph.nodes.map((node, i) => (node.name === undefined ? node : { ...node, name: `${MILD}${i}` }));
    const accuracy = [{ data: MILD, top1: 0.5, images: 2, source: 'measured' as const }];
    const model = {
      info: { ...info, name: MILD, architecture: MILD, labels: [MILD, `${MILD}<b>`], accuracy },
      graph: { ...graph, nodes },
    };
    const path = file('model.sgnw', writeModel(model as never));
    const image = file(`${NAME}.pgm`, bytes('P5 2 2 255\n', 1, 2, 3, 4));
    for (const args of [
      ['inspect', path],
      ['inspect', path, '--json'],
      ['inspect', path, '--plan'],
      ['run', path, image],
      ['run', path, image, '--json'],
    ]) {
      const outcome = await signwave(...args);
      expect(outcome.code).toBe(0);
      expectSeen(outcome);
    }
    const images = join(folder, 'images');
    for (const name of [NAME, `${NAME}b`]) {
      mkdirSync(join(images, name), { recursive: true });
      writeFileSync(join(images, name, `${NAME}.pgm`), bytes('P5 2 2 255\n', 1, 2, 3, 4));
      writeFileSync(join(images, name, `${NAME}.txt`), '');
    }
    const report = join(folder, 'report.html');
    expectSeen(await signwave('eval', path, images, '--report', report));
    expect(readFileSync(report, 'utf8')).not.toMatch(UNSEEN);
    expect(readFileSync(report, 'utf8')).toContain('Content-Security-Policy');
  });

  test('labels, networks, recipes, configs and arguments', async () => {
    const convert = ['convert', EXAMPLE_CHECKPOINT, '-o', join(folder, 'never.sgnw'), '--omega0', '20'];
    const json = (name: string, value: unknown): string => file(name, JSON.stringify(value));
    const image = join(EXAMPLE_IMAGES, 'cat');
    const outcomes = await Promise.all([
      signwave(...convert, '--labels', json('labels.json', { [HOSTILE]: HOSTILE })),
      signwave(...convert, '--labels', file('broken.json', `{"a": ${HOSTILE}`)),
      signwave(
        ...convert,
        '--arch',
        json('net.json', { input: [2, 2, 1], preprocess: HOSTILE, layers: [{ [HOSTILE]: HOSTILE }] }),
      ),
      signwave(...convert, '--arch', file('bad-net.json', `{"a": ${HOSTILE}`)),
      signwave(...convert, '--arch', file('net.mjs', `throw new Error(${JSON.stringify(HOSTILE)})`)),
      signwave(...convert, '--arch', HOSTILE),
      signwave(...convert, '--preprocess', HOSTILE),
      signwave(...convert, '--preprocess', JSON.stringify({ [HOSTILE]: 1 })),
      signwave(...convert.slice(0, 4), '--config', file('config.txt', `freq: ${HOSTILE}`)),
      signwave(...convert, `--${HOSTILE}`),
      signwave(HOSTILE),
      signwave('train', json('train.json', { [HOSTILE]: HOSTILE })),
      signwave('train', file('bad-train.json', `{"a": ${HOSTILE}`)),
      signwave('train', join(ROOT, 'test/cases/train-mnist-dots.json'), '--data', join(folder, NAME)),
      signwave('run', 'zoo:cifar10-resnet20', '--npy', file('a.npy', NPY('\x1b[31m\x07'))),
      signwave('run', `zoo:${HOSTILE}`, image),
      signwave('eval', 'zoo:cifar10-resnet20', join(folder, NAME)),
    ]);
    for (const outcome of outcomes) {
      expect(outcome.code).not.toBe(0);
      expectNoneUnseen(outcome);
    }
    const shown = outcomes.filter(({ stderr }) => SHOWN.test(stderr));
    expect(shown.length).toBeGreaterThan(outcomes.length / 2);
  });
});
