import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/temp-folder.js';
import { type Addon, buildAddon, removeAddon } from '../../src/setup/addon.js';
import { type Machine, THIS_MACHINE } from '../../src/setup/machine.js';

const TOOLCHAIN = { python: 'python3', compiler: 'c++', nodeHeaders: '/node/include' };

/** A place for an addon, and a machine whose compiler writes what it is told to and notes its arguments. */
async function situation({ architecture = 'x64', status = 0 } = {}) {
  const folder = join(await temporaryFolder(), 'tfjs-node-gpu');
  const addon: Addon = { folder, path: join(folder, 'lib', 'napi-v8', 'tfjs_binding.node') };
  const calls: (readonly string[])[] = [];
  const machine: Machine = {
    ...THIS_MACHINE,
    architecture,
    run: async (_, args) => {
      calls.push(args);
      if (status === 0) await writeFile(args[args.indexOf('-o') + 1]!, 'compiled');
      return { status, lines: ['fused-ops.cc:1: no such header'] };
    },
  };
  const build = (tensorflow = '/wheel/tensorflow') => buildAddon(machine, addon, TOOLCHAIN, tensorflow, () => {});
  return { addon, calls, build };
}

describe('the addon', () => {
  test('is compiled once, with our ops in it, against the library of the wheel', async () => {
    const { addon, calls, build } = await situation();
    await build();
    await build();
    expect(calls).toHaveLength(1);
    expect(calls[0]).toContain('-Wl,-rpath,/wheel/tensorflow');
    const sources = calls[0]!.filter((it) => it.endsWith('.cc'));
    expect(sources).toHaveLength(3);
    expect(await readFile(sources[2]!, 'utf8')).toContain('SIGNWAVE_OP("SignwaveScaledSignGrad"');
    expect(await readFile(addon.path, 'utf8')).toBe('compiled');
  });

  test('is compiled again for another wheel', async () => {
    const { calls, build } = await situation();
    await build();
    await build('/other/tensorflow');
    expect(calls).toHaveLength(2);
  });

  test('is compiled again if it was built before our ops were there, or with others', async () => {
    const { addon, calls, build } = await situation();
    await mkdir(join(addon.path, '..'), { recursive: true });
    await writeFile(addon.path, 'old');
    for (const stamp of ['/wheel/tensorflow', '/wheel/tensorflow\n0123456789abcdef\n']) {
      await writeFile(`${addon.path}.built-for`, stamp);
      await build();
    }
    expect(calls).toHaveLength(2);
    expect(await readFile(addon.path, 'utf8')).toBe('compiled');
  });

  test('is compiled with AVX, as the wheel is, where there can be AVX', async () => {
    const [x64, arm64] = [await situation(), await situation({ architecture: 'arm64' })];
    await x64.build();
    await arm64.build();
    expect(x64.calls[0]).toContain('-mavx');
    expect(arm64.calls[0]).not.toContain('-mavx');
  });

  test('that does not compile shows what the compiler said and leaves nothing to be loaded', async () => {
    const { addon, build } = await situation({ status: 1 });
    await expect(build()).rejects.toMatchObject({
      code: 'E_BACKEND',
      message: expect.stringContaining('fused-ops.cc:1: no such header'),
    });
    expect(existsSync(addon.path)).toBe(false);
  });

  test('is removed with all that was built', async () => {
    const { addon, build } = await situation();
    await build();
    await removeAddon(addon);
    expect(existsSync(join(addon.folder, 'lib'))).toBe(false);
  });
});
