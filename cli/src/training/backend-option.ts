import type { BackendName } from '@signwave/trainer';
import { Option } from 'commander';

const BACKENDS = ['tensorflow', 'webgpu', 'wasm', 'cpu'] as const satisfies readonly BackendName[];

/** Of the commands that train. */
export const backendOption = (): Option =>
  new Option('--backend <name>', 'train on this back end or fail').choices(BACKENDS);
