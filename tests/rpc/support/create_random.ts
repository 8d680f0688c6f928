/** Random numbers that a failure can be repeated with: print `seed`, hand it in again. */
export function createRandom(seed = Date.now() & 0x7fff_ffff) {
  let state = seed;
  return {
    seed,
    /** A whole number from 0 to `limit - 1`. */
    below(limit: number): number {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
      return (state >>> 8) % limit;
    },
  };
}
