import { type InputRecipe, SignwaveError, visible } from '@signwave/format';
import { quote } from '../checkpoints/quote.js';
import type { Architecture } from './architecture.js';
import { type NetworkBuilder, SIGNS_OF_ZERO, type SignOfZero } from './network-builder.js';
import { parseRecipe } from './parse-recipe.js';
import { RECIPE_NAMES } from './recipes.js';

/** A network that signwave doesn't know, as its user describes it: docs/own-network.md. */
export interface NetworkDefinition {
  /** Its name, which is written into the model. */
  readonly name: string;
  /** Default: `own`. */
  readonly method?: string;
  /** Whether weights are BiPer's waves, so that converting needs omega0. */
  readonly needsOmega0?: boolean;
  /** How an image becomes the input: a recipe, or a name that `--preprocess` takes. Default: `none`. */
  readonly preprocess?: string | InputRecipe;
  /** Module whose weight's first side is the number of classes. */
  readonly classifier: string;
  /** Tensors of the checkpoint that the network doesn't use; a `*` at the end matches anything. */
  readonly ignores?: readonly string[];
  /** What its sign gives for 0, in activations and in weights; default 0, like `torch.sign`. */
  readonly signOfZero?: SignOfZero;
  /** Write the network into `g`, in the order in which it runs. */
  build(g: NetworkBuilder): void;
}

const KEYS = ['name', 'method', 'needsOmega0', 'preprocess', 'classifier', 'ignores', 'signOfZero', 'build'];

/**
 * Check a definition and make an architecture of it.
 *
 * @param definition a module's default export. @param sourceName its file, for messages.
 * @throws {SignwaveError} `E_NETWORK` for anything but a {@link NetworkDefinition}, and for whatever `build` throws.
 */
export function ownArchitecture(definition: unknown, sourceName: string): Architecture {
  const fail = (what: string): never => failNetwork(sourceName, what);
  if (typeof definition !== 'object' || definition === null) {
    return fail('exports no network: its default export has to be an object with name, classifier and build');
  }
  const given = definition as Partial<NetworkDefinition>;
  const unknown = Object.keys(given).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) fail(`has the unknown key ${quote(unknown)}; known: ${KEYS.join(', ')}`);
  const { name, method = 'own', needsOmega0 = false, preprocess = 'none', classifier, ignores = [], build } = given;
  const { signOfZero = 0 } = given;
  for (const [key, value] of Object.entries({ name, method, classifier })) {
    if (typeof value !== 'string' || !/^[\w.+-]{1,100}$/.test(value)) {
      fail(`needs ${key}, a text of letters, digits and _ . + -; found ${JSON.stringify(value) ?? 'none'}`);
    }
  }
  if (typeof needsOmega0 !== 'boolean') fail('has needsOmega0, which has to be true or false');
  if (typeof build !== 'function') return fail('needs build, a function that writes the network into a builder');
  if (!Array.isArray(ignores) || !ignores.every((pattern) => typeof pattern === 'string')) {
    fail('has ignores, which has to be a list of texts');
  }
  if (!SIGNS_OF_ZERO.includes(signOfZero))
    fail(`has signOfZero ${JSON.stringify(signOfZero)}, which has to be 0, 1 or -1`);
  if (typeof preprocess === 'string' && !RECIPE_NAMES.includes(preprocess)) {
    fail(`has preprocess ${quote(preprocess)}; known: ${RECIPE_NAMES.join(', ')}, or a recipe`);
  }
  const recipe =
    typeof preprocess === 'string'
      ? preprocess
      : parseRecipe(preprocess, (what) => fail(`has a preprocess that ${what}`));
  return {
    name: name!,
    method,
    needsOmega0,
    preprocess: recipe,
    classifier: classifier!,
    ignores,
    signOfZero,
    build(g) {
      try {
        build.call(given, g);
      } catch (error) {
        if (error instanceof SignwaveError) throw error;
        fail(`can't be built: ${error instanceof Error ? error.message : String(error)}`);
      }
    },
  };
}

export function failNetwork(sourceName: string, what: string): never {
  throw new SignwaveError(
    'E_NETWORK',
    `${sourceName} ${visible(what)}. docs/own-network.md describes network definitions`,
  );
}
