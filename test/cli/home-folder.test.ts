import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { EXAMPLE_CHECKPOINT, signwave, temporaryFolder } from './signwave.js';

const home = temporaryFolder();

afterEach(() => vi.unstubAllEnvs());

test('a ~ that the shell has left is the home folder: after a colon, after =, and in a training config', async () => {
  for (const name of ['HOME', 'USERPROFILE']) vi.stubEnv(name, home);
  mkdirSync(join(home, 'data'));
  writeFileSync(join(home, 'data/test_batch.bin'), new Uint8Array(3073));
  const model = '~/m.sgnw';
  expect(await signwave('convert', EXAMPLE_CHECKPOINT, `--output=${model}`)).toMatchObject({ code: 0 });
  const evaluated = await signwave('eval', model, 'cifar10:~/data', '--json');
  expect(evaluated).toMatchObject({ code: 0, stdout: expect.stringContaining('"images": 1,') });

  const config = { architecture: 'demo_1w1a', data: { format: 'cifar10', folder: '~/none' }, output: '~/run' };
  writeFileSync(join(home, 'config.json'), JSON.stringify(config));
  const { stderr } = await signwave('train', '~/config.json', '--backend', 'wasm');
  expect(stderr).toMatch(/E_DATA/);
  expect(stderr).toContain(join(home, 'none'));

  mkdirSync(join(home, 'run'), { recursive: true });
  writeFileSync(join(home, 'run/best.safetensors'), '');
  const best = '~/run/best.safetensors';
  for (const [what, more] of [
    ['the warm start', { warmStart: { checkpoint: best } }],
    ['the teacher', { distillation: { teacher: best, architecture: 'demo_float' } }],
    ['the cache', { distillation: { teacher: '~/none', cache: best, architecture: 'demo_float' } }],
  ] as const) {
    writeFileSync(join(home, 'config.json'), JSON.stringify({ ...config, ...more }));
    const refused = await signwave('train', '~/config.json', '--overwrite');
    expect(refused.stderr).toContain(`${what} ${join(home, 'run/best.safetensors')}, which would be lost`);
  }
});
