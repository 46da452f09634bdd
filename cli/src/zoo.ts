import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SignwaveError } from '@signwave/format';

/** What the zoo's list says of a model; `zoo/scripts/zoo-files.mjs` explains the fields. */
export interface ZooModel {
  readonly name: string;
  readonly task: string;
  readonly data: { readonly name: string };
  readonly architecture: string;
  readonly method: string;
  /** Path from the zoo's folder. */
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly images: number;
  readonly hits: number;
}

/** What an argument begins with that names a model of the zoo instead of a file. */
const PREFIX = 'zoo:';
/** Lies beside the bundle, in the repository as in the package. */
const FOLDER = fileURLToPath(new URL('./zoo', import.meta.url));

/** @throws {SignwaveError} `E_IO` if the list can't be read. */
export function zooModels(folder: string = FOLDER): readonly ZooModel[] {
  const path = join(folder, 'models.json');
  const text = new TextDecoder().decode(read(path));
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/**
 * Finds a model's file, and checks that it is the one whose figures the list has.
 *
 * @param folder the zoo's.
 * @throws {SignwaveError} `E_USAGE` that lists the names if there is none of this name, `E_IO` if its file can't be read,
 *   `E_FORMAT_CHECKSUM` if it has another SHA-256.
 */
export function zooFile(name: string, folder: string = FOLDER): { path: string; model: ZooModel; content: Uint8Array } {
  const models = zooModels(folder);
  const model = models.find((it) => it.name === name);
  if (!model) {
    const names = models.map((it) => it.name).join(', ');
    throw new SignwaveError('E_USAGE', `the zoo has no model "${name}"; it has ${names}`);
  }
  const path = join(folder, model.file);
  const content = read(path);
  const found = createHash('sha256').update(content).digest('hex');
  if (found !== model.sha256) {
    throw new SignwaveError(
      'E_FORMAT_CHECKSUM',
      `${path} has SHA-256 ${found}, but the zoo's "${name}" has ${model.sha256}: it was changed; install signwave again`,
    );
  }
  return { path, model, content };
}

/**
 * The path of a model that an argument names: a file, or `zoo:NAME`. A file of such a name is `./zoo:NAME`.
 *
 * @throws {SignwaveError} as {@link zooFile}.
 */
export function modelPath(argument: string): string {
  return argument.startsWith(PREFIX) ? zooFile(argument.slice(PREFIX.length)).path : argument;
}

function read(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): SignwaveError {
  const reason = (cause as Error).message;
  return new SignwaveError(
    'E_IO',
    `${path} is a part of signwave and can't be read (${reason}); install signwave again`,
    {
      cause,
    },
  );
}
