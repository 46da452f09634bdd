import { shorten } from '@signwave/format';
import * as v from 'valibot';
import { isJsonObject, type JsonObject, readCommentedJson } from '../config/commented-json.js';
import { configError, refuse } from '../config/config-error.js';
import { mergePatch, withValueAt } from '../config/merge-patch.js';
import { checkConfig } from '../config/parse-config.js';
import { type NamedRun, placed, type RunPlaces } from './named-run.js';
import { type RunSettings, runNames } from './run-names.js';
import { SWEEP, type WrittenSweep } from './schema.js';

/** More are a mistake: a grid grows with the product of its lists. */
const MAX_RUNS = 10_000;

/** A run of a sweep. */
export interface SweepRun extends NamedRun {
  readonly settings: RunSettings;
}

export interface SweepPlaces extends RunPlaces {
  /** The path of a base that the sweep names. */
  readonly baseOf: (base: string) => string;
}

export interface Sweep {
  readonly path: string;
  /** File of the config that the runs share, if it has one. */
  readonly basePath: string | undefined;
  /** Folder of all runs. */
  readonly folder: string;
  /** At least one, always in the same order. */
  readonly runs: readonly SweepRun[];
}

/**
 * Reads a sweep file and the configs of all its runs.
 *
 * @throws {SignwaveError} `E_IO` if a file can't be read; `E_CONFIG` for what is no sweep, and for a run whose config isn't one, with the run's
 *   name.
 */
export async function readSweep(path: string, { baseOf, folder: givenFolder, data }: SweepPlaces): Promise<Sweep> {
  const sweep = checkSweep(await readCommentedJson(path), path);
  const basePath = typeof sweep.base === 'string' ? baseOf(sweep.base) : undefined;
  const { $schema: _, ...base } =
    basePath === undefined ? (sweep.base as JsonObject) : await readCommentedJson(basePath);
  const folder = givenFolder ?? base.output;
  if (typeof folder !== 'string' || folder === '')
    throw refuse(path, 'no folder for its runs is named; give "output" in the base, or train --output FOLDER');
  const settings = settingsOf(sweep, path);
  const names = runNames(settings);
  const written = settings.map((it, i) => {
    const patched = mergePatch(base, it.patch === undefined ? {} : sweep.patches![it.patch]) as JsonObject;
    const config = placed(patched, names[i]!, { folder, data });
    return withGrid(config, it.grid, runPath(path, names[i]!));
  });
  const runs = written.map((it, i) => ({
    name: names[i]!,
    settings: settings[i]!,
    written: it,
    config: checkConfig(it, runPath(path, names[i]!)),
  }));
  refuseTwins(runs, path);
  return { path, basePath, folder, runs };
}

const runPath = (path: string, name: string): string => `${path}, run ${name}`;

function checkSweep(json: JsonObject, path: string): WrittenSweep {
  // The schema takes a list for an object with the keys 0, 1, 2.
  for (const key of ['base', 'grid', 'patches'] as const) {
    if (Array.isArray(json[key])) throw refuse(path, `"${key}" is a list, expected an object`);
  }
  for (const [name, patch] of Object.entries(json.patches ?? {})) {
    if (Array.isArray(patch)) throw refuse(path, `"patches.${name}" is a list, expected an object`);
  }
  const result = v.safeParse(SWEEP, json, { abortEarly: true });
  if (!result.success) throw configError(path, SWEEP, result.issues[0], 'a sweep');
  const sweep = json as WrittenSweep;
  const { grid = {}, patches = {} } = sweep;
  if (Object.keys(grid).length + Object.keys(patches).length === 0)
    throw refuse(path, 'it names no runs; give "grid", "patches" or both');
  checkGrid(grid, path);
  checkPatches(patches, Object.keys(grid), path);
  return sweep;
}

function checkGrid(grid: Readonly<Record<string, readonly unknown[]>>, path: string): void {
  const keys = Object.keys(grid);
  for (const key of keys) {
    if (key.split('.').includes('')) throw refuse(path, `"grid" has "${key}", expected keys with one dot between`);
    if (key === 'output') throw refuse(path, '"grid" has "output", but each run has a folder of its own');
    const outer = keys.find((other) => key.startsWith(`${other}.`));
    if (outer !== undefined) throw refuse(path, `"grid" has both "${outer}" and "${key}", which is in it`);
    const texts = grid[key]!.map((value) => JSON.stringify(value));
    const twice = texts.find((text, i) => texts.indexOf(text) !== i);
    if (twice !== undefined) throw refuse(path, `"grid.${key}" has ${shorten(twice)} twice`);
  }
}

/** A value that a patch sets and the grid replaces would be one that nobody gets. */
function checkPatches(patches: Readonly<Record<string, JsonObject>>, keys: readonly string[], path: string): void {
  for (const [name, patch] of Object.entries(patches)) {
    const key = ['output', ...keys].find((it) => hasValueAt(patch, it.split('.')));
    if (key === undefined) continue;
    const why = key === 'output' ? 'but each run has a folder of its own' : 'which the grid sets as well';
    throw refuse(path, `"patches.${name}" sets "${key}", ${why}`);
  }
}

function hasValueAt(value: unknown, [key, ...rest]: readonly string[]): boolean {
  if (key === undefined) return true;
  return isJsonObject(value) && Object.hasOwn(value, key) && hasValueAt(value[key], rest);
}

/** Every patch with every combination of the grid; the last key changes first. */
function settingsOf({ grid = {}, patches }: WrittenSweep, path: string): RunSettings[] {
  const axes = Object.entries(grid);
  const names = patches && Object.keys(patches).length > 0 ? Object.keys(patches) : [undefined];
  const count = axes.reduce((product, [, values]) => product * values.length, names.length);
  if (count > MAX_RUNS) throw refuse(path, `it has ${count} runs, more than the ${MAX_RUNS} of the largest sweep`);
  let points: Record<string, unknown>[] = [{}];
  for (const [key, values] of axes) points = points.flatMap((it) => values.map((value) => ({ ...it, [key]: value })));
  return names.flatMap((patch) => points.map((point) => ({ ...(patch !== undefined && { patch }), grid: point })));
}

/**
 * A config with the values of the grid. Where it leaves out "stages", all of the method's are trained: a value of one of them mustn't leave out
 * the other.
 */
function withGrid(config: JsonObject, grid: JsonObject, path: string): JsonObject {
  const isOfStage = (key: string): boolean => key.startsWith('stages.');
  const laid = (target: JsonObject, isLaid: (key: string) => boolean): JsonObject =>
    Object.entries(grid).reduce(
      (result, [key, value]) => (isLaid(key) ? withValueAt(result, key.split('.'), value) : result),
      target,
    );
  const others = laid(config, (key) => !isOfStage(key));
  if (others.stages !== undefined || !Object.keys(grid).some(isOfStage)) return laid(others, isOfStage);
  const stages = Object.keys(checkConfig(others, path).stages).map((key) => [key, {}]);
  return laid({ ...others, stages: Object.fromEntries(stages) }, isOfStage);
}

/** Names are other ones if settings are; that two have the same is refused all the same, since one run would be taken for the other. */
function refuseTwins(runs: readonly SweepRun[], path: string): void {
  const seen = new Set<string>();
  for (const { name } of runs) {
    if (seen.has(name.toLowerCase())) throw refuse(path, `two of its runs would be called ${name}`);
    seen.add(name.toLowerCase());
  }
}
