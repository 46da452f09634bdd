// The program for Node, Deno and Bun: PROGRAM WORKLOAD simd|scalar THREADS prints the digests as JSON.
import { readFileSync } from 'node:fs';
import { digestWorkload, wayOf } from '../digests.js';

const [workload, kernels, threads] = process.argv.slice(2);
console.log(JSON.stringify(await digestWorkload(readFileSync(workload!, 'utf8'), wayOf(kernels, threads))));
