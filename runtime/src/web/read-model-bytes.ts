import { addressOf, readSource } from '../source.js';
import { checkSha256, download, type FetchOptions } from './fetch-model.js';

/** Read the bytes of a model from where it is. Of {@link FetchOptions} all apply to an address, and `sha256` to everything. */
export async function readModelBytes(
  source: unknown,
  options: FetchOptions & { readonly name?: string },
): Promise<Uint8Array<ArrayBuffer>> {
  const given = await source;
  const address = addressOf(given);
  if (address !== undefined) return download(address, options);
  const { name, bytes } = await readSource(given, options);
  if (options.sha256 !== undefined) await checkSha256(bytes, options.sha256, name);
  return bytes;
}
