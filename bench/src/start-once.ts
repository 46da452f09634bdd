// Loads a model and runs it once in this fresh process, and prints what that took as JSON.
//
//   node build/bench/start-once.mjs signwave|ort-web-float32 MODEL.sgnw

import { readFile } from 'node:fs/promises';
import { exportOnnx } from '@signwave/convert';
import { type InputNode, readModel } from '@signwave/format';
import { createOrtSession } from '@signwave/lab/node';
import { load } from '@signwave/runtime';
import type { Startup } from './measure/startup.js';

const [engine, path] = process.argv.slice(2);
if (path === undefined) throw new Error('expected an engine and a model');
const bytes = await readFile(path);
const report = engine === 'signwave' ? await startSignwave() : await startOrt();
console.log(JSON.stringify(report));
// ONNX Runtime Web would keep the process alive.
process.exit(0);

async function startSignwave(): Promise<Startup> {
  const rssBefore = process.memoryUsage.rss();
  const start = performance.now();
  const model = await load(bytes);
  const loaded = performance.now();
  const { height, width, channels } = model.input;
  model.run(new Float32Array(height * width * channels));
  const done = performance.now();
  return {
    loadMs: loaded - start,
    firstRunMs: done - loaded,
    rssBytes: process.memoryUsage.rss() - rssBefore,
    memoryBytes: model.info().memoryBytes,
  };
}

async function startOrt(): Promise<Startup> {
  const file = readModel(bytes);
  const onnx = exportOnnx(file, { batch: 1 });
  const { height, width, channels } = file.graph.nodes[0] as InputNode;
  const rssBefore = process.memoryUsage.rss();
  const start = performance.now();
  const session = await createOrtSession(onnx);
  const loaded = performance.now();
  await session.run(new Float32Array(height * width * channels));
  const done = performance.now();
  return { loadMs: loaded - start, firstRunMs: done - loaded, rssBytes: process.memoryUsage.rss() - rssBefore };
}
