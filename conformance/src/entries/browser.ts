// The program for browsers. The page's address has ?kernels=simd|scalar&threads=N; `window.digests` gets the digests, or `{ error }`.
import { digestWorkload, wayOf } from '../digests.js';

const query = new URLSearchParams(location.search);
const page = window as { digests?: unknown };
try {
  page.digests = await digestWorkload(
    await (await fetch('/workload.json')).text(),
    wayOf(query.get('kernels'), query.get('threads')),
  );
} catch (error) {
  page.digests = { error: String(error) };
}
