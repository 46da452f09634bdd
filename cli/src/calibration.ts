import { integerStem, type SmallerWeights, withSmallerWeights } from '@signwave/convert';
import { type Graph, type Model as ModelFile, SignwaveError, writeModel } from '@signwave/format';
import { load, prepareImage } from '@signwave/runtime';
import { openImageSample } from './data/image-sample.js';
import { noiseImages } from './data/noise-images.js';
import { Progress } from './report/progress.js';
import { argMax } from './statistics.js';

/** How storing weights smaller changes a model. */
export interface SmallerEffect {
  /** The options that did it: `--head i8`, or all options together. */
  readonly options: string;
  readonly fileBytes: number;
  /** Number of images that it was measured on; 0 if the model takes no images. */
  readonly images: number;
  /** Where the images come from: `noise`, or the data set's own name. */
  readonly source: string;
  readonly largestLogitChange: number;
  /** Number of images that get another first class. */
  readonly top1Changes: number;
}

/**
 * Options of `signwave convert` that change the network. `i16` makes the stem an integer convolution; the others only store weights
 * smaller.
 */
export type SmallerChoice = Omit<SmallerWeights, 'stem'> & { readonly stem?: SmallerWeights['stem'] | 'i16' };

/** The exact model with its weights stored smaller as `choice` says: each option by itself, then all together. */
export function smallerVariants(exact: ModelFile, choice: SmallerChoice): { options: string; file: ModelFile }[] {
  const named = Object.entries(choice).map(([group, type]) => ({
    options: `--${group} ${type}`,
    choice: { [group]: type } as SmallerChoice,
  }));
  const all = { options: named.map(({ options }) => options).join(' '), choice };
  return (named.length > 1 ? [...named, all] : named).map((variant) => ({
    options: variant.options,
    file: { info: exact.info, graph: smaller(exact.graph, variant.choice) },
  }));
}

function smaller(graph: Graph, { stem, ...others }: SmallerChoice): Graph {
  if (stem === 'i16') return integerStem(withSmallerWeights(graph, others));
  return withSmallerWeights(graph, { ...others, ...(stem && { stem }) });
}

/**
 * Runs models with weights stored smaller beside the exact one.
 *
 * @param data as in `openImageSample`; undefined means images of noise, if the model has a recipe for images. @param limit greatest number
 *   of images.
 * @throws {SignwaveError} `E_INPUT_SHAPE` if there is data but the model has no input recipe, `E_DATA`, `E_IMAGE`.
 */
export async function measureSmaller(
  exact: ModelFile,
  variants: readonly { readonly options: string; readonly file: ModelFile }[],
  data: string | undefined,
  limit: number,
): Promise<SmallerEffect[]> {
  const reference = await load(writeModel(exact));
  const models = await Promise.all(variants.map(({ file }) => load(writeModel(file))));
  const { recipe, height, width, channels } = reference.input;
  if (!recipe && data !== undefined) {
    throw new SignwaveError(
      'E_INPUT_SHAPE',
      `${exact.info.name} has no input recipe: --calibrate can't give it images`,
    );
  }
  const sample =
    data === undefined
      ? noiseImages(height, width, channels, limit)
      : await openImageSample(data, { limit, input: reference.input });
  const count = recipe ? sample.count : 0;
  const effects = variants.map(({ options, file }) => ({
    options,
    fileBytes: writeModel(file).length,
    images: 0,
    source: sample.name,
    largestLogitChange: 0,
    top1Changes: 0,
  }));
  const progress = new Progress('measuring', count);
  for (let n = 0; n < count; n++) {
    const item = await sample.read(n);
    if (!item) continue;
    const input = prepareImage(item.image, recipe!, height, width);
    const expected = reference.run(input).slice();
    models.forEach((model, i) => {
      const effect = effects[i]!;
      effect.images++;
      const found = model.run(input);
      if (argMax(found) !== argMax(expected)) effect.top1Changes++;
      expected.forEach((logit, c) => {
        effect.largestLogitChange = Math.max(effect.largestLogitChange, Math.abs(logit - found[c]!));
      });
    });
    progress.update(n + 1);
  }
  progress.end();
  sample.end();
  for (const model of [reference, ...models]) model.dispose();
  return effects;
}
