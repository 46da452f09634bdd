import { spawnSync } from 'node:child_process';
import { promises } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../../../test/temp-folder.js';
import { lockFolder } from '../../src/checkpoint/folder-lock.js';

test('a second training in a folder is refused until the first has ended', async () => {
  const folder = await temporaryFolder();
  const unlock = await lockFolder(folder);
  await expect(lockFolder(folder)).rejects.toMatchObject({
    code: 'E_USAGE',
    message: expect.stringMatching(/another training runs in .*"pid":\d+.*name another "output"/),
  });
  await unlock();
  expect(await readdir(folder)).toEqual([]);
  await (await lockFolder(folder))();
});

test('of trainings that begin at the same time, one goes on', async () => {
  const folder = await temporaryFolder();
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => lockFolder(folder)));
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

const ended = spawnSync(process.execPath, ['-e', '']).pid;

test.each([
  ['of a process that has ended', { host: hostname(), pid: ended, started: '1' }],
  ['of a process whose number another has now', { host: hostname(), pid: process.pid, started: '1' }],
  ['without content', ''],
  ['that is no lock', '['],
])('a lock %s is taken over', async (_name, content) => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, '.lock'), typeof content === 'string' ? content : JSON.stringify(content));
  const unlock = await lockFolder(folder);
  expect(JSON.parse(await readFile(join(folder, '.lock'), 'utf8'))).toMatchObject({ pid: process.pid });
  await unlock();
  expect(await readdir(folder)).toEqual([]);
});

test('a lock that is taken over lies, meanwhile, where the next run sweeps it if this one is killed', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, '.lock'), '');
  const original = promises.rename;
  const names: string[] = [];
  promises.rename = async (from, to) => {
    names.push(basename(String(to)));
    return original(from, to);
  };
  syncBuiltinESMExports();
  onTestFinished(() => {
    promises.rename = original;
    syncBuiltinESMExports();
  });
  await (await lockFolder(folder))();
  expect(names).toEqual([expect.stringMatching(/^\.signwave-.*\.tmp$/)]);
});

test('a lock of another machine is kept', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, '.lock'), JSON.stringify({ host: 'other', pid: ended }));
  await expect(lockFolder(folder)).rejects.toMatchObject({ code: 'E_USAGE' });
});
