import { serveModel } from './serve-model.js';

// The program of the worker that createWorkerModel starts.
serveModel(globalThis as never);
