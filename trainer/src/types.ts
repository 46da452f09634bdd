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
 * The weights that a network computes with: in stage 1 real sin(omega0 w), in stage 2 its sign. Other methods than BiPer use the same in
 * both. A string, as configs, checkpoints and metrics spell it.
 */
export type Stage = '1' | '2';

/** A tensor that training changes. */
export interface Parameter {
  /** Name in PyTorch's state dict: `layer1.0.conv1.weight`. */
  readonly name: string;
  /** In PyTorch's shape: filters are (O, I, kh, kw). */
  readonly variable: Variable;
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
  /** Share of the stage's epochs that is done, in [0, 1): IR-Net, ReCU and ReSTE anneal their gradients by it. */
  progress: number;
  /**
   * @param images (N, H, W, 3) float32, preprocessed.
   * @param training if true, normalises by the batch's statistics and updates the running ones; otherwise by the running statistics.
   * @returns logits (N, classes).
   */
  forward(images: Tensor4D, training: boolean): Tensor2D;
  /** Sum over binary layers of mean(sin(omega0 w)^2), the authors' regulariser without its factor tau; 0 for other methods. */
  regulariser(): Scalar;
  dispose(): void;
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
