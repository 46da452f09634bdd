import { createEngine, createSharedEngine, type Engine } from '../../src/engine/engine.js';
import { growMemory } from '../../src/engine/executable.js';
import type { BuildName } from '../../src/engine/wasm-sources.js';
import { MAX_MEMORY_BYTES } from '../../src/plan/make-plan.js';

/** Read as a signed number, this address and all behind it are negative. */
export const SIGN_BYTES = 2 ** 31;

/** Makes an engine of a build with all the memory that a plan may take. Pages that nothing touches cost nothing. */
export async function farEngine(build: BuildName): Promise<Engine> {
  const engine = await createEngine(build === 'scalar' ? 'scalar' : 'simd');
  if (build === 'threads') return createSharedEngine(engine, MAX_MEMORY_BYTES, {});
  growMemory(engine.memory, MAX_MEMORY_BYTES);
  return engine;
}

/**
 * Whether this machine has addresses for so much memory; prints why not.
 *
 * @throws {Error} if it hasn't and `CI` is set, so that a CI job never passes by skipping.
 */
export async function hasFarMemory(): Promise<boolean> {
  try {
    for (const build of ['simd', 'threads'] as const) await farEngine(build);
    return true;
  } catch (cause) {
    if (process.env.CI) throw new Error('CI is set: tests of memory above 2 GiB must not be skipped', { cause });
    console.warn(`skipped: tests of memory above 2 GiB, since ${(cause as Error).message}`);
    return false;
  }
}
