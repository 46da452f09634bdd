import { isBlank, MAX_LABELS, MAX_STRING_BYTES, SignwaveError, shorten } from '@signwave/format';
import type { TrainConfig } from '../config/parse-config.js';
import { inputRecipe, type NetworkInput } from '../data/input-recipe.js';
import type { TrainingData } from '../data/open-data.js';
import type { StoredMetadata } from './stored-state.js';

/** What inference needs beyond the tensors and the config. */
export interface InferenceFacts {
  readonly input: NetworkInput;
  /** In class order. */
  readonly classNames: readonly string[];
}

/** @throws {SignwaveError} `E_DATA` for class names that a packed model can't hold: it is better to learn that before training. */
export function inferenceFacts(config: TrainConfig, data: TrainingData): InferenceFacts {
  const { name, classNames } = data;
  if (classNames.length > MAX_LABELS) {
    throw new SignwaveError(
      'E_DATA',
      `${name} has ${classNames.length} classes, at most ${MAX_LABELS} can be packed into a model`,
    );
  }
  const bad = classNames.find(
    (label) =>
      /[\p{Cc}\p{Cs}]/u.test(label) || isBlank(label) || new TextEncoder().encode(label).length > MAX_STRING_BYTES,
  );
  if (bad !== undefined) {
    throw new SignwaveError(
      'E_DATA',
      `${name} has a class called ${JSON.stringify(bad)}, which a model can't be packed with: it holds a control character or half of a character, shows nothing, or is too long; rename it`,
    );
  }
  return { input: inputRecipe(config.data, data), classNames };
}

/** The facts as metadata of a checkpoint. */
export function factsMetadata({ input, classNames }: InferenceFacts): Record<string, string> {
  return { input: JSON.stringify(input), classNames: JSON.stringify(classNames) };
}

/** Checkpoints of the first version have none. @throws {SignwaveError} `E_RESUME` for what no run can have written. */
export function factsOfMetadata(metadata: StoredMetadata, path: string): InferenceFacts {
  const [input, classNames] = [metadata.json('input'), metadata.json('classNames')];
  const isInput = typeof input === 'object' && input !== null;
  const areNames = Array.isArray(classNames) && classNames.every((name) => typeof name === 'string');
  if (isInput && areNames) return { input: input as NetworkInput, classNames };
  const key = isInput ? 'classNames' : 'input';
  throw new SignwaveError('E_RESUME', `${path} has no ${key} in its metadata, but ${shorten(metadata.text(key))}`);
}

/**
 * Check that a checkpoint has the same classes in the same order, and images prepared in the same way. With others its network would run
 * and be wrong.
 *
 * @throws {SignwaveError} `E_RESUME` that names the first that differs.
 */
export function verifySameFacts(path: string, stored: InferenceFacts | undefined, given: InferenceFacts): void {
  if (!stored) return;
  const { classNames } = given;
  const count = Math.max(stored.classNames.length, classNames.length);
  for (let i = 0; i < count; i++) {
    const [was, is] = [stored.classNames[i], classNames[i]];
    if (was === is) continue;
    throw new SignwaveError(
      'E_RESUME',
      `${path} was trained on data whose class ${i} is ${shown(was)}, but it is ${shown(is)} in those of this run; take the data that it was trained on`,
    );
  }
  const [was, is] = [JSON.stringify(stored.input), JSON.stringify(given.input)];
  if (was === is) return;
  throw new SignwaveError(
    'E_RESUME',
    `${path} was trained on the input ${was.slice(0, SHOWN_CHARACTERS)}, but that of this run is ${is}; take the data and the mean and std that it was trained with`,
  );
}

/** An input recipe has some 300. */
const SHOWN_CHARACTERS = 1_000;

const shown = (name: string | undefined): string => (name === undefined ? 'absent' : JSON.stringify(shorten(name)));
