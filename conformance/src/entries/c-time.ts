// What the C of check-c.mjs is timed against.
import { load } from '@signwave/runtime';

/** @returns a function that runs the model so often and gives the mean milliseconds of one run. */
export async function timeWasm(bytes: Uint8Array, image: Uint8Array): Promise<(runs: number) => number> {
  const model = await load(bytes, { kernels: 'simd' });
  return (runs) => {
    const start = performance.now();
    for (let i = 0; i < runs; i++) model.run(image);
    return (performance.now() - start) / runs;
  };
}
