import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../../../test/temp-folder.js';
import { runInProcess } from '../../../bench/gpu-check/run-stage.js';
import type { StageTask } from '../../../bench/gpu-check/stage.js';

/** Runs a stage whose program is given; `result` is the path of its result. */
async function runProgram(code: string, seconds = 20) {
  const work = await temporaryFolder();
  const path = join(work, 'program.mjs');
  writeFileSync(path, `import fs from 'node:fs'; const [, , , , result] = process.argv;\n${code}`);
  return runInProcess<{ found?: number }>({ work } as StageTask, { seconds, program: [path] });
}

const WRITE = 'fs.writeFileSync(result, JSON.stringify({ found: 1 }));';

describe('a stage', () => {
  test('that ends well is measured', async () => {
    expect(await runProgram(WRITE)).toEqual({ measured: true, seconds: expect.any(Number), found: 1 });
  });

  test('that hangs is stopped, and keeps what it had found', async () => {
    const result = await runProgram(`${WRITE} setInterval(() => {}, 1000);`, 2);
    expect(result).toMatchObject({ measured: true, found: 1, cut: 'it was stopped after 2 s' });
  });

  test('whose process is killed by a crash is not measured, for that reason', async () => {
    const result = await runProgram(`console.log('the last words'); process.kill(process.pid, 'SIGKILL');`);
    expect(result).toEqual({ measured: false, reason: 'its process ended with SIGKILL\nthe last words' });
  });

  test('that fails says its message', async () => {
    const result = await runProgram(`fs.writeFileSync(result + '.error', 'out of memory'); process.exit(1);`);
    expect(result).toEqual({ measured: false, reason: 'out of memory' });
  });

  test('that dies while it writes is not measured', async () => {
    const result = await runProgram(`fs.writeFileSync(result, '{"found":'); process.exit(3);`);
    expect(result).toEqual({ measured: false, reason: 'its process ended with 3' });
  });

  test('for which no time is left is not begun', async () => {
    expect(await runProgram(WRITE, 0)).toEqual({ measured: false, reason: 'there was no time left for it' });
  });
});
