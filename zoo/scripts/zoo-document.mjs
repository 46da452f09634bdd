/** @typedef {import('./zoo-files.mjs').ZooModel} ZooModel */

/**
 * Writes the zoo's README.
 *
 * @param {readonly ZooModel[]} models
 */
export function zooDocument(models) {
  const bytes = models.reduce((sum, model) => sum + model.bytes, 0);
  return `<!-- Written by zoo/scripts/add.mjs; do not edit. -->
# The zoo

Binary networks that \`signwave train\` trained, packed and ready to run. The command line contains them:

\`\`\`sh
signwave zoo list
signwave run zoo:${models[0].name} photo.png      # zoo:NAME wherever a command takes a model
signwave zoo get ${models[0].name}                # copies the file
\`\`\`

${table(
  ['name', 'task', 'data', 'network', 'top-1', 'bytes', 'ms per image'],
  models.map((it) => [
    `[\`${it.name}\`](#${it.name})`,
    it.task,
    it.data.name,
    `${it.method} \`${it.architecture}\``,
    percent(it),
    grouped(it.bytes),
    it.time ? it.time.medianMs.toPrecision(3) : 'not measured',
  ]),
)}

Top-1 is that of the packed model, run by the WebAssembly runtime on the whole test set. All files together have ${grouped(bytes)} bytes. Times are medians of \`signwave bench\` with one thread.

${models.map(section).join('\n')}`;
}

/** @param {ZooModel} model */
function section(model) {
  const { hits, images, trained, time } = model;
  const ties = trained.ties === 0 ? '' : `, but for ${trained.ties} whose class depends on the order of float sums`;
  return `## ${model.name}

${table(
  ['', ''],
  [
    ['top-1, packed', `${percent(model)}: ${grouped(hits)} of ${grouped(images)} test images of ${model.data.name}`],
    ['top-1, as trained', `${grouped(trained.hits)} of ${grouped(images)}; the same class for each image${ties}`],
    ['trained', `${model.epochs} epochs of ${model.method}, by [${model.config}](${model.config})`],
    ['file', `[\`${model.file}\`](${model.file}), ${grouped(model.bytes)} bytes`],
    ['SHA-256', `\`${model.sha256}\``],
    ...(time ? [['time', `${time.medianMs.toPrecision(3)} ms per image, ${time.machine}`]] : []),
    ['licence', model.licence],
    ['licence of the data', model.data.licence],
  ],
)}

To make it again, with the data set in \`DIR\`:

\`\`\`
${model.commands.join('\n')}
\`\`\`
`;
}

/** @param {ZooModel} model */
function percent({ hits, images }) {
  return `${((100 * hits) / images).toFixed(2)} %`;
}

/** @param {number} value */
function grouped(value) {
  return value.toLocaleString('en-US');
}

/**
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} rows
 */
function table(head, rows) {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
