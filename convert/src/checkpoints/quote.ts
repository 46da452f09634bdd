import { visible } from '@signwave/format';

const SHOWN_CHARACTERS = 100;

/**
 * A name out of a file, for a message: in quotes, control characters escaped (a name must not be able to drive a
 * terminal), and cut if it's long.
 */
export function quote(text: string): string {
  const shown = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
  return visible(JSON.stringify(shown));
}
