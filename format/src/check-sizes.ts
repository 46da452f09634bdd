import { SignwaveError } from './errors.js';
import type { Model, ModelInfo } from './graph.js';
import { MAX_CLAIMS, MAX_LABELS, MAX_STRING_BYTES, MAX_TENSORS, MAX_TEXT_BYTES } from './limits.js';
import { MODEL } from './schema.js';
import { hasControls } from './text.js';
import { type PlainField, text } from './verify.js';

/**
 * Checks counts and strings. The writer does this in addition to {@link checkModel}; the reader does it while it verifies the structure.
 *
 * @throws {SignwaveError} `E_FORMAT_LIMIT` or `E_FORMAT_INFO`.
 */
export function checkSizes({ info, graph }: Model): void {
  checkCount('tensors', graph.tensors.length, MAX_TENSORS);
  checkCount('labels', info.labels?.length ?? 0, MAX_LABELS);
  checkCount('accuracy claims', info.accuracy.length, MAX_CLAIMS);

  let textBytes = 0;
  const checkText = (what: string, string: string): void => {
    if (hasControls(string) || /\p{Cs}/u.test(string)) {
      throw new SignwaveError('E_FORMAT_INFO', `the ${what} holds a control character or half of a surrogate pair`);
    }
    const { length } = new TextEncoder().encode(string);
    textBytes += length;
    checkCount(`bytes in the ${what}`, length, MAX_STRING_BYTES);
  };
  for (const [what, { type }] of Object.entries<Partial<PlainField<unknown>>>(MODEL.fields)) {
    if (type === text) checkText(what, String(info[what as keyof ModelInfo] ?? ''));
  }
  info.labels?.forEach((label, i) => {
    checkText(`label ${i}`, label);
  });
  info.accuracy.forEach(({ data }, i) => {
    checkText(`data of accuracy claim ${i}`, data);
  });
  graph.nodes.forEach((node, i) => {
    checkText(`name of node ${i}`, node.name ?? '');
  });
  checkCount('bytes in all strings', textBytes, MAX_TEXT_BYTES);
}

function checkCount(what: string, found: number, most: number): void {
  if (found > most)
    throw new SignwaveError('E_FORMAT_LIMIT', `the model has ${found} ${what}, at most ${most} are possible`);
}
