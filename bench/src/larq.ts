// `node bench/scripts/larq.mjs`, bundled and started by that. Measures network by network and keeps each result at once, so that a run that was
// ended goes on where it was.
import { mkdir, readFile } from 'node:fs/promises';
import { SignwaveError } from '@signwave/format';
import { THIS_MACHINE } from '@signwave/trainer/internals';
import { readLarqOptions } from '../larq-options.mjs';
import { describeMachine, engineRecords } from './conditions.js';
import { LEAST_CORE_SHARE } from './core-share.js';
import {
  LARQ_RESULTS,
  type LarqConditions,
  missingNetworks,
  readLarqResults,
  withNetwork,
  writeLarqResults,
} from './larq-results.js';
import { LARQ_FAMILIES, measureLarqNetwork } from './measure/larq.js';
import { LARQ_WAYS, larqVersion } from './peers/larq.js';
import { larqPython } from './peers/larq-environment.js';
import type { LarqWay } from './peers/larq-process.js';
import { onnxRuntimePeers } from './peers/onnxruntime.js';
import { isMissing, type Peer } from './peers/peer.js';
import { tfjsPeer } from './peers/tfjs.js';
import { larqSpeed } from './report/larq.js';

const OUTPUT = 'build/bench';

type Options = Extract<ReturnType<typeof readLarqOptions>, { options: unknown }>['options'];
const { options } = readLarqOptions(process.argv.slice(2)) as { options: Options };
const log = (line: string): void => console.error(line);

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof SignwaveError)) throw error;
  log(`${error.code}: ${error.message}`);
  process.exitCode = error.code === 'E_USAGE' ? 2 : 1;
}
// The engines' threads would keep the process alive.
process.exit();

/** @returns the exit status: 1 if some networks couldn't be measured. */
async function main(): Promise<number> {
  await mkdir(OUTPUT, { recursive: true });
  const path = options.write ? LARQ_RESULTS : `${OUTPUT}/larq-results.json`;
  const { version } = JSON.parse(await readFile('runtime/package.json', 'utf8')) as { readonly version: string };
  // Before those of the web: see onnxRuntimePeers.
  const native = await onnxRuntimePeers('node');
  const found = [...(await onnxRuntimePeers('web')), ...native, await tfjsPeer()].filter(
    (peer) => isMissing(peer) || peer.network,
  );
  for (const { title, reason, details } of found.filter(isMissing))
    log([`${title} is left out: ${reason}`, details].filter(Boolean).join('\n'));
  const python = await larqPython(log, THIS_MACHINE);
  if (typeof python !== 'string')
    throw new SignwaveError(
      'E_PEER',
      ['larq compute engine:', python.reason, python.details].filter(Boolean).join(' '),
    );
  const ways = (Object.keys(LARQ_WAYS) as LarqWay[]).map((way) => ({ ...LARQ_WAYS[way], version: larqVersion(way) }));
  const now: LarqConditions = {
    machine: describeMachine(version),
    rounds: options.rounds,
    engines: engineRecords(LARQ_FAMILIES, [...ways, ...found], version),
  };
  let results = options.again ? undefined : await readLarqResults(path);
  const networks = missingNetworks(options.networks, path, results, now);
  const failed: string[] = [];
  for (const [i, name] of networks.entries()) {
    const startMs = performance.now();
    log(`${name}, ${i + 1} of ${networks.length}`);
    try {
      const peers = found.filter((peer) => !isMissing(peer)) as Peer[];
      const result = await measureLarqNetwork(name, python, peers, { rounds: options.rounds, log });
      for (const [engine, reason] of Object.entries(result.skipped)) log(`  ${engine} is left out: ${reason}`);
      const share = `${(100 * result.coreShare).toFixed(0)} %`;
      if (result.coreShare < LEAST_CORE_SHARE && options.write)
        throw new SignwaveError(
          'E_PEER',
          `other work had the core, of which this process got ${share}: nothing is kept`,
        );
      results = withNetwork(results, now, result);
      await writeLarqResults(path, results);
      log(`  kept in ${path}; took ${((performance.now() - startMs) / 1000).toFixed(0)} s, with ${share} of a core`);
    } catch (error) {
      log(`  ${name} is not measured: ${error instanceof SignwaveError ? error.message : (error as Error).stack}`);
      failed.push(name);
    }
  }
  console.log(larqSpeed(results).join('\n'));
  if (failed.length > 0) log(`${failed.join(', ')}: not measured, see above. The same command tries these again`);
  return failed.length > 0 ? 1 : 0;
}
