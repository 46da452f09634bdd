import { nameOf, SignwaveError, shorten, tagOf } from '@signwave/format';
import { holdsBytes, viewBytes } from './bytes.js';
import { fetchAnswer, readAnswer } from './download.js';
import { isLocalFile, readLocalFile } from './local-file.js';
import { checkModelSize } from './model-size.js';
import { orReadError } from './read-error.js';

/** Where a model comes from: its bytes, something that holds them, or an address. Outside of pages an address may be a path. */
export type ModelSource =
  | Uint8Array
  | Uint8ClampedArray
  | Int8Array
  | DataView
  | ArrayBuffer
  | SharedArrayBuffer
  | Blob
  | Response
  | URL
  | string;

/** A longer string is no address, but a file that was read as text. */
const MAX_ADDRESS_CHARACTERS = 8192;

/**
 * The text of an address; undefined if `source` is neither a string nor a URL.
 *
 * @throws {SignwaveError} `E_USAGE` if a string is the contents of a file.
 */
export function addressOf(source: unknown): string | undefined {
  // The tag decides: some engines have no class URL, and some have several.
  if (!/^(String|URL)$/.test(tagOf(source))) return undefined;
  const text = String(source);
  if (text.includes('\0') || (text.length > MAX_ADDRESS_CHARACTERS && !/^data:/i.test(text))) {
    throw new SignwaveError(
      'E_USAGE',
      `expected an address or bytes, got a string of ${text.length} characters, which is neither: read the file as bytes`,
    );
  }
  return text;
}

/**
 * Read a model from where it is.
 *
 * @returns its bytes, and its name in messages.
 * @throws {SignwaveError} `E_USAGE` if `source` is no {@link ModelSource}; `E_IO` if it can't be read or is above 1 GiB.
 */
export async function readSource(
  source: unknown,
  options: { readonly name?: string; readonly signal?: AbortSignal },
): Promise<{ readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> }> {
  const { name = 'model', signal } = options;
  if (holdsBytes(source)) return { name, bytes: viewBytes(source) };
  const tag = tagOf(source);
  const { arrayBuffer } = Object(source);
  if (/^(Blob|File)$/.test(tag) && arrayBuffer) return { name, bytes: await readBlob(source as Blob, name) };
  const address = addressOf(source);
  if (address === undefined && !(tag === 'Response' && arrayBuffer)) {
    throw new SignwaveError(
      'E_USAGE',
      `expected a model: an address (string or URL), bytes (Uint8Array, ArrayBuffer, …), a Blob or a Response, got ${nameOf(source)}${arrayBuffer || !/^(Blob|File|Response)$/.test(tag) ? '' : ' without arrayBuffer()'}`,
    );
  }
  if (address !== undefined && isLocalFile(address)) {
    return { name: options.name ?? shorten(address), bytes: await readLocalFile(address, signal) };
  }
  const response = address === undefined ? (source as Response) : await fetchAnswer(address, signal);
  const title = options.name ?? shorten(response.url || address || name);
  return { name: title, bytes: await readAnswer(response, title, signal) };
}

async function readBlob(blob: Blob, name: string): Promise<Uint8Array<ArrayBuffer>> {
  checkModelSize(name, blob.size);
  return new Uint8Array(await orReadError(name, undefined, '; choose the file again', () => blob.arrayBuffer()));
}
