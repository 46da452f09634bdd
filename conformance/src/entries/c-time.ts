// Times WebAssembly, for check-c.mjs to compare C with.
import { load } from '@signwave/runtime';

/** @returns a function that runs the model `runs` times and gives the mean time of a run in milliseconds. */
export async function timeWasm(bytes: Uint8Array, image: Uint8Array): Promise<(runs: number) => number> {
  const model = await load(bytes, { kernels: 'simd' });
  return (runs) => {
    const start = performance.now();
    for (let i = 0; i < runs; i++) model.run(image);
    return (performance.now() - start) / runs;
  };
}
