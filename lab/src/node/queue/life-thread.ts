// The thread that tells the broker that tasks are worked on while the main thread computes and tells nothing. It gets a `LifeTask`, and then, whenever
// that changes, where the broker wants to be told of each task in hand.
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { type Broker, openBroker } from './broker.js';
import type { LifeTask } from './life-signs.js';

if (!parentPort) throw new Error('life-thread has to be started as a worker');
const { place, everyMs } = workerData as LifeTask;
const WORKING = '+WPI';

let subjects: readonly string[] = [];
parentPort.on('message', (held: readonly string[]) => {
  subjects = held;
});

const { connection } = await patiently();
setInterval(() => {
  for (const subject of subjects) connection.publish(subject, WORKING);
}, everyMs);

/** The main thread has reached the broker, and says what is wrong with it. */
async function patiently(): Promise<Broker> {
  for (;;) {
    try {
      return await openBroker(place, { patienceMs: 0, onRemark: () => {} });
    } catch {
      await sleep(everyMs);
    }
  }
}
