import { join } from 'node:path';
import * as v from 'valibot';
import { type JsonObject, parseCommentedJson } from '../config/commented-json.js';
import { configError } from '../config/config-error.js';
import { withValueAt } from '../config/merge-patch.js';
import { checkConfig, type TrainConfig } from '../config/parse-config.js';
import { isFolderName } from './run-names.js';

/** A config with a name, which is also that of its folder. */
export interface NamedRun {
  readonly name: string;
  /** As a config file has it; its output folder is the run's. */
  readonly written: JsonObject;
  readonly config: TrainConfig;
}

/** What this machine has elsewhere. */
export interface RunPlaces {
  /** Folder of all runs, in place of the one that is written. */
  readonly folder?: string | undefined;
  /** Folder of the data set, in place of the config's. */
  readonly data?: string | undefined;
}

/** A config with the folders of this machine. */
export function placed(written: JsonObject, name: string, { folder, data }: RunPlaces): JsonObject {
  const config = folder === undefined ? written : { ...written, output: join(folder, name) };
  return data === undefined ? config : withValueAt(config, ['data', 'folder'], data);
}

const RUN = v.strictObject({
  run: v.pipe(v.string(), v.check(isFolderName, 'a name of letters, digits and .,_+=-')),
  config: v.record(v.string(), v.unknown()),
});

/** A run as a line of JSON, for programs that pass it on: `train --sweep --list jsonl` prints it, and a queue has it as a message. */
export const runText = ({ name, written }: Pick<NamedRun, 'name' | 'written'>): string =>
  JSON.stringify({ run: name, config: written });

/**
 * Reads what {@link runText} gives, from wherever it comes.
 *
 * @param what it is called in messages.
 * @throws {SignwaveError} `E_CONFIG` for what is no run, and for a config that is none.
 */
export function readRunText(text: string, what: string, places: RunPlaces): NamedRun {
  const json = parseCommentedJson(text, what);
  const result = v.safeParse(RUN, json, { abortEarly: true });
  if (!result.success) throw configError(what, RUN, result.issues[0], 'a run');
  const { run: name, config } = result.output;
  const written = placed(config, name, places);
  return { name, written, config: checkConfig(written, `run ${name}`) };
}
