import { nameOf, parseJsonText, SignwaveError, tagOf } from '@signwave/format';

/** Where the input of a request comes from. */
export type RequestSource =
  /** An image file. */
  | { readonly path: string }
  /** An image at an http, https or s3 address. */
  | { readonly url: string }
  /** The bytes of an image file, in base64. */
  | { readonly base64: string }
  /** Row `row` of an `.npy` file, from 0, as `run --npy` takes it. */
  | { readonly npy: string; readonly row: number };

/** What a line of a stream asks for. */
export type Request = RequestSource & {
  /** What the answer is called: the line's own id, or else its number. */
  readonly id: string | number;
};

const SOURCES = ['path', 'url', 'base64', 'npy'] as const;
const KEYS: readonly string[] = ['id', ...SOURCES, 'row'];

/**
 * Reads a line: a JSON object with one source (`path`, `url`, `base64`, or `npy` and `row`) and, if wanted, an `id`.
 *
 * @param number of the line, which is its id if it has none.
 * @throws {RequestError} if the line is no such object; the error has the line's id where it could be read.
 */
export function parseRequest(text: string, number: number): Request {
  let value: unknown;
  try {
    value = parseJsonText(text);
  } catch (cause) {
    throw new RequestError(number, `the line is not JSON: ${(cause as Error).message}`, cause);
  }
  if (tagOf(value) !== 'Object') throw new RequestError(number, `expected a JSON object, got ${nameOf(value)}`);
  const fields = value as Record<string, unknown>;
  const { id = number, row } = fields;
  if (typeof id !== 'string' && typeof id !== 'number') {
    throw new RequestError(number, `id: expected a text or a number, got ${nameOf(id)}`);
  }
  const refuse = (what: string): never => {
    throw new RequestError(id, what);
  };
  const unknown = Object.keys(fields).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) refuse(`there is no field ${nameOf(unknown)}; there are ${KEYS.join(', ')}`);
  const given = SOURCES.filter((key) => fields[key] !== undefined);
  const [source] = given;
  if (given.length !== 1 || source === undefined) {
    return refuse(`expected one of ${SOURCES.join(', ')}, got ${given.join(' and ') || 'none'}`);
  }
  const place = fields[source];
  if (typeof place !== 'string') return refuse(`${source}: expected a text, got ${nameOf(place)}`);
  if (source !== 'npy') {
    if (row !== undefined) refuse('row belongs to npy');
    return { id, [source]: place } as Request;
  }
  if (!Number.isSafeInteger(row) || (row as number) < 0) {
    refuse(`row: expected the number of a row of ${nameOf(place)}, from 0 on, got ${nameOf(row)}`);
  }
  return { id, npy: place, row: row as number };
}

/** A line that is no request. */
export class RequestError extends SignwaveError {
  constructor(
    readonly id: string | number,
    message: string,
    cause?: unknown,
  ) {
    super('E_REQUEST', message, { cause });
  }
}
