import type { Engine } from '../../src/engine/engine.js';
import type { KernelName } from '../../src/kernels/kernel-records.js';
import { type AnyRecord, recordBytes, writeRecord } from '../../src/kernels/record.js';
import { Placement } from '../../src/plan/placement.js';
import type { Plan } from '../../src/plan/plan.js';
import { type Pointer, pointer } from '../../src/plan/region.js';

/** Where plans are played first: behind the kernels' own data, which are few. */
const NEAR_BYTES = 65_536;
/** How far kernels may read past the end of a plan's memory: placement.ts. */
export const READ_AHEAD_BYTES = 65_536;

/** What a record has an address of; all are counted from the first byte of the plan's memory. */
export interface Operand {
  /** The kernel and the field of its record. */
  readonly name: string;
  readonly at: number;
  /** The stretch of memory that the address belongs to. */
  readonly first: number;
  readonly end: number;
}

/** A call of a kernel that was made at the beginning of memory. */
export interface PlayedCall {
  readonly kernel: KernelName;
  readonly hasWritten: boolean;
  /** Size of the plan's memory. */
  readonly sizeBytes: number;
  readonly operands: readonly Operand[];
}

/**
 * Plays a plan at the beginning of an engine's memory, and makes each of its calls again on the same bytes further up. Both must write the
 * same bytes. The memory has to be zero, and is afterwards.
 *
 * @param firstBytesOf gives, for a call, the addresses at which the plan's memory is to begin when it is made again.
 * @throws {Error} where they don't.
 */
export function playFar(
  { exports, memory }: Engine,
  plan: Plan,
  input: Float32Array | Uint8Array,
  firstBytesOf: (call: PlayedCall) => readonly number[],
): void {
  const bytes = new Uint8Array(memory.buffer);
  const view = new DataView(memory.buffer);
  const placement = new Placement(plan, NEAR_BYTES, 1);
  const sizeBytes = placement.sizeBytes - READ_AHEAD_BYTES - NEAR_BYTES;
  const addressOf = (to: Pointer): number => placement.addressOf(to, 0);
  placement.writeConstants(memory);
  bytes.set(new Uint8Array(input.buffer), addressOf(pointer(plan.staging)));

  const { loadSteps, inputSteps, steps } = plan;
  const inputStep = input instanceof Float32Array ? inputSteps.floats : inputSteps.bytes!;
  for (const { kernel, parts } of [...loadSteps, inputStep, ...steps]) {
    for (const record of parts) {
      /** Records come first in a plan's memory. They differ, as addresses do, and are left out of what is compared. */
      const callAt = (firstBytes: number): Uint8Array => {
        writeRecord(view, firstBytes, kernel, record, (to) => addressOf(to) - NEAR_BYTES + firstBytes);
        exports[kernel](firstBytes);
        return bytes.subarray(firstBytes, firstBytes + sizeBytes).fill(0, 0, recordBytes(kernel));
      };
      const before = bytes.slice(NEAR_BYTES, NEAR_BYTES + sizeBytes);
      const near = callAt(NEAR_BYTES);
      const hasWritten = Buffer.compare(near, before) !== 0;
      const operands = [
        { name: `${kernel}'s record`, at: 0, first: 0, end: recordBytes(kernel) },
        ...operandsOf(kernel, record, (to) => addressOf(to) - NEAR_BYTES),
      ];
      for (const firstBytes of firstBytesOf({ kernel, hasWritten, sizeBytes, operands })) {
        bytes.set(before, firstBytes);
        const far = callAt(firstBytes);
        const isEqual = Buffer.compare(far, near) === 0;
        far.fill(0);
        if (!isEqual) throw new Error(`${kernel} writes other bytes where memory begins at ${firstBytes}`);
      }
    }
  }
  bytes.fill(0, NEAR_BYTES, NEAR_BYTES + sizeBytes);
}

function operandsOf(kernel: KernelName, record: AnyRecord, addressOf: (to: Pointer) => number): Operand[] {
  return Object.entries(record).flatMap(([field, value]): Operand[] => {
    if (typeof value !== 'object') return [];
    if (!('region' in value)) return operandsOf(kernel, value, addressOf);
    const first = addressOf(pointer(value.region));
    return [{ name: `${kernel}.${field}`, at: addressOf(value), first, end: first + value.region.sizeBytes }];
  });
}
