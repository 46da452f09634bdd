import { SignwaveError } from '@signwave/format';

/** Shape of a checkpoint tensor in PyTorch's order: (O, I, kh, kw) for filters. */
export type TorchShape = readonly number[];

/** Where an architecture takes its tensors from: a checkpoint, or a recorder of what it would take. */
export interface State {
  /** A tensor that the network computes with, row-major. */
  take(name: string, shape: TorchShape): Float32Array;
  /** A tensor that evaluation doesn't use. If it isn't optional, it tells the architecture apart from others, and has to be there. */
  skip(name: string, shapes: readonly TorchShape[], options?: { isOptional?: boolean }): void;
}

/** A tensor that an architecture names. */
export interface ExpectedTensor {
  /** Any of these. */
  readonly shapes: readonly TorchShape[];
  readonly isUsed: boolean;
  readonly isOptional: boolean;
}

/** Records what an architecture asks for, and answers with ones: how its checkpoints look, without a second list of tensors. */
export class StateRecorder implements State {
  readonly expected = new Map<string, ExpectedTensor>();

  take(name: string, shape: TorchShape): Float32Array {
    this.expected.set(name, { shapes: [shape], isUsed: true, isOptional: false });
    return new Float32Array(elements(shape)).fill(1);
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

  take(name: string, shape: TorchShape): Float32Array {
    const values = this.tensors.get(name);
    if (values?.length !== elements(shape)) throw new Error(`${name} was not loaded, though the architecture names it`);
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

  skip(): void {}
}

function elements(shape: TorchShape): number {
  return shape.reduce((product, side) => product * side, 1);
}
