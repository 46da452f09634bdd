import { describeTflite, quote, readTflite, type TfliteLayer, type TfliteSummary } from '@signwave/convert';
import { openFileSource } from '@signwave/lab/node';
import { count, printJson, printResult } from '../report/output.js';
import { table } from '../report/table.js';

/**
 * Shows the operators of a TensorFlow Lite file, what of it is binary or could be, and what can't be converted.
 *
 * @throws {SignwaveError} as `readTflite`.
 */
export async function inspectTflite(path: string, json: boolean): Promise<void> {
  const source = await openFileSource(path);
  try {
    const model = await readTflite(source);
    const summary = describeTflite(model);
    if (json) printJson({ kind: 'tflite', description: model.description, bytes: source.sizeBytes, ...summary });
    else printSummary(path, source.sizeBytes, summary);
  } finally {
    await source.close();
  }
}

function printSummary(path: string, bytes: number, { input, output, layers, problem }: TfliteSummary): void {
  const ends = [input, output].map(({ shape, type }) => `${type} (${shape.join(', ')})`);
  printResult(`${path}: TensorFlow Lite model, ${layers.length} operators, ${count(bytes)} bytes`);
  printResult(`  input           ${ends[0]}`);
  printResult([`  output          ${ends[1]}`, '']);
  printResult(
    table(
      [
        { title: '#', align: 'right' },
        { title: 'operator' },
        { title: 'output' },
        { title: 'weights' },
        { title: 'bits', align: 'right' },
        { title: 'bytes', align: 'right' },
        { title: 'name' },
      ],
      layers.map(rowOf),
    ),
  );
  printResult('');
  for (const line of findings(layers)) printResult(line);
  if (problem !== undefined) printResult(`can’t be converted: ${problem}`);
  const problems = layers.filter((layer) => layer.problem !== undefined);
  for (const layer of problems) printResult(`can’t be converted: ${layer.problem}`);
  const unchecked = layers.filter(({ isUnchecked }) => isUnchecked).length;
  if (unchecked > 0)
    printResult(`${count(unchecked)} operators depend on these, and could be checked only by their kind`);
  if (problem === undefined && problems.length === 0 && layers.some(({ operator }) => operator.startsWith('Lce'))) {
    printResult('all operators can be converted');
  }
}

function rowOf({ index, operator, shape, type, weights, name }: TfliteLayer): string[] {
  return [
    String(index),
    operator,
    `${type === 'float32' ? '' : `${type} `}(${shape.join(', ')})`,
    weights ? `(${weights.shape.join(', ')})` : '',
    weights ? `${weights.bits}${weights.arePackable ? ' -> 1' : ''}` : '',
    weights ? count(weights.bytes) : '',
    name === '' ? '' : quote(name.split(';')[0]!).slice(1, -1),
  ];
}

/** What of the weights is binary, and what is float and could be. */
function findings(layers: readonly TfliteLayer[]): string[] {
  const bytesOf = (chosen: readonly TfliteLayer[]): string =>
    count(chosen.reduce((sum, { weights }) => sum + (weights?.bytes ?? 0), 0));
  const binary = layers.filter(({ weights }) => weights?.bits === 1);
  const packable = layers.filter(({ weights }) => weights?.arePackable);
  const real = layers.filter(({ weights }) => weights && weights.bits !== 1 && !weights.arePackable);
  const lines = [
    `binary: ${count(binary.length)} layers, ${bytesOf(binary)} bytes of weights`,
    `float: ${count(real.length)} layers, ${bytesOf(real)} bytes of weights`,
  ];
  if (packable.length > 0) {
    lines.push(
      `float in the file, but +a and -a only: ${count(packable.length)} layers, ${bytesOf(packable)} bytes; converting packs them to 1 bit`,
    );
  }
  if (!layers.some(({ operator }) => operator.startsWith('Lce'))) {
    lines.push('no operator of Larq Compute Engine: convert the Keras model with lce.convert_keras_model');
  }
  return lines;
}
