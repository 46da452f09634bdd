import { type MapShape, packBits, SignwaveError } from '@signwave/format';
import type { FloatMap, Plan, Step } from '../plan/plan.js';
import { recordBytes, writeRecord } from '../plan/records.js';
import { type Pointer, placeRegions, pointer, type Region } from '../plan/regions.js';
import type { Engine } from './engine.js';

const PAGE_BYTES = 65_536;

/** Kernels on planes may read so far past the end of what they need: runtime/assembly/planes.ts. */
const READ_AHEAD_BYTES = 65_536;

/** A step that is ready to run: a kernel and the address of its record. */
interface Call {
  readonly step: Step;
  readonly kernel: (recordAddress: number) => void;
  readonly recordAddress: number;
}

/** A plan laid out in the memory of an engine. Nothing is allocated or copied between its steps. */
export class Executable {
  readonly memoryBytes: number;
  readonly #calls: readonly Call[];
  readonly #bytesInput: Call | undefined;
  readonly #floatsInput: Call;
  readonly #memory: WebAssembly.Memory;

  constructor(
    readonly plan: Plan,
    engine: Engine,
  ) {
    const { exports } = engine;
    const steps = [
      ...plan.loadSteps,
      ...plan.steps,
      plan.inputSteps.floats,
      ...(plan.inputSteps.bytes ? [plan.inputSteps.bytes] : []),
    ];
    const records: Region = { kind: 'fixed', sizeBytes: 0, firstStep: 0, lastStep: 0, address: 0 };
    for (const step of steps) {
      records.sizeBytes += recordBytes(step.record.name) + (step.epilogue ? recordBytes(step.epilogue.name) : 0);
    }
    this.memoryBytes = placeRegions([records, ...plan.regions], exports.heapBase());
    this.#memory = exports.memory;
    growMemory(this.#memory, this.memoryBytes + READ_AHEAD_BYTES);

    const bytes = new Uint8Array(this.#memory.buffer);
    for (const region of plan.regions) if (region.data) bytes.set(region.data, region.address);
    const view = new DataView(this.#memory.buffer);
    let offsetBytes = 0;
    const calls = steps.map((step): Call => {
      let { record } = step;
      if (step.epilogue) {
        writeRecord(view, records.address + offsetBytes, step.epilogue);
        record = { ...record, values: { ...record.values, epilogue: pointer(records, offsetBytes) } };
        offsetBytes += recordBytes(step.epilogue.name);
      }
      const recordAddress = records.address + offsetBytes;
      writeRecord(view, recordAddress, record);
      offsetBytes += recordBytes(record.name);
      return { step, kernel: exports[step.kernel], recordAddress };
    });
    const [first, end] = [plan.loadSteps.length, plan.loadSteps.length + plan.steps.length];
    for (const { kernel, recordAddress } of calls.slice(0, first)) kernel(recordAddress);
    this.#calls = calls.slice(first, end);
    this.#floatsInput = calls[end]!;
    this.#bytesInput = calls[end + 1];
  }

  /** Bring bytes (H, W, C) through the recipe, or floats (H, W, C) as they are, into the first map. */
  setInput(input: Uint8Array | Uint8ClampedArray | Float32Array): void {
    const { address } = this.plan.staging;
    if (input instanceof Float32Array) {
      new Float32Array(this.#memory.buffer, address, input.length).set(input);
      this.#floatsInput.kernel(this.#floatsInput.recordAddress);
    } else {
      const call = this.#bytesInput!;
      new Uint8Array(this.#memory.buffer, address, input.length).set(input);
      call.kernel(call.recordAddress);
    }
  }

  execute(): void {
    for (const { kernel, recordAddress } of this.#calls) kernel(recordAddress);
  }

  /**
   * Time each step by itself, one after the other, as often as asked.
   *
   * @returns per step of the plan the milliseconds of each repetition.
   */
  time(repeats: number): { readonly step: Step; readonly ms: readonly number[] }[] {
    const timed = this.#calls.map(({ step }) => ({ step, ms: [] as number[] }));
    for (let n = 0; n < repeats; n++) {
      this.#calls.forEach(({ kernel, recordAddress }, index) => {
        const start = performance.now();
        kernel(recordAddress);
        timed[index]!.ms.push(performance.now() - start);
      });
    }
    return timed;
  }

  /** Floats of the last node, (height, width, channels). */
  output(): Float32Array {
    return this.#readFloats(this.plan.output);
  }

  /** Bits of a sign as SPEC 3.3, in the order (height, width, channels); undefined if the plan keeps none for this node. */
  signBits(node: number): Uint8Array | undefined {
    const planes = this.plan.signPlanes.get(node);
    const map = this.plan.bitMaps.get(node);
    const shape = planes?.shape ?? map?.shape;
    if (!shape) return undefined;
    const { height, width, channels } = shape;
    const bytes = new Uint8Array(this.#memory.buffer);
    const startOf = ({ region, offsetBytes }: Pointer): number => region.address + offsetBytes;
    return packBits(height * width * channels, (i) => {
      const channel = i % channels;
      const pixel = (i - channel) / channels;
      const [y, x] = [Math.floor(pixel / width), pixel % width];
      if (planes) return bytes[startOf(planes.origin) + channel * planes.planeBytes + y * planes.pitch + x] === 1;
      const at = startOf(map!.origin) + y * map!.rowBytes + x * map!.pixelBytes;
      return ((bytes[at + (channel >> 3)]! >> (channel & 7)) & 1) === 1;
    });
  }

  #readFloats({ region, shape, pixelBytes }: FloatMap): Float32Array {
    return unpadPixels(new Float32Array(this.#memory.buffer, region.address), shape, pixelBytes / 4);
  }
}

function unpadPixels(padded: Float32Array, { height, width, channels }: MapShape, pixelFloats: number): Float32Array {
  const floats = new Float32Array(height * width * channels);
  for (let pixel = 0; pixel < height * width; pixel++) {
    floats.set(padded.subarray(pixel * pixelFloats, pixel * pixelFloats + channels), pixel * channels);
  }
  return floats;
}

function growMemory(memory: WebAssembly.Memory, sizeBytes: number): void {
  const missing = Math.ceil((sizeBytes - memory.buffer.byteLength) / PAGE_BYTES);
  if (missing <= 0) return;
  try {
    memory.grow(missing);
  } catch (cause) {
    const mib = Math.ceil(sizeBytes / 2 ** 20);
    throw new SignwaveError('E_ENGINE', `the engine has no ${mib} MiB of memory for this model`, { cause });
  }
}
