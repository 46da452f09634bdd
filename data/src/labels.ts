import { SignwaveError, sniffKind } from '@signwave/format';

/**
 * Read class names: a text with one name a line (UTF-8), or a JSON array of strings. Names may repeat, as
 * ImageNet's do ("crane", "maillot").
 *
 * @param name what messages call the file.
 * @returns the names in class order, without surrounding blanks.
 * @throws {SignwaveError} `E_LABELS` if the bytes are no text, or have no name or an empty one.
 */
export function parseLabels(bytes: Uint8Array, name: string): string[] {
  const text = decodeText(bytes, name);
  const labels = /^\s*[[{]/.test(text) ? parseJson(text, name) : text.trimEnd().split(/\r?\n/);
  const trimmed = labels.map((label) => label.trim());
  const empty = trimmed.indexOf('');
  if (trimmed.length === 0 || (trimmed.length === 1 && empty === 0)) {
    throw new SignwaveError('E_LABELS', `${name} has no labels; expected one a line or a JSON array of strings`);
  }
  if (empty >= 0) {
    throw new SignwaveError(
      'E_LABELS',
      `${name}: label ${empty + 1} of ${trimmed.length} is empty; every class needs a name`,
    );
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
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (!text.includes('\0')) return text;
  } catch {
    // Not UTF-8: said below, as for a text with zero bytes.
  }
  throw new SignwaveError('E_LABELS', `${name} is ${sniffKind(bytes)}, not a text in UTF-8; expected one label a line`);
}

function parseJson(text: string, name: string): string[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SignwaveError('E_LABELS', `${name} is no valid JSON: ${(cause as Error).message}`, { cause });
  }
  if (!Array.isArray(value) || !value.every((label) => typeof label === 'string')) {
    const found = Array.isArray(value) ? 'an array with other things than strings' : 'an object';
    throw new SignwaveError('E_LABELS', `${name} is ${found}; expected a JSON array of strings, in class order`);
  }
  return value;
}
