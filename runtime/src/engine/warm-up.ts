import { type Engine, PAGE_BYTES } from './engine.js';

/** Inner loops of kernels, exported by simd.ts, in which networks spend most of their time. They take only numbers. */
type KernelParts = Readonly<Record<'twoFilters' | 'lookUpBlock' | 'buildTable', Part>>;
type Part = (...numbers: number[]) => void;

/**
 * Runs the kernels' hottest loops on zeros for some tenths of a millisecond, before anything else is in memory. V8 first compiles a
 * function quickly, and optimizes it once it has run for a while. Its own threads need some milliseconds for that, during which this one
 * can plan, so the first inference of ImageNet's ResNet-18 takes four fifths of the time.
 *
 * All operands lie at the same address and are zeros; what is written there is zeros, too.
 *
 * @returns the engine that was passed.
 */
export function warmUp(engine: Engine): Engine {
  const { exports, memory, simd } = engine;
  if (!simd) return engine;
  const at = Math.ceil(exports.heapBase() / 64) * 64;
  const freeBytes = Math.min(memory.buffer.byteLength, PAGE_BYTES) - at;
  const parts = exports as unknown as KernelParts;
  // As many as fit: a tap takes a u32 and two f32, a look-up a u16, a lane an i8 in each of 32 rows of a table.
  const [taps, lookups, rowBytes] = [freeBytes >> 4, freeBytes >> 4, (freeBytes >> 12) << 6];
  parts.twoFilters(at, at, taps, at, 64, at, 0);
  parts.lookUpBlock(5, at, at, 6, lookups, at, 0, 0, 0, 1);
  for (let n = 0; n < 20; n++) parts.buildTable(at, at, at, rowBytes, 6);
  return engine;
}
