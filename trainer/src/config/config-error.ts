import { SignwaveError, visible } from '@signwave/format';
import type * as v from 'valibot';

type Issue = v.BaseIssue<unknown>;

/**
 * Says what is wrong with the first value that `schema` refused: where it is, what was found, what is allowed.
 *
 * @param path of the file, for the message.
 * @param whole what the file is.
 */
export function configError(path: string, schema: unknown, issue: Issue, whole = 'a config'): SignwaveError {
  const keys = (issue.path ?? []).map(({ key }) => String(key));
  const where = keys.join('.');
  if (issue.type === 'strict_object' && keys.length > 0) {
    const parent = keys.slice(0, -1);
    const known = Object.keys(entriesAt(schema, parent));
    const place = parent.length === 0 ? whole : `"${parent.join('.')}"`;
    if (known.includes(keys.at(-1)!)) return refuse(path, `"${where}" is missing; it has to be given`);
    return refuse(path, `"${where}" is unknown; ${place} may have ${known.join(', ')}`);
  }
  if (issue.type === 'min_length') {
    const { requirement } = issue as v.MinLengthIssue<unknown[], number>;
    return refuse(path, `"${where}" has ${issue.received} values, expected ${requirement} or more`);
  }
  const found = issue.received.replace(/^"(.*)"$/, '$1');
  return refuse(path, `${where === '' ? 'it' : `"${where}"`} is ${found}, expected ${expectedOf(issue)}`);
}

/** @param what may quote the config. */
export function refuse(path: string, what: string): SignwaveError {
  return new SignwaveError('E_CONFIG', `${path}: ${visible(what)}`);
}

/** What a check expects: "a whole number" if the check has no text of its own, ">=1" for a limit. */
function expectedOf(issue: Issue): string {
  switch (issue.type) {
    case 'integer':
      return 'a whole number';
    case 'min_value':
      return `${issue.requirement} or more`;
    case 'max_value':
      return `${issue.requirement} or less`;
    case 'gt_value':
      return `more than ${issue.requirement}`;
    case 'lt_value':
      return `less than ${issue.requirement}`;
    case 'non_empty':
      return 'a text that is not empty';
    case 'regex':
      return issue.message;
    default:
      return (issue.expected ?? issue.message).replace(/[()"]/g, '').replaceAll(' | ', ', ');
  }
}

interface Node {
  readonly entries?: Record<string, unknown>;
  readonly wrapped?: unknown;
  readonly pipe?: readonly unknown[];
}

/** The entries of the object schema found at `keys` within `schema`. */
function entriesAt(schema: unknown, keys: readonly string[]): Record<string, unknown> {
  let node = schema as Node;
  while (!node.entries && node.wrapped) node = node.wrapped as Node;
  const entries = node.entries ?? {};
  const [key, ...rest] = keys;
  return key === undefined ? entries : entriesAt(entries[key] ?? {}, rest);
}
