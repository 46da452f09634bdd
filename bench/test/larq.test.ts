import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Machine, THIS_MACHINE } from '@signwave/trainer/internals';
import { expect, test } from 'vitest';
import { larqPeers } from '../src/peers/larq.js';

const LINUX: Machine = { ...THIS_MACHINE, platform: 'linux', architecture: 'x64' };

/** A machine on which programs print what is said here; others are not there. */
function machineWith(programs: Readonly<Record<string, string>>): Machine {
  const run = async (program: string) => {
    const line = programs[program];
    return line === undefined ? { status: -1, lines: ['not found'] } : { status: 0, lines: [line] };
  };
  return { ...LINUX, run };
}

test('larq is left out, with the reason, where it has no wheels', async () => {
  const [peer, other] = await larqPeers(() => {}, { ...LINUX, platform: 'darwin', architecture: 'arm64' });
  const reason = 'its wheels are for Linux on x64, this is darwin on arm64';
  expect(peer).toMatchObject({ id: 'larq', reason });
  expect(other).toMatchObject({ id: 'larq-indirect', reason });
});

test('larq is left out, with the reason, where no Python is that its wheels are for', async () => {
  const reason = 'its wheels are for Python 3.11 and 3.10; neither is on the PATH';
  expect(await larqPeers(() => {}, machineWith({}))).toMatchObject([{ reason }, { reason }]);
  expect(await larqPeers(() => {}, machineWith({ python3: '3.13' }))).toMatchObject([{ reason }, { reason }]);
});

test('what pip says is kept apart from the reason, which is published', async () => {
  const cache = mkdtempSync(join(tmpdir(), 'signwave-larq-'));
  const says = 'ERROR: https://packages.example/simple is not reachable';
  const run = async (_: string, args: readonly string[]) =>
    args[0] === '-c' ? { status: 0, lines: ['3.11'] } : { status: 1, lines: [says] };
  const [peer, other] = await larqPeers(() => {}, { ...LINUX, env: { XDG_CACHE_HOME: cache }, run });
  const reason = 'its Python environment could not be made';
  expect(peer).toMatchObject({ reason, details: says });
  expect(other).toMatchObject({ reason });
  rmSync(cache, { recursive: true });
});
