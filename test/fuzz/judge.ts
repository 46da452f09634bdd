import { LongError, type SignwaveError } from '@signwave/format';
import { type Compared, type Input, type Kind, WrongResult } from './kind.js';
import { readUnlessRefused } from './read-unless-refused.js';

/** Processor time that no input may take, its run on four sets of kernels included. */
export const MAX_CPU_MS = 2_000;
/** What a process that reads inputs may come to occupy: the largest image that is decoded takes 0.5 GB, twice while it is decoded. */
export const MAX_MEMORY_BYTES = 1.5 * 2 ** 30;

export type Problem = 'foreign error' | 'wrong result' | 'control characters' | 'slow' | 'memory' | 'hang' | 'crash';

export interface Finding {
  readonly problem: Problem;
  /** What was found, in a line. */
  readonly text: string;
}

export interface Verdict {
  readonly outcome: 'read' | 'refused';
  readonly cpuMs: number;
  /** The most that this process has occupied so far. */
  readonly peakBytes: number;
  readonly compared?: Compared;
  readonly finding?: Finding;
}

/**
 * Control characters, which move a terminal's cursor or begin another line if a program prints a message as it is. (What turns the direction
 * of text is dealt with where this project prints.)
 */
const RAW = /\p{Cc}/u;

/** Reads an input and says what is wrong with how that went. @param number of the input, if it has one. */
export async function judge(
  { read }: Pick<Kind, 'read'>,
  input: Input,
  number?: number,
  maxCpuMs = MAX_CPU_MS,
): Promise<Verdict> {
  const start = process.resourceUsage();
  let finding: Finding | undefined;
  let outcome: Verdict['outcome'] = 'read';
  let compared: Compared | undefined;
  try {
    compared = await readUnlessRefused(
      'the input',
      () => read(input, number),
      (error) => {
        outcome = 'refused';
        finding = controlsIn(error);
      },
    );
  } catch (error) {
    const { cause } = error as Error;
    const problem = cause instanceof WrongResult ? 'wrong result' : 'foreign error';
    finding = { problem, text: cause instanceof WrongResult ? cause.message : described(cause) };
  }
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const cpuMs = (userCPUTime + systemCPUTime - start.userCPUTime - start.systemCPUTime) / 1000;
  const peakBytes = maxRSS * 1024;
  if (cpuMs > maxCpuMs) finding ??= { problem: 'slow', text: `${Math.round(cpuMs)} ms of processor time` };
  if (peakBytes > MAX_MEMORY_BYTES) finding ??= { problem: 'memory', text: `${Math.round(peakBytes / 2 ** 20)} MiB` };
  return { outcome, cpuMs, peakBytes, ...(compared && { compared }), ...(finding && { finding }) };
}

function controlsIn(error: SignwaveError): Finding | undefined {
  const { code, message } = error;
  const lines = error instanceof LongError ? message.split('\n') : [message];
  if (!lines.some((line) => RAW.test(line))) return undefined;
  return { problem: 'control characters', text: `${code}: ${JSON.stringify(message)}` };
}

/** The error and the place in the code that threw it. */
function described(error: unknown): string {
  if (!(error instanceof Error)) return `${error}`;
  const place = /\n\s+at (\S+)/.exec(error.stack ?? '')?.[1];
  return `${error.name}: ${error.message.slice(0, 200)}${place === undefined ? '' : `, in ${place}`}`;
}

/** What tells one bug from another: the problem and its text without numbers. */
export function signature({ problem, text }: Finding): string {
  if (problem === 'control characters') return `${problem} ${/^\w+/.exec(text)![0]}`;
  return `${problem} ${problem === 'slow' || problem === 'memory' ? '' : text.replace(/[-\d.e+]+/g, '#')}`;
}
