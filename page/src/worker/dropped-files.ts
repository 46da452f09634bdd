import { parseLabels } from '@signwave/data';
import { SignwaveError, SNIFF_BYTES, sniffKind } from '@signwave/format';

/** Files that were dropped together, sorted by purpose. */
export interface DroppedFiles {
  /** The model or checkpoint; for a checkpoint in several files its index. */
  readonly main: File;
  /** The config.txt that BiPer's training wrote beside its checkpoint. */
  readonly config: File | undefined;
  readonly labels: { readonly fileName: string; readonly names: readonly string[] } | undefined;
  /** A network definition in JSON. */
  readonly network: File | undefined;
  /** The files that an index names. */
  readonly shards: readonly File[];
}

/** Texts beside a model are small: a larger file is something else. */
const MAX_TEXT_BYTES = 2 ** 22;

type Role = 'config' | 'labels' | 'network' | 'index' | 'model';

/**
 * Tell files that were dropped together apart, by their content if their names don't settle it.
 *
 * @throws {SignwaveError} `E_USAGE` unless exactly one of them is a model or checkpoint and at most one each of the others; `E_LABELS` if
 *   the labels can't be read.
 */
export async function sortFiles(files: readonly File[]): Promise<DroppedFiles> {
  const roles = await Promise.all(files.map(roleOf));
  const of = (role: Role): File[] => files.filter((_, i) => roles[i] === role);
  const index = one(of('index'), 'indices of checkpoints');
  const models = of('model');
  const labels = one(of('labels'), 'lists of labels');
  const main = index ?? one(models, 'models');
  if (!main) {
    throw new SignwaveError(
      'E_USAGE',
      `no checkpoint or model is among the files (${namesOf(files)}); give it together with its texts`,
    );
  }
  return {
    main,
    config: one(of('config'), 'files config.txt'),
    labels: labels && { fileName: labels.name, names: parseLabels(await bytesOf(labels), labels.name) },
    network: one(of('network'), 'network definitions'),
    shards: index ? models : [],
  };
}

async function roleOf(file: File): Promise<Role> {
  if (file.size > MAX_TEXT_BYTES) return 'model';
  if (/\.txt$/i.test(file.name)) return /config/i.test(file.name) ? 'config' : 'labels';
  const head = new Uint8Array(await file.slice(0, SNIFF_BYTES).arrayBuffer());
  if (sniffKind(head, file.size) !== 'a JSON text' && !/\.json$/i.test(file.name)) return 'model';
  let value: unknown;
  try {
    value = JSON.parse(await file.text());
  } catch {
    return 'labels'; // the labels' reader says what is wrong with the text
  }
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  if (keys.includes('weight_map')) return 'index';
  return keys.includes('layers') ? 'network' : 'labels';
}

function one(files: readonly File[], kind: string): File | undefined {
  if (files.length <= 1) return files[0];
  throw new SignwaveError('E_USAGE', `${files.length} ${kind} were given (${namesOf(files)}); give one at a time`);
}

const namesOf = (files: readonly File[]): string => files.map(({ name }) => name).join(', ') || 'none';

const bytesOf = async (file: File): Promise<Uint8Array> => new Uint8Array(await file.arrayBuffer());
