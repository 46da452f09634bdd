import type { ModelSummary, Timing } from '@signwave/lab';
import type { RasterImage } from '@signwave/runtime';

export type Kernels = 'auto' | 'scalar';
export type Threads = 1 | 'auto';

/** How to run a model, as the page's switches say. */
export interface Switches {
  readonly kernels: Kernels;
  readonly threads: Threads;
}

/** What the page's own worker does: all that takes longer than a frame, except running the model. */
export interface PageWorker {
  /** Of a checkpoint, with the files that were dropped with it; or of a model, which is checked. */
  open(files: readonly File[], options: OpenOptions): OpenedModel;
  choices(): Choices;
  /** Decodes an image file at its own size. */
  decode(file: File): RasterImage;
  verify(bytes: Uint8Array, switches: Switches): Verdict;
  compare(bytes: Uint8Array, kernels: Kernels, ortFolder: string): readonly Timing[];
}

/** What the page's fields say about a checkpoint; undefined means: as the file says. */
export interface OpenOptions {
  readonly omega0: number | undefined;
  readonly arch: string | undefined;
  readonly preprocess: string | undefined;
  /** The state dict to take, if there are several: its keys with dots between, or the last of them. */
  readonly stateDict: string | undefined;
  /** Take only tensors whose names begin with this, and remove it. */
  readonly prefix: string | undefined;
}

/** The choices that the page's fields offer. */
export interface Choices {
  readonly architectures: readonly string[];
  readonly recipes: readonly string[];
}

export interface OpenedModel {
  /** A `.sgnw` file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly fileName: string;
  /** Method and network, in words. */
  readonly architecture: string;
  /** Height, width and channels, in words. */
  readonly input: string;
  /** What else the user should know about how it was opened. */
  readonly notes: readonly string[];
  readonly summary: ModelSummary;
  /** Absent if a model was opened, since nothing was converted. */
  readonly converted?: { readonly ms: number; readonly checkpointBytes: number };
}

export interface Verdict {
  readonly layers: number;
  readonly bits: number;
  readonly differingBits: number;
  readonly isExact: boolean;
}
