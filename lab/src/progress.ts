/** Called after each piece of a long work. `done` equals `total` in the last call; it isn't called if there is nothing to do. */
export type OnProgress = (done: number, total: number) => void;
