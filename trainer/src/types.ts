import type * as tfjs from '@tensorflow/tfjs';

/** TensorFlow.js. Code takes it as a parameter and reads tensors only asynchronously, so that one program runs on every back end. */
export type Tf = typeof tfjs;
export type Tensor = tfjs.Tensor;
export type Tensor1D = tfjs.Tensor1D;
export type Tensor2D = tfjs.Tensor2D;
export type Tensor4D = tfjs.Tensor4D;
export type Scalar = tfjs.Scalar;
export type Variable = tfjs.Variable;

/**
 * Methods with two stages train real weights first, for BiPer sin(omega0 w), and their signs afterwards. Methods with one have stage 1. A
 * string, as configs, checkpoints and metrics spell it.
 */
export type Stage = '1' | '2';

/** A tensor that training changes. */
export interface Parameter {
  /** Name in PyTorch's state dict: `layer1.0.conv1.weight`. */
  readonly name: string;
  /** In PyTorch's shape: filters are (O, I, kh, kw). */
  readonly variable: Variable;
  /** Whether these are the latent weights of a binary layer. */
  readonly isLatent?: boolean;
  /** Multiplies the learning rate; default 1. */
  readonly rate?: number;
}

/** A tensor that is in the state dict but has no gradient: running mean and variance, step counters, beta, tau. */
export interface StateBuffer {
  readonly name: string;
  /** In PyTorch's shape. `set` replaces it and disposes of the old one. */
  get(): Tensor;
  set(value: Tensor): void;
}

/** A binary layer, for statistics: quantization error, scale of the latent weights. */
export interface BinaryLayer {
  readonly name: string;
  /** Latent weights, (O, I, kh, kw). */
  readonly weight: Variable;
  /** What the layer computes with in their place in evaluation, at the network's stage and progress; the same shape. */
  quantized(): Tensor4D;
}

/** A network on one back end, with PyTorch's names and shapes for everything that it stores. */
export interface Network {
  /** The architecture's name in the authors' code, such as `resnet20_1w1a`. */
  readonly architecture: string;
  readonly classes: number;
  /** In the order of PyTorch's state dict; parameters and buffers are apart. */
  readonly parameters: readonly Parameter[];
  readonly buffers: readonly StateBuffer[];
  readonly binaryLayers: readonly BinaryLayer[];
  stage: Stage;
  /** Share of the stage's epochs that is done, in [0, 1). Methods anneal their gradients by it. */
  progress: number;
  /**
   * Set to 1, 2, 3 ... for passes of evaluation that are to recompute the running statistics of batch norms: these normalise by the batch, and
   * keep the mean over the passes. Undefined otherwise.
   */
  statisticsPass: number | undefined;
  /** Maps of the last forward pass by name, for losses on them: every batch norm's output and every stage's. */
  readonly features: ReadonlyMap<string, Tensor>;
  /** Whether a teacher's maps are needed, and in which mode the teacher computes them. */
  readonly teacherMode: 'training' | 'evaluation' | undefined;
  /**
   * @param images (N, H, W, 3) float32, preprocessed.
   * @param training if true, normalises by the batch's statistics and updates the running ones; otherwise by the running statistics.
   * @returns logits (N, classes).
   */
  forward(images: Tensor4D, training: boolean): Tensor2D;
  /**
   * The method's loss beside the cross entropy, without its factor tau: for BiPer the sum over binary layers of mean(sin(omega0 w)^2); 0 for
   * methods without one. It refers to the forward pass that was made last.
   *
   * @param inputs what a loss of the whole network needs; those of layers need nothing.
   */
  regulariser(inputs?: RegulariserInputs): Scalar;
  /** What the method does before the first step of every epoch, for the present stage and progress. */
  beforeEpoch(): Promise<void>;
  /** What the method does with the parameters after each step, and before the first of all. */
  afterStep(): void;
  dispose(): void;
}

export interface RegulariserInputs {
  readonly logits: Tensor2D;
  /** (N), int32. */
  readonly labels: Tensor1D;
  /** The teacher's maps, for methods that need them. */
  readonly teacher: ReadonlyMap<string, Tensor> | undefined;
}

/** Source of random numbers for initial values, batches and everything else that a resumed run must repeat. */
export interface RandomState {
  /** Uniform in [0, 1). */
  next(): number;
  /** Text to store in a checkpoint. */
  readonly state: string;
}

/** What a back end provides for a training run. */
export interface TrainingBackend {
  readonly name: 'tensorflow' | 'webgpu' | 'wasm' | 'cpu';
  readonly tf: Tf;
  /** "TensorFlow 2.21.0, CPU", "Dawn, NVIDIA ...", for the log. */
  readonly device: string;
  readonly isGpu: boolean;
  /** Back ends that were tried before this one, and why each was skipped. */
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
  /**
   * Batch norm over (N, H, W) of (N, H, W, C) as one kernel with its gradient, if the back end has one; otherwise the network composes it.
   * Returns the normalised output, the batch mean and the *unbiased* batch variance.
   */
  readonly fusedBatchNorm?: (
    x: Tensor4D,
    scale: Tensor1D,
    offset: Tensor1D,
    epsilon: number,
  ) => { readonly y: Tensor4D; readonly mean: Tensor1D; readonly variance: Tensor1D };
}
