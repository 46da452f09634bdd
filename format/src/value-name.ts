/** How many characters of a text from outside a message shows. */
const SHOWN_CHARACTERS = 100;

/** Names the kind of a value, whichever page, worker or context made it: `Uint8Array`, `Promise`, `Null`. */
export function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

/** Describes an unexpected value in a few words for a message: `undefined`, `1.5`, `"fast"`, `a Float32Array`. */
export function nameOf(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(shorten(value));
  if (value == null || typeof value === 'boolean' || typeof value === 'number') return String(value);
  const tag = tagOf(value);
  return `${/^[AEIO]/.test(tag) ? 'an' : 'a'} ${tag}`;
}

/** Shortens a text, which may be as long as a file, for a message. */
export function shorten(text: string): string {
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}
