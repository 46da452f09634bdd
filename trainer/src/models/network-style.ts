/** How a network's layers are joined. Networks of one family differ between methods in this alone. */
export interface NetworkStyle {
  /**
   * What a binary convolution stands among, for an input x and the shortcut s:
   *
   * - `conv-norm-act`: act(norm(conv(x)) + s);
   * - `conv-act-norm`: norm(act(conv(x))) + s;
   * - `norm-conv-act`: act(conv(norm(x)) + s);
   * - `norm-act-conv`: conv(act(norm(x))) + s, as in pre-activation ResNets.
   */
  readonly order: 'conv-norm-act' | 'conv-act-norm' | 'norm-conv-act' | 'norm-act-conv';
  /**
   * `prelu` has a slope for each channel, `scalar-prelu` one for all. ReActNet's `rprelu` also shifts each channel before and after;
   * AdaBin's `maxout` has a slope for each channel on either side of 0.
   */
  readonly nonlinearity: 'hardtanh' | 'relu' | 'prelu' | 'scalar-prelu' | 'rprelu' | 'maxout' | 'none';
  /** Whether a shortcut leads around each convolution, or one around the two of a block. */
  readonly skips: 'conv' | 'block';
  /**
   * The shortcut of a block that halves the map or changes its channels:
   *
   * - `average-pad`: 2 x 2 means, then channels of zeros; `slice-pad`: every second pixel, then channels of zeros;
   * - `conv`: a float 1 x 1 convolution with the block's stride and a batch norm; `binary-conv`: the same with a binary convolution;
   * - `average-conv`: 2 x 2 means, then a float 1 x 1 convolution and a batch norm; `conv-average`: convolution, batch norm, then the means.
   */
  readonly shortcut: 'average-pad' | 'slice-pad' | 'conv' | 'binary-conv' | 'average-conv' | 'conv-average';
  /** What follows the first convolution; `bias` is its own. */
  readonly stem: 'norm-act' | 'norm' | 'bias' | 'none';
  /** Where the stem's 3 x 3 pooling windows lie, in networks that have one: padded by 1 on all sides, or at the lower right alone (Caffe). */
  readonly stemPool: 'padded' | 'ceil';
  /** What lies between the last block and the classifier, beside the mean over the map. In `map-` it precedes the mean. */
  readonly tail: 'norm' | 'norm-relu' | 'none' | 'map-relu' | 'map-norm' | 'map-norm-relu';
  /** Initial scale (gamma) of every batch norm of a map. */
  readonly normScale: number;
  /** Epsilon of every batch norm. */
  readonly normEpsilon: number;
  /** Share of a new batch in the running statistics of every batch norm. It matters to training alone. */
  readonly normMomentum: number;
  /** Whether batch norms before a binary convolution have a learned scale and shift; for orders that start with one. */
  readonly normIsAffine: boolean;
  /** Whether a block's last convolution is followed by a batch norm of its own before the shortcut is added; for `norm-act-conv`. */
  readonly endsWithNorm: boolean;
  /** Whether binary convolutions have a bias. */
  readonly hasBias: boolean;
}

/** The values that each part of a style may have. */
export const STYLE_CHOICES = {
  order: ['conv-norm-act', 'conv-act-norm', 'norm-conv-act', 'norm-act-conv'],
  nonlinearity: ['hardtanh', 'relu', 'prelu', 'scalar-prelu', 'rprelu', 'maxout', 'none'],
  skips: ['conv', 'block'],
  shortcut: ['average-pad', 'slice-pad', 'conv', 'binary-conv', 'average-conv', 'conv-average'],
  stem: ['norm-act', 'norm', 'bias', 'none'],
  stemPool: ['padded', 'ceil'],
  tail: ['norm', 'norm-relu', 'none', 'map-relu', 'map-norm', 'map-norm-relu'],
} as const satisfies { readonly [K in keyof NetworkStyle]?: readonly NetworkStyle[K][] };
