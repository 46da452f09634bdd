import { writeFileSync } from 'node:fs';

const STYLE = `body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem; color: #222; background: #fff; }
pre { background: #f4f4f4; padding: 1rem; overflow: auto; }
svg { margin: .5rem; max-width: 100%; height: auto; }
figure { display: inline-block; margin: .5rem; text-align: center; }
table { border-collapse: collapse; }
th, td { padding: .2rem .45rem; text-align: right; font-variant-numeric: tabular-nums; }
th.column span { writing-mode: vertical-rl; }
td.total { opacity: .6; }`;

/** @typedef {{ title: string } | { command: string, output: string }} Step */

/**
 * Writes a page about what `npm start` did: its commands with their output, then the pages that the commands wrote.
 *
 * @param {string} path
 * @param {Step[]} steps in order
 * @param {{ name: string, html: string }[]} pages whole documents by `signwave train` and `signwave eval`; what follows `<h1>` is used
 */
export function writeStartReport(path, steps, pages) {
  const contents = pages.map(({ name }, i) => `<li><a href="#page${i}">${name}</a></li>`);
  const parts = steps.map((step) =>
    'title' in step
      ? `<h2>${escapeHtml(step.title)}</h2>`
      : `<pre>$ ${escapeHtml(step.command)}\n${escapeHtml(step.output)}</pre>`,
  );
  const bodies = pages.map(({ name, html }, i) => `<h1 id="page${i}">${name}</h1>\n${bodyOf(html)}`);
  writeFileSync(
    path,
    `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>signwave: npm start</title>
<style>
${STYLE}
</style>
<h1>What npm start did</h1>
<ul>${contents.join('')}</ul>
${parts.join('\n')}
${bodies.join('\n')}
</html>
`,
  );
}

/** @param {string} html */
function bodyOf(html) {
  const body = html.match(/<h1>.*?<\/h1>(.*)<\/html>/s)?.[1];
  if (body === undefined)
    throw new Error('a page without <h1>: evaluation-html.ts or trainer/src/report/html.ts changed');
  return body;
}

/** @param {string} text */
function escapeHtml(text) {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
