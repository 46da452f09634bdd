import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { nextSteps, nextStepsText } from '../scripts/modules/next-steps.mjs';
import { EXAMPLE_CHECKPOINT, ROOT, signwave, temporaryFolder } from './cli/signwave.js';

const folder = temporaryFolder();
const model = join(folder, 'example.sgnw');
const files = {
  model,
  image: 'examples/images/cat/0000.png',
  checkpoint: 'examples/biper-resnet20-cifar10.pth',
  config: 'trainer/configs/fashion-mnist-demo.json',
};

describe('what npm start ends with', () => {
  test('names files that are there, and scripts of package.json', () => {
    for (const path of [files.image, files.checkpoint, files.config])
      expect(existsSync(join(ROOT, path)), path).toBe(true);
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const own = nextSteps(files).flatMap(({ command }) => /^npm (?:run )?(\w+)$/.exec(command)?.[1] ?? []);
    expect(own).toHaveLength(2);
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(own));
  });

  test('has each command alone in a line', () => {
    const lines = nextStepsText(files)
      .split('\n')
      .map((line) => line.trim());
    for (const { command } of nextSteps(files)) expect(lines).toContain(command);
  });

  test.runIf(process.platform !== 'win32')(
    'classifies a picture and packs a checkpoint, pasted into a shell',
    async () => {
      expect(await signwave('convert', EXAMPLE_CHECKPOINT, '-o', model)).toMatchObject({ code: 0 });
      for (const { command } of nextSteps(files).slice(0, 2)) {
        // Changed so that the output goes into the test's folder, and because npx would look for a newer npm.
        const pasted = command.replace('npx signwave', 'node_modules/.bin/signwave').replace('build/', `${folder}/`);
        execFileSync('sh', ['-c', pasted], { cwd: ROOT, stdio: 'pipe' });
      }
      expect(existsSync(join(folder, 'packed.sgnw'))).toBe(true);
    },
  );
});
