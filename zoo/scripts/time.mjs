// Times models of the zoo on this machine, which should do nothing else, and writes models.json and README.md. After
// `node scripts/build.mjs --only wasm,cli`.
//
//   node zoo/scripts/time.mjs [NAME...]     by default all
import { fileURLToPath } from 'node:url';
import { timeOf } from './signwave.mjs';
import { readList, writeList } from './zoo-files.mjs';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

const models = readList();
const names = process.argv.slice(2);
const unknown = names.filter((name) => !models.some((it) => it.name === name));
if (unknown.length > 0) {
  console.error(`no model is called ${unknown.join(', ')}; there are ${models.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}
writeList(
  models.map((model) => {
    if (names.length > 0 && !names.includes(model.name)) return model;
    const time = timeOf(`zoo/${model.file}`);
    console.log(`${model.name}: ${time.medianMs.toPrecision(3)} ms, ${time.machine}`);
    return { ...model, time };
  }),
);
