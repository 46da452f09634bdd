// What the workspace's own benchmarks take of the inside. package.json has this entry only for sources: there is none in
// the package as it is published.

export { OnnxGraph } from './onnx/onnx-graph.js';
export { MessageWriter } from './onnx/protobuf.js';
