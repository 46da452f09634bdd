import { type SmallerWeights, withSmallerWeights } from '@signwave/convert';
import { type Model as ModelFile, writeModel } from '@signwave/format';
import { load, prepareImage } from '@signwave/runtime';
import type { Images } from './image-sample.js';
import type { OnProgress } from './progress.js';
import { argMax } from './statistics.js';

/** How storing some weights in smaller types changes a model. */
export interface SmallerEffect {
  /** The options that were applied: a single one, such as `--head i8`, or all together. */
  readonly options: string;
  readonly fileBytes: number;
  /** Number of images it was measured on; 0 if the model has no recipe for images. */
  readonly images: number;
  /** Name of the data set, or `noise`. */
  readonly source: string;
  readonly largestLogitChange: number;
  /** Number of images whose first class changes. */
  readonly top1Changes: number;
}

/** Makes variants of the exact model with smaller weights: one for each option of `choice`, and if there are several, one with all. */
export function smallerVariants(exact: ModelFile, choice: SmallerWeights): { options: string; file: ModelFile }[] {
  const named = Object.entries(choice).map(([group, type]) => ({
    options: `--${group} ${type}`,
    choice: { [group]: type } as SmallerWeights,
  }));
  const all = { options: named.map(({ options }) => options).join(' '), choice };
  return (named.length > 1 ? [...named, all] : named).map((variant) => ({
    options: variant.options,
    file: { info: exact.info, graph: withSmallerWeights(exact.graph, variant.choice) },
  }));
}

/**
 * Compares variants that store some weights in smaller types with the exact model.
 *
 * @param images are used only if the model has a recipe for them.
 */
export async function measureSmaller(
  exact: ModelFile,
  variants: readonly { readonly options: string; readonly file: ModelFile }[],
  images: Images,
  onProgress: OnProgress = () => {},
): Promise<SmallerEffect[]> {
  const reference = await load(writeModel(exact));
  const models = await Promise.all(variants.map(({ file }) => load(writeModel(file))));
  const { recipe, height, width } = reference.input;
  const count = recipe ? images.count : 0;
  const effects = variants.map(({ options, file }) => ({
    options,
    fileBytes: writeModel(file).length,
    images: 0,
    source: images.name,
    largestLogitChange: 0,
    top1Changes: 0,
  }));
  for (let n = 0; n < count; n++) {
    const item = await images.read(n);
    if (item) {
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
    }
    onProgress(n + 1, count);
  }
  images.end();
  for (const model of [reference, ...models]) model.dispose();
  return effects;
}
