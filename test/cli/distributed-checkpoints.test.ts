import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { signwave, temporaryFolder } from './signwave.js';

const folder = temporaryFolder();

function folderOf(name: string, files: readonly string[]): string {
  const path = join(folder, name);
  mkdirSync(path);
  for (const file of files) writeFileSync(join(path, file), 'x');
  return path;
}

const DCP = 'python -m torch.distributed.checkpoint.format_utils dcp_to_torch';

test.each(['convert', 'inspect', 'analyze'])(
  '%s says how to join a checkpoint that each process wrote a file of',
  async (command) => {
    const parts = folderOf(`${command}-dcp`, ['.metadata', '__0_0.distcp', '__1_0.distcp']);
    const output = command === 'convert' ? ['-o', join(folder, 'no.sgnw')] : [];
    expect(await signwave(command, parts, ...output)).toEqual({
      code: 1,
      stdout: '',
      stderr: `E_CHECKPOINT_KIND ${parts} is a checkpoint of torch.distributed.checkpoint. Join it, then convert OUT.pth: ${DCP} ${parts} OUT.pth\n`,
    });
    const part = join(parts, '__0_0.distcp');
    expect((await signwave(command, part, ...output)).stderr).toContain(`${DCP} ${parts} OUT.pth`);
  },
);

test('convert says how to join what DeepSpeed wrote', async () => {
  const parts = folderOf('zero', ['latest', 'zero_to_fp32.py']);
  const { code, stderr } = await signwave('convert', parts, '-o', join(folder, 'no.sgnw'));
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringContaining(`python ${parts}/zero_to_fp32.py ${parts} OUT\n`),
  });
});

test('convert says of any other folder that it is one', async () => {
  const { code, stderr } = await signwave('convert', folder, '-o', join(folder, 'no.sgnw'));
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: `E_IO ${folder} can't be opened: it is a folder, a file is expected\n`,
  });
});
