import { type ErrorCode, type InputRecipe, SignwaveError } from '@signwave/format';
import { quote } from '../../checkpoints/quote.js';
import { type Architecture, architectureId } from '../architecture.js';
import { agreesWithTrained, describeRecipe, recipeNamed } from '../recipes.js';
import type { TrainedFacts } from './metadata.js';
import { trainedArchitecture } from './networks.js';

/**
 * Settles what a checkpoint says about itself with what the user says. If both say something they have to agree, because a model that
 * differs from what was trained is wrong without notice. With `--override` a contradiction is only a warning, except where insisting makes
 * no sense.
 */
export class Claims {
  readonly warnings: string[] = [];

  constructor(
    private readonly sourceName: string,
    private readonly override: boolean,
  ) {}

  /** @param own the value in the metadata. */
  omega0(own: number | undefined, given: number | undefined, facts: TrainedFacts | undefined): number | undefined {
    if (given === undefined) return own;
    if (facts && facts.quantizers.weights !== 'biper') {
      throw new SignwaveError(
        'E_OMEGA0',
        `${this.sourceName} was trained with the weights "${facts.quantizers.weights}", which have no omega0, but omega0 = ${given} was given; leave it out`,
      );
    }
    if (own !== undefined && own !== given) {
      this.#contradiction('E_OMEGA0', `was trained with omega0 = ${own}, but omega0 = ${given} was given`, 'it');
    }
    return given;
  }

  architecture(facts: TrainedFacts, given: string | Architecture | undefined): Architecture {
    const own = trainedArchitecture(facts, this.sourceName);
    if (given === undefined) return own;
    const was = `holds ${architectureId(own)}, as its metadata say`;
    if (typeof given !== 'string') {
      this.#contradiction('E_CHECKPOINT_ARCH', `${was}, but the network ${architectureId(given)} is described`, 'it');
      return given;
    }
    if ([own.name, architectureId(own), facts.architecture].includes(given)) return own;
    throw new SignwaveError(
      'E_CHECKPOINT_ARCH',
      `${this.sourceName} ${was}, but ${quote(given)} was given; leave it out`,
    );
  }

  labels(
    own: readonly string[] | undefined,
    given: readonly string[] | undefined,
    classes: number,
  ): readonly string[] | undefined {
    if (own && own.length !== classes) {
      throw new SignwaveError(
        'E_CHECKPOINT_STRUCTURE',
        `${this.sourceName}: its metadata name ${own.length} classes, but its classifier has ${classes}; it was damaged or edited, take the original`,
      );
    }
    if (!given) return own;
    if (given.length !== classes) {
      const trained = own ? ` (${this.sourceName} was trained on ${listed(own)})` : '';
      throw new SignwaveError(
        'E_LABELS',
        `${given.length} labels were given for a network of ${classes} classes${trained}; give one per class, in order`,
      );
    }
    const differing = own ? own.findIndex((name, i) => name.trim() !== given[i]!.trim()) : -1;
    if (differing >= 0) {
      const isOrder = [...own!].sort().join('\n') === [...given].sort().join('\n');
      const first = `class ${differing} is ${quote(own![differing]!)} there and ${quote(given[differing]!)} among the labels`;
      const order = isOrder ? ': the same names in another order, which would shift classes' : '';
      this.#contradiction('E_LABELS', `has other class names than were given: ${first}${order}`, 'the labels');
    }
    return given;
  }

  /** @param given a recipe, its name, or nothing. */
  recipe(own: InputRecipe, given: string | InputRecipe | undefined): InputRecipe | undefined {
    if (given === undefined) return own;
    const recipe = recipeNamed(given);
    if (!recipe || !agreesWithTrained(own, recipe)) {
      this.#contradiction(
        'E_USAGE',
        `was trained with the input recipe "${describeRecipe(own)}", but "${describeRecipe(recipe)}" was given`,
        'it',
      );
    }
    return recipe;
  }

  /** @param it the option to leave out, in words. */
  #contradiction(code: ErrorCode, what: string, it: string): void {
    const text = `${this.sourceName} ${what}`;
    if (!this.override) {
      throw new SignwaveError(code, `${text}; leave ${it} out to take the checkpoint's, or insist with --override`);
    }
    this.warnings.push(`${text}, which is taken, as --override says`);
  }
}

const SHOWN_NAMES = 4;

function listed(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN_NAMES).map(quote).join(', ');
  return names.length > SHOWN_NAMES ? `${names.length}: ${shown}, ...` : shown;
}
