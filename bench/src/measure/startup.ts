import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Peer } from '../peers/peer.js';
import type { StartupResult } from '../results.js';

/** Processes for each engine; the first one only brings files into the system's cache. */
const PROCESSES = 5;
/** Bundled by scripts/bench.mjs from bench/src/start-once.ts. */
const START_ONCE = 'build/bench/start-once.mjs';

/** What bench/src/start-once.ts prints. */
export type Startup = Pick<StartupResult, 'loadMs' | 'firstRunMs' | 'rssBytes' | 'memoryBytes'>;

/** From the bytes of a file to a first result in processes that never ran it before: code cold, nothing compiled. */
export async function measureStartup(modelPath: string, peers: readonly Peer[]): Promise<StartupResult[]> {
  const engines = ['signwave', ...peers.map(({ id }) => id).filter((id) => id === 'ort-web-float32')];
  const results: StartupResult[] = [];
  for (const engine of engines) {
    const startups: Startup[] = [];
    for (let n = 0; n <= PROCESSES; n++) {
      const { stdout } = await promisify(execFile)(process.execPath, [START_ONCE, engine, modelPath]);
      if (n > 0) startups.push(JSON.parse(stdout));
    }
    const median = (of: (it: Startup) => number): number => startups.map(of).sort((a, b) => a - b)[PROCESSES >> 1]!;
    const memoryBytes = startups[0]!.memoryBytes;
    results.push({
      engine,
      processes: PROCESSES,
      loadMs: median(({ loadMs }) => loadMs),
      firstRunMs: median(({ firstRunMs }) => firstRunMs),
      rssBytes: median(({ rssBytes }) => rssBytes),
      ...(memoryBytes !== undefined && { memoryBytes }),
    });
  }
  return results;
}
