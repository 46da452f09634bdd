import {
  type BorderBiasNode,
  type Graph,
  GraphBuilder,
  type GraphNode,
  type InputNode,
  inferShapes,
  type MapShape,
  type Pads,
  SignwaveError,
  tensorValues,
} from '@signwave/format';
import { Reference } from '@signwave/reference';
import type * as Tfjs from '@tensorflow/tfjs';

/** A network in TensorFlow.js, with its constants in the back end's memory. */
export interface TfjsNetwork {
  /** Copies the input into the back end's memory and runs. @returns the output, copied out of it. */
  run(): Float32Array;
  release(): void;
}

type Node = Exclude<GraphNode, InputNode>;
type ExplicitPadding = Tfjs.backend_util.ExplicitPadding;

/**
 * The float twin of a graph, node by node, as somebody who writes networks in TensorFlow.js would write it: maps are (N, H, W, C), weights
 * +1 and -1.
 *
 * @param input (H, W, C), preprocessed.
 * @throws {SignwaveError} `E_PEER` for an operation that TensorFlow.js has no function for.
 */
export function tfjsNetwork(tf: typeof Tfjs, graph: Graph, input: Float32Array): TfjsNetwork {
  const { height, width, channels } = graph.nodes[0] as InputNode;
  const shapes = inferShapes(graph);
  const constants: Tfjs.Tensor[] = [];
  const keep = <T extends Tfjs.Tensor>(make: () => T): T => {
    const made = tf.tidy(make);
    constants.push(made);
    return made;
  };
  /** One row of a tensor (2, 1, 1, C), to be broadcast over pixels. */
  const row = (index: number, which: 0 | 1): Tfjs.Tensor => {
    const values = tensorValues(graph.tensors[index]!);
    const half = values.length / 2;
    return keep(() => tf.tensor1d(values.subarray(which * half, (which + 1) * half)));
  };
  const padded = (x: Tfjs.Tensor, { top, left, bottom, right }: Pads): Tfjs.Tensor4D => {
    const map = x as Tfjs.Tensor4D;
    if (top + left + bottom + right === 0) return map;
    return tf.pad(map, [
      [0, 0],
      [top, bottom],
      [left, right],
      [0, 0],
    ]);
  };

  const compile = (node: Node): ((...x: Tfjs.Tensor[]) => Tfjs.Tensor) => {
    switch (node.op) {
      case 'sign': {
        if (node.zeroRule !== 'plus') lacking(node, 'another value than +1 for 0');
        const threshold = node.threshold === undefined ? undefined : tensorValues(graph.tensors[node.threshold]!);
        const t = keep(() => (threshold ? tf.tensor1d(threshold) : tf.scalar(0)));
        const two = keep(() => tf.scalar(2));
        const one = keep(() => tf.scalar(1));
        return (x) => tf.greaterEqual(x!, t).cast('float32').mul(two).sub(one);
      }
      case 'conv': {
        if (node.dilation.height > 1 || node.dilation.width > 1) lacking(node, 'dilation');
        const tensor = graph.tensors[node.weights]!;
        const { channels: inChannels } = shapes[node.inputs[0]!]!;
        const isDepthwise = node.groups > 1 && node.groups === inChannels;
        if (node.groups > 1 && !isDepthwise) lacking(node, `${node.groups} groups`);
        const filters = keep(() => {
          const [outChannels, height, width] = tensor.shape;
          const ours = tf.tensor(tensorValues(tensor));
          return isDepthwise
            ? ours.reshape([inChannels, outChannels / inChannels, height, width]).transpose<Tfjs.Tensor4D>([2, 3, 0, 1])
            : ours.reshape([...tensor.shape]).transpose<Tfjs.Tensor4D>([1, 2, 3, 0]);
        });
        const convolution = isDepthwise ? tf.depthwiseConv2d : tf.conv2d;
        const strides: [number, number] = [node.stride.height, node.stride.width];
        const { top, left, bottom, right } = node.pads;
        const isEven = top === left && top === bottom && top === right;
        if (isEven) return (x) => convolution(x as Tfjs.Tensor4D, filters, strides, top);
        return (x) => convolution(padded(x!, node.pads), filters, strides, 'valid');
      }
      case 'linear': {
        const { shape, ...tensor } = graph.tensors[node.weights]!;
        const matrix = keep(() => tf.tensor2d(tensorValues({ ...tensor, shape }), [shape[0], shape[3]]));
        return (x) => tf.matMul(x!.reshape([1, shape[3]]) as Tfjs.Tensor2D, matrix, false, true);
      }
      case 'affine': {
        const scale = row(node.coefficients, 0);
        const bias = row(node.coefficients, 1);
        return (x) => x!.mul(scale).add(bias);
      }
      case 'prelu': {
        const slopes = tensorValues(graph.tensors[node.slopes]!);
        if (slopes.subarray(slopes.length / 2).some((positive) => positive !== 1)) lacking(node, 'two slopes');
        const negative = row(node.slopes, 0);
        return (x) => tf.prelu(x!, negative);
      }
      case 'borderBias': {
        const shape = shapes[node.inputs[0]!]!;
        const sides: [number, number, number, number] = [1, shape.height, shape.width, shape.channels];
        const bias = keep(() => tf.tensor4d(biasMap(graph, node, shape), sides));
        return (x) => x!.add(bias);
      }
      case 'add':
        return (x, y) => tf.add(x!, y!);
      case 'clip':
        if (node.lo === 0 && node.hi === Number.POSITIVE_INFINITY) return (x) => tf.relu(x!);
        return (x) => tf.clipByValue(x!, node.lo, node.hi);
      case 'maxPool': {
        const { window, stride, pads } = node;
        // A pad must never win, so it is below every float that a map can hold.
        const lowest = -3.4e38;
        const around: [number, number][] = [
          [0, 0],
          [pads.top, pads.bottom],
          [pads.left, pads.right],
          [0, 0],
        ];
        const sides: [number, number] = [window.height, window.width];
        return (x) => {
          const map = tf.pad(x as Tfjs.Tensor4D, around as never, lowest);
          return tf.maxPool(map, sides, [stride.height, stride.width], 'valid');
        };
      }
      case 'avgPool': {
        const { window, stride, pads } = node;
        const hasPads = pads.top + pads.left + pads.bottom + pads.right > 0;
        if (hasPads && node.countPads) lacking(node, 'pads that count');
        const sides: [number, number] = [window.height, window.width];
        const around: ExplicitPadding = [
          [0, 0],
          [pads.top, pads.bottom],
          [pads.left, pads.right],
          [0, 0],
        ];
        return (x) => tf.avgPool(x as Tfjs.Tensor4D, sides, [stride.height, stride.width], around);
      }
      case 'globalAvgPool':
        return (x) => tf.mean(x!, [1, 2], true);
      case 'padChannels':
        return (x) =>
          tf.pad(x as Tfjs.Tensor4D, [
            [0, 0],
            [0, 0],
            [0, 0],
            [node.before, node.after],
          ]);
      case 'sliceSpatial': {
        const { start, step } = node;
        return (x) => {
          const [, h, w, c] = x!.shape as [number, number, number, number];
          return tf.stridedSlice(x!, [0, start.height, start.width, 0], [1, h, w, c], [1, step.height, step.width, 1]);
        };
      }
      case 'concat':
        return (...maps) => tf.concat(maps, 3);
      case 'scale':
      case 'multiply':
        return (x, y) => tf.mul(x!, y!);
      case 'sigmoid':
        return (x) => tf.sigmoid(x!);
      case 'flatten':
        return (x) => x!.reshape([1, 1, 1, x!.size]);
    }
    throw new SignwaveError('E_PEER', `TensorFlow.js: no function for ${node.op}`);
  };

  const calls = (graph.nodes.slice(1) as Node[]).map((node) => ({ call: compile(node), inputs: node.inputs }));
  return {
    run: () =>
      tf.tidy(() => {
        const maps: Tfjs.Tensor[] = [tf.tensor4d(input, [1, height, width, channels])];
        for (const { call, inputs } of calls) maps.push(call(...inputs.map((index) => maps[index]!)));
        return maps.at(-1)!.dataSync<'float32'>();
      }),
    release: () => tf.dispose(constants),
  };
}

function lacking(node: Node, what: string): never {
  throw new SignwaveError('E_PEER', `TensorFlow.js: no function for ${node.op} with ${what}`);
}

/** What a `borderBias` node adds to each element of a map (H, W, C), found by running the reference on zeros. */
function biasMap(graph: Graph, node: BorderBiasNode, shape: MapShape): Float32Array {
  const g = new GraphBuilder();
  g.borderBias(g.input(shape), graph.tensors[node.bias]!, node.topRows, node.leftColumns);
  return new Reference(g.build()).run(new Float32Array(shape.height * shape.width * shape.channels));
}
