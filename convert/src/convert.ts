import {
  type AccuracyClaim,
  type Graph,
  type InputRecipe,
  isBlank,
  type Model,
  type ModelInfo,
  SignwaveError,
} from '@signwave/format';
import type { Checkpoint } from './checkpoints/index.js';
import { type Architecture, buildGraph } from './models/architecture.js';
import { checkpointBiperConfig } from './models/biper-config.js';
import type { Match } from './models/compare.js';
import { REAL_IN_STAGE_1 } from './models/methods/trained.js';
import { recipeNamed } from './models/recipes.js';
import { recognise } from './models/recognise.js';
import { LoadedState } from './models/state.js';
import { Claims } from './models/trained/claims.js';
import { type TrainedFacts, trainedFacts } from './models/trained/metadata.js';
import { checkFinite } from './passes/check-finite.js';
import { foldAffines } from './passes/fold-affine.js';
import { foldHead } from './passes/fold-head.js';
import { type SmallerWeights, withSmallerWeights } from './passes/smaller-weights.js';
import { keepSourceTies, type SourceTie, withSourceRule } from './passes/source-ties.js';

export interface ConvertOptions {
  /** The converting program, named in the file: "signwave 0.1.0". */
  readonly writer: string;
  /**
   * Take the checkpoint for this architecture: a name, a method and a name (`irnet-resnet20_1w1a`), or a network definition of your own.
   */
  readonly arch?: string | Architecture;
  /**
   * BiPer's angular frequency. Default: the one in the checkpoint's metadata, which signwave's trainer writes and BiPer's own code doesn't.
   */
  readonly omega0?: number;
  /** The input recipe or its name. Default: the checkpoint's, if signwave's trainer wrote it, else the architecture's. */
  readonly preprocess?: string | InputRecipe;
  /** Class names in order. Default: the checkpoint's, if signwave's trainer wrote it. */
  readonly labels?: readonly string[];
  /** If an option contradicts what the checkpoint says about itself, take the option and warn. By default that is an error. */
  readonly override?: boolean;
  /** Name of the model; default: the architecture's. */
  readonly name?: string;
  readonly licence?: string;
  /** SHA-256 of the checkpoint file, 64 hexadecimal digits. */
  readonly sourceSha256?: string;
  /** Float weights to make smaller, which changes what the network says. Default: all stay as they were trained. */
  readonly smaller?: SmallerWeights;
}

export interface Conversion {
  /** The content of the `.sgnw` file. */
  readonly model: Model;
  /** The model with all weights as they were trained: `model` itself, unless some were to be smaller. */
  readonly exact: Model;
  /** The network as the authors' code runs it: scales and batch norms not folded, sign(0) by its own rule. The oracle of `signwave verify --checkpoint`. */
  readonly unfolded: Graph;
  /** Signs whose inputs lie exactly at their thresholds again and again, and how the source's rule for that was kept. */
  readonly ties: readonly SourceTie[];
  readonly match: Match;
  /** What the user should know about the conversion, one sentence each. */
  readonly warnings: readonly string[];
}

/**
 * Turn a checkpoint into a packed model.
 *
 * @throws {SignwaveError} `E_CHECKPOINT_ARCH` if no known network has these tensors, `E_CHECKPOINT_TENSOR` for NaN, infinity, products
 *   of scales that overflow or a layer with many weights of 0, `E_OMEGA0` if the method needs omega0 and none was given, `E_LABELS` if their number isn't the number of classes;
 *   these and `E_USAGE` if an option contradicts what the checkpoint says about itself; what `withSmallerWeights` throws; and all that reading
 *   the checkpoint can throw.
 */
export async function convertCheckpoint(checkpoint: Checkpoint, options: ConvertOptions): Promise<Conversion> {
  const facts = trainedFacts(checkpoint);
  const claims = new Claims(checkpoint.sourceName, options.override ?? false);
  const knownOmega0 = claims.omega0(checkpointBiperConfig(checkpoint).omega0, options.omega0, facts);
  const match = recognise(checkpoint, {
    ...archHint(facts, options.arch, claims),
    hasOmega0: knownOmega0 !== undefined,
  });
  const { architecture, classes } = match;
  const omega0 = architecture.needsOmega0 ? checkOmega0(checkpoint, knownOmega0) : 0;
  const labels = claims.labels(facts?.classNames, options.labels, classes);
  const unseen = labels?.findIndex(isBlank) ?? -1;
  if (unseen >= 0)
    throw new SignwaveError('E_LABELS', `label ${unseen} of ${classes} shows nothing; every class needs a name`);
  const given = options.preprocess ?? (typeof options.arch === 'object' ? statedRecipe(options.arch) : undefined);
  const recipe = facts
    ? claims.recipe(facts.input.recipe, given)
    : recipeNamed(options.preprocess ?? architecture.preprocess);

  const state = new LoadedState(await readUsedTensors(match), checkpoint.sourceName);
  const built = buildGraph(architecture, state, { omega0, classes, ...(recipe && { recipe }) });
  const { graph, ties } = keepSourceTies(built);
  const info: ModelInfo = {
    name: options.name ?? `${architecture.method}-${architecture.name}`,
    architecture: architecture.name,
    method: architecture.method,
    ...(architecture.needsOmega0 && { omega0 }),
    ...(options.sourceSha256 !== undefined && { sourceSha256: options.sourceSha256 }),
    writer: options.writer,
    ...(options.licence !== undefined && { licence: options.licence }),
    ...(labels && { labels }),
    accuracy: statedAccuracy(checkpoint),
  };
  const exact: Model = { info, graph: foldHead(foldAffines(graph)) };
  checkFinite(exact.graph, checkpoint.sourceName);
  return {
    model: options.smaller ? { info, graph: withSmallerWeights(exact.graph, options.smaller) } : exact,
    exact,
    unfolded: withSourceRule(built),
    ties,
    match,
    warnings: [...claims.warnings, ...stageWarning(checkpoint, architecture, facts)],
  };
}

/** @throws {SignwaveError} `E_OMEGA0` */
function checkOmega0(checkpoint: Checkpoint, omega0: number | undefined): number {
  if (omega0 === undefined) {
    throw new SignwaveError(
      'E_OMEGA0',
      `${checkpoint.sourceName} is a BiPer checkpoint, and omega0 (the frequency in sign(sin(omega0 * w))) is not in it. A wrong one gives wrong bits without a sign of it, so it is not guessed. ` +
        'Either put the config.txt that the training wrote beside the checkpoint (or name it: --config config.txt), or give the value: --omega0 20',
    );
  }
  if (!(omega0 > 0 && Number.isFinite(omega0))) {
    throw new SignwaveError('E_OMEGA0', `omega0 is ${omega0}, expected a positive number`);
  }
  return omega0;
}

/** @returns the architecture that the checkpoint itself names, if it names one, else the one that the user names. */
function archHint(
  facts: TrainedFacts | undefined,
  arch: string | Architecture | undefined,
  claims: Claims,
): { readonly arch?: string | Architecture } {
  if (!facts) return arch === undefined ? {} : { arch };
  return { arch: claims.architecture(facts, arch) };
}

/** The recipe of a network definition. `none`, its default, doesn't count. */
const statedRecipe = ({ preprocess }: Architecture): string | InputRecipe | undefined =>
  preprocess === 'none' ? undefined : preprocess;

function stageWarning(
  checkpoint: Checkpoint,
  { needsOmega0 }: Architecture,
  facts: TrainedFacts | undefined,
): string[] {
  const areReal = facts !== undefined && REAL_IN_STAGE_1.includes(facts.quantizers.weights);
  if (!(needsOmega0 || areReal) || checkpointBiperConfig(checkpoint).isStage2 !== false) return [];
  const trained = needsOmega0 ? 'sin(omega0 w), not yet as its sign' : 'real numbers, not yet as their signs';
  return [
    `${checkpoint.sourceName} is of stage 1: the weights were trained as ${trained}, so the model is less accurate than the training says`,
  ];
}

async function readUsedTensors({ checkpoint, expected }: Match): Promise<Map<string, Float32Array>> {
  const tensors = new Map<string, Float32Array>();
  for (const [name, { isUsed }] of expected) {
    const stored = checkpoint.tensors.get(name);
    if (isUsed && stored) tensors.set(name, await stored.readF32());
  }
  return tensors;
}

/** The best top-1 that the training code wrote into the checkpoint, if it did. */
function statedAccuracy(checkpoint: Checkpoint): AccuracyClaim[] {
  const top1 = checkpoint.metadata.get('best_prec1');
  if (typeof top1 !== 'number' || !(top1 >= 0 && top1 <= 100)) return [];
  return [{ data: 'stated by the checkpoint (best_prec1): validation set of the training run', top1 }];
}
