import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/temp-folder.js';
import { writeFileAtomic } from '../../src/node/atomic-write.js';

const bytes = Uint8Array.of(1, 2, 3, 4, 5);

describe('writeFileAtomic', () => {
  test('writes a new file and leaves no other', async () => {
    const folder = await temporaryFolder();
    await writeFileAtomic(join(folder, 'a.bin'), bytes);
    expect(await readdir(folder)).toEqual(['a.bin']);
    expect(new Uint8Array(await readFile(join(folder, 'a.bin')))).toEqual(bytes);
  });

  test('replaces a file', async () => {
    const path = join(await temporaryFolder(), 'a.bin');
    await writeFile(path, 'older and longer');
    await writeFileAtomic(path, bytes);
    expect((await stat(path)).size).toBe(5);
  });

  test.skipIf(process.platform === 'win32')('writes to a device instead of replacing it', async () => {
    await writeFileAtomic('/dev/null', bytes);
    expect((await stat('/dev/null')).isCharacterDevice()).toBe(true);
  });
});

describe.skipIf(process.platform === 'win32')('what is there already', () => {
  test.each(['there', 'missing'])('as a link is kept, and its file, which is %s, written', async (state) => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'below'));
    const [target, path] = [join(folder, 'below/a.bin'), join(folder, 'link.bin')];
    if (state === 'there') await writeFile(target, 'old');
    await symlink('below/a.bin', path);
    await writeFileAtomic(path, bytes);
    expect(await readlink(path)).toBe('below/a.bin');
    expect(new Uint8Array(await readFile(target))).toEqual(bytes);
    expect(await readdir(folder)).toEqual(['below', 'link.bin']);
  });

  test.each([0o600, 0o640, 0o755])('with mode %o keeps it', async (mode) => {
    const path = join(await temporaryFolder(), 'a.bin');
    await writeFile(path, 'old');
    await chmod(path, mode);
    await writeFileAtomic(path, bytes);
    expect((await stat(path)).mode & 0o777).toBe(mode);
  });
});

describe('temporary files', () => {
  const module = join(import.meta.dirname, '../../src/node/temporary.ts');

  /** A process that begins to write in a folder and waits. */
  async function writer(folder: string, before = '', waitMs = 60_000): Promise<ChildProcess> {
    const bundle = join(folder, '.writer.mjs');
    await build({ entryPoints: [module], bundle: true, platform: 'node', format: 'esm', outfile: bundle });
    const script = `
      import { writeFile } from 'node:fs/promises';
      import { withTemporary } from ${JSON.stringify(bundle)};
      ${before}
      await withTemporary(${JSON.stringify(folder)}, async (path) => {
        await writeFile(path, 'begun');
        console.log('begun');
        await new Promise((resolve) => setTimeout(resolve, ${waitMs}));
      });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => child.stdout!.once('data', resolve));
    return child;
  }
  const leftIn = async (folder: string) => (await readdir(folder)).filter((name) => name.endsWith('.tmp'));
  const endOf = (child: ChildProcess) => new Promise((resolve) => child.once('exit', resolve));

  test.each([
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('are removed on %s', async (signal, code) => {
    const folder = await temporaryFolder();
    const child = await writer(folder);
    expect(await leftIn(folder)).toHaveLength(1);
    child.kill(signal);
    expect(await endOf(child)).toBe(code);
    expect(await leftIn(folder)).toEqual([]);
  });

  test('stay where a listener of the program has the signal, also one that takes itself away when it is called', async () => {
    const folder = await temporaryFolder();
    const stop = `const stop = () => { process.off('SIGTERM', stop); process.exitCode = 7; };
      process.on('SIGTERM', stop);`;
    const child = await writer(folder, stop, 300);
    child.kill('SIGTERM');
    // It has gone on to its end.
    expect(await endOf(child)).toBe(7);
    expect(await leftIn(folder)).toEqual([]);
  });

  test('of a killed process are removed by the next that writes there; those of a living one stay', async () => {
    const folder = await temporaryFolder();
    const [killed, living] = [await writer(folder), await writer(folder)];
    killed.kill('SIGKILL');
    await endOf(killed);
    expect(await leftIn(folder)).toHaveLength(2);
    await writeFileAtomic(join(folder, 'a.bin'), bytes);
    const left = await leftIn(folder);
    expect(left).toHaveLength(1);
    expect(left[0]).toContain(`-${living.pid}-`);
    living.kill('SIGKILL');
    await endOf(living);
  });
});

describe('files that cannot be written', () => {
  test('leaves nothing behind when the folder is missing', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'none', 'a.bin');
    await expect(writeFileAtomic(path, bytes)).rejects.toMatchObject({
      code: 'E_IO',
      message: `${path} can't be written: no such file or directory`,
    });
    expect(await readdir(folder)).toEqual([]);
  });

  test('refuses to write over a folder and removes the temporary file', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'a'));
    await expect(writeFileAtomic(join(folder, 'a'), bytes)).rejects.toThrow(/can't be written: it is a folder/);
    expect(await readdir(folder)).toEqual(['a']);
  });

  test('keeps the old file and removes the temporary one when writing fails', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'a.bin');
    await writeFile(path, 'old');
    await expect(writeFileAtomic(path, 7 as never)).rejects.toMatchObject({ code: 'E_IO' });
    expect(await readdir(folder)).toEqual(['a.bin']);
    expect(await readFile(path, 'utf8')).toBe('old');
  });
});
