/** Called after each piece of work that takes a while. `done` is `total` in the last call; there is none if there was nothing to do. */
export type OnProgress = (done: number, total: number) => void;
