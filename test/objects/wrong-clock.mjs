// Loaded before a program (node --import): its clock is two hours ahead.
const AHEAD_MS = 7_200_000;
const RightDate = Date;

globalThis.Date = /** @type {DateConstructor} */ (
  class extends RightDate {
    /** @param {[]} all */
    constructor(...all) {
      if (all.length === 0) super(RightDate.now() + AHEAD_MS);
      else super(...all);
    }

    /** @override */
    static now() {
      return RightDate.now() + AHEAD_MS;
    }
  }
);
