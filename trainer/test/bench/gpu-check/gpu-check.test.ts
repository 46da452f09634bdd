import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { sharedPath } from '../../../../test/shared.js';
import { ROOT } from '../../../../test/source-files.js';
import { temporaryFolder } from '../../../../test/temp-folder.js';
import { MAX_BYTES, readManifest } from '../../../bench/gpu-check/bundle-layout.js';
import { parseReport, type Report } from '../../../bench/gpu-check/report.js';
import { describeWithBackend, isRequired } from '../../backends/describe-with-backend.js';

const SCRIPT = join(ROOT, 'trainer/scripts/gpu-check.sh');
const CIFAR10 = 'data/cifar-10-batches-bin';
/** The smallest loads: a software adapter does some ten images a second. */
const SMALL = ['--minutes', '0.1', '--batches', '2', '--networks', 'demo_1w1a'];
const MINUTES = 60_000;

interface Checked {
  readonly status: number | null;
  readonly output: string;
  readonly report: Report;
  readonly out: string;
}

async function check(bundle: string, args: readonly string[], env: Record<string, string> = {}): Promise<Checked> {
  const out = await temporaryFolder();
  const { status, stdout, stderr } = spawnSync('sh', [SCRIPT, bundle, '--out', out, ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  const output = stdout + stderr;
  expect(existsSync(join(out, 'report.json')), output).toBe(true);
  return { status, output, out, report: parseReport(JSON.parse(readFileSync(join(out, 'report.json'), 'utf8'))) };
}

describe('the script of the check', () => {
  test('says how a bundle is made if it is given none', async () => {
    const { status, stderr } = spawnSync('sh', [SCRIPT, await temporaryFolder()], { encoding: 'utf8' });
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /is no bundle: it has no manifest\.json\. Make one by: node trainer\/scripts\/gpu-bundle\.mjs/,
    );
  });
});

// A whole check takes minutes, so only those who ask for WebGPU get it. A bundle is made, or taken if one is named.
const describeAsked = isRequired('webgpu') ? describeWithBackend : skipCheck;

async function skipCheck(): Promise<void> {
  console.warn('skipped the check of a GPU: SIGNWAVE_WEBGPU=required runs it');
  test.skip('the check of a GPU');
}

await describeAsked('webgpu', () => {
  let bundle = process.env.SIGNWAVE_GPU_BUNDLE ?? '';

  beforeAll(() => {
    if (bundle !== '') return;
    const data = sharedPath(CIFAR10);
    if (data === undefined) return;
    bundle = join(ROOT, 'build/test-gpu-bundle');
    const small = ['--train-images', '30', '--test-images', '10', '--level', '0'];
    const { status, stderr } = spawnSync(
      process.execPath,
      [join(ROOT, 'trainer/scripts/gpu-bundle.mjs'), bundle, data, ...small],
      { encoding: 'utf8' },
    );
    expect(status, stderr).toBe(0);
  }, 3 * MINUTES);

  test('a bundle is within its limit and lists each file with its origin and licence', (context) => {
    context.skip(bundle === '', `${CIFAR10} is absent`);
    const { files } = readManifest(bundle);
    expect(files.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(MAX_BYTES);
    expect(files.filter(({ from, licence }) => from === '' || licence === '')).toEqual([]);
    expect(files.map(({ path }) => path)).toEqual(expect.arrayContaining(['node.xz', 'dawn.node.xz', 'images.xz']));
  });

  test(
    'a check with a bundle and a driver alone measures every part and writes its report',
    async (context) => {
      context.skip(bundle === '', `${CIFAR10} is absent`);
      const { report, status, output, out } = await check(bundle, SMALL);
      expect(report.adapter, output).toMatchObject({ measured: true });
      expect(report.step, output).toMatchObject({ measured: true, agrees: true });
      expect(status).toBe(0);
      expect(report.filterGradients).toMatchObject({ measured: true });
      if (report.filterGradients.measured) {
        const results = report.filterGradients.layers.flatMap(({ variants }) => Object.values(variants));
        expect(results.filter((it) => !(it.measured && it.agrees))).toEqual([]);
      }
      expect(report.speed.filter(({ result }) => !result.measured)).toEqual([]);
      expect(report.kernels).toMatchObject({ measured: true });
      expect(report.training, output).toMatchObject({ measured: true });
      expect(existsSync(join(out, 'training/latest.safetensors'))).toBe(true);
      expect(report.tensorflow).toMatchObject({ measured: false });
    },
    6 * MINUTES,
  );

  test(
    'a check without an adapter says what is missing, in its report, too',
    async (context) => {
      context.skip(bundle === '', `${CIFAR10} is absent`);
      const { report, status, output } = await check(bundle, SMALL, { VK_DRIVER_FILES: '/nowhere/icd.json' });
      expect(status).toBe(1);
      expect(output).toContain('no adapter. ');
      expect(report.drivers).toEqual([
        { what: 'the environment names /nowhere/icd.json', problem: expect.any(String) },
      ]);
      expect(report.adapter).toEqual({
        measured: false,
        reason: expect.stringContaining('there is no graphics adapter'),
      });
      expect(report.training).toEqual({ measured: false, reason: 'there is no WebGPU adapter' });
    },
    MINUTES,
  );
});
