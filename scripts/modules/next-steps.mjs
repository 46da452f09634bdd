/** @typedef {{ model: string, image: string, checkpoint: string, config: string }} Files paths that exist */

/**
 * What `npm start` ends with: commands that run as they are printed, in the root of the repository, with its own files.
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
 * As text: each command alone in its line, so that the line can be pasted into any shell.
 *
 * @param {Files} files
 */
export function nextStepsText(files) {
  return nextSteps(files)
    .map(({ what, command }) => `  ${what}:\n    ${command}`)
    .join('\n');
}
