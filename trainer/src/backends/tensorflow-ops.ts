import type { Tensor, Tf } from '../types.js';

/** Attribute of a TensorFlow op, as tfjs-node's addon takes it. */
export interface OpAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

/**
 * The part of tfjs-node's back end that is used here: it can run any op of the TensorFlow library, whether tfjs has registered it or not.
 */
export interface TensorflowKernels {
  readonly isUsingGpuDevice: boolean;
  readonly binding: {
    readonly TF_Version: string;
    /** Enumeration values of the C API. */
    readonly TF_FLOAT: number;
    readonly TF_ATTR_TYPE: number;
    readonly TF_ATTR_INT: number;
    readonly TF_ATTR_BOOL: number;
    readonly TF_ATTR_FLOAT: number;
    readonly TF_ATTR_STRING: number;
  };
  executeMultipleOutputs(op: string, attributes: OpAttribute[], inputs: Tensor[], outputs: number): Tensor[];
}

/** The current back end, which is `tensorflow`. */
export function tensorflowKernels(tf: Tf): TensorflowKernels {
  return tf.backend() as unknown as TensorflowKernels;
}
