import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { EXAMPLE_CHECKPOINT, ROOT, signwave, temporaryFolder } from './signwave.js';

const folder = temporaryFolder();

/** Ways to lie beside a file and never end. */
const ENDLESS: readonly [what: string, make: (path: string) => void][] = [
  ['a pipe', (path) => execFileSync('sh', ['-c', 'mkfifo "$0"', path])],
  ['a link to a device', (path) => symlinkSync('/dev/zero', path)],
];

describe.skipIf(process.platform === 'win32').each(ENDLESS)('%s', (what, make) => {
  const own = join(folder, what);
  mkdirSync(own);

  test('in place of config.txt is passed over, and refused where it was named', async () => {
    const checkpoint = join(own, 'net.pth');
    copyFileSync(EXAMPLE_CHECKPOINT, checkpoint);
    make(join(own, 'config.txt'));
    const beside = await signwave('convert', checkpoint, '-o', join(own, 'a.sgnw'), '--omega0', '20');
    expect(beside).toMatchObject({ code: 0 });
    const named = await signwave(
      ...['convert', checkpoint, '-o', join(own, 'b.sgnw'), '--config', join(own, 'config.txt')],
    );
    expect(named.code).toBe(1);
    expect(named.stderr).toMatch(/E_IO .*config.txt can't be read: it is a (pipe|device), a file is expected/);
  });

  test('in place of a shard is refused', async () => {
    const index = join(own, 'model.safetensors.index.json');
    writeFileSync(index, JSON.stringify({ weight_map: { 'conv1.weight': 'a.safetensors' } }));
    make(join(own, 'a.safetensors'));
    const { code, stderr } = await signwave('inspect', index);
    expect(code).toBe(1);
    expect(stderr).toMatch(/E_IO .*a.safetensors can't be opened: it is a (pipe|device), a file is expected/);
  });

  test('in place of labels, an image, a network or a training config is refused', async () => {
    const path = (name: string): string => {
      make(join(own, name));
      return join(own, name);
    };
    const out = join(own, 'c.sgnw');
    const convert = ['convert', EXAMPLE_CHECKPOINT, '-o', out, '--omega0', '20'];
    const model = 'zoo:cifar10-resnet20';
    for (const [args, code] of [
      [[...convert, '--labels', path('labels.txt')], 'E_LABELS'],
      [[...convert, '--arch', path('net.json')], 'E_IO'],
      [['run', model, path('image.png')], 'E_IMAGE'],
      [['run', path('m.sgnw'), join(ROOT, 'examples/images/airplane.png')], 'E_IO'],
      [['train', path('train.json')], 'E_IO'],
    ] as const) {
      const { stderr } = await signwave(...args);
      expect(stderr).toMatch(new RegExp(`${code} .*it is a (pipe|device), a file is expected`));
    }
  });
});

test.skipIf(process.platform === 'win32')('a pipe that the shell made is read, up to the size of a text', () => {
  const out = join(folder, 'piped.sgnw');
  const command = `cat | "${process.execPath}" cli/dist/signwave.mjs convert "${EXAMPLE_CHECKPOINT}" -o "${out}" --omega0 20 --labels /dev/stdin 2>&1`;
  const run = (input: string): string =>
    spawnSync('sh', ['-c', command], { cwd: ROOT, input, encoding: 'utf8' }).stdout;
  expect(run('a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n')).toContain('10 classes');
  expect(run('a\n'.repeat(2 ** 23 + 1))).toMatch(
    /E_LABELS .*stdin can't be read: it has at least \d+ bytes, more than/,
  );
});
