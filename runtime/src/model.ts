import { prepareImage } from '@signwave/data';
import {
  type InputNode,
  isBinary,
  type MapShape,
  type Model as ModelFile,
  type ModelInfo,
  macs,
  nameOf,
  SignwaveError,
} from '@signwave/format';
import { checkInput, checkOptions, countUpTo, type Input } from './arguments.js';
import type { Engine } from './engine/engine.js';
import type { Executable } from './engine/executable.js';
import type { ReadyModel } from './engine/make-ready.js';
import type { Step } from './plan/step.js';
import { type Pixels, rasterFrom } from './raster-from.js';

/** One class of a classification. */
export interface Prediction {
  readonly index: number;
  /** The class's label, or "class 3" where the file has none. */
  readonly label: string;
  readonly logit: number;
  /** Softmax of the logits. */
  readonly probability: number;
}

/** One step of a plan, described for people. */
export interface PlanStep {
  /** `convLut`, `convBits`, `convPlanes`, ...: a kernel of runtime/assembly. */
  readonly kernel: string;
  /** Names of the source network's modules that the step executes, or of the operations where modules have no names. */
  readonly name: string;
  /** Nodes of the graph that it executes. */
  readonly nodes: readonly number[];
  readonly shape: MapShape;
  readonly macs: number;
  readonly isBinary: boolean;
  readonly reason: string;
}

/** What runs, and why. */
export interface RuntimeInfo {
  /** Which kernels run: `simd` or `scalar`, and why. */
  readonly kernels: 'simd' | 'scalar';
  readonly kernelsReason: string;
  readonly threads: number;
  readonly threadsReason: string;
  readonly memoryBytes: number;
  readonly wasmBytes: number;
  /** Milliseconds from bytes to a model that is ready to run. */
  readonly loadMs: number;
}

export interface StepProfile extends PlanStep {
  /** Median over the repetitions. */
  readonly medianMs: number;
  /** Mean over the repetitions: the better measure where the clock is as coarse as a browser's. */
  readonly meanMs: number;
}

/**
 * A binary network that is ready to run. `load` makes it.
 *
 * Results are the reference's to the last bit on every engine and CPU. The exception are networks of 1-bit weights on floats, whose outputs differ
 * by roundings, within the bound of format/SPEC.md section 5. Time per device is measured by `signwave bench`.
 */
export class Model {
  /** What the file says about the model: name, architecture, labels, ... */
  readonly metadata: ModelInfo;
  /** The shape and recipe of the input. {@link Model.classify} brings images of other sizes to this shape. */
  readonly input: InputNode;
  /** How many floats a run gives: for a classifier one per class. */
  readonly outputs: number;
  readonly #engine: Engine;
  readonly #threadsReason: string;
  readonly #loadMs: number;
  #executable: Executable | undefined;

  /** @param loadMs milliseconds that loading took. */
  constructor(file: ModelFile, { executable, engine, threadsReason }: ReadyModel, loadMs: number) {
    const { height, width, channels } = executable.plan.output.shape;
    this.metadata = file.info;
    this.input = file.graph.nodes[0] as InputNode;
    this.outputs = height * width * channels;
    this.#engine = engine;
    this.#executable = executable;
    this.#threadsReason = threadsReason;
    this.#loadMs = loadMs;
  }

  /**
   * Run one input.
   *
   * @param input  bytes (H, W, C) in the channel order of the recipe, which turns them into floats; or a `Float32Array` (H, W, C) that is
   *   preprocessed already. H, W, C are those of {@link Model.input}.
   * @returns {@link Model.outputs} floats, usually logits; a new array.
   * @throws {SignwaveError} `E_INPUT_SHAPE` for another length, or bytes where the file has no recipe; `E_DISPOSED` after `dispose()`.
   */
  run(input: Input): Float32Array {
    const executable = this.#usable();
    executable.setInput(this.#check(input));
    executable.execute();
    return executable.output();
  }

  /**
   * Run several inputs, each as {@link Model.run} does. With several threads each of them runs inputs of its own, which takes less time than sharing
   * one input after the other.
   */
  runBatch(batch: readonly Input[]): Float32Array[] {
    const executable = this.#usable();
    if (!Array.isArray(batch)) {
      throw new SignwaveError('E_INPUT_SHAPE', `runBatch takes an array of inputs, got ${nameOf(batch)}`);
    }
    const inputs = Array.from(batch, (input) => this.#check(input));
    const size = executable.batchSize;
    const areFloats = inputs[0] instanceof Float32Array;
    const isMixed = inputs.some((input) => input instanceof Float32Array !== areFloats);
    const whole = size === 1 || isMixed ? 0 : inputs.length - (inputs.length % size);
    const outputs: Float32Array[] = [];
    for (let n = 0; n < whole; n += size) outputs.push(...executable.executeBatch(inputs.slice(n, n + size)));
    for (const input of inputs.slice(whole)) outputs.push(this.run(input));
    return outputs;
  }

  /**
   * Classify an image of any size: resize and crop by the file's recipe, run, softmax.
   *
   * @param image `{ width, height, channels, data }`, or an `ImageData`.
   * @param options.topK how many classes, 1 to {@link Model.outputs}; default 5.
   * @returns classes in falling order of probability; ties keep the lower index first.
   * @throws {SignwaveError} `E_INPUT_SHAPE` if the image has no bytes, or the recipe can't bring it to size; `E_DISPOSED` after `dispose()`;
   *   `E_USAGE` if `topK` is anything else.
   */
  classify(image: Pixels, options: { topK?: number } = {}): Prediction[] {
    this.#usable();
    checkOptions('classify', options, { topK: countUpTo(this.outputs) });
    const { recipe, height, width } = this.input;
    if (!recipe) {
      throw new SignwaveError(
        'E_INPUT_SHAPE',
        `${this.metadata.name} has no input recipe; preprocess the image and call run()`,
      );
    }
    return this.rank(this.run(prepareImage(rasterFrom(image), recipe, height, width)), options.topK);
  }

  /** Turn the logits of a run into predictions. @throws {SignwaveError} `E_USAGE` unless `topK` is from 1 to the number of logits. */
  rank(logits: Float32Array, topK = Math.min(5, this.outputs)): Prediction[] {
    checkOptions('rank', { topK }, { topK: countUpTo(logits.length) });
    const largest = logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    const exponentials = Array.from(logits, (logit) => Math.exp(logit - largest));
    const sum = exponentials.reduce((a, b) => a + b, 0);
    return Array.from(logits, (logit, index) => ({
      index,
      label: this.metadata.labels?.[index] ?? `class ${index}`,
      logit,
      probability: exponentials[index]! / sum,
    }))
      .sort((a, b) => b.logit - a.logit || a.index - b.index)
      .slice(0, topK);
  }

  /** Say what was chosen for each step, and why. */
  plan(): PlanStep[] {
    return this.#usable().plan.steps.map((step) => this.#describe(step));
  }

  /**
   * Time each step by itself.
   *
   * @param input as for {@link Model.run}.
   * @param options.repeats how often each step is timed; a run before that, which fills the maps, isn't counted. Default 50.
   */
  profile(input: Input, options: { repeats?: number } = {}): StepProfile[] {
    checkOptions('profile', options, { repeats: countUpTo(Number.POSITIVE_INFINITY) });
    this.run(input);
    return this.#usable()
      .time(options.repeats ?? 50)
      .map(({ step, ms }) => ({
        ...this.#describe(step),
        medianMs: [...ms].sort((a, b) => a - b)[ms.length >> 1]!,
        meanMs: ms.reduce((sum, value) => sum + value, 0) / ms.length,
      }));
  }

  /** Say what runs, and why: kernels, threads, memory. */
  info(): RuntimeInfo {
    const { simd, reason, wasmBytes } = this.#engine;
    return {
      kernels: simd ? 'simd' : 'scalar',
      kernelsReason: reason,
      threads: this.#usable().threads,
      threadsReason: this.#threadsReason,
      memoryBytes: this.#usable().memoryBytes,
      wasmBytes,
      loadMs: this.#loadMs,
    };
  }

  /**
   * Give the bits of a sign in the last run, to be compared with the reference's.
   *
   * @param node index of a `sign` of the graph.
   * @returns bits as SPEC 3.3 in the order (height, width, channels); undefined for signs that no binary layer reads.
   */
  signBits(node: number): Uint8Array | undefined {
    return this.#usable().signBits(node);
  }

  /** Free the memory and end the threads. After that every call but this one throws `E_DISPOSED`. */
  dispose(): void {
    this.#executable?.dispose();
    this.#executable = undefined;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #usable(): Executable {
    if (!this.#executable)
      throw new SignwaveError('E_DISPOSED', `${this.metadata.name} was disposed; load it again to use it`);
    return this.#executable;
  }

  #check(input: unknown): Input {
    return checkInput(input, this.metadata, this.input);
  }

  #describe(step: Step): PlanStep {
    const { graph, shapes } = this.#usable().plan;
    const nodes = step.nodes.map((index) => graph.nodes[index]!);
    const last = step.nodes.at(-1);
    const head = step.nodes[0];
    return {
      kernel: step.kernel,
      name: nodes.map((node) => node.name ?? node.op).join(' + ') || step.kernel,
      nodes: step.nodes,
      shape: shapes[last ?? 0]!,
      macs: head === undefined ? 0 : macs(graph, graph.nodes[head]!, shapes[head]!),
      isBinary: head !== undefined && isBinary(graph, graph.nodes[head]!),
      reason: step.reason,
    };
  }
}
