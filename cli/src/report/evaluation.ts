import { writeFileAtomic } from '@signwave/data/node';
import { argMax, type Evaluation } from '@signwave/lab';
import { evaluationHtml } from './evaluation-html.js';
import { percent, printJson, printNote, printResult } from './output.js';
import { table } from './table.js';

/** Prints an evaluation, as text or as JSON, and writes its page if one is wanted. */
export async function giveEvaluation(
  evaluation: Evaluation,
  { json, report }: { readonly json?: boolean; readonly report?: string },
): Promise<void> {
  if (report !== undefined) {
    await writeFileAtomic(report, new TextEncoder().encode(evaluationHtml(evaluation)));
    printNote(`${report}: report`);
  }
  if (json) printJson(evaluation);
  else printEvaluation(evaluation);
}

function printEvaluation(evaluation: Evaluation): void {
  const { images, top1, top5, top1Low, top1High, classNames, confusion } = evaluation;
  printResult(`${evaluation.model} on ${images} images of ${evaluation.data}`);
  printResult(
    `  top-1  ${percent(top1, images)}  (${top1} of ${images}; 95 % interval ${top1Low.toFixed(2)} to ${top1High.toFixed(2)} %)`,
  );
  printResult(`  top-5  ${percent(top5, images)}`);
  if (images < evaluation.available) printResult(`  sample ${evaluation.sample}`);
  printResult(`  time   ${evaluation.msPerImage.toFixed(3)} ms per image`);
  if (classNames.length > 20 || !confusion) return;
  const rows = classNames.map((name, index) => {
    const row = confusion[index]!;
    const all = row.reduce((sum, n) => sum + n, 0);
    const others = row.map((n, i) => (i === index ? 0 : n));
    const worst = argMax(others);
    return [
      name,
      String(all),
      percent(row[index]!, all, 1),
      others[worst]! > 0 ? `${classNames[worst]} (${others[worst]})` : '-',
    ];
  });
  printResult('');
  printResult(
    table(
      [
        { title: 'class' },
        { title: 'images', align: 'right' },
        { title: 'right', align: 'right' },
        { title: 'most often taken for' },
      ],
      rows,
    ),
  );
}
