import { spawnSync } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { readImage } from '@signwave/data/node';
import { readModel, writeModel } from '@signwave/format';
import { argMax, encodeNpy } from '@signwave/lab';
import { readNpy } from '@signwave/lab/node';
import { beforeAll, describe, expect, test } from 'vitest';
import { type FloatTensor, floatFile } from '../../convert/test/checkpoints/build-safetensors.js';
import { EXAMPLE_CHECKPOINT, EXAMPLE_IMAGES, EXAMPLE_LABELS, ROOT, signwave, temporaryFolder } from './signwave.js';

const CLASSES = 10;
const folder = temporaryFolder();
const model = join(folder, 'example.sgnw');

/** The example images, sorted by their number in the test set, which is their row in the expected logits. */
const images = readdirSync(EXAMPLE_IMAGES, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.png'))
  .map((name) => ({ path: join(EXAMPLE_IMAGES, name), row: Number(name.slice(-8, -4)) }))
  .sort((a, b) => a.row - b.row);

beforeAll(async () => {
  const outcome = await signwave('convert', EXAMPLE_CHECKPOINT, '-o', model, '--labels', EXAMPLE_LABELS);
  expect(outcome, outcome.stderr).toMatchObject({ code: 0 });
});

describe('convert', () => {
  test('takes omega0 from the config.txt beside the checkpoint and says so', async () => {
    const { code, stdout } = await signwave('convert', EXAMPLE_CHECKPOINT, '-o', join(folder, 'a.sgnw'));
    expect(code).toBe(0);
    expect(stdout).toMatch(/omega0 = 20 \(.*config\.txt\)/);
  });

  test('gives the same bytes each time', async () => {
    const again = join(folder, 'again.sgnw');
    await signwave('convert', EXAMPLE_CHECKPOINT, '-o', again, '--labels', EXAMPLE_LABELS);
    expect(Buffer.compare(readFileSync(again), readFileSync(model))).toBe(0);
  });

  test('records where the model came from', () => {
    const { info } = readModel(readFileSync(model));
    expect(info).toMatchObject({
      architecture: 'resnet20_1w1a',
      method: 'biper',
      omega0: 20,
      name: 'biper-resnet20_1w1a',
    });
    expect(info.sourceSha256).toMatch(/^[0-9a-f]{64}$/);
    expect(info.labels?.[3]).toBe('cat');
  });

  test('refuses a BiPer checkpoint without omega0 and says both ways to give it', async () => {
    const alone = join(folder, 'alone.pth');
    copyFileSync(EXAMPLE_CHECKPOINT, alone);
    const output = join(folder, 'alone.sgnw');
    const { code, stderr } = await signwave('convert', alone, '-o', output);
    expect(code).toBe(1);
    expect(stderr).toMatch(/E_OMEGA0.*config\.txt.*--omega0/s);
    expect(readdirSync(folder)).not.toContain('alone.sgnw');
    expect((await signwave('convert', alone, '-o', output, '--omega0', '20')).code).toBe(0);
  });

  test('prefers --omega0 to config.txt', async () => {
    const output = join(folder, 'other.sgnw');
    const { stdout } = await signwave('convert', EXAMPLE_CHECKPOINT, '-o', output, '--omega0', '21.5', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ omega0: 21.5, omega0From: '--omega0' });
  });

  test('warns of a stage-1 checkpoint when config.txt says so', async () => {
    const config = join(folder, 'stage1.txt');
    writeFileSync(config, 'freq:  20.0\nstage2:  False\n');
    const { code, stderr } = await signwave(
      'convert',
      EXAMPLE_CHECKPOINT,
      '-o',
      join(folder, 's1.sgnw'),
      '--config',
      config,
    );
    expect(code).toBe(0);
    expect(stderr).toContain('is of stage 1');
  });

  test('refuses labels of another number than the classes', async () => {
    const labels = join(folder, 'nine.txt');
    writeFileSync(labels, 'a\nb\nc\nd\ne\nf\ng\nh\ni\n');
    const { code, stderr } = await signwave(
      'convert',
      EXAMPLE_CHECKPOINT,
      '-o',
      join(folder, 'l.sgnw'),
      '--labels',
      labels,
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(/E_LABELS.*9.*10/s);
  });
});

describe('inspect', () => {
  test('shows which kernel runs each step, and why', async () => {
    const { code, stdout } = await signwave('inspect', model, '--plan');
    expect(code).toBe(0);
    expect(stdout).toMatch(/steps, simd kernels \(the engine has SIMD\)/);
    expect(stdout.match(/^layer\d\.\d\.conv\d .* convLut .* tables of \d channels/gm)).toHaveLength(18);
  });

  test('shows the plan as JSON, after a trial if asked for', async () => {
    const { stdout } = await signwave('inspect', model, '--plan', '--tune', '--json');
    const { kind, kernels, steps } = JSON.parse(stdout);
    expect({ kind, kernels }).toEqual({ kind: 'plan', kernels: 'simd' });
    expect(steps.every(({ reason }: { reason: string }) => reason.length > 0)).toBe(true);
  });

  test('prints bytes per layer whose sum is the file', async () => {
    const { stdout } = await signwave('inspect', model, '--json');
    const { layers, headerBytes, paddingBytes, fileBytes } = JSON.parse(stdout);
    const sum = layers.reduce(
      (total: number, layer: { bytes: number }) => total + layer.bytes,
      headerBytes + paddingBytes,
    );
    expect(sum).toBe(fileBytes);
    expect(fileBytes).toBe(readFileSync(model).length);
    expect(layers.filter((layer: { isBinary: boolean }) => layer.isBinary)).toHaveLength(18);
  });

  test('says what a checkpoint looks like, where omega0 comes from and what the tensors can’t tell', async () => {
    const { code, stdout } = await signwave('inspect', EXAMPLE_CHECKPOINT);
    expect(code).toBe(0);
    expect(stdout).toContain('biper-resnet20_1w1a: all tensors match');
    expect(stdout).toMatch(/omega0 = 20 \(.*config\.txt\)/);
    expect(stdout).toContain('stage 2');
    expect(stdout).toContain('best_prec1');
  });
});

test('a pipe that is closed early is no error', () => {
  const program = join(ROOT, 'cli/dist/signwave.mjs');
  const command = `set -o pipefail; "${process.execPath}" "${program}" inspect "${EXAMPLE_CHECKPOINT}" | head -n 1`;
  const { stdout, stderr, status } = spawnSync('bash', ['-c', command], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toContain('PyTorch checkpoint');
});

describe('verify', () => {
  test('passes the example against its checkpoint', async () => {
    const { code, stdout } = await signwave(
      ...['verify', model, '--checkpoint', EXAMPLE_CHECKPOINT, '--images', EXAMPLE_IMAGES, '--limit', '3', '--json'],
    );
    expect(code).toBe(0);
    const { ok, images: count, layers } = JSON.parse(stdout);
    expect({ ok, count }).toEqual({ ok: true, count: 3 });
    expect(layers).toHaveLength(18);
  });

  test('works without images, on random inputs', async () => {
    const { code, stdout } = await signwave('verify', model, '--limit', '2');
    expect(code).toBe(0);
    expect(stdout).toContain('random bytes');
  });

  test('fails for a file with one changed byte', async () => {
    const bytes = readFileSync(model);
    bytes[bytes.length - 3000]! ^= 4;
    const damaged = join(folder, 'damaged.sgnw');
    writeFileSync(damaged, bytes);
    const { code, stderr } = await signwave('verify', damaged);
    expect(code).toBe(1);
    expect(stderr).toContain('E_FORMAT_CHECKSUM');
  });

  test('fails for a sound file with one weight that isn’t the checkpoint’s', async () => {
    const { info, graph } = readModel(readFileSync(model));
    const tensors = graph.tensors.map((tensor, i) =>
      i === 2 ? { ...tensor, data: tensor.data.map((byte, at) => (at === 0 ? byte ^ 1 : byte)) } : tensor,
    );
    const changed = join(folder, 'changed.sgnw');
    writeFileSync(changed, writeModel({ info, graph: { ...graph, tensors } }));
    const { code, stdout } = await signwave('verify', changed, '--checkpoint', EXAMPLE_CHECKPOINT, '--limit', '1');
    expect(code).toBe(1);
    expect(stdout).toMatch(/FAILED {2}converting it again: gives other bytes/);
  });
});

describe('run', () => {
  test('classifies images of the files it is given', async () => {
    const paths = images.slice(0, 3).map(({ path }) => path);
    const { code, stdout } = await signwave('run', model, ...paths, '--top', '2', '--json');
    expect(code).toBe(0);
    const results = JSON.parse(stdout);
    expect(results.map(({ image }: { image: string }) => image)).toEqual(paths);
    expect(results[0].predictions).toHaveLength(2);
    expect(results[0].predictions[0]).toMatchObject({ label: 'cat', index: 3 });
  });

  test('gives PyTorch’s logits for an array of raw images', async () => {
    const raw = new Uint8Array(images.length * 3072);
    for (const [n, { path }] of images.entries()) raw.set((await readImage(path)).data, n * 3072);
    const input = join(folder, 'raw.npy');
    const output = join(folder, 'logits.npy');
    writeFileSync(input, encodeNpy({ type: '|u1', shape: [images.length, 32, 32, 3], data: raw }));
    expect((await signwave('run', model, '--npy', input, '--out', output)).code).toBe(0);
    const ours = await readNpy(output, { types: ['<f4'], shape: [images.length, CLASSES] });
    const torch = await readNpy(join(ROOT, 'examples/expected-logits.npy'), { types: ['<f4'], shape: [100, CLASSES] });
    const rows = Array.from({ length: images.length }, (_, n) => [n * CLASSES, (n + 1) * CLASSES] as const);
    const near = rows.filter(([from, to]) =>
      ours.data.subarray(from, to).every((value, c) => Math.abs(value - torch.data[from + c]!) < 1e-4),
    );
    const same = rows.filter(
      ([from, to]) => argMax(ours.data.subarray(from, to)) === argMax(torch.data.subarray(from, to)),
    );
    expect(same).toHaveLength(images.length);
    expect(near.length).toBeGreaterThanOrEqual(95);
  });

  test('takes preprocessed floats (N, C, H, W) as well', async () => {
    const input = join(folder, 'floats.npy');
    const output = join(folder, 'floats-out.npy');
    const mean = [0.485, 0.456, 0.406];
    const std = [0.229, 0.224, 0.225];
    const { data } = await readImage(images[0]!.path);
    const floats = Float32Array.from({ length: 3072 }, (_, i) => {
      const c = Math.floor(i / 1024);
      return (data[(i % 1024) * 3 + c]! / 255 - mean[c]!) / std[c]!;
    });
    writeFileSync(input, encodeNpy({ type: '<f4', shape: [1, 3, 32, 32], data: floats }));
    expect((await signwave('run', model, '--npy', input, '--out', output)).code).toBe(0);
    const { data: logits } = await readNpy(output, { types: ['<f4'], shape: [1, CLASSES] });
    expect(argMax(logits)).toBe(3);
  });
});

describe('eval', () => {
  test('counts right answers and writes logits and a report', async () => {
    const logits = join(folder, 'eval.npy');
    const report = join(folder, 'report.html');
    const { code, stdout } = await signwave(
      'eval',
      model,
      EXAMPLE_IMAGES,
      '--json',
      '--logits',
      logits,
      '--report',
      report,
    );
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    expect(result.images).toBe(100);
    expect(result.top1).toBe(69);
    expect(result.top1Low).toBeLessThan(69);
    expect(result.top1High).toBeGreaterThan(69);
    expect((await readNpy(logits, { types: ['<f4'] })).shape).toEqual([100, CLASSES]);
    expect(readFileSync(report, 'utf8')).toContain('69.00 %');
  });

  test('stops at the limit', async () => {
    const { stdout } = await signwave('eval', model, EXAMPLE_IMAGES, '--json', '--limit', '7');
    expect(JSON.parse(stdout).images).toBe(7);
  });
});

test('bench checks outputs, then times SIMD and scalar kernels and every layer', async () => {
  const { code, stdout } = await signwave('bench', model, '--rounds', '2', '--per-layer', '--json');
  expect(code).toBe(0);
  const { timings, layers, machine } = JSON.parse(stdout);
  expect(timings.map(({ name }: { name: string }) => name)).toEqual(['signwave simd', 'signwave scalar']);
  expect(layers.length).toBeGreaterThan(20);
  expect(machine.engine).toContain(process.versions.node);
});

test('bench writes a report of the device', async () => {
  const output = join(folder, 'device.json');
  const { code, stderr } = await signwave('bench', model, '--rounds', '2', '--device-report', output);
  expect(code).toBe(0);
  expect(stderr).toContain('device.json is written');
  const report = JSON.parse(readFileSync(output, 'utf8'));
  expect(report).toMatchObject({
    reportVersion: 1,
    device: { architecture: process.arch },
    versions: { node: process.versions.node },
    runtime: { threads: 1 },
  });
  expect(report.model.sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(report.timings[0].medianMs).toBeGreaterThan(0);
  expect(report.layers.length).toBeGreaterThan(20);
  expect(readFileSync(output, 'utf8')).not.toContain(hostname());
});

test('bench refuses a folder as its report', async () => {
  const { code, stderr } = await signwave('bench', model, '--rounds', '1', '--device-report', folder);
  expect(code).toBe(1);
  expect(stderr).toContain('E_IO');
});

test('export writes an ONNX file', async () => {
  const output = join(folder, 'example.onnx');
  expect((await signwave('export', model, '--onnx', output)).code).toBe(0);
  expect(readFileSync(output).includes('GreaterOrEqual')).toBe(true);
  expect(readFileSync(output).includes('Slice')).toBe(false);
});

test('export --exact writes the stem tap by tap', async () => {
  const output = join(folder, 'exact.onnx');
  expect((await signwave('export', model, '--onnx', output, '--exact')).code).toBe(0);
  expect(readFileSync(output).includes('Slice')).toBe(true);
});

test('export writes C into a new folder, besides ONNX if asked', async () => {
  const [onnx, c] = [join(folder, 'both.onnx'), join(folder, 'c')];
  const { code, stdout } = await signwave('export', model, '--onnx', onnx, '--c', c);
  expect(code).toBe(0);
  expect(stdout).toMatch(/both\.onnx: .*\n.*c: \d+ files, .* bytes, C; README\.md says how to build it/);
  expect(readdirSync(c)).toEqual(
    expect.arrayContaining(['Makefile', 'classify.c', 'kernels.c', 'model.c', 'signwave.h']),
  );
  expect(readFileSync(join(c, 'model.c'), 'utf8')).toContain('"airplane"');
});

describe('smaller weights', () => {
  test('are measured on images, option by option and together', async () => {
    const output = join(folder, 'smaller.sgnw');
    const options = ['--head', 'i8', '--stem', 'i8', '--calibrate', EXAMPLE_IMAGES, '--limit', '20'];
    const { code, stdout } = await signwave('convert', EXAMPLE_CHECKPOINT, '-o', output, ...options, '--json');
    expect(code).toBe(0);
    const { smaller, fileBytes } = JSON.parse(stdout);
    expect(smaller.map((effect: { options: string }) => effect.options)).toEqual([
      '--head i8',
      '--stem i8',
      '--head i8 --stem i8',
    ]);
    for (const { images, largestLogitChange, top1Changes } of smaller) {
      expect(images).toBe(20);
      expect(largestLogitChange).toBeGreaterThan(0);
      expect(top1Changes).toBeLessThan(10);
    }
    expect(fileBytes).toBe(smaller[2].fileBytes);
    expect(fileBytes).toBeLessThan(readFileSync(model).length);
    const verified = await signwave('verify', output, '--checkpoint', EXAMPLE_CHECKPOINT, '--limit', '2');
    expect(verified.stdout).toContain('gives the same bytes');
    expect(verified.code).toBe(0);
  });

  test('without images are measured on noise', async () => {
    const output = join(folder, 'unmeasured.sgnw');
    const { stdout } = await signwave('convert', EXAMPLE_CHECKPOINT, '-o', output, '--head', 'f16');
    expect(stdout).toMatch(/--head f16: [\d,]+ bytes; on 20 images of noise the largest change of a logit is/);
  });

  test('of a kind that the network lacks are refused', async () => {
    const output = join(folder, 'none.sgnw');
    const { code, stderr } = await signwave('convert', EXAMPLE_CHECKPOINT, '-o', output, '--downsample', 'i8');
    expect(code).toBe(2);
    expect(stderr).toMatch(/E_USAGE the network has no float weights of the group "downsample"/);
  });
});

describe('compare', () => {
  test('finds no difference between a model and itself, and the layers that smaller weights change', async () => {
    const other = join(folder, 'compared.sgnw');
    await signwave('convert', EXAMPLE_CHECKPOINT, '-o', other, '--stem', 'i8');
    const compare = async (b: string) =>
      JSON.parse((await signwave('compare', model, b, '--images', EXAMPLE_IMAGES, '--limit', '3', '--json')).stdout);
    const same = await compare(model);
    expect(same).toMatchObject({ images: 3, sameTop1: 3, largestLogitDifference: 0, unmatched: [] });
    expect(same.layers).toHaveLength(20);
    const different = await compare(other);
    const bits = (layers: readonly { differingBits: number }[]): number =>
      layers.reduce((sum, { differingBits }) => sum + differingBits, 0);
    expect(bits(same.layers)).toBe(0);
    expect(bits(different.layers)).toBeGreaterThan(0);
    expect(different.layers[0].largestDifference).toBeGreaterThan(0);
    const { stdout } = await signwave('compare', model, other, '--images', EXAMPLE_IMAGES, '--limit', '3');
    expect(stdout).toMatch(/the first layer that differs is .*signs, whose sums were within .* of their thresholds/);
  });

  test('needs images', async () => {
    expect((await signwave('compare', model, model)).code).toBe(2);
  });
});

test('inspect names every network that has a checkpoint’s tensors, and the nearest where none has', async () => {
  const tensors = new Map<string, FloatTensor>([
    ['conv1.weight', { shape: [16, 3, 3, 3], values: new Float32Array(432) }],
  ]);
  const path = join(folder, 'little.safetensors');
  writeFileSync(path, floatFile(tensors));
  const { stdout } = await signwave('inspect', path);
  expect(stdout).toMatch(
    /of no network that signwave knows; nearest:\n {2}architecture +tensors +first difference\n {2}biper-demo_1w1a +1 of \d+ +"bn1\.weight" \(16\) is missing/,
  );
});
