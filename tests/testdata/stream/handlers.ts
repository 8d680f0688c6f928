/** Handlers of rows.proto. */
import { RpcError } from "../../../rpc/mod.ts";

interface Row {
  readonly id: string;
  readonly value: number;
  readonly count: number;
}

function double({ id, value }: Row) {
  return { id, value: 2 * value };
}

export const handlers = {
  async *Double(rows: AsyncIterable<Row>) {
    for await (const row of rows) yield double(row);
  },

  async *Shuffle(rows: AsyncIterable<Row>) {
    let block: Row[] = [];
    for await (const row of rows) {
      block.push(row);
      if (block.length < 10) continue;
      for (const held of block.toReversed()) yield double(held);
      block = [];
    }
    for (const held of block.toReversed()) yield double(held);
  },

  async *Drop(rows: AsyncIterable<Row>) {
    for await (const row of rows) if (Number(row.id) % 3 !== 0) yield double(row);
  },

  async *Twice(rows: AsyncIterable<Row>) {
    for await (const row of rows) {
      yield double(row);
      yield double(row);
    }
  },

  async *Early(rows: AsyncIterable<Row>) {
    let count = 0;
    for await (const row of rows) {
      yield double(row);
      if (++count === 2) return;
    }
  },

  One(row: Row) {
    if (row.value < 0) throw new RpcError(-row.value, `value ${row.value}`);
    return double(row);
  },

  async *Repeat(row: Row) {
    for (let time = 0; time < row.count; time++) {
      yield { id: row.id, value: time };
      if (row.value < 0) throw new RpcError(-row.value, `value ${row.value}`);
    }
  },

  async Total(rows: AsyncIterable<Row>) {
    let total = 0;
    for await (const { value } of rows) total += value;
    return { id: "0", value: total };
  },

  async *Sum(batches: AsyncIterable<{ readonly rows: readonly Row[] }>) {
    for await (const { rows } of batches) {
      yield { id: String(rows.length), value: rows.reduce((sum, { value }) => sum + value, 0) };
    }
  },
};
