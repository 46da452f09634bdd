import { cpus } from 'node:os';
import type { Family } from './families.js';
import { isMissing, type MissingPeer, type Peer } from './peers/peer.js';
import type { EngineRecord, Machine } from './results.js';

/** @param version signwave's. */
export function describeMachine(version: string): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    node: process.versions.node,
    v8: process.versions.v8,
    date: new Date().toISOString().slice(0, 10),
    signwave: version,
  };
}

/** @param version signwave's. */
export function engineRecords(
  families: readonly Family[],
  found: readonly (Peer | MissingPeer)[],
  version: string,
): EngineRecord[] {
  return [
    ...families.map(({ id, title }): EngineRecord => ({ id, title, version })),
    ...found.map(
      (peer): EngineRecord =>
        isMissing(peer)
          ? { id: peer.id, title: peer.title, missing: peer.reason }
          : { id: peer.id, title: peer.title, version: peer.version },
    ),
  ];
}
