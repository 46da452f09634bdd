import { MAX_TEXT_FILE_BYTES, readFileBytes } from '@signwave/data/node';
import { parseJsonText, shorten } from '@signwave/format';
import stripJsonComments from 'strip-json-comments';
import { refuse } from './config-error.js';

/** An object as JSON has it. */
export type JsonObject = Readonly<Record<string, unknown>>;

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads a file that people write: JSON with comments. @throws {SignwaveError} `E_IO`, otherwise as {@link parseCommentedJson}. */
export async function readCommentedJson(path: string): Promise<JsonObject> {
  return parseCommentedJson(new TextDecoder().decode(await readFileBytes(path, 'E_IO', MAX_TEXT_FILE_BYTES)), path);
}

/**
 * The object that a JSON text holds; comments and a comma after the last item are allowed.
 *
 * @param path for messages.
 * @throws {SignwaveError} `E_CONFIG` for what is no JSON, or no object.
 */
export function parseCommentedJson(text: string, path: string): JsonObject {
  let json: unknown;
  try {
    json = parseJsonText(stripJsonComments(text, { trailingCommas: true }));
  } catch (cause) {
    throw refuse(path, `it is no JSON: ${(cause as Error).message}`);
  }
  if (isJsonObject(json)) return json;
  const found = Array.isArray(json) ? 'a list' : shorten(JSON.stringify(json));
  throw refuse(path, `it is ${found}, expected an object`);
}
