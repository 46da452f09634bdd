import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../../../test/temp-folder.js';
import { driverChoices, whatIsMissing } from '../../../bench/gpu-check/drivers.js';

const LIBRARIES = '/usr/local/nvidia/lib64';
const DESCRIPTION = '/usr/share/vulkan/icd.d/nvidia_icd.json';

async function machineWith(...files: string[]): Promise<{ root: string; work: string }> {
  const root = await temporaryFolder();
  for (const file of files) {
    mkdirSync(join(root, dirname(file)), { recursive: true });
    writeFileSync(join(root, file), '');
  }
  return { root, work: await temporaryFolder() };
}

describe('a Vulkan driver', () => {
  test('that the environment names is the only choice', async () => {
    const { root, work } = await machineWith(DESCRIPTION);
    expect(driverChoices({ VK_DRIVER_FILES: '/a.json' }, work, root)).toEqual([
      { what: 'the environment names /a.json', env: {} },
    ]);
  });

  test('is taken by its own description first, with the folder of its library', async () => {
    const { root, work } = await machineWith(DESCRIPTION, `${LIBRARIES}/libGLX_nvidia.so.0`);
    const [first] = driverChoices({}, work, root);
    expect(first).toEqual({
      what: join(root, DESCRIPTION),
      env: { VK_DRIVER_FILES: join(root, DESCRIPTION), LD_LIBRARY_PATH: join(root, LIBRARIES) },
    });
  });

  test('without a description gets one that names its library; the one without X11 is tried, too', async () => {
    const { root, work } = await machineWith(`${LIBRARIES}/libGLX_nvidia.so.0`, `${LIBRARIES}/libEGL_nvidia.so.0`);
    const choices = driverChoices({}, work, root);
    const described = choices.slice(0, 2).map(({ env }) => JSON.parse(readFileSync(env.VK_DRIVER_FILES!, 'utf8')));
    expect(described.map(({ ICD }) => ICD.library_path)).toEqual([
      join(root, LIBRARIES, 'libGLX_nvidia.so.0'),
      join(root, LIBRARIES, 'libEGL_nvidia.so.0'),
    ]);
    expect(choices.at(-1)).toEqual({ what: 'whatever the Vulkan loader finds', env: {} });
  });

  test('is found in a folder of LD_LIBRARY_PATH', async () => {
    const { root, work } = await machineWith('/opt/driver/libGLX_nvidia.so.0');
    const [first] = driverChoices({ LD_LIBRARY_PATH: `/nowhere:${join(root, '/opt/driver')}` }, work, root);
    expect(first!.what).toContain('/opt/driver/libGLX_nvidia.so.0');
  });
});

describe('a machine without an adapter', () => {
  test('is told that it has no GPU and no driver', async () => {
    const { root } = await machineWith();
    expect(whatIsMissing({}, root)).toMatch(/no NVIDIA GPU is visible.*The NVIDIA driver is missing/);
  });

  test('that has CUDA without Vulkan is told how a container gets both', async () => {
    const { root } = await machineWith('/dev/nvidiactl', '/usr/lib/x86_64-linux-gnu/libcuda.so.1');
    expect(whatIsMissing({}, root)).toMatch(/^Of the NVIDIA driver, CUDA .* NVIDIA_DRIVER_CAPABILITIES=all/);
  });

  test('that has the driver is sent to the messages of the loader', async () => {
    const { root } = await machineWith('/dev/nvidiactl', `${LIBRARIES}/libGLX_nvidia.so.0`);
    expect(whatIsMissing({}, root)).toMatch(/^The driver's Vulkan library is there, but gives no adapter/);
  });
});
