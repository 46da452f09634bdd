import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { describeWithNats } from './describe-with-nats.js';
import { NatsServer } from './nats-server.js';
import { describeWithNamespace, NetworkNamespace } from './network-namespace.js';
import { Worker } from './queue-workers.js';
import { EXAMPLE_IMAGES, signwave, temporaryFolder } from './signwave.js';

const MODEL = 'zoo:cifar10-resnet20';
const LINES = 1500;
const ACK_WAIT_SECONDS = 1;

const folder = temporaryFolder();

describeWithNats('a queue', () => {
  describeWithNamespace('of which a worker is cut off by the network', () => {
    test('is answered as by one process: others get its lines, and it goes on when the network is back', {
      timeout: 180_000,
    }, async () => {
      using namespace = new NetworkNamespace();
      await using server = await NatsServer.start('jetstream {}', namespace.host);
      const queue = ['--nats', server.url, '--stream', 'cut'];
      const list = join(folder, 'list.txt');
      const images = readdirSync(EXAMPLE_IMAGES, { recursive: true, encoding: 'utf8' }).filter((it) =>
        it.endsWith('.png'),
      );
      writeFileSync(
        list,
        Array.from({ length: LINES }, (_, n) => `${join(EXAMPLE_IMAGES, images[n % images.length]!)}\n`).join(''),
      );
      expect(await signwave('run', MODEL, '--manifest', list, '--out', join(folder, 'one'))).toMatchObject({ code: 0 });
      const [expected, found] = [join(folder, 'one.jsonl'), join(folder, 'answers.jsonl')];
      expect(await signwave('merge', join(folder, 'one'), '-o', expected)).toMatchObject({ code: 0 });
      expect(await signwave('submit', list, ...queue, '--ack-wait', String(ACK_WAIT_SECONDS))).toMatchObject({
        code: 0,
      });

      const workers = () => server.ask(({ consumers }) => consumers.info('cut', 'workers'));
      const inside = new Worker([MODEL, ...queue], { within: namespace.command });
      await expect.poll(async () => (await workers()).num_ack_pending, { timeout: 60_000 }).toBeGreaterThan(0);
      namespace.cut();
      // What it had in hand is given to another one, which answers all lines but for the time that the cut lasts.
      new Worker([MODEL, ...queue]);
      await sleep(3000 * ACK_WAIT_SECONDS);
      namespace.mend();
      expect(await signwave('collect', list, ...queue, '-o', found, '--wait')).toMatchObject({ code: 0 });
      expect(readFileSync(found, 'utf8')).toBe(readFileSync(expected, 'utf8'));
      // Each line was given out once, and those that the cut held up once more.
      const { delivered } = await workers();
      expect(delivered.consumer_seq).toBeGreaterThan(LINES);
      expect(inside.isAlive).toBe(true);
      inside.kill('SIGTERM');
      expect(await inside.ended).toEqual({ code: 0, signal: null });
    });
  });
});
