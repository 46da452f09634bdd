import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/temp-folder.js';
import { describeDevice, readTemperature } from '../../src/node/device.js';

const CPUFREQ = 'sys/devices/system/cpu/cpu0/cpufreq';

async function fakeRoot(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await temporaryFolder();
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

test('a Raspberry Pi is named as its device tree does, with its governor and clock', async () => {
  const root = await fakeRoot({
    'proc/device-tree/model': 'Raspberry Pi 5 Model B Rev 1.0\0',
    [`${CPUFREQ}/scaling_governor`]: 'ondemand\n',
    [`${CPUFREQ}/scaling_cur_freq`]: '1500000\n',
    [`${CPUFREQ}/scaling_max_freq`]: '2400000\n',
  });
  expect(describeDevice(root)).toMatchObject({
    board: 'Raspberry Pi 5 Model B Rev 1.0',
    clock: { governor: 'ondemand', currentKhz: 1_500_000, maxKhz: 2_400_000 },
    cores: cpus().length,
  });
});

test('the temperature is that of the hottest zone, in degrees', async () => {
  const root = await fakeRoot({
    'sys/class/thermal/thermal_zone0/temp': '48312\n',
    'sys/class/thermal/thermal_zone1/temp': '61000\n',
    'sys/class/thermal/thermal_zone2/temp': 'nonsense\n',
    'sys/class/thermal/cooling_device0/cur_state': '1',
  });
  expect(readTemperature(root)).toBe(61);
});

test('what a system doesn’t say is left out', async () => {
  const root = await fakeRoot({});
  expect(readTemperature(root)).toBeUndefined();
  expect(Object.keys(describeDevice(root)).sort()).toEqual(['architecture', 'cores', 'cpu', 'memoryBytes', 'system']);
});
