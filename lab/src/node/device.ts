import { readdirSync, readFileSync } from 'node:fs';
import { arch, cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';

/** Describes the measured machine without identifying it or its user. */
export interface Device {
  readonly cpu: string;
  readonly cores: number;
  /** Node's name for it: `x64`, `arm64`, `arm`. */
  readonly architecture: string;
  readonly memoryBytes: number;
  readonly system: string;
  /** "Raspberry Pi 5 Model B Rev 1.0", if the kernel has a device tree. */
  readonly board?: string;
  readonly clock?: Clock;
}

/** Clock of the first core, from the kernel's cpufreq. */
interface Clock {
  readonly governor?: string;
  readonly currentKhz?: number;
  readonly minKhz?: number;
  readonly maxKhz?: number;
}

/**
 * Describes this machine. What can't be read is left out, as in containers or on systems other than Linux.
 *
 * @param root folder that replaces `/` in tests.
 */
export function describeDevice(root = '/'): Device {
  const board = readLine(root, 'proc/device-tree/model');
  const clock = readClock(root);
  return {
    cpu: cpus()[0]?.model.trim() || 'unknown',
    cores: cpus().length,
    architecture: arch(),
    memoryBytes: totalmem(),
    system: `${type()} ${release()}`,
    ...(board !== undefined && { board }),
    ...(Object.keys(clock).length > 0 && { clock }),
  };
}

/** Reads the temperature of the hottest thermal zone of the Linux kernel in degrees Celsius; undefined if there are none. */
export function readTemperature(root = '/'): number | undefined {
  const folder = join(root, 'sys/class/thermal');
  let zones: string[];
  try {
    zones = readdirSync(folder).filter((name) => name.startsWith('thermal_zone'));
  } catch {
    return undefined;
  }
  const degrees = zones.flatMap((zone) => readNumber(root, `sys/class/thermal/${zone}/temp`) ?? []);
  return degrees.length === 0 ? undefined : Math.max(...degrees) / 1000;
}

function readClock(root: string): Clock {
  const folder = 'sys/devices/system/cpu/cpu0/cpufreq';
  const governor = readLine(root, `${folder}/scaling_governor`);
  const khz = {
    currentKhz: readNumber(root, `${folder}/scaling_cur_freq`),
    minKhz: readNumber(root, `${folder}/scaling_min_freq`),
    maxKhz: readNumber(root, `${folder}/scaling_max_freq`),
  };
  const known = Object.entries(khz).filter(([, value]) => value !== undefined);
  return { ...(governor !== undefined && { governor }), ...Object.fromEntries(known) };
}

function readNumber(root: string, path: string): number | undefined {
  const line = readLine(root, path);
  return line !== undefined && /^-?\d+$/.test(line) ? Number(line) : undefined;
}

/** Reads a line, without the zero byte that ends texts of device trees. */
function readLine(root: string, path: string): string | undefined {
  try {
    return readFileSync(join(root, path), 'utf8').replaceAll('\0', '').trim() || undefined;
  } catch {
    return undefined;
  }
}
