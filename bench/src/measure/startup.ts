import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { median } from '../median.js';
import type { Peer } from '../peers/peer.js';
import type { StartupResult } from '../results.js';

/** Processes started for each engine; the first only brings files into the system's cache. */
const PROCESSES = 5;
/** The bundle of bench/src/start-once.ts that scripts/bench.mjs makes. */
const START_ONCE = 'build/bench/start-once.mjs';

/** What bench/src/start-once.ts prints. */
export type Startup = Pick<StartupResult, 'loadMs' | 'firstRunMs' | 'rssBytes' | 'memoryBytes'>;

/** Times the way from a file's bytes to a first result, in fresh processes: code is cold and nothing is compiled. */
export async function measureStartup(modelPath: string, peers: readonly Peer[]): Promise<StartupResult[]> {
  const engines = ['signwave', ...peers.map(({ id }) => id).filter((id) => id === 'ort-web-float32')];
  const results: StartupResult[] = [];
  for (const engine of engines) {
    const startups: Startup[] = [];
    for (let n = 0; n <= PROCESSES; n++) {
      const { stdout } = await promisify(execFile)(process.execPath, [START_ONCE, engine, modelPath]);
      if (n > 0) startups.push(JSON.parse(stdout));
    }
    const memoryBytes = startups[0]!.memoryBytes;
    results.push({
      engine,
      processes: PROCESSES,
      loadMs: median(startups.map(({ loadMs }) => loadMs)),
      firstRunMs: median(startups.map(({ firstRunMs }) => firstRunMs)),
      rssBytes: median(startups.map(({ rssBytes }) => rssBytes)),
      ...(memoryBytes !== undefined && { memoryBytes }),
    });
  }
  return results;
}
