import { expect, test } from 'vitest';
import { type Machine, THIS_MACHINE } from '../../trainer/src/setup/machine.js';
import { larqPeer } from '../src/peers/larq.js';

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
  const peer = await larqPeer(() => {}, { ...LINUX, platform: 'darwin', architecture: 'arm64' });
  expect(peer).toMatchObject({ id: 'larq', reason: 'its wheels are for Linux on x64, this is darwin on arm64' });
});

test('larq is left out, with the reason, where no Python is that its wheels are for', async () => {
  const reason = 'its wheels are for Python 3.11 and 3.10; neither is on the PATH';
  expect(await larqPeer(() => {}, machineWith({}))).toMatchObject({ reason });
  expect(await larqPeer(() => {}, machineWith({ python3: '3.13' }))).toMatchObject({ reason });
});
