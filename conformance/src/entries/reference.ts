// Runs the reference, without WebAssembly; all others are compared with it. PROGRAM WORKLOAD prints the digests as JSON; it takes a minute.
import { readFileSync } from 'node:fs';
import { crc32, packBits, readModel } from '@signwave/format';
import { Reference } from '@signwave/reference';
import { prepareImage } from '@signwave/runtime';
import { bytesOf, hex, type ModelDigests, type Workload } from '../digests.js';

const workload: Workload = JSON.parse(readFileSync(process.argv[2]!, 'utf8'));
const digests = workload.models.map(({ name, bytes, images }): ModelDigests => {
  const { graph } = readModel(Buffer.from(bytes, 'base64'), name);
  const [input] = graph.nodes;
  if (input?.op !== 'input' || !input.recipe) throw new Error(`${name} has no input recipe`);
  const reference = new Reference(graph);
  const layers: Record<string, number> = {};
  let [inputs, logits] = [0, 0];
  for (const image of images) {
    const raster = { ...image, data: Buffer.from(image.data, 'base64') };
    const prepared = prepareImage(raster, input.recipe, input.height, input.width);
    const { maps } = reference.record(prepared);
    inputs = crc32(bytesOf(prepared), inputs);
    logits = crc32(bytesOf(maps.at(-1)!.data), logits);
    graph.nodes.forEach(({ op }, node) => {
      const { data } = maps[node]!;
      // SPEC 4.2 allows signs that give 0, which is neither bit; these models have none.
      if (op === 'sign')
        layers[node] = crc32(
          packBits(data.length, (i) => data[i]! > 0),
          layers[node] ?? 0,
        );
    });
  }
  const named = Object.entries(layers).map(([node, crc]) => [node, hex(crc)]);
  return { name, input: hex(inputs), layers: Object.fromEntries(named), logits: hex(logits) };
});
console.log(JSON.stringify(digests));
