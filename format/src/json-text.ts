import { visible } from './visible.js';

/** Open objects and lists of a JSON text that people or programs write; networks and configs have five. */
const MAX_NESTING = 64;

/**
 * Parse a JSON text that isn't trusted. Deep nesting is refused, at which functions that follow values would run out of stack, and so is an
 * object with the same key twice, of which `JSON.parse` silently takes the last.
 *
 * @throws {Error} saying what is wrong; the caller adds the file's name.
 */
export function parseJsonText(text: string): unknown {
  const { isDeep, repeated } = look(text);
  if (isDeep) throw new Error(`it is nested deeper than ${MAX_NESTING} levels`);
  const value = parse(text);
  if (repeated === undefined) return value;
  const shown = repeated.length > 42 ? `${repeated.slice(0, 40)}..."` : repeated;
  throw new Error(`the key ${visible(shown)} stands twice in one object`);
}

/** As `JSON.parse`, whose messages quote the text. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(visible((cause as Error).message), { cause });
  }
}

/** Walks over a text that may be JSON. What it says of keys holds if it is. */
function look(text: string): { isDeep: boolean; repeated: string | undefined } {
  const open: (Set<string> | undefined)[] = [];
  let repeated: string | undefined;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '{' || character === '[') {
      if (open.length === MAX_NESTING) return { isDeep: true, repeated };
      open.push(character === '{' ? new Set() : undefined);
    } else if (character === '}' || character === ']') open.pop();
    else if (character === '"') {
      const end = endOfString(text, at);
      const keys = open.at(-1);
      if (keys && isKey(text, end)) {
        const key = text.slice(at, end);
        const name = unescaped(key);
        if (keys.has(name)) repeated ??= name;
        keys.add(name);
      }
      at = end - 1;
    }
  }
  return { isDeep: false, repeated };
}

/** One past the quote that ends a string; the end of the text if there is none. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at + 1;
  }
  return text.length;
}

/** Whether a colon follows. */
function isKey(text: string, end: number): boolean {
  let at = end;
  while (' \t\n\r'.includes(text[at] ?? 'x')) at++;
  return text[at] === ':';
}

function unescaped(key: string): string {
  if (!key.includes('\\')) return key;
  try {
    return JSON.stringify(JSON.parse(key));
  } catch {
    return key;
  }
}
