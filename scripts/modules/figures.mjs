/**
 * A page whose lines between two markers are replaced.
 *
 * @param {string} page
 * @param {readonly [start: string, end: string]} markers lines that the page has, in this order
 * @param {readonly string[]} lines
 */
export function withFigures(page, [start, end], lines) {
  return `${page.slice(0, page.indexOf(start))}${start}\n${lines.join('\n')}\n${page.slice(page.indexOf(end))}`;
}
