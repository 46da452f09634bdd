import type { Graph, InputRecipe } from '@signwave/format';
import { NetworkBuilder, type NetworkFacts, type SignOfZero } from './network-builder.js';
import { type ExpectedTensor, type State, StateRecorder } from './state.js';

/** A network that signwave knows: a state dict in, a graph out. */
export interface Architecture {
  /** Name in the authors' code; CIFAR's and ImageNet's ResNet-18 have the same and other tensors. */
  readonly name: string;
  readonly method: string;
  readonly needsOmega0: boolean;
  /** The recipe of the authors' data loader, or its name in `recipes.ts`. */
  readonly preprocess: string | InputRecipe;
  /** Module whose weight's first side is the number of classes. */
  readonly classifier: string;
  /** Why tensors alone, even if no other known network has them, don't say that it is this one: the checkpoint or the user has to name it. */
  readonly mustBeNamed?: string;
  /**
   * What in its training makes a checkpoint this network, where its tensors are those of another one and it is rare: it is never recognised, only
   * taken if named, and whoever converts the other one is told.
   */
  readonly onlyIfNamed?: string;
  /** What the training option `--a32` (activations stay floats) makes of a checkpoint with these tensors, if that can't be packed: why. */
  readonly refusesA32?: string;
  /** Tensors that may lie beside the network's; a `*` at the end stands for anything. */
  readonly ignores?: readonly string[];
  /** What its sign gives for 0; default 0, as `torch.sign` has it. */
  readonly signOfZero?: SignOfZero;
  /** What is wrong with a checkpoint that nearly matches, where a tensor's name tells. @param has whether the checkpoint has a tensor. */
  diagnose?(has: (name: string) => boolean): string | undefined;
  /** Write the network into `g`, operation by operation as the authors' code runs it, nothing folded. */
  build(g: NetworkBuilder): void;
}

/** What tells an architecture from all others of other methods: `irnet-resnet20_1w1a`. */
export function architectureId({ method, name }: Architecture): string {
  return `${method}-${name}`;
}

/** The tensors of an architecture's checkpoints, with `classes` outputs. */
export function expectedTensors(architecture: Architecture, classes: number): ReadonlyMap<string, ExpectedTensor> {
  const recorder = new StateRecorder();
  architecture.build(new NetworkBuilder(recorder, { omega0: 1, classes }));
  return recorder.expected;
}

export function buildGraph(architecture: Architecture, state: State, facts: NetworkFacts): Graph {
  const { signOfZero } = architecture;
  const g = new NetworkBuilder(state, { ...facts, ...(signOfZero !== undefined && { signOfZero }) });
  architecture.build(g);
  return g.build();
}
