// The shell of JavaScriptCore: jsc -m PROGRAM -- WORKLOAD simd|scalar
import './jsc-shell.js';
import type { KernelChoice } from '@signwave/runtime';
import { digestWorkload } from '../digests.js';

declare const readFile: (path: string) => string;
declare const print: (line: string) => void;

const [workload, kernels] = (globalThis as unknown as { arguments: string[] }).arguments;
digestWorkload(readFile(workload!), kernels as KernelChoice).then(
  (digests) => print(JSON.stringify(digests)),
  (error: unknown) => print(JSON.stringify({ error: String(error) })),
);
