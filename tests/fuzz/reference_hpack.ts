import { HUFFMAN_CODES, HUFFMAN_LENGTHS } from "../../rpc/http2/hpack/huffman_table.ts";
import { STATIC_TABLE } from "../../rpc/http2/hpack/static_table.ts";

type Field = readonly [name: string, value: string];

/** RFC 7541 read word by word, slowly: only the two tables are shared with the engine. */
export class ReferenceDecoder {
  /** The newest entry first. */
  #table: Field[] = [];
  #maxOctets = 4096;
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;

  /** Octets of the last list, 32 added for each field. */
  listOctets = 0;

  /** @throws Error if the block is malformed */
  decode(block: Uint8Array): Field[] {
    this.#bytes = block;
    this.#at = 0;
    this.listOctets = 0;
    const fields: Field[] = [];
    let updates = 0;
    while (this.#at < block.length) {
      const first = block[this.#at];
      if (first >= 0x20 && first < 0x40) {
        if (fields.length > 0 || ++updates > 2) throw new Error("size update");
        this.#resize(this.#integer(5));
        continue;
      }
      const field = this.#field(first);
      this.listOctets += sizeOf(field);
      fields.push(field);
    }
    return fields;
  }

  #field(first: number): Field {
    if (first >= 0x80) return this.#entry(this.#integer(7));
    const indexed = first >= 0x40;
    const index = this.#integer(indexed ? 6 : 4);
    const name = index === 0 ? this.#string() : this.#entry(index)[0];
    const field: Field = [name, this.#string()];
    if (indexed) {
      this.#table.unshift(field);
      this.#evict();
    }
    return field;
  }

  #entry(index: number): Field {
    const fixed = STATIC_TABLE[index - 1];
    const field: Field | undefined = fixed === undefined
      ? this.#table[index - 1 - STATIC_TABLE.length]
      : [fixed.name, fixed.value];
    if (index === 0 || field === undefined) throw new Error(`index ${index}`);
    return field;
  }

  #resize(octets: number): void {
    if (octets > 4096) throw new Error("table size");
    this.#maxOctets = octets;
    this.#evict();
  }

  #evict(): void {
    const size = () => this.#table.reduce((sum, field) => sum + sizeOf(field), 0);
    while (size() > this.#maxOctets) this.#table.pop();
  }

  /** At most five octets, as the engine has it. */
  #integer(prefixBits: number): number {
    const full = 2 ** prefixBits - 1;
    const prefix = this.#octet() % (full + 1);
    if (prefix < full) return prefix;
    let value = full;
    for (let shift = 0; shift < 28; shift += 7) {
      const octet = this.#octet();
      value += (octet % 128) * 2 ** shift;
      if (octet < 128) return value;
    }
    throw new Error("integer");
  }

  #string(): string {
    const isHuffman = (this.#bytes[this.#at] ?? 0) >= 128;
    const length = this.#integer(7);
    if (this.#at + length > this.#bytes.length) throw new Error("string");
    const octets = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    const plain = isHuffman ? readHuffman(octets) : [...octets];
    return plain.map((octet) => String.fromCharCode(octet)).join("");
  }

  #octet(): number {
    if (this.#at >= this.#bytes.length) throw new Error("end");
    return this.#bytes[this.#at++];
  }
}

function sizeOf([name, value]: Field): number {
  return name.length + value.length + 32;
}

const SYMBOLS = new Map<string, number>();
for (const [symbol, length] of HUFFMAN_LENGTHS.entries()) {
  SYMBOLS.set(HUFFMAN_CODES[symbol].toString(2).padStart(length, "0"), symbol);
}

function readHuffman(octets: Uint8Array): number[] {
  const plain: number[] = [];
  let code = "";
  for (const bit of Array.from(octets, (octet) => octet.toString(2).padStart(8, "0")).join("")) {
    code += bit;
    const symbol = SYMBOLS.get(code);
    if (symbol === undefined) continue;
    if (symbol === 256) throw new Error("EOS");
    plain.push(symbol);
    code = "";
  }
  if (!/^1{0,7}$/.test(code)) throw new Error("padding");
  return plain;
}
