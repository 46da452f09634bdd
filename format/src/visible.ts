/**
 * Characters that change what a terminal or a page shows without being seen: controls (line feeds and tabs, too), characters of direction and
 * of no width, line separators, halves of characters, and letters that are blank.
 */
const UNSEEN = '\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}\\u034f\\u115f\\u1160\\u17b4\\u17b5\\u2800\\u3164\\uffa0';
const UNSEEN_CHARACTER = new RegExp(`[${UNSEEN}]`, 'gu');
const ONLY_UNSEEN = new RegExp(`^[${UNSEEN}\\s]*$`, 'u');

/** A line of text from anywhere, to be printed: each character that isn't seen is written as JSON's `\\u001b`. */
export function visible(line: string): string {
  return line.replace(UNSEEN_CHARACTER, (character) =>
    Array.from({ length: character.length }, (_, i) => {
      return `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`;
    }).join(''),
  );
}

/** Whether a reader of this text would see nothing. */
export function isBlank(text: string): boolean {
  return ONLY_UNSEEN.test(text);
}

/** A line of text in HTML elements, and in attributes in double quotes: nothing in it is a tag, and nothing isn't seen. */
export function escapeHtml(line: string): string {
  return visible(line).replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
