import { type InputRecipe, parseJsonText, SignwaveError, visible } from '@signwave/format';
import { parseRecipe } from './parse-recipe.js';

const IMAGENET_MEAN = [0.485, 0.456, 0.406];
const IMAGENET_STD = [0.229, 0.224, 0.225];

/** Input recipes by the names that `--preprocess` takes. */
const RECIPES: Readonly<Record<string, InputRecipe | undefined>> = {
  /** 32 x 32 images as they are. BiPer, ReCU and others use ImageNet's mean and deviation for CIFAR, too. */
  cifar10: { channelOrder: 'rgb', divisor: 255, mean: IMAGENET_MEAN, std: IMAGENET_STD },
  /** torchvision's evaluation: Resize(256), CenterCrop(224). */
  imagenet: {
    resize: { mode: 'shorterSide', sizePixels: 256, interpolation: 'bilinear' },
    channelOrder: 'rgb',
    divisor: 255,
    mean: IMAGENET_MEAN,
    std: IMAGENET_STD,
  },
  /** larq-zoo's evaluation, with its bits. It normalises bytes, by ImageNet's figures times 255. */
  larq: {
    resize: { mode: 'centreSquare', sizePixels: 0, interpolation: 'bicubic' },
    channelOrder: 'rgb',
    divisor: 1,
    mean: [123.675, 116.28, 103.53],
    std: [58.395, 57.12, 57.375],
  },
  /** 28 x 28 gray images as they are. */
  'fashion-mnist': { channelOrder: 'gray', divisor: 255, mean: [0.286], std: [0.353] },
  /** No recipe: the model takes preprocessed floats only. */
  none: undefined,
};

/**
 * What Caffe's ImageNet networks take: blue, green and red less their means. By Caffe's instructions images are resized to 256 x 256
 * whatever their shape, then cropped; no recipe does that, so the shorter side is, and images that aren't square keep their shape.
 */
export const CAFFE_IMAGENET: InputRecipe = {
  resize: { mode: 'shorterSide', sizePixels: 256, interpolation: 'bilinear' },
  channelOrder: 'bgr',
  divisor: 1,
  mean: [104, 117, 123],
  std: [1, 1, 1],
};

export const RECIPE_NAMES: readonly string[] = Object.keys(RECIPES);

/** @param recipe a recipe or the name of one. @throws {SignwaveError} `E_USAGE` for an unknown name. */
export function recipeNamed(name: string | InputRecipe): InputRecipe | undefined {
  if (typeof name !== 'string') return name;
  if (!RECIPE_NAMES.includes(name)) {
    throw new SignwaveError(
      'E_USAGE',
      `no preprocessing is called "${name}"; known: ${RECIPE_NAMES.join(', ')}, or a recipe in JSON`,
    );
  }
  return RECIPES[name];
}

/**
 * A recipe's JSON: `{"mean": [0.4914, 0.4822, 0.4465], "std": [0.247, 0.2435, 0.2616]}`, and the other fields of {@link InputRecipe} as needed.
 *
 * @param sourceName an option or a file, for messages.
 * @throws {SignwaveError} `E_USAGE` for text that isn't JSON, an unknown field, a missing or an impossible value.
 */
export function parseRecipeJson(text: string, sourceName: string): InputRecipe {
  const fail = (what: string): never => {
    throw new SignwaveError('E_USAGE', `${sourceName} ${visible(what)}`);
  };
  let json: unknown;
  try {
    json = parseJsonText(text);
  } catch (cause) {
    return fail(`is no JSON: ${(cause as Error).message}`);
  }
  return parseRecipe(json, fail);
}

/**
 * Whether a recipe prepares images as the recipe did that a network was trained with: the same floats, the same resize. A resize is also
 * accepted if training had none: its images had the network's size already.
 */
export function agreesWithTrained(trained: InputRecipe, recipe: InputRecipe): boolean {
  const floats = ({ divisor, mean, std }: InputRecipe) => [divisor, ...mean, ...std].map(Math.fround);
  const [x, y] = [floats(trained), floats(recipe)];
  const { resize } = trained;
  return (
    trained.channelOrder === recipe.channelOrder &&
    x.length === y.length &&
    x.every((value, i) => value === y[i]) &&
    (!resize ||
      (resize.mode === recipe.resize?.mode &&
        resize.sizePixels === recipe.resize.sizePixels &&
        resize.interpolation === recipe.resize.interpolation))
  );
}

/** A recipe in a few words, for messages. */
export function describeRecipe(recipe: InputRecipe | undefined): string {
  if (!recipe) return 'none';
  const { resize, channelOrder, divisor, mean, std } = recipe;
  const resized = resize && `${describeResize(resize)} (${resize.interpolation})`;
  const numbers = `${channelOrder}, divided by ${divisor}, mean ${mean.join(' ')}, std ${std.join(' ')}`;
  return resized ? `${resized}, ${numbers}` : numbers;
}

function describeResize({ mode, sizePixels }: NonNullable<InputRecipe['resize']>): string {
  if (mode === 'stretch') return 'stretched';
  return mode === 'centreSquare' ? 'centre square of 7/8' : `shorter side to ${sizePixels}, centre cropped`;
}
