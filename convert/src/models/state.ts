import { f32Tensor, packBits, SignwaveError, type Tensor, type TensorShape } from '@signwave/format';

/** Shape of a checkpoint tensor in PyTorch's order: (O, I, kh, kw) for filters. */
export type TorchShape = readonly number[];

/** Shape of PyTorch's filters: (O, I / groups, kh, kw). */
export type FilterShape = readonly [outer: number, inner: number, height: number, width: number];

export interface FilterRequest {
  readonly name: string;
  readonly shape: FilterShape;
  /** `nn.Linear` on a flattened map (I, kh, kw): the checkpoint has (O, I * kh * kw), the graph (O, 1, 1, I * kh * kw). */
  readonly isFlat?: boolean;
  /** Shape in the checkpoint, if the code stores the filters in a shape of its own. */
  readonly stored?: TorchShape;
  /** Makes the graph's tensor. @param values (O, I, kh, kw), all finite. */
  pack(values: Float32Array, request: FilterRequest): Tensor;
}

/** Where an architecture takes its tensors from: a checkpoint, or a recorder that notes what it would take. */
export interface State {
  /** Takes a vector that the network computes with. @param shapes any of these is accepted; all have the same number of elements. */
  take(name: string, ...shapes: readonly TorchShape[]): Float32Array;
  /** Takes filters that the network computes with. */
  filters(request: FilterRequest): Tensor;
  /**
   * Declares a tensor that evaluation doesn't use. Unless it is optional it has to be there, and so helps to recognise the architecture.
   */
  skip(name: string, shapes: readonly TorchShape[], options?: { isOptional?: boolean }): void;
}

/** A tensor that an architecture names. */
export interface ExpectedTensor {
  /** Any of these. */
  readonly shapes: readonly TorchShape[];
  readonly isUsed: boolean;
  readonly isOptional: boolean;
}

/**
 * Records what an architecture asks for, which is what its checkpoints look like; so there is no second list of tensors. It answers with
 * ones, and with filters that have a shape but no data. Nothing is packed, so a checkpoint is compared with every network in no time.
 */
export class StateRecorder implements State {
  readonly expected = new Map<string, ExpectedTensor>();

  take(name: string, ...shapes: readonly TorchShape[]): Float32Array {
    this.expected.set(name, { shapes, isUsed: true, isOptional: false });
    return new Float32Array(elements(shapes[0]!)).fill(1);
  }

  filters(request: FilterRequest): Tensor {
    this.expected.set(request.name, { shapes: [storedShape(request)], isUsed: true, isOptional: false });
    return { dtype: 'bits', shape: graphShape(request), data: new Uint8Array(0) };
  }

  skip(name: string, shapes: readonly TorchShape[], options: { isOptional?: boolean } = {}): void {
    this.expected.set(name, { shapes, isUsed: false, isOptional: options.isOptional ?? false });
  }
}

/** Tensors that are in memory. */
export class LoadedState implements State {
  constructor(
    private readonly tensors: ReadonlyMap<string, Float32Array>,
    private readonly sourceName: string,
  ) {}

  take(name: string, ...shapes: readonly TorchShape[]): Float32Array {
    const values = this.tensors.get(name);
    if (values?.length !== elements(shapes[0]!)) {
      throw new Error(`${name} was not loaded, though the architecture names it`);
    }
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) {
      throw new SignwaveError(
        'E_CHECKPOINT_TENSOR',
        `${this.sourceName}: tensor "${name}" holds ${values[bad]} at element ${bad}; a network with NaN or infinity can't be converted. ` +
          'Training diverged, or the file is damaged: take an earlier checkpoint.',
      );
    }
    return values;
  }

  filters(request: FilterRequest): Tensor {
    return request.pack(this.take(request.name, storedShape(request)), request);
  }

  skip(): void {}
}

/** The graph's tensor of float filters. @param values (O, I, kh, kw). */
export function floatFilters(values: Float32Array, request: FilterRequest): Tensor {
  return f32Tensor(graphShape(request), channelsLast(values, request.shape));
}

/** The graph's tensor of filters of bits: +1 where a value is above 0. @param values (O, I, kh, kw). */
export function bitFilters(values: Float32Array, request: FilterRequest): Tensor {
  const ordered = channelsLast(values, request.shape);
  return { dtype: 'bits', shape: graphShape(request), data: packBits(ordered.length, (i) => ordered[i]! > 0) };
}

function storedShape({ shape, isFlat, stored }: FilterRequest): TorchShape {
  const [outer, ...rest] = shape;
  return stored ?? (isFlat ? [outer, elements(rest)] : shape);
}

function graphShape({ shape, isFlat }: FilterRequest): TensorShape {
  const [outer, inner, height, width] = shape;
  return isFlat ? [outer, 1, 1, inner * height * width] : [outer, height, width, inner];
}

/** (O, I, kh, kw) to (O, kh, kw, I). */
export function channelsLast(values: Float32Array, [outer, inner, height, width]: FilterShape): Float32Array {
  const taps = height * width;
  const ordered = new Float32Array(values.length);
  let from = 0;
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      for (let tap = 0; tap < taps; tap++) ordered[(o * taps + tap) * inner + i] = values[from++]!;
    }
  }
  return ordered;
}

function elements(shape: TorchShape): number {
  return shape.reduce((product, side) => product * side, 1);
}
