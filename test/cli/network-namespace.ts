import { spawnSync } from 'node:child_process';
import { describe, test } from 'vitest';

/** Addresses of this machine in the namespace and beside it, in a network that nothing else has. */
const [INSIDE, BESIDE] = ['10.213.0.2', '10.213.0.1'];
const NAME = 'signwave-test';

/** A part of this machine with a network of its own, which a wire connects with the rest. Needs rights of root and Debian's iproute2. */
export class NetworkNamespace {
  /** Address at which programs beside it are found from inside. */
  readonly host = BESIDE;
  /** What a command begins with that is to run inside. */
  readonly command = ['ip', 'netns', 'exec', NAME] as const;

  /** @throws {Error} if this machine doesn't let us. */
  constructor() {
    this[Symbol.dispose]();
    ip('netns', 'add', NAME);
    ip('link', 'add', 'signwave0', 'type', 'veth', 'peer', 'name', 'wire', 'netns', NAME);
    ip('address', 'add', `${BESIDE}/30`, 'dev', 'signwave0');
    ip('link', 'set', 'signwave0', 'up');
    ip('-netns', NAME, 'address', 'add', `${INSIDE}/30`, 'dev', 'wire');
    this.mend();
  }

  /** Nothing comes through any more, and nobody is told. */
  cut(): void {
    ip('-netns', NAME, 'link', 'set', 'wire', 'down');
  }

  mend(): void {
    ip('-netns', NAME, 'link', 'set', 'wire', 'up');
  }

  [Symbol.dispose](): void {
    // Its end of the wire takes the other one along.
    spawnSync('ip', ['netns', 'delete', NAME]);
  }
}

/** @throws {Error} with what `ip` says. */
function ip(...args: readonly string[]): void {
  const { error, status, stderr } = spawnSync('ip', args, { encoding: 'utf8' });
  if (error || status !== 0) throw new Error(`ip ${args.join(' ')}: ${error?.message ?? stderr.trim()}`);
}

/** A `describe` for tests that need a namespace. Where none can be made they are skipped and the reason is printed; if `CI` is set, they fail. */
export function describeWithNamespace(name: string, fn: () => void): void {
  try {
    new NetworkNamespace()[Symbol.dispose]();
    describe(name, fn);
  } catch (error) {
    const { message } = error as Error;
    if (process.env.CI) {
      test(name, () => {
        throw new Error(`no network namespace can be made, and CI is set: ${message}`);
      });
    } else {
      console.warn(`skipped "${name}": ${message}`);
      test.skip(`${name} (no network namespace can be made)`);
    }
  }
}
