import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/temp-folder.js';
import { trainOnce } from '../../bench/train-once.mjs';

/** The command line refuses it at once, so that a run which isn't finished fails. */
const CONFIG = { architecture: 'none', stages: { '1': { epochs: 2 }, '2': { epochs: 3 } } };
const epoch = (stage: string, number: number) => JSON.stringify({ kind: 'epoch', stage, epoch: number });

let folder: string;

/** Leaves what a run of `config` leaves that did these epochs. A run that was stopped has a report, too. */
function leaveRun(config: object, lines: readonly string[]): void {
  writeFileSync(`${folder}.json`, `${JSON.stringify(config, null, 2)}\n`);
  mkdirSync(folder);
  writeFileSync(join(folder, 'metrics.jsonl'), lines.map((line) => `${line}\n`).join(''));
  writeFileSync(join(folder, 'report.html'), '');
}

beforeEach(async () => {
  folder = join(await temporaryFolder(), 'run');
});

describe('a run of the tables', () => {
  test('isn’t repeated if its last epoch is recorded', async () => {
    leaveRun(CONFIG, [epoch('1', 1), epoch('2', 2)]);
    expect(await trainOnce(folder, CONFIG, undefined)).toMatchObject([{ stage: '1' }, { stage: '2', epoch: 2 }]);
  });

  test('goes on if it was stopped, and tells of an error', async () => {
    leaveRun(CONFIG, [epoch('1', 1), epoch('2', 1)]);
    expect(await trainOnce(folder, CONFIG, undefined)).toBeUndefined();
    expect(existsSync(join(folder, 'metrics.jsonl'))).toBe(true);
  });

  test('of another config is thrown away', async () => {
    leaveRun({ ...CONFIG, seed: 1 }, [epoch('1', 1), epoch('2', 2)]);
    expect(await trainOnce(folder, CONFIG, undefined)).toBeUndefined();
    expect(existsSync(folder)).toBe(false);
  });
});
