import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, hostname } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../modules/free-port.mjs';
import { start, stop } from './servers.mjs';

/**
 * Runs Slurm on this machine: its own munge, a controller and a node, with all files in a folder of its own.
 *
 * @template T
 * @param {string} parent @param {(variables: Readonly<Record<string, string>>) => Promise<T>} use takes the variables that Slurm's commands need
 * @returns {Promise<T>}
 */
export async function withSlurm(parent, use) {
  const folder = join(parent, 'slurm');
  for (const name of ['state', 'spool']) mkdirSync(join(folder, name), { recursive: true, mode: 0o755 });
  writeFileSync(join(folder, 'munge.key'), randomBytes(1024), { mode: 0o600 });
  writeFileSync(join(folder, 'slurm.conf'), await configuration(folder));
  const variables = { SLURM_CONF: join(folder, 'slurm.conf') };
  const socket = join(folder, 'munge.socket');
  const started = [
    start('munged', [
      ...['--foreground', '--force', `--key-file=${join(folder, 'munge.key')}`, `--socket=${socket}`],
      ...['pid', 'log', 'seed'].map((it) => `--${it}-file=${join(folder, `munged.${it}`)}`),
    ]),
  ];
  try {
    for (let n = 0; !existsSync(socket) && n < 200; n++) await new Promise((resolve) => setTimeout(resolve, 50));
    started.push(start('slurmctld', ['-D'], variables), start('slurmd', ['-D'], variables));
    return await use(variables);
  } finally {
    await Promise.all(started.reverse().map(stop));
  }
}

/** @param {string} folder */
async function configuration(folder) {
  const host = hostname().split('.')[0];
  return `ClusterName=signwave
SlurmctldHost=${host}(127.0.0.1)
SlurmctldPort=${await freePort()}
SlurmdPort=${await freePort()}
SlurmUser=root
AuthInfo=socket=${folder}/munge.socket
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/spool
SlurmctldPidFile=${folder}/slurmctld.pid
SlurmdPidFile=${folder}/slurmd.pid
SlurmctldLogFile=${folder}/slurmctld.log
SlurmdLogFile=${folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
NodeName=${host} NodeAddr=127.0.0.1 CPUs=${availableParallelism()} RealMemory=8000
PartitionName=all Nodes=ALL Default=YES State=UP
`;
}
