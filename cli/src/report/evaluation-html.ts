import { escapeHtml } from '@signwave/format';
import type { Evaluation } from '@signwave/lab';

/** The matrix of more classes would be unreadable. */
const MAX_MATRIX_CLASSES = 100;

/** A self-contained page without scripts: accuracy, and the confusion matrix or, of many classes, the most frequent mistakes. */
export function evaluationHtml(evaluation: Evaluation): string {
  const { classNames, confusion, images, sample, top1Percent, top1Low, top1High, top5Percent } = evaluation;
  const mistakes =
    confusion && classNames.length <= MAX_MATRIX_CLASSES ? matrixHtml(classNames, confusion) : mistakesHtml(evaluation);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(evaluation.model)}: evaluation</title>
<style>
  body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem; color-scheme: light dark; }
  table { border-collapse: collapse; }
  th, td { padding: .2rem .45rem; text-align: right; font-variant-numeric: tabular-nums; }
  th.column span { writing-mode: vertical-rl; }
  td.total { opacity: .6; }
</style>
<h1>${escapeHtml(evaluation.model)}</h1>
<p>${images} images of ${escapeHtml(evaluation.data)} (${sample}): top-1 <b>${top1Percent.toFixed(2)} %</b>
(95 % interval ${top1Low.toFixed(2)} to ${top1High.toFixed(2)} %), top-5 ${top5Percent.toFixed(2)} %.</p>
${mistakes}
</html>
`;
}

function matrixHtml(classNames: readonly string[], confusion: readonly (readonly number[])[]): string {
  const head = classNames.map((name) => `<th class="column"><span>${escapeHtml(name)}</span></th>`).join('');
  const rows = confusion.map((row, label) => {
    const all = row.reduce((sum, n) => sum + n, 0);
    const cells = row.map((n, predicted) => cell(n, all, predicted === label)).join('');
    return `<tr><th>${escapeHtml(classNames[label]!)}</th>${cells}<td class="total">${all}</td></tr>`;
  });
  return `<h2>Confusion matrix</h2>
<p>Rows are the true classes, columns what the model said; the last column counts a row's images.</p>
<table><tr><th></th>${head}<th></th></tr>
${rows.join('\n')}
</table>`;
}

function mistakesHtml({ classNames, mistakes }: Evaluation): string {
  const rows = mistakes.map(
    ({ label, predicted, images }) =>
      `<tr><th>${escapeHtml(classNames[label]!)}</th><th>${escapeHtml(classNames[predicted]!)}</th><td>${images}</td></tr>`,
  );
  return `<h2>Most frequent mistakes</h2>
<p>A confusion matrix of ${classNames.length} classes would be too large to read; eval --json has it up to 2,000 classes.</p>
<table><tr><th>class</th><th>taken for</th><th>images</th></tr>
${rows.join('\n')}
</table>`;
}

/** A cell shaded by its share of the row: green on the diagonal, red elsewhere. */
function cell(count: number, rowTotal: number, isRight: boolean): string {
  const share = rowTotal === 0 ? 0 : count / rowTotal;
  return `<td style="background: rgb(${isRight ? '40 160 80' : '200 60 50'} / ${share.toFixed(2)})">${count}</td>`;
}
