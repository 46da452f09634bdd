import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { freePort } from '../../scripts/modules/free-port.mjs';

/** The program, of Debian's package with its name. */
export const NATS_SERVER = 'nats-server';

/** A broker of its own with a folder of its own, which can be stopped and started again. */
export class NatsServer {
  readonly #port: number;
  readonly #host: string;
  readonly #folder = mkdtempSync(join(tmpdir(), 'signwave-nats-'));
  readonly #config: string;
  #child: ChildProcess | undefined;

  /** @param config lines of its configuration file. @param host address of this machine to listen at. */
  static async start(config: string = 'jetstream {}', host: string = '127.0.0.1'): Promise<NatsServer> {
    const server = new NatsServer(await freePort(host), host, config);
    await server.start();
    return server;
  }

  private constructor(port: number, host: string, config: string) {
    this.#port = port;
    this.#host = host;
    this.#config = config.replace('jetstream {', `jetstream { store_dir: "${this.#folder}/store"`);
  }

  get address(): string {
    return `${this.#host}:${this.#port}`;
  }

  get url(): string {
    return `nats://${this.address}`;
  }

  async start(): Promise<void> {
    const file = join(this.#folder, 'server.conf');
    writeFileSync(file, `listen: "${this.address}"\n${this.#config}\n`);
    this.#child = spawn(NATS_SERVER, ['-c', file], { stdio: 'ignore' });
    for (;;) {
      try {
        // Whoever isn't let in has found it, too.
        await (await connect({ servers: this.address, reconnect: false })).close();
        return;
      } catch (error) {
        if ((error as Error).name === 'AuthorizationError') return;
        if (this.#child.exitCode !== null) throw new Error(`${NATS_SERVER} ended with status ${this.#child.exitCode}`);
        await sleep(50);
      }
    }
  }

  /** Asks the broker itself. */
  async ask<T>(question: (manager: JetStreamManager) => Promise<T>): Promise<T> {
    const connection = await connect({ servers: this.address });
    try {
      return await question(await jetstreamManager(connection));
    } finally {
      await connection.close();
    }
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill(signal);
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
