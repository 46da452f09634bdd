import { spawn } from 'node:child_process';

/** Starts a server, which is quiet. @param {string} program @param {readonly string[]} args @param {Readonly<Record<string, string>>} [variables] */
export function start(program, args, variables) {
  return spawn(program, args, { env: { ...process.env, ...variables }, stdio: 'ignore' });
}

/** Ends a server by SIGTERM, and waits until it has. @param {import('node:child_process').ChildProcess} child */
export async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill();
  await ended;
}
