import { writeFileAtomic } from '@signwave/data/node';
import type { Command } from 'commander';
import { jsonOption } from '../arguments.js';
import { refuseOverwriting } from '../output-guard.js';
import { count, percent, printJson, printResult } from '../report/output.js';
import { table } from '../report/table.js';
import { zooFile, zooModels } from '../zoo.js';

export function registerZoo(program: Command): void {
  const zoo = program.command('zoo').description('models that come with signwave: zoo:NAME runs one');
  zoo.command('list').description('show them').addOption(jsonOption()).action(list);
  zoo
    .command('get')
    .description('copy one out, checked by its SHA-256')
    .argument('<name>', 'its name in the list')
    .option('-o, --output <file>', 'where to; default: NAME.sgnw in this folder')
    .action(get);
}

function list({ json }: { readonly json?: boolean }): void {
  const models = zooModels();
  if (json) {
    printJson(models);
    return;
  }
  printResult(
    table(
      [
        { title: 'name' },
        { title: 'task' },
        { title: 'data' },
        { title: 'network' },
        { title: 'top-1', align: 'right' },
        { title: 'bytes', align: 'right' },
      ],
      models.map(({ name, task, data, method, architecture, hits, images, bytes }) => [
        name,
        task,
        data.name,
        `${method} ${architecture}`,
        percent(hits, images),
        count(bytes),
      ]),
    ),
  );
}

async function get(name: string, { output }: { readonly output?: string }): Promise<void> {
  const { path, model, content } = zooFile(name);
  const target = output ?? `${name}.sgnw`;
  await refuseOverwriting({ outputs: { '--output': target }, inputs: { "the zoo's": path } });
  await writeFileAtomic(target, content);
  printResult(`${target}: ${count(model.bytes)} bytes, SHA-256 ${model.sha256}`);
}
