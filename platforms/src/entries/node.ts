// Node, Deno and Bun: PROGRAM WORKLOAD simd|scalar prints the digests as JSON.
import { readFileSync } from 'node:fs';
import type { KernelChoice } from '@signwave/runtime';
import { digestWorkload } from '../digests.js';

const [workload, kernels] = process.argv.slice(2);
console.log(JSON.stringify(await digestWorkload(readFileSync(workload!, 'utf8'), kernels as KernelChoice)));
