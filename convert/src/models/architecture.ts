import { type Graph, GraphBuilder, type InputRecipe } from '@signwave/format';
import { biperDemos, biperResnet20, biperResnet20FloatActivations } from './biper-double-skip.js';
import { biperImagenetResnets } from './biper-imagenet-resnet.js';
import { biperMobilenet } from './biper-mobilenet.js';
import { biperResnet18 } from './biper-resnet18.js';
import { biperVggSmall } from './biper-vgg-small.js';
import { type ExpectedTensor, type State, StateRecorder } from './state.js';

export interface BuildOptions {
  /** 0 where the method has none. */
  readonly omega0: number;
  readonly recipe?: InputRecipe;
  readonly classes: number;
}

/** A network that signwave knows: a state dict in, a graph out. */
export interface Architecture {
  /** Name in the authors' code, and for `--arch`; CIFAR's and ImageNet's ResNet-18 have the same and other tensors. */
  readonly name: string;
  readonly method: string;
  readonly needsOmega0: boolean;
  /** The recipe of the authors' data loader, a name of `recipes.ts`. */
  readonly preprocess: string;
  /** Module whose weight's first side is the number of classes. */
  readonly classifier: string;
  /** Another network whose checkpoints have the same tensors: then the checkpoint's `model` or `--arch` has to say that it is this one. */
  readonly sharesTensors?: string;
  /** Write the network into `g`, operation by operation as the authors' code runs it, nothing folded. */
  build(g: GraphBuilder, state: State, options: BuildOptions): void;
}

export const ARCHITECTURES: readonly Architecture[] = [
  biperResnet20,
  biperResnet20FloatActivations,
  ...biperResnet18,
  biperVggSmall,
  ...biperImagenetResnets,
  biperMobilenet,
  ...biperDemos,
];

/** The tensors of an architecture's checkpoints, with `classes` outputs. */
export function expectedTensors(architecture: Architecture, classes: number): ReadonlyMap<string, ExpectedTensor> {
  const recorder = new StateRecorder();
  architecture.build(new GraphBuilder(), recorder, { omega0: 1, classes });
  return recorder.expected;
}

export function buildGraph(architecture: Architecture, state: State, options: BuildOptions): Graph {
  const g = new GraphBuilder();
  architecture.build(g, state, options);
  return g.build();
}
