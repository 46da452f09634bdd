import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { SignwaveError } from '@signwave/format';
import { SHOWN_LINES } from './larq-environment.js';

const PROGRAM = 'bench/larq/measure.py';

/** Ways in which {@link PROGRAM} runs a network, by its names for them. */
export type LarqWay = 'default' | 'indirect' | 'float';

/** Times of an interpreter that is made from a file's bytes in memory, by a process that has the engine's code already. */
export interface InterpreterStart {
  readonly loadMs: number;
  readonly firstRunMs: number;
}

/** What the process says when it is ready. */
interface Greeting {
  /** Of the `.tflite` that larq compute engine converted, and of the one in float32. */
  readonly binaryBytes: number;
  readonly floatBytes: number;
  /** Of each way's output with that of Keras. */
  readonly correlations: Readonly<Record<LarqWay, number>>;
}

/** A process that has a network of larq's zoo with random weights in each {@link LarqWay}. It stays alive and takes part in rounds. */
export class LarqProcess {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  #messages = '';
  #greeting!: Greeting;

  private constructor(python: string, network: string, folder: string) {
    this.#child = spawn(python, [PROGRAM, network, folder]);
    this.#child.stderr.setEncoding('utf8').on('data', (text) => {
      this.#messages = (this.#messages + text).slice(-2000);
    });
    // Without a listener, writing to a process that has ended would end this one, before its last words are shown.
    this.#child.stdin.on('error', () => undefined);
    this.#lines = createInterface(this.#child.stdout)[Symbol.asyncIterator]();
  }

  /**
   * @param network a function of larq-zoo, such as QuickNet.
   * @param folder where the process writes `model.tflite` and `input.npy`.
   * @returns the process, or the reason why it can't be started.
   */
  static async start(python: string, network: string, folder: string): Promise<LarqProcess | string> {
    const process = new LarqProcess(python, network, folder);
    const greeting = (await process.#next()) as Greeting | undefined;
    if (greeting === undefined) return process.#lastWords();
    process.#greeting = greeting;
    return process;
  }

  get fileBytes(): { readonly binary: number; readonly float: number } {
    const { binaryBytes: binary, floatBytes: float } = this.#greeting;
    return { binary, float };
  }

  get correlations(): Greeting['correlations'] {
    return this.#greeting.correlations;
  }

  /** @returns the median time of a run. */
  async medianMs(way: LarqWay, runs: number): Promise<number> {
    return (await this.#ask(`time ${way} ${runs}`)) as number;
  }

  /** @returns the network's output for the input. */
  async output(way: LarqWay): Promise<number[]> {
    return (await this.#ask(`output ${way}`)) as number[];
  }

  async startInterpreter(way: LarqWay): Promise<InterpreterStart> {
    return (await this.#ask(`load ${way}`)) as InterpreterStart;
  }

  stop(): void {
    this.#child.kill();
  }

  async #ask(line: string): Promise<unknown> {
    this.#child.stdin.write(`${line}\n`);
    const answer = await this.#next();
    if (answer === undefined) throw new SignwaveError('E_PEER', `${PROGRAM} ended: ${this.#lastWords()}`);
    return answer;
  }

  async #next(): Promise<unknown> {
    const { value, done } = await this.#lines.next();
    return done ? undefined : JSON.parse(value);
  }

  #lastWords(): string {
    return this.#messages.trim().split('\n').slice(-SHOWN_LINES).join('\n') || 'it printed no reason';
  }
}
