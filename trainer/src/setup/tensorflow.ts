import { rm } from 'node:fs/promises';
import { SignwaveError } from '@signwave/format';
import { chooseBackend } from '../backends/choose-backend.js';
import { buildAddon, locateAddon, removeAddon } from './addon.js';
import { environmentsFolder, installWheel } from './environment.js';
import { type Machine, THIS_MACHINE } from './machine.js';
import { compareWithCpu } from './self-test.js';
import { findToolchain } from './toolchain.js';
import type { Device } from './wheel.js';

export interface SetupOptions {
  /** Default: `gpu` if an NVIDIA driver is found, else the CPU. */
  readonly device?: Device | undefined;
  /** Gets a line for each step, and pip's output. */
  readonly log: (line: string) => void;
  readonly machine?: Machine;
}

/**
 * Build the back end `tensorflow`: tfjs-node's addon, linked with the C library in TensorFlow's wheel. Steps that an earlier call finished
 * are skipped; a step that was interrupted is done again.
 *
 * `gpu` was tried on a machine without a GPU: it installs, builds, loads and falls back to the CPU. On a GPU it is untested.
 *
 * @returns the back end's device: "TensorFlow 2.21.0, CPU".
 * @throws {SignwaveError} `E_BACKEND` with what is missing, or what a step printed; nothing is left behind that would be chosen.
 */
export async function setupTensorflow({ device, log, machine = THIS_MACHINE }: SetupOptions): Promise<string> {
  const { platform, architecture } = machine;
  if (platform !== 'linux' || !['x64', 'arm64'].includes(architecture)) {
    throw new SignwaveError(
      'E_BACKEND',
      `TensorFlow's wheels have a C library on Linux (x64, arm64) only, and this is ${platform} (${architecture}). Train with --backend webgpu or wasm.`,
    );
  }
  const addon = locateAddon();
  const toolchain = await findToolchain(machine);
  const wanted = device ?? (await detectDevice(machine, log));
  const tensorflow = await installWheel(machine, toolchain.python, wanted, log);
  await buildAddon(machine, addon, toolchain, tensorflow, log);
  try {
    log('self-test: a layer and its gradients against the cpu back end');
    const backend = await chooseBackend({ force: 'tensorflow' });
    const error = await compareWithCpu(backend);
    log(`self-test passed: ${backend.device}, largest difference ${error.toExponential(1)}`);
    if (wanted === 'gpu' && !backend.isGpu) {
      log(
        'TensorFlow sees no GPU, so it uses the CPU: look at nvidia-smi and the version of the driver (525 or later)',
      );
    }
    return backend.device;
  } catch (error) {
    await removeAddon(addon);
    throw error;
  }
}

/** Remove what {@link setupTensorflow} made. */
export async function removeTensorflow({ log, machine = THIS_MACHINE }: SetupOptions): Promise<void> {
  const folder = environmentsFolder(machine);
  const addon = locateAddon();
  await removeAddon(addon);
  await rm(folder, { recursive: true, force: true });
  log(`removed ${addon.path} and ${folder}`);
}

async function detectDevice({ run }: Machine, log: (line: string) => void): Promise<Device> {
  const { status, lines } = await run('nvidia-smi', ['-L']);
  const hasGpu = status === 0 && lines.length > 0;
  log(hasGpu ? `nvidia-smi shows ${lines[0]}: setting up for the GPU` : 'no NVIDIA driver: setting up for the CPU');
  return hasGpu ? 'gpu' : 'cpu';
}
