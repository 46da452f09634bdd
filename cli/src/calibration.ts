import { type SmallerWeights, type WeightGroup, withSmallerWeights } from '@signwave/convert';
import { type Model as ModelFile, SignwaveError, writeModel } from '@signwave/format';
import { load, prepareImage } from '@signwave/runtime';
import { openDataset } from './data/datasets.js';
import { Progress } from './report/progress.js';
import { argMax } from './statistics.js';

/** What storing weights smaller does to a model. */
export interface SmallerEffect {
  /** `--head i8`, or all options together. */
  readonly options: string;
  readonly fileBytes: number;
  /** Images that it was measured on; 0 without any. */
  readonly images: number;
  readonly largestLogitChange: number;
  /** Images whose first class is another. */
  readonly top1Changes: number;
}

/** The exact model with weights stored smaller as `choice` says, option by option and then all of them. */
export function smallerVariants(exact: ModelFile, choice: SmallerWeights): { options: string; file: ModelFile }[] {
  const groups = Object.entries(choice) as [WeightGroup, SmallerWeights[WeightGroup]][];
  const named = groups.map(([group, type]) => ({ options: `--${group} ${type}`, choice: { [group]: type } }));
  const all = { options: named.map(({ options }) => options).join(' '), choice };
  return (named.length > 1 ? [...named, all] : named).map((variant) => ({
    options: variant.options,
    file: { info: exact.info, graph: withSmallerWeights(exact.graph, variant.choice) },
  }));
}

/**
 * Run models with weights stored smaller beside the exact one.
 *
 * @param data as openDataset takes it; undefined: only sizes are told. @param limit images at most.
 * @throws {SignwaveError} `E_INPUT_SHAPE` if the model has no input recipe, `E_DATA`, `E_IMAGE`.
 */
export async function measureSmaller(
  exact: ModelFile,
  variants: readonly { readonly options: string; readonly file: ModelFile }[],
  data: string | undefined,
  limit: number,
): Promise<SmallerEffect[]> {
  const effects = variants.map(({ options, file }) => ({
    options,
    fileBytes: writeModel(file).length,
    images: 0,
    largestLogitChange: 0,
    top1Changes: 0,
  }));
  if (data === undefined) return effects;
  const reference = await load(writeModel(exact));
  const models = await Promise.all(variants.map(({ file }) => load(writeModel(file))));
  const { recipe, height, width } = reference.input;
  if (!recipe) {
    throw new SignwaveError(
      'E_INPUT_SHAPE',
      `${exact.info.name} has no input recipe: --calibrate can't give it images`,
    );
  }
  const dataset = await openDataset(data);
  const images = Math.min(limit, dataset.count);
  const progress = new Progress('measuring', images);
  for (let n = 0; n < images; n++) {
    const input = prepareImage((await dataset.read(n)).image, recipe, height, width);
    const expected = reference.run(input).slice();
    models.forEach((model, i) => {
      const effect = effects[i]!;
      const found = model.run(input);
      effect.images++;
      if (argMax(found) !== argMax(expected)) effect.top1Changes++;
      expected.forEach((logit, c) => {
        effect.largestLogitChange = Math.max(effect.largestLogitChange, Math.abs(logit - found[c]!));
      });
    });
    progress.update(n + 1);
  }
  progress.end();
  for (const model of [reference, ...models]) model.dispose();
  return effects;
}
