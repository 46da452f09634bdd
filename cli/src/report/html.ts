import { visible } from '@signwave/format';

/** A line of text in HTML elements, and in attributes in double quotes: nothing in it is a tag, and nothing isn't seen. */
export function escapeHtml(text: string): string {
  return visible(text).replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
