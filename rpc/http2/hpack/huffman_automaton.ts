import { EOS, HUFFMAN_CODES, HUFFMAN_LENGTHS } from "./huffman_table.ts";

/*
 * The Huffman code as a machine that eats four bits at a time. Its states are the inner nodes of the code
 * tree, numbered so that EOS, all ones, comes first: state `d` is where `d` ones lead. The shortest code
 * has five bits, so four bits complete one character at most.
 *
 * A transition holds the next state, and the character that it completes.
 */

/** Bits to shift a transition by to get the next state. */
export const STATE_SHIFT = 9;

/** Set in a transition that completes a character, which is then in the 8 bits below. */
export const EMITS = 0x100;

const EMITTED_MASK = 0x1ff;

/** Where 7 ones lead. A string may end here or in a smaller state: it is padded with less than 8 ones. */
export const LAST_PADDING_STATE = 7;

/** Where EOS leads; there is no way out. Before it, one state for each leaf of the tree but one. */
export const FAILED_STATE = EOS;

/** The transitions at `state << 4 | bits`. */
export const TRANSITIONS: Uint32Array = chain(chain(buildTree(), 1), 2);

/** The transitions for one bit. */
function buildTree(): Uint32Array {
  const transitions = new Uint32Array((FAILED_STATE + 1) * 2);
  let states = 1;
  const add = (symbol: number, lastTransition: number) => {
    const code = HUFFMAN_CODES[symbol];
    let state = 0;
    for (let bit = HUFFMAN_LENGTHS[symbol] - 1; bit > 0; bit--) {
      const at = state << 1 | code >>> bit & 1;
      if (transitions[at] === 0) transitions[at] = states++ << STATE_SHIFT;
      state = transitions[at] >>> STATE_SHIFT;
    }
    transitions[state << 1 | code & 1] = lastTransition;
  };
  add(EOS, FAILED_STATE << STATE_SHIFT);
  for (let octet = 0; octet < EOS; octet++) add(octet, EMITS | octet);
  transitions.fill(FAILED_STATE << STATE_SHIFT, FAILED_STATE * 2);
  return transitions;
}

/** The transitions for twice as many bits: one step of the given machine, then another. */
function chain(half: Uint32Array, bits: number): Uint32Array {
  const inputs = 1 << bits;
  const whole = new Uint32Array(half.length * inputs);
  for (let at = 0; at < half.length; at++) {
    const next = half[at] >>> STATE_SHIFT << bits;
    const emitted = half[at] & EMITTED_MASK;
    for (let input = 0; input < inputs; input++) {
      whole[at << bits | input] = half[next | input] | emitted;
    }
  }
  return whole;
}
