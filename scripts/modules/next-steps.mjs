/** @typedef {{ model: string, image: string, checkpoint: string, config: string }} Files paths that exist */

/**
 * Lists the commands that `npm start` prints last. They run unchanged in the repository's root, on its own files.
 *
 * @param {Files} files
 * @returns {{ what: string, command: string }[]}
 */
export function nextSteps({ model, image, checkpoint, config }) {
  return [
    {
      what: 'classify a picture; put one of yours in its place, of any size: PNG, JPEG, WebP, TIFF or PPM',
      command: `npx signwave run ${model} ${image}`,
    },
    {
      what: 'pack a checkpoint; put one of yours in its place',
      command: `npx signwave convert ${checkpoint} -o build/packed.sgnw`,
    },
    {
      what: 'train a network; trainer/README.md says what a config may have',
      command: `npx signwave train ${config} --output build/trained`,
    },
    { what: 'compare it layer by layer with ONNX Runtime Web', command: 'npm run bench' },
    { what: 'run what CI runs, in part', command: 'npm test' },
  ];
}

/**
 * Writes the steps as text. Each command has a line of its own, so that it can be pasted into any shell.
 *
 * @param {Files} files
 */
export function nextStepsText(files) {
  return nextSteps(files)
    .map(({ what, command }) => `  ${what}:\n    ${command}`)
    .join('\n');
}
