import { createHash } from 'node:crypto';
import type { MemoryImages } from '@signwave/data';
import { SignwaveError } from '@signwave/format';
import { type LoadedCheckpoint, networkTensors } from '../checkpoint/training-state.js';
import type { NetworkInput } from '../data/input-recipe.js';

/** What logits depend on. A cache has those of one teacher for the views of one set of images. */
export interface CacheIdentity {
  /** SHA-256 of the teacher's tensors and of what says how it computes with them. */
  readonly teacher: string;
  /** SHA-256 of the training images' bytes. */
  readonly images: string;
  readonly count: number;
  /** How an image becomes the input. */
  readonly input: NetworkInput;
  /** Which views there are. */
  readonly cropPadding: number;
  readonly classes: number;
}

const FORMAT = 'signwave-teacher-logits';
const VERSION = 1;

/** What each part of an identity is called in messages. */
const PARTS: Readonly<Record<keyof CacheIdentity, string>> = {
  teacher: 'teacher (SHA-256)',
  images: 'training images (SHA-256)',
  count: 'number of training images',
  input: 'input',
  cropPadding: 'data.augmentation.cropPadding',
  classes: 'number of classes',
};

/** @param architecture of the teacher, as the config of this run has it. */
export function teacherHash(architecture: string, checkpoint: LoadedCheckpoint): string {
  const { config, stage } = checkpoint.state;
  const { method, methodOptions, network, quantizers, omega0, recipe } = config;
  const hash = createHash('sha256');
  hash.update(JSON.stringify({ architecture, stage, method, methodOptions, network, quantizers, omega0, recipe }));
  for (const { name, shape, data } of networkTensors(checkpoint)) {
    hash.update(JSON.stringify([name, shape]));
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}

export function imagesHash({ height, width, channels, pixels }: MemoryImages): string {
  return createHash('sha256').update(`${height} ${width} ${channels} `).update(pixels).digest('hex');
}

/** @returns `bytes` bytes: JSON, filled up with spaces. */
export function writeIdentity(identity: CacheIdentity, bytes: number): Uint8Array {
  const text = JSON.stringify({ format: FORMAT, version: VERSION, ...identity });
  return new TextEncoder().encode(text.padEnd(bytes));
}

/** @throws {SignwaveError} `E_CONFIG` if a file that begins with these bytes is no cache. */
export function readIdentity(path: string, header: Uint8Array): CacheIdentity {
  try {
    const { format, version, ...identity } = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(header));
    if (format === FORMAT && version === VERSION) return identity;
  } catch {
    // It isn't JSON, so it is some other file.
  }
  throw new SignwaveError(
    'E_CONFIG',
    `${path} exists and is no cache of a teacher's logits of version ${VERSION}; name another file as "distillation.cache"`,
  );
}

/** @throws {SignwaveError} `E_CONFIG` that names the first difference. */
export function verifySameIdentity(path: string, stored: CacheIdentity, expected: CacheIdentity): void {
  for (const [key, what] of Object.entries(PARTS) as [keyof CacheIdentity, string][]) {
    const [was, is] = [JSON.stringify(stored[key]), JSON.stringify(expected[key])];
    if (was === is) continue;
    throw new SignwaveError(
      'E_CONFIG',
      `${path} has a teacher's logits for another ${what}: ${was}, but that of this run is ${is}; name another file as "distillation.cache"`,
    );
  }
}
