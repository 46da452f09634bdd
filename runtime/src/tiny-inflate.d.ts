declare module 'tiny-inflate' {
  /** Inflates into `target`, which must be large enough, and returns the part of it that is filled. @throws {Error} for damaged data. */
  export default function inflate(source: Uint8Array, target: Uint8Array): Uint8Array;
}
