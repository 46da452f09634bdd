import { parseJsonText, SignwaveError, shorten } from '@signwave/format';
import * as v from 'valibot';
import { checkOptions } from '../config/check-method.js';
import { configError } from '../config/config-error.js';
import type { TrainConfig } from '../config/parse-config.js';
import { CONFIG } from '../config/schema.js';
import { ACTIVATION_QUANTIZER_NAMES, METHOD_NAMES, METHODS } from '../methods/index.js';
import { restoredRandom } from '../random.js';
import type { EpochSums, TrainingState } from './run-state.js';

/** Characters of a text in a checkpoint's metadata. A config has some 2,000, the names of ImageNet-21k's classes a million. */
const MAX_TEXT_CHARACTERS = 2 ** 24;

/** A config as a run completed it. What other versions of signwave keep besides is passed over. */
const STORED_CONFIG = v.object({
  ...CONFIG.entries,
  stages: v.nonOptional(CONFIG.entries.stages),
  quantizers: v.object({
    weights: v.picklist(METHOD_NAMES),
    activations: v.picklist([...ACTIVATION_QUANTIZER_NAMES, 'full-precision']),
  }),
});

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const SUMS = v.object({ images: count, loss: v.pipe(v.number(), v.finite()), correct: count });

/** The metadata of a checkpoint that a run goes on from, or whose network it takes. Somebody else may have written them. */
export class StoredMetadata {
  constructor(
    private readonly metadata: Readonly<Record<string, string>>,
    private readonly path: string,
  ) {}

  /** How far the run has come. @throws {SignwaveError} `E_RESUME` for what no run can have written. */
  state(): TrainingState {
    const config = this.#config();
    const stage = this.text('stage');
    const settings = stage === '1' || stage === '2' ? config.stages[stage] : undefined;
    if (settings?.epochs === undefined || settings.firstEpoch === undefined)
      return this.#refuse('stage', stage, `one of ${Object.keys(config.stages).join(', ')}`);
    const random = this.text('random');
    try {
      restoredRandom(random);
    } catch {
      this.#refuse('random', random, '32 hexadecimal digits, not all 0');
    }
    const bestAccuracy = this.#number('bestAccuracy');
    if (bestAccuracy !== -1 && !(bestAccuracy >= 0 && bestAccuracy <= 1)) {
      this.#refuse('bestAccuracy', String(bestAccuracy), '0 to 1, or -1');
    }
    return {
      config,
      backend: this.text('backend'),
      random,
      stage: stage as TrainingState['stage'],
      epoch: this.#whole('epoch', settings.firstEpoch, settings.epochs),
      batch: this.#whole('batch', 0),
      step: this.#whole('step', 0),
      sums: this.#sums(),
      bestAccuracy,
      bestEpoch: this.#whole('bestEpoch', -1, settings.epochs),
    };
  }

  text(key: string): string {
    const text = this.metadata[key];
    if (text === undefined) throw new SignwaveError('E_RESUME', `${this.path} has no "${key}" in its metadata`);
    return text;
  }

  /** @throws {SignwaveError} `E_RESUME` for a text that is no JSON, or too long. */
  json(key: string): unknown {
    const text = this.text(key);
    if (text.length > MAX_TEXT_CHARACTERS) {
      return this.#refuse(key, `a text of ${text.length} characters`, `${MAX_TEXT_CHARACTERS} at most`);
    }
    try {
      return parseJsonText(text);
    } catch (cause) {
      return this.#refuse(key, shorten(text), `JSON (${(cause as Error).message})`);
    }
  }

  #config(): TrainConfig {
    const json = this.json('config');
    const config = ofPresentVersion(json);
    const { success, issues } = v.safeParse(STORED_CONFIG, config, { abortEarly: true });
    const where = `the config in ${this.path}`;
    try {
      if (!success) throw configError(where, CONFIG, issues[0]);
      checkOptions(config as TrainConfig, METHODS[(config as TrainConfig).method], where);
    } catch (cause) {
      throw new SignwaveError('E_RESUME', (cause as Error).message, { cause });
    }
    return config as TrainConfig;
  }

  #sums(): EpochSums {
    const json = this.json('sums');
    return v.is(SUMS, json) ? json : this.#refuse('sums', this.text('sums'), 'images, loss and correct');
  }

  #number(key: string): number {
    const text = this.text(key);
    const value = Number(text);
    return text.trim() !== '' && Number.isFinite(value) ? value : this.#refuse(key, text, 'a number');
  }

  #whole(key: string, from: number, to: number = Number.MAX_SAFE_INTEGER): number {
    const value = this.#number(key);
    if (Number.isInteger(value) && value >= from && value <= to) return value;
    return this.#refuse(key, this.text(key), `a whole number from ${from} to ${to}`);
  }

  #refuse(key: string, found: string, expected: string): never {
    throw new SignwaveError(
      'E_RESUME',
      `${this.path} has ${key} = "${shorten(found)}" in its metadata, expected ${expected}`,
    );
  }
}

/** A config as it is stored, of any version: before methods had presets there was BiPer's frame alone. */
function ofPresentVersion(config: unknown): unknown {
  if (typeof config !== 'object' || config === null || 'method' in config) return config;
  const { stages, recipe } = config as Partial<TrainConfig>;
  const schedule = { type: recipe === 'paper' ? 'cosine' : 'biper-code' };
  const completed = Object.entries(stages ?? {}).map(([key, stage]) => [
    key,
    { ...stage, optimizer: 'sgd', nesterov: false, statisticsImages: 0, schedule },
  ]);
  return { ...config, method: 'biper', methodOptions: {}, network: {}, stages: Object.fromEntries(completed) };
}
