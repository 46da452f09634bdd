import { type Engine, PAGE_BYTES } from './engine.js';

/** Parts of kernels that simd.ts exports, and the numbers that they take: those in which networks spend most of their time. */
type KernelParts = Readonly<Record<'twoFilters' | 'lookUpBlock' | 'buildTable', Part>>;
type Part = (...numbers: number[]) => void;

/**
 * Run the most used parts of the kernels on zeros for some tenths of a millisecond, before anything else is in memory. V8 compiles a function
 * quickly first, and well once it has run for a while: that takes other threads some milliseconds, in which this one can plan. So the first
 * inference of ImageNet's ResNet-18 takes four fifths of the time.
 *
 * All addresses are the same, of zeros; what is written there is zeros, too.
 *
 * @returns the engine that it got.
 */
export function warmUp(engine: Engine): Engine {
  const { exports, memory, simd } = engine;
  if (!simd) return engine;
  const at = Math.ceil(exports.heapBase() / 64) * 64;
  const roomBytes = Math.min(memory.buffer.byteLength, PAGE_BYTES) - at;
  const parts = exports as unknown as KernelParts;
  // Each counts of what, and bytes that it takes for one: u32 and two f32 a tap, u16 a look-up, i8 a lane in 32 rows of a table.
  const [taps, lookups, rowBytes] = [roomBytes >> 4, roomBytes >> 4, (roomBytes >> 12) << 6];
  parts.twoFilters(at, at, taps, at, 64, at, 0);
  parts.lookUpBlock(5, at, at, 6, lookups, at, 0, 0, 0, 1);
  for (let n = 0; n < 20; n++) parts.buildTable(at, at, at, rowBytes, 6);
  return engine;
}
