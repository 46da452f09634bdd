const SHOWN_CHARACTERS = 100;

/**
 * A name out of a file, for a message: in quotes, control characters escaped (a name must not be able to drive a
 * terminal), and cut if it's long.
 */
export function quote(text: string): string {
  const shown = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
  return JSON.stringify(shown).replace(/[\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g, (c) => {
    return `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
