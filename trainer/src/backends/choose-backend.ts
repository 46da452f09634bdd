import { SignwaveError } from '@signwave/format';
import type { TrainingBackend } from '../types.js';
import { type Attempt, isUnavailable } from './attempt.js';
import { BACKEND_NAMES, type BackendName } from './backend-names.js';
import { openCpu } from './cpu.js';
import { firstLine, INSTALLED, type Modules } from './modules.js';
import { openTensorflow } from './tensorflow.js';
import { openWasm } from './wasm.js';
import { openWebgpu } from './webgpu.js';

export interface BackendOptions {
  /** Take this back end or fail. With `webgpu` this also allows a software adapter. */
  readonly force?: BackendName | undefined;
  /** Gets a line for each back end skipped and one for the back end taken. */
  readonly log?: (line: string) => void;
  readonly modules?: Modules;
}

type Open = (modules: Modules, isForced: boolean) => Promise<Attempt>;

const OPEN: Readonly<Record<BackendName, Open>> = {
  tensorflow: openTensorflow,
  webgpu: openWebgpu,
  wasm: openWasm,
  cpu: openCpu,
};

/**
 * Makes the fastest back end that works here tfjs's current one; they are tried in the order tensorflow, webgpu, wasm, cpu.
 *
 * @throws {SignwaveError} `E_BACKEND` if the forced one can't be used; the message says why and what to do.
 */
export async function chooseBackend({
  force,
  log = () => {},
  modules = INSTALLED,
}: BackendOptions = {}): Promise<TrainingBackend> {
  const skipped: { name: BackendName; reason: string }[] = [];
  for (const name of force === undefined ? BACKEND_NAMES : [force]) {
    const attempt = await open(name, modules, force !== undefined);
    if (!isUnavailable(attempt)) {
      log(`back end ${name}: ${attempt.device}`);
      return { ...attempt, skipped };
    }
    if (force !== undefined) {
      throw new SignwaveError('E_BACKEND', `the back end ${name} can't be used: ${attempt.reason}. ${attempt.remedy}`);
    }
    skipped.push({ name, reason: attempt.reason });
    log(`back end ${name} skipped: ${attempt.reason}`);
  }
  const reasons = skipped.map(({ name, reason }) => `${name}: ${reason}`).join('; ');
  throw new SignwaveError('E_BACKEND', `no back end works here (${reasons}). Run npm ci to repair node_modules.`);
}

/** Whatever a package throws while it loads is a reason to skip its back end, not to crash. */
async function open(name: BackendName, modules: Modules, isForced: boolean): Promise<Attempt> {
  try {
    return await OPEN[name](modules, isForced);
  } catch (error) {
    return { reason: firstLine(error), remedy: 'Another back end may work: leave --backend out to try each.' };
  }
}
