import { spawn, spawnSync } from 'node:child_process';
import { NATS_SERVER, NatsServer } from '../cli/nats-server.js';
import { runAtOnce } from './program.js';

/** Where the queue is, in words of the command line. */
export type QueueOptions = readonly string[];

/**
 * Puts a list into the queue of a broker of its own, and has a worker answer it.
 *
 * @param list submitted by `program`, the built command line. @returns why it can't, if there is no broker.
 */
export async function answeredQueue(
  { program, model, list, copy }: { program: string; model: string; list: string; copy: string },
  onQueue: (options: QueueOptions) => void,
): Promise<AsyncDisposable | string> {
  if (spawnSync(NATS_SERVER, ['--version']).error) return `${NATS_SERVER} is absent`;
  const server = await NatsServer.start();
  const options = ['--nats', server.url, '--stream', 'interrupted'];
  runAtOnce(program, ['submit', list, ...options]);
  const worker = spawn(process.execPath, [program, 'worker', model, ...options], { stdio: 'ignore' });
  // It is removed by whoever removes the folder of the inputs.
  runAtOnce(program, ['collect', list, ...options, '--wait', '-o', copy]);
  worker.kill();
  const end = () => void server.stop('SIGKILL');
  process.once('exit', end);
  onQueue(options);
  return {
    [Symbol.asyncDispose]: async () => {
      process.off('exit', end);
      await server[Symbol.asyncDispose]();
    },
  };
}
