/** Whether a text has control characters, with which a file could move the cursor of the terminal that prints its strings (SPEC.md 2.7). */
export function hasControls(text: string): boolean {
  return /\p{Cc}/u.test(text);
}

/** Bytes as pairs of hexadecimal digits. */
export function hexPairs(bytes: Iterable<number>): string[] {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'));
}
