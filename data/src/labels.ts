import { isBlank, parseJsonText, SignwaveError, sniffKind, visible } from '@signwave/format';

/** Keys under which files that hold more than labels have them: Hugging Face's and timm's config.json, torchvision's `class_to_idx`. */
const LABEL_KEYS = [
  'id2label',
  'label2id',
  'idx_to_class',
  'class_to_idx',
  'label_names',
  'labels',
  'classes',
  'names',
];
const FORMS = 'names in class order, {"0": "cat"}, {"0": ["n02121808", "cat"]} or {"cat": 0}';

/** A class from a file whose entries may be in any order. */
interface Entry {
  /** Its name in messages. */
  readonly what: string;
  readonly index: number;
  readonly label: string;
}

/**
 * Class names from a UTF-8 text with one on each line, or from JSON in one of its usual forms:
 *
 * - an array of names, or of [wnid, name] pairs;
 * - an object by number, `{"0": "cat"}` or `{"0": ["n02121808", "cat"]}`, read in the order of the numbers;
 * - an object by name, `{"cat": 0}`;
 * - an object that has one of these under `id2label`, `label2id`, `class_to_idx` ({@link LABEL_KEYS}).
 *
 * Names may repeat, as ImageNet's do ("crane", "maillot").
 *
 * @param name of the file in messages.
 * @returns the names in class order, without surrounding blanks.
 * @throws {SignwaveError} `E_LABELS` if the bytes are no text, if there is no name, if an entry (which the message names) is empty or
 *   something else, or if the numbers aren't those from 0 up, each once.
 */
export function parseLabels(bytes: Uint8Array, name: string): string[] {
  const text = decodeText(bytes, name);
  const labels = /^\s*[[{]/.test(text) ? parseJson(text, name) : text.trimEnd().split(/\r\n?|\n/);
  const trimmed = labels.map((label) => label.trim());
  const empty = trimmed.findIndex(isBlank);
  if (trimmed.length === 0 || (trimmed.length === 1 && trimmed[0] === '')) {
    throw refusal(name, `it has no labels; expected one a line, or JSON: ${FORMS}`);
  }
  if (empty >= 0) {
    const found = trimmed[empty] === '' ? 'is empty' : `shows nothing (${visible(trimmed[empty]!)})`;
    throw refusal(name, `label ${empty + 1} of ${trimmed.length} ${found}; every class needs a name`);
  }
  return trimmed;
}

/**
 * @param labels  class names in order.
 * @param classes outputs of the model.
 * @throws {SignwaveError} `E_LABELS` unless there is one label for each class.
 */
export function checkLabelCount(labels: readonly string[], classes: number): void {
  if (labels.length !== classes) {
    throw new SignwaveError(
      'E_LABELS',
      `there are ${labels.length} labels, but the model has ${classes} classes; give one label for each class, in the model's order`,
    );
  }
}

function decodeText(bytes: Uint8Array, name: string): string {
  try {
    // Drops a byte order mark.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (!text.includes('\0')) return text;
  } catch {
    // It isn't UTF-8. The error below says so, as for a text with zero bytes.
  }
  throw refusal(name, `it is ${sniffKind(bytes)}, not a text in UTF-8; expected one label a line, or JSON`);
}

function parseJson(text: string, name: string): string[] {
  let value: unknown;
  try {
    value = parseJsonText(text);
  } catch (cause) {
    throw refusal(
      name,
      `it is no valid JSON: ${(cause as Error).message}; a Python dictionary becomes JSON by json.dump`,
    );
  }
  const key = isObject(value)
    ? LABEL_KEYS.find((it) => isContainer((value as Record<string, unknown>)[it]))
    : undefined;
  const labels = key === undefined ? value : (value as Record<string, unknown>)[key];
  const file = key === undefined ? name : `${name}, "${key}"`;
  if (Array.isArray(labels)) return labels.map((entry, index) => labelOf(entry, `entry ${index}`, file));
  return inOrder(entriesOf(labels as Record<string, unknown>, file), file);
}

/** Entries of an object by number or by name: the numbers are its keys or its values. */
function entriesOf(object: Record<string, unknown>, file: string): Entry[] {
  const entries = Object.entries(object);
  const isByName = entries.every(([, value]) => typeof value === 'number') || !entries.some(([key]) => isNumber(key));
  return entries.map(([key, value]) => {
    const what = `entry ${shown(key)}`;
    if (!isByName) return { what, index: indexOf(key, what, file), label: labelOf(value, what, file) };
    return { what, index: indexOf(value, what, file), label: key };
  });
}

function labelOf(value: unknown, what: string, file: string): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value) && value.length === 2) {
    const [wnid, label] = value as unknown[];
    if (typeof wnid === 'string' && typeof label === 'string') return label;
  }
  throw refusal(file, `${what} is ${shown(value)}, expected a name, or [wnid, name]`);
}

function indexOf(value: unknown, what: string, file: string): number {
  const index = typeof value === 'string' && isNumber(value) ? Number(value) : value;
  if (typeof index === 'number' && Number.isSafeInteger(index) && index >= 0) return index;
  const found = what === `entry ${shown(value)}` ? 'has no number as its key' : `is ${shown(value)}`;
  throw refusal(file, `${what} ${found}, expected the number of a class, from 0; files of labels are ${FORMS}`);
}

/** @throws {SignwaveError} `E_LABELS` unless the numbers are 0, 1, 2, ... */
function inOrder(entries: readonly Entry[], file: string): string[] {
  const sorted = [...entries].sort((a, b) => a.index - b.index);
  for (const [position, { what, index }] of sorted.entries()) {
    if (index === position) continue;
    if (index < position) {
      throw refusal(file, `${sorted[position - 1]!.what} and ${what} have the same number, ${index}`);
    }
    throw refusal(
      file,
      `no entry has the number ${position}, the next one is ${index} (${what}); classes are counted from 0, without gaps`,
    );
  }
  return sorted.map(({ label }) => label);
}

function isNumber(text: string): boolean {
  return /^\d+$/.test(text);
}

function isContainer(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function isObject(value: unknown): boolean {
  return isContainer(value) && !Array.isArray(value);
}

/** A value as JSON, shortened. */
function shown(value: unknown): string {
  const json = JSON.stringify(value);
  return json.length > 40 ? `${json.slice(0, 40)}...` : json;
}

function refusal(name: string, problem: string): SignwaveError {
  return new SignwaveError('E_LABELS', `${name}: ${visible(problem)}`);
}
