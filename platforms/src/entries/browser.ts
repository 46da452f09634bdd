// A page: /?kernels=simd|scalar; the digests come into `window.digests`, or `{ error }`.
import type { KernelChoice } from '@signwave/runtime';
import { digestWorkload } from '../digests.js';

const kernels = new URLSearchParams(location.search).get('kernels') as KernelChoice;
const page = window as { digests?: unknown };
try {
  page.digests = await digestWorkload(await (await fetch('/workload.json')).text(), kernels);
} catch (error) {
  page.digests = { error: String(error) };
}
