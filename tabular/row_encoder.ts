import { FLAT_WRITER } from "../schema/flat_writer.ts";
import type { FieldShape, MessageShape } from "../schema/mod.ts";
import type { ColumnPlan, PlannedColumn } from "./column_plan.ts";
import type { CellConverter } from "./convert_cell.ts";
import {
  type CellEncoder,
  createCellEncoder,
  encodeConverted,
  type EncodedType,
} from "./encode_cell.ts";
import type { FieldTarget } from "./field_target.ts";
import { MissingCells } from "./missing_cells.ts";
import { compileConverter, findRivals, orderColumns, type RowMapperOptions } from "./row_mapper.ts";
import { CellError } from "./tabular_error.ts";
import { WIRE_TYPES } from "./wire_types.ts";

/** What grows at its end: a `ByteBuffer`. */
export interface OctetSink {
  /** The storage; replaced when it grows. */
  readonly bytes: Uint8Array;
  /** Octets in use. */
  length: number;
  /** Makes room for `octets` more and returns where they begin; `length` moves past them. */
  extend(octets: number): number;
}

/** How to read cells, and what stands before a message. */
export interface RowEncoderOptions extends RowMapperOptions {
  /** Octets that are left free before each message; default 0. */
  readonly prefixOctets?: number | undefined;
}

/** Octets of what stands before a value and of the value of a number, at most. */
const MAX_NUMBER_OCTETS = 20;
/** Numbers that are longer are left to the mapper. */
const MAX_ODD_OCTETS = 64;

interface EncodedColumn {
  readonly index: number;
  /** What stands before the value: the tag of a field, the tag and length of a list, nothing within one. */
  readonly head: Uint8Array;
  readonly type: EncodedType;
  readonly encode: CellEncoder;
  readonly convert: CellConverter;
  /** Whether an empty cell does more than leave its field unset, or leaves a gap in a list. */
  readonly needsValue: boolean;
}

/**
 * The fast path from a line of octets to a message in its wire format: no string, no record and no object between them.
 *
 * It writes what the mapper and the loader's encoder would write of the same row, octet for octet (a list is packed even
 * where the `.proto` says `[packed = false]`; readers take both). It leaves a row to
 * them where it cannot: one with a cell that is no value, a missing one that has a default, too many cells or too few.
 */
export class RowEncoder {
  readonly columnCount: number;
  readonly #columns: readonly EncodedColumn[];
  readonly #missing: MissingCells;
  readonly #prefixOctets: number;

  constructor(
    columns: readonly EncodedColumn[],
    options: {
      readonly columnCount: number;
      readonly missing: MissingCells;
      readonly prefixOctets: number;
    },
  ) {
    this.#columns = columns;
    this.columnCount = options.columnCount;
    this.#missing = options.missing;
    this.#prefixOctets = options.prefixOctets;
  }

  /**
   * Appends the message of a line of ASCII without quotes, behind room for a prefix. Returns where the prefix begins, or
   * -1 if the line is to be read with more care; nothing was appended then.
   *
   * @param bounds where each cell begins, and one behind the end of the last one
   */
  encode(octets: Uint8Array, bounds: Int32Array, out: OctetSink): number {
    const columns = this.#columns;
    const lineOctets = bounds[this.columnCount] - bounds[0];
    const start = out.extend(this.#prefixOctets + columns.length * MAX_NUMBER_OCTETS + lineOctets);
    const bytes = out.bytes;
    let at = start + this.#prefixOctets;
    for (let place = 0; place < columns.length; place++) {
      const column = columns[place];
      const cell = bounds[column.index];
      const cellEnd = bounds[column.index + 1] - 1;
      if (cell === cellEnd) {
        if (!column.needsValue) continue;
        out.length = start;
        return -1;
      }
      const { head } = column;
      for (let index = 0; index < head.length; index++) bytes[at + index] = head[index];
      let end = column.encode(octets, cell, cellEnd, bytes, at + head.length);
      if (end < 0) end = this.#encodeOdd(column, octets.subarray(cell, cellEnd), bytes, at);
      if (end < 0) {
        out.length = start;
        return -1;
      }
      at = end;
    }
    out.length = at;
    return start;
  }

  /** A spelling that is rarer: `1e-5`, `+7`, `yes`, or more digits than are read in place. The head has been written. */
  #encodeOdd(column: EncodedColumn, cell: Uint8Array, bytes: Uint8Array, at: number): number {
    if (cell.length > MAX_ODD_OCTETS) return -1;
    const text = String.fromCharCode(...cell);
    if (this.#missing.has(text)) return column.needsValue ? -1 : at;
    try {
      return encodeConverted(column.type, column.convert(text), bytes, at + column.head.length);
    } catch (error) {
      if (error instanceof CellError) return -1;
      throw error;
    }
  }
}

/**
 * Compiles a plan whose columns all fill plain fields: numbers, bools and strings of the message itself, and elements of
 * its lists of numbers of a fixed width, such as the features `v0` to `v99`. Undefined for any other, and where a text that stands for a missing value could be taken for one.
 */
export function createRowEncoder(
  plan: ColumnPlan,
  options: RowEncoderOptions = {},
): RowEncoder | undefined {
  if (plan.groupBy !== undefined || plan.constants.length > 0 || plan.decimal === ",") return;
  if (hasProto2Fields(plan.message)) return;
  const columns: EncodedColumn[] = [];
  for (const { column, target } of orderColumns(plan)) {
    const place = plainPlace(plan, target);
    if (place === undefined) return;
    columns.push(compileColumn(plan, { column, target, place, options }));
  }
  const missing = new MissingCells(options);
  if (nullTextsOf(options).some((text) => isAmbiguous(text, columns))) return;
  const { prefixOctets = 0 } = options;
  return new RowEncoder(columns, { columnCount: plan.columns.length, missing, prefixOctets });
}

/** A field that the loader writes even when it is unset may be among them: proto2's `required`. */
function hasProto2Fields({ fields }: MessageShape): boolean {
  return fields.some(({ cardinality, explicitPresence, syntheticOneof }) =>
    cardinality === "single" && explicitPresence && syntheticOneof === undefined
  );
}

/** Where the value of a cell goes. */
interface PlainPlace {
  readonly type: EncodedType;
  readonly head: Uint8Array;
  readonly isElement: boolean;
}

/** Undefined for a target that is not plain. */
function plainPlace(plan: ColumnPlan, target: FieldTarget): PlainPlace | undefined {
  const [step, element, ...deeper] = target.path;
  if (target.isList || target.mapKey !== undefined || target.format !== undefined) return undefined;
  if (step?.kind !== "field" || deeper.length > 0) return undefined;
  const { field } = step;
  if (field.type.kind !== "scalar" || field.type.scalar === "bytes") return undefined;
  const type = field.type.scalar;
  if (element !== undefined) {
    const head = element.kind === "index" ? elementHead(plan, field, element.index) : undefined;
    return head === undefined ? undefined : { type, head, isElement: true };
  }
  if (findRivals(plan, target).length > 0) return undefined;
  return { type, head: tagOf(field, WIRE_TYPES[type]), isElement: false };
}

/** What stands before an element of a packed list (protobuf encoding, "Packed Repeated Fields"). */
function elementHead(plan: ColumnPlan, field: FieldShape, index: number): Uint8Array | undefined {
  const type = field.type.kind === "scalar" ? field.type.scalar : "bytes";
  const octets = FIXED_OCTETS.get(WIRE_TYPES[type]);
  if (octets === undefined) return undefined;
  if (index > 0) return new Uint8Array(0);
  const count = plan.columns.filter(({ target }) => {
    const [step] = target?.path ?? [];
    return step?.kind === "field" && step.field.name === field.name;
  }).length;
  const tag = tagOf(field, WIRE_TYPES.bytes);
  const head = new Uint8Array(tag.length + 5);
  head.set(tag);
  return head.slice(0, FLAT_WRITER.varint(head, tag.length, count * octets));
}

/** Octets of a value by wire type. */
const FIXED_OCTETS: ReadonlyMap<number, number> = new Map([
  [WIRE_TYPES.float, 4],
  [WIRE_TYPES.double, 8],
]);

function tagOf({ number }: FieldShape, wireType: number): Uint8Array {
  const tag = new Uint8Array(5);
  return tag.slice(0, FLAT_WRITER.varint(tag, 0, (number << 3) | wireType));
}

function compileColumn(
  plan: ColumnPlan,
  { column, target, place, options }: {
    readonly column: PlannedColumn;
    readonly target: FieldTarget;
    readonly place: PlainPlace;
    readonly options: RowMapperOptions;
  },
): EncodedColumn {
  const { type, head, isElement } = place;
  return {
    index: column.index,
    head,
    type,
    encode: createCellEncoder(type),
    convert: compileConverter(plan, target, options),
    needsValue: isElement || column.defaultText !== undefined || options.onMissing === "reject",
  };
}

function nullTextsOf({ nullText, nullTexts = [] }: RowMapperOptions): string[] {
  return [...nullText === undefined ? [] : [nullText], ...nullTexts].filter((text) => text !== "");
}

/** Whether a cell of this text would be encoded without a look at what stands for a missing value. */
function isAmbiguous(text: string, columns: readonly EncodedColumn[]): boolean {
  const cell = new TextEncoder().encode(text);
  const out = new Uint8Array(MAX_NUMBER_OCTETS + cell.length);
  return columns.some(({ encode }) => encode(cell, 0, cell.length, out, 0) >= 0);
}
