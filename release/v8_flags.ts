/**
 * How V8 manages memory in what we start and ship, in MiB; the task `broker` in deno.json says the same.
 *
 * A young generation that stays small bounds the garbage that an attacker can pile up (docs/attacks.md). An old one that
 * begins with room lets the storage of large messages die young: without, V8 marks its whole heap thirty times a second
 * for the sake of octets that lie outside of it, and 64 KiB messages take half as long again (docs/performance.md).
 */
export const V8_FLAGS = "--max-semi-space-size=8,--initial-old-space-size=64";
