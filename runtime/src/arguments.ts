import { type InputNode, type ModelInfo, nameOf, SignwaveError, shorten, tagOf } from '@signwave/format';

/** What a run takes: bytes, or floats that are preprocessed already. */
export type Input = Uint8Array | Uint8ClampedArray | Float32Array;

/** What an option may be: the words for a message, and the test. */
export type Rule = readonly [expected: string, isFine: (value: unknown) => boolean];
export type Rules = Readonly<Record<string, Rule>>;

const isString = (value: unknown): boolean => typeof value === 'string';

export const TEXT: Rule = ['a string', isString];
export const FLAG: Rule = ['true or false', (value) => typeof value === 'boolean'];
export const FUNCTION: Rule = ['a function', (value) => typeof value === 'function'];
export const SIGNAL: Rule = ['an AbortSignal', (value) => typeof Object(value).aborted === 'boolean'];

/** Allow whole numbers from 1 to `most`, and the words `others`. */
export function countUpTo(most: number, others: readonly string[] = []): Rule {
  const words = others.map((it) => `"${it}" or `).join('');
  const bounds = Number.isFinite(most) ? `from 1 to ${most}` : 'above 0';
  return [
    `${words}a whole number ${bounds}`,
    (value) =>
      others.includes(value as string) || (Number.isInteger(value) && Number(value) > 0 && Number(value) <= most),
  ];
}

export function oneOf(...words: readonly string[]): Rule {
  return [words.map((it) => `"${it}"`).join(' or '), (value) => words.includes(value as string)];
}

/**
 * Check the options of a call.
 *
 * @throws {SignwaveError} `E_USAGE` if they are no object, if a value isn't allowed, or if `rules` doesn't have an option: a misspelt one would be
 *   ignored otherwise.
 */
export function checkOptions(call: string, options: unknown, rules: Rules): void {
  const names = Object.keys(rules).join(', ');
  if (tagOf(options) !== 'Object') {
    throw new SignwaveError('E_USAGE', `${call} takes an object of options (${names}), got ${nameOf(options)}`);
  }
  for (const [name, value] of Object.entries(options as object)) {
    if (!Object.hasOwn(rules, name)) {
      throw new SignwaveError('E_USAGE', `${call} has no option ${nameOf(name)}; it has ${names}`);
    }
    const [expected, isFine] = rules[name]!;
    if (value !== undefined && !isFine(value)) {
      throw new SignwaveError('E_USAGE', `${shorten(name)}: expected ${expected}, got ${nameOf(value)}`);
    }
  }
}

/**
 * Check that an input fits the model.
 *
 * @returns the input; if it is an array of another page or context, an array of this one over the same memory.
 * @throws {SignwaveError} `E_INPUT_SHAPE` if it is no bytes or floats of the model's input.
 */
export function checkInput(input: unknown, { name }: ModelInfo, node: InputNode): Input {
  const { height, width, channels, recipe } = node;
  // For arrays of this page or context no string is made: a small network takes a few microseconds in all.
  const isOwn = input instanceof Float32Array || input instanceof Uint8Array || input instanceof Uint8ClampedArray;
  const isFloats = isOwn ? input instanceof Float32Array : tagOf(input) === 'Float32Array';
  if (!isOwn && !(ArrayBuffer.isView(input) && (isFloats || isBytes(input)))) {
    throw new SignwaveError(
      'E_INPUT_SHAPE',
      `${name} takes bytes from 0 to 255 (Uint8Array) or preprocessed floats (Float32Array), got ${nameOf(input)}` +
        ('width' in Object(input) ? '; classify() takes images' : ''),
    );
  }
  const { buffer, byteOffset, length } = input as Input;
  const expected = height * width * channels;
  if (length !== expected) {
    throw new SignwaveError(
      'E_INPUT_SHAPE',
      `${name} takes ${height} x ${width} x ${channels} = ${expected} ${isFloats ? 'floats' : 'bytes'}, it was given ${length}`,
    );
  }
  if (!isFloats && !recipe) {
    throw new SignwaveError('E_INPUT_SHAPE', `${name} has no input recipe: it takes preprocessed floats, not bytes`);
  }
  return isOwn ? input : new (isFloats ? Float32Array : Uint8Array)(buffer as ArrayBuffer, byteOffset, length);
}

function isBytes(value: unknown): boolean {
  return /^Uint8(Clamped)?Array$/.test(tagOf(value));
}
