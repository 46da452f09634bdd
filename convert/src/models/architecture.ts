import type { Graph, InputRecipe } from '@signwave/format';
import { NetworkBuilder, type NetworkFacts, type SignOfZero } from './network-builder.js';
import { type ExpectedTensor, type State, StateRecorder } from './state.js';

/** A network that signwave knows: it takes a state dict and gives a graph. */
export interface Architecture {
  /** Name in the authors' code. CIFAR's and ImageNet's ResNet-18 share one but have different tensors. */
  readonly name: string;
  readonly method: string;
  readonly needsOmega0: boolean;
  /** The recipe of the authors' data loader, or its name in `recipes.ts`. */
  readonly preprocess: string | InputRecipe;
  /** The module whose weight's first side is the number of classes. */
  readonly classifier: string;
  /**
   * Set if tensors don't identify this network, even if no other known network has them, and says why: the checkpoint or the user has to
   * name it.
   */
  readonly mustBeNamed?: string;
  /**
   * Set if this network is rare and has the same tensors as another one, and says what in training makes the difference. It is never
   * recognised, only taken if named; whoever converts the other network is told about it.
   */
  readonly onlyIfNamed?: string;
  /** Set if checkpoints with these tensors can't be packed when trained with the option `--a32` (activations stay floats), and says why. */
  readonly refusesA32?: string;
  /** Tensors that may lie beside the network's; a `*` at the end matches anything. */
  readonly ignores?: readonly string[];
  /** What the network's sign gives for 0; default 0, like `torch.sign`. */
  readonly signOfZero?: SignOfZero;
  /** Says what is wrong with a checkpoint that nearly matches, if a tensor's name tells. @param has whether the checkpoint has a tensor. */
  diagnose?(has: (name: string) => boolean): string | undefined;
  /** Write the network into `g`, operation by operation as the authors' code runs it, nothing folded. */
  build(g: NetworkBuilder): void;
}

/** Identifies an architecture among those of all methods: `irnet-resnet20_1w1a`. */
export function architectureId({ method, name }: Architecture): string {
  return `${method}-${name}`;
}

/** The tensors of an architecture's checkpoints, with `classes` outputs. */
export function expectedTensors(architecture: Architecture, classes: number): ReadonlyMap<string, ExpectedTensor> {
  const ofClasses = EXPECTED.get(architecture) ?? new Map<number, ReadonlyMap<string, ExpectedTensor>>();
  EXPECTED.set(architecture, ofClasses);
  const known = ofClasses.get(classes);
  if (known) return known;
  const recorder = new StateRecorder();
  architecture.build(new NetworkBuilder(recorder, { omega0: 1, classes }));
  ofClasses.set(classes, recorder.expected);
  return recorder.expected;
}

/** What was recorded, for each number of classes: a program that reads several checkpoints asks it of all architectures each time. */
const EXPECTED = new WeakMap<Architecture, Map<number, ReadonlyMap<string, ExpectedTensor>>>();

export function buildGraph(architecture: Architecture, state: State, facts: NetworkFacts): Graph {
  const { signOfZero } = architecture;
  const g = new NetworkBuilder(state, { ...facts, ...(signOfZero !== undefined && { signOfZero }) });
  architecture.build(g);
  return g.build();
}
