import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, type StartName, WAYS, type Way } from './command.js';
import { type CommandName, prepareCommands } from './commands.js';
import { areEqual, emptyFolder, type Files, filesIn, litterIn } from './files.js';
import { judgeInterrupted, judgeNext, type Left, litterOf, outcomeOf } from './judge.js';
import { type Point, pointOf, type Undisturbed } from './points.js';
import { countCalls, type Ended, type Place, type Programs, runProgram } from './program.js';
import type { SmallDisk } from './small-disk.js';
import { filesElsewhere, Workplace } from './workplace.js';

export interface Tally {
  points: number;
  /** That ended before they were done. */
  interrupted: number;
  /** With all outputs as they were before, or all as they are to be. */
  before: number;
  after: number;
  /** That left temporary files or a lock for the next run to remove. */
  littered: number;
  bugs: number;
}

export interface Bug extends Point {
  readonly command: CommandName;
  readonly way: Way;
  readonly number: number;
  readonly problem: string;
  readonly stderr: string;
}

export interface CampaignOptions extends Programs {
  /** The repository. */
  readonly root: string;
  readonly commands: readonly CommandName[];
  readonly ways: readonly Way[];
  readonly points: number;
  readonly seed: number;
  /** Try this point of each command alone. */
  readonly only?: number;
  readonly onBug: (bug: Bug) => void;
  /** Called when all points of a command and way were tried, or with why none can be. */
  readonly onTally: (command: CommandName, about: string, way: Way, tally: Tally | string) => void;
}

/** Interrupts each command at each point in each way, and runs it again. */
export async function interruptAll(options: CampaignOptions): Promise<void> {
  const workplace = new Workplace();
  const clear = () => workplace.remove();
  process.once('exit', clear);
  try {
    const commands = await prepareCommands(options.root, workplace.inputs, options.program);
    for (const name of options.commands) {
      const command = commands[name];
      const surroundings = await command.surround?.();
      const tell = (way: Way, tally: Tally | string) => options.onTally(name, command.about, way, tally);
      const ways = WAYS.filter((it) => options.ways.includes(it));
      if (typeof surroundings === 'string') {
        for (const way of ways) tell(way, surroundings);
        continue;
      }
      try {
        const tries = new Tries(name, command, workplace, options);
        await tries.prepare();
        for (const way of ways) tell(way, await tries.tryAll(way));
      } finally {
        await surroundings?.[Symbol.asyncDispose]();
      }
    }
  } finally {
    process.off('exit', clear);
    clear();
  }
}

/** All that is tried with one command. */
class Tries {
  readonly #undisturbed = new Map<StartName, Undisturbed>();
  #expected: Files = new Map();
  #old: Files = new Map();

  constructor(
    private readonly name: CommandName,
    private readonly command: Command,
    private readonly workplace: Workplace,
    private readonly options: CampaignOptions,
  ) {}

  /** Makes the starts, and runs the command undisturbed from each. */
  async prepare(): Promise<void> {
    const place = this.workplace.place(false);
    const { starts, before } = this.command;
    emptyFolder(place.cwd);
    this.workplace.keep(place, this.#kept('empty'));
    if (before) {
      expectDone(await runProgram(this.options, { args: before }, place));
      this.workplace.keep(place, this.#kept('old'));
      this.#old = filesIn(place.cwd);
    }
    for (const start of starts) {
      if (start === 'left') await this.#leave(place);
      await this.#runUndisturbed(start, place);
    }
  }

  async #runUndisturbed(start: StartName, place: Place): Promise<void> {
    this.workplace.restore(place, this.#kept(start), this.command.stdout);
    const { calls, ...ended } = await countCalls(this.options, this.#started(start), place);
    expectDone(ended);
    const found = filesIn(place.cwd);
    const litter = litterIn(found, this.command.outputs);
    if (litter.length > 0) throw new Error(`${this.name} leaves ${litter.join(', ')} undisturbed`);
    if (this.#undisturbed.size === 0) this.#expected = found;
    else if (!areEqual(found, this.#expected, this.command.comparable))
      throw new Error(`${this.name} from the start "${start}" gives other outputs than from the first one`);
    const sizes = [...found.values()].map((bytes) => bytes?.length ?? 0);
    const outputBytes = sizes.reduce((sum, bytes) => sum + bytes, 0);
    this.#undisturbed.set(start, { ms: ended.ms, calls, outputBytes, outputFiles: sizes.length });
  }

  /** Kills it where it leaves something behind, near its end. */
  async #leave(place: Place): Promise<void> {
    const from = this.command.before ? (this.name === 'train' ? 'empty' : 'old') : 'empty';
    const { calls } = this.#undisturbed.get(from)!;
    for (let at = Math.ceil(0.7 * calls); at <= calls; at++) {
      this.workplace.restore(place, this.#kept(from), this.command.stdout);
      const moment = { at, phase: 'before', delayUs: 0 } as const;
      await runProgram(this.options, this.#started(from), place, { signal: 'SIGKILL', moment });
      if (!litterIn(filesIn(place.cwd), this.command.outputs).some((path) => path.includes('.tmp'))) continue;
      this.workplace.keep(place, this.#kept('left'));
      return;
    }
    throw new Error(`${this.name} leaves nothing behind, wherever it is killed`);
  }

  /** @returns why it can't be tried, if it can't. */
  async tryAll(way: Way): Promise<Tally | string> {
    const { points, seed, only } = this.options;
    const { disk } = this.workplace;
    if (way === 'disk' && typeof disk === 'string') return disk;
    const tally: Tally = { points: 0, interrupted: 0, before: 0, after: 0, littered: 0, bugs: 0 };
    for (let number = only ?? 0; number < (only === undefined ? points : only + 1); number++) {
      const point = pointOf(way, number, { points, seed, undisturbed: this.#undisturbed });
      const { problem, stderr } = await this.#try(way, point, tally);
      if (problem === undefined) continue;
      tally.bugs++;
      this.options.onBug({ command: this.name, way, number, ...point, problem, stderr });
    }
    return tally;
  }

  async #try(way: Way, point: Point, tally: Tally): Promise<{ problem: string | undefined; stderr: string }> {
    const { command, workplace } = this;
    const place = workplace.place(way === 'disk');
    const disk = workplace.disk as SmallDisk;
    const start = workplace.restore(place, this.#kept(point.start), command.stdout);
    if (point.room) disk.leave(point.room.bytes, point.room.files);
    const ended = await runProgram(this.options, this.#started(point.start), place, point.interruption);
    if (point.room) disk.leaveMuch();
    const left = this.#leftIn(place, ended, start);
    tally.points++;
    if (ended.code !== 0) tally.interrupted++;
    const outcome = outcomeOf(command, left);
    if (outcome !== 'between') tally[outcome]++;
    if (litterOf(command, left).length > 0) tally.littered++;
    const problem = judgeInterrupted(command, way, left);
    if (problem !== undefined) return { problem, stderr: ended.stderr };

    for (const name of command.movesAway ?? []) rmSync(join(place.cwd, name), { recursive: true, force: true });
    const args = command.next?.(point.start, left.found, this.#old) ?? command.args(point.start);
    const next = await runProgram(this.options, { args, stdout: command.stdout }, place);
    return { problem: judgeNext(command, ended, this.#leftIn(place, next, left.found)), stderr: next.stderr };
  }

  #leftIn(place: Place, ended: Ended, start: Files): Left {
    return { ended, start, found: filesIn(place.cwd), expected: this.#expected, elsewhere: filesElsewhere(place) };
  }

  #started(start: StartName) {
    return { args: this.command.args(start), stdout: this.command.stdout };
  }

  #kept(start: StartName): string {
    return `${this.name}-${start}`;
  }
}

function expectDone({ code, stderr }: Ended): void {
  if (code !== 0) throw new Error(`undisturbed, it ends in status ${code}: ${stderr}`);
}
