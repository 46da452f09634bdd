/** What stands between the `results` markers of README.md, made of bench/results.json. */

const START = '<!-- results: written by scripts/write-results.mjs, do not edit -->';
const END = '<!-- /results -->';

/** @param {string} readme @param {ReturnType<typeof JSON.parse>} results */
export function withResults(readme, results) {
  const from = readme.indexOf(START);
  const to = readme.indexOf(END);
  if (from < 0 || to < from) throw new Error('README.md has no results markers');
  return `${readme.slice(0, from + START.length)}\n${render(results)}\n${readme.slice(to)}`;
}

function render({ evaluation, inspection, bench }) {
  const [ours, scalar, peer] = bench.timings;
  const { fileBytes, float32Bytes } = inspection;
  const ratio = (theirs) => `${(theirs.medianMs / ours.medianMs).toFixed(1)}x`;
  return [
    `| BiPer ResNet-20, CIFAR-10 (short run of the authors' code) | |`,
    '|---|---|',
    `| top-1 of the packed model, ${count(evaluation.images)} test images | ${evaluation.top1Percent.toFixed(2)} % |`,
    `| file | ${count(fileBytes)} bytes, ${(float32Bytes / fileBytes).toFixed(1)}x smaller than its float32 weights |`,
    `| one image, one thread, WebAssembly SIMD | ${ours.medianMs.toFixed(2)} ms |`,
    `| the same without SIMD | ${scalar.medianMs.toFixed(2)} ms |`,
    `| ${peer.name}, same process | ${peer.medianMs.toFixed(2)} ms, ${ratio(peer)} as long |`,
    '',
    `Medians of interleaved rounds, outputs checked first: ${bench.machine.cpu}, ${bench.machine.engine}. \`npm run bench\` repeats them.`,
  ].join('\n');
}

function count(value) {
  return value.toLocaleString('en-US');
}
