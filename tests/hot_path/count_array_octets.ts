/** Counts what is allocated as byte arrays by their length, in all modules of the process, until it is disposed of. */
export interface ArrayOctets extends Disposable {
  readonly octets: number;
}

/** Puts a `Uint8Array` that counts in the place of the global one. */
export function countArrayOctets(): ArrayOctets {
  const plain = globalThis.Uint8Array;
  let octets = 0;
  const counting: typeof plain = new Proxy(plain, {
    construct(target, args: readonly unknown[]): object {
      if (typeof args[0] === "number") octets += args[0];
      return Reflect.construct(target, args);
    },
  });
  globalThis.Uint8Array = counting;
  return {
    get octets() {
      return octets;
    },
    [Symbol.dispose]() {
      globalThis.Uint8Array = plain;
    },
  };
}
