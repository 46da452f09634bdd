import { type InputRecipe, SignwaveError } from '@signwave/format';

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
  /** 28 x 28 gray images as they are. */
  'fashion-mnist': { channelOrder: 'gray', divisor: 255, mean: [0.286], std: [0.353] },
  /** No recipe: the model takes preprocessed floats only. */
  none: undefined,
};

export const RECIPE_NAMES: readonly string[] = Object.keys(RECIPES);

/** @param recipe itself, or its name. @throws {SignwaveError} `E_USAGE` for an unknown name. */
export function recipeNamed(name: string | InputRecipe): InputRecipe | undefined {
  if (typeof name !== 'string') return name;
  if (!RECIPE_NAMES.includes(name)) {
    throw new SignwaveError('E_USAGE', `no preprocessing is called "${name}"; known: ${RECIPE_NAMES.join(', ')}`);
  }
  return RECIPES[name];
}
