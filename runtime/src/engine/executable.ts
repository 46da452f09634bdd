import { type MapShape, packBits, SignwaveError } from '@signwave/format';
import type { KernelName } from '../kernels/kernel-records.js';
import type { AnyRecord } from '../kernels/record.js';
import type { FloatMap } from '../plan/maps.js';
import { Placement } from '../plan/placement.js';
import type { Plan } from '../plan/plan.js';
import { pointer } from '../plan/region.js';
import type { Step } from '../plan/step.js';
import { type Engine, PAGE_BYTES } from './engine.js';
import type { Round, Work } from './threads/protocol.js';
import { ThreadTeam } from './threads/thread-team.js';

type Input = Uint8Array | Uint8ClampedArray | Float32Array;

/** One call of a kernel, ready to run. */
interface Call {
  readonly name: KernelName;
  readonly kernel: (recordAddress: number) => void;
  readonly recordAddress: number;
}

interface ReadyStep {
  readonly step: Step;
  /** Calls that threads may make at the same time. */
  readonly parts: readonly Call[];
  /** Calls that do the whole step on one thread. */
  readonly whole: readonly Call[];
}

/** The steps of a plan, ready to run in the memory of one replica. */
interface ReadyPlan {
  readonly floatsInput: ReadyStep;
  readonly bytesInput: ReadyStep | undefined;
  readonly steps: readonly ReadyStep[];
}

/** Numbers of a team's programs. From `firstStep` on, each program runs a single step. */
const PROGRAM = { floatsInput: 0, bytesInput: 1, steps: 2, floatsBatch: 3, bytesBatch: 4, firstStep: 5 } as const;

/** A plan placed in an engine's memory, ready to run. Nothing is allocated or copied between its steps. */
export class Executable {
  readonly plan: Plan;
  readonly memoryBytes: number;
  readonly #placement: Placement;
  readonly #engine: Engine;
  readonly #replicas: readonly ReadyPlan[];
  #team: ThreadTeam | undefined;

  /** @param placement where the plan lies in a memory that holds nothing else; default: one replica, behind the kernels' own data. */
  constructor(plan: Plan, engine: Engine, placement: Placement = new Placement(plan, engine.exports.heapBase(), 1)) {
    this.plan = plan;
    this.#placement = placement;
    this.#engine = engine;
    this.memoryBytes = placement.sizeBytes;
    growMemory(engine.memory, this.memoryBytes);
    placement.writeConstants(engine.memory);
    const view = new DataView(engine.memory.buffer);
    const ready = (step: Step, replica: number): ReadyStep => {
      const kernel = engine.exports[step.kernel];
      const callOf = (record: AnyRecord): Call => ({
        name: step.kernel,
        kernel,
        recordAddress: placement.writeRecord(view, step.kernel, record, replica),
      });
      const parts = step.parts.map(callOf);
      return { step, parts, whole: step.whole === step.parts ? parts : step.whole.map(callOf) };
    };
    for (const step of plan.loadSteps) runCalls(ready(step, 0).whole);
    const { floats, bytes } = plan.inputSteps;
    this.#replicas = Array.from({ length: placement.replicas }, (_, replica) => ({
      floatsInput: ready(floats, replica),
      bytesInput: bytes && ready(bytes, replica),
      steps: plan.steps.map((step) => ready(step, replica)),
    }));
  }

  /** Starts threads that share the work; the engine's memory must be shared. @throws {SignwaveError} `E_ENGINE` if one doesn't start. */
  async startThreads(): Promise<void> {
    const { module, memory } = this.#engine;
    const { parts, programs, alone } = workOf(this.#replicas);
    const work: Work = {
      parts: parts.map((calls) => calls.map(({ name, recordAddress }) => [name, recordAddress])),
      programs,
    };
    this.#team = await ThreadTeam.start(
      this.plan.threads,
      { module, memory, work },
      {
        execute: (part) => runCalls(parts[part]!),
        doAlone: (program) => runCalls(alone[program]!),
      },
    );
  }

  /** Number of threads that work, the calling one included. */
  get threads(): number {
    return this.#team?.size ?? 1;
  }

  dispose(): void {
    this.#team?.stop();
  }

  /** Writes the input into the first map: bytes (H, W, C) by the recipe, floats (H, W, C) unchanged. */
  setInput(input: Input): void {
    this.#stage(input, 0);
    if (this.#team) this.#team.run(input instanceof Float32Array ? PROGRAM.floatsInput : PROGRAM.bytesInput);
    else runCalls(inputStep(this.#replicas[0]!, input).whole);
  }

  /** @param afterStep is called with the index of each finished step if one thread works, so that tests can inspect the memory. */
  execute(afterStep?: (step: number) => void): void {
    if (this.#team) this.#team.run(PROGRAM.steps);
    else
      this.#replicas[0]!.steps.forEach(({ whole }, step) => {
        runCalls(whole);
        afterStep?.(step);
      });
  }

  /** Number of inputs that {@link executeBatch} takes at a time. */
  get batchSize(): number {
    return this.#team ? this.#replicas.length : 1;
  }

  /**
   * Runs {@link batchSize} inputs of one type at the same time, each on one thread.
   *
   * @returns the outputs, (height, width, channels) each.
   */
  executeBatch(inputs: readonly Input[]): Float32Array[] {
    inputs.forEach((input, replica) => {
      this.#stage(input, replica);
    });
    this.#team!.run(inputs[0] instanceof Float32Array ? PROGRAM.floatsBatch : PROGRAM.bytesBatch);
    return inputs.map((_, replica) => this.#readFloats(this.plan.output, replica));
  }

  /**
   * Times each step separately: all steps in order, `repeats` times.
   *
   * @returns for each step of the plan, the milliseconds of every repetition.
   */
  time(repeats: number): { readonly step: Step; readonly ms: readonly number[] }[] {
    const { steps } = this.#replicas[0]!;
    const timed = steps.map(({ step }) => ({ step, ms: [] as number[] }));
    for (let n = 0; n < repeats; n++) {
      steps.forEach(({ whole }, index) => {
        const start = performance.now();
        if (this.#team) this.#team.run(PROGRAM.firstStep + index);
        else runCalls(whole);
        timed[index]!.ms.push(performance.now() - start);
      });
    }
    return timed;
  }

  /** The floats of the last node, (height, width, channels). */
  output(): Float32Array {
    return this.#readFloats(this.plan.output, 0);
  }

  /** The bits of a sign, packed as in SPEC 3.3, in the order (height, width, channels); undefined if the plan keeps none for this node. */
  signBits(node: number): Uint8Array | undefined {
    const planes = this.plan.signPlanes.get(node);
    const map = this.plan.bitMaps.get(node);
    const shape = planes?.shape ?? map?.shape;
    if (!shape) return undefined;
    const { height, width, channels } = shape;
    const bytes = new Uint8Array(this.#engine.memory.buffer);
    const start = this.#placement.addressOf((planes ?? map)!.origin, 0);
    return packBits(height * width * channels, (i) => {
      const channel = i % channels;
      const pixel = (i - channel) / channels;
      const [y, x] = [Math.floor(pixel / width), pixel % width];
      if (planes) return bytes[start + channel * planes.planeBytes + y * planes.pitch + x] === 1;
      const at = start + y * map!.rowBytes + x * map!.pixelBytes;
      return ((bytes[at + (channel >> 3)]! >> (channel & 7)) & 1) === 1;
    });
  }

  #stage(input: Input, replica: number): void {
    const address = this.#placement.addressOf(pointer(this.plan.staging), replica);
    const { buffer } = this.#engine.memory;
    if (input instanceof Float32Array) new Float32Array(buffer, address, input.length).set(input);
    else new Uint8Array(buffer, address, input.length).set(input);
  }

  #readFloats({ region, shape, pixelBytes }: FloatMap, replica: number): Float32Array {
    const address = this.#placement.addressOf(pointer(region), replica);
    return unpadPixels(new Float32Array(this.#engine.memory.buffer, address), shape, pixelBytes / 4);
  }
}

function runCalls(calls: readonly Call[]): void {
  for (const { kernel, recordAddress } of calls) kernel(recordAddress);
}

function inputStep({ floatsInput, bytesInput }: ReadyPlan, input: Input): ReadyStep {
  return input instanceof Float32Array ? floatsInput : bytesInput!;
}

/** {@link Work} that holds the kernels themselves instead of their names. */
interface TeamWork extends Pick<Work, 'programs'> {
  readonly parts: readonly (readonly Call[])[];
  /** For each program, the calls that do all of it on one thread. */
  readonly alone: readonly (readonly Call[])[];
}

/** Lists the parts and programs of a team. In the programs for batches, a replica's whole run is one part. */
function workOf(replicas: readonly ReadyPlan[]): TeamWork {
  const parts: (readonly Call[])[] = [];
  const roundOf = (added: readonly (readonly Call[])[]): Round => ({
    first: parts.push(...added) - added.length,
    count: added.length,
  });
  const { floatsInput, bytesInput, steps } = replicas[0]!;
  const stepRound = (it: ReadyStep): Round => roundOf(it.parts.map((call) => [call]));
  const rounds = steps.map(stepRound);
  const ofSteps = (its: readonly ReadyStep[], theirRounds: readonly Round[] = its.map(stepRound)) => ({
    rounds: theirRounds,
    alone: its.flatMap(({ whole }) => whole),
  });
  const batch = (first: (replica: ReadyPlan) => ReadyStep) => {
    const added = replicas.map((replica) => [first(replica), ...replica.steps].flatMap(({ whole }) => whole));
    return { rounds: [roundOf(added)], alone: added.flat() };
  };
  const programs = [
    ofSteps([floatsInput]),
    ofSteps(bytesInput ? [bytesInput] : []),
    ofSteps(steps, rounds),
    batch((replica) => replica.floatsInput),
    bytesInput ? batch((replica) => replica.bytesInput!) : ofSteps([]),
    ...steps.map((it, n) => ofSteps([it], [rounds[n]!])),
  ];
  return { parts, programs: programs.map((it) => it.rounds), alone: programs.map((it) => it.alone) };
}

function unpadPixels(padded: Float32Array, { height, width, channels }: MapShape, pixelFloats: number): Float32Array {
  const floats = new Float32Array(height * width * channels);
  for (let pixel = 0; pixel < height * width; pixel++) {
    floats.set(padded.subarray(pixel * pixelFloats, pixel * pixelFloats + channels), pixel * channels);
  }
  return floats;
}

/** @throws {SignwaveError} `E_ENGINE` if the engine can't provide that much memory. */
export function growMemory(memory: WebAssembly.Memory, sizeBytes: number): void {
  const missing = Math.ceil((sizeBytes - memory.buffer.byteLength) / PAGE_BYTES);
  if (missing <= 0) return;
  try {
    memory.grow(missing);
  } catch (cause) {
    throw new SignwaveError('E_ENGINE', `the engine has no ${sizeBytes} bytes of memory`, { cause });
  }
}
