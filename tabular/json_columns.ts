import type { JsonObject, JsonValue } from "../json/json_value.ts";
import type { MessageShape } from "../schema/mod.ts";
import { cleanName } from "./clean_name.ts";
import { CSV_READER_DEFAULTS } from "./csv_reader.ts";
import { describeFailure, type PathResult, resolveFieldPath } from "./field_path.ts";
import type { FieldTarget } from "./field_target.ts";
import { type CellWriter, createCellWriter } from "./json_cell.ts";
import type { JsonLine } from "./json_line_reader.ts";
import { JsonRecord, type LateCell, type LineFault } from "./json_record.ts";
import { CellError, quote, TabularError } from "./tabular_error.ts";

/** What decides which keys are columns. */
export interface JsonColumnsOptions {
  /** The request that a line becomes. */
  readonly message: MessageShape;
  /** Values of `--map`; default none. */
  readonly map?: readonly string[] | undefined;
  /** What other flags call columns: of `--default`, `--group-by` and `--replay`; default none. */
  readonly named?: readonly string[] | undefined;
  /** Whether several rows make a message; default false. */
  readonly isGrouped?: boolean | undefined;
  /** What errors call the input; default `input`. */
  readonly source?: string | undefined;
}

/** A key of an object: a column, or one whose members are. */
interface KeyNode {
  readonly name: string;
  readonly members: Map<string, KeyNode>;
  /** Whether an object is one cell, and not a column for each of its members. */
  readonly isWhole: boolean;
  readonly write: CellWriter;
  isLeaf: boolean;
  hasValue: boolean;
  /** 0-based; undefined if the key is no column. */
  index: number | undefined;
}

/** What was found in a line so far. */
interface OpenRecord {
  readonly cells: string[];
  late: LateCell[] | undefined;
}

/** Each line has a cell for every column. */
const MAX_COLUMNS = 10_000;
/** Each member of an object takes the names of those that it is in with it, so that their time and room would be quadratic. */
const MAX_NAME_CHARS = 1024;
/** Names that were looked up are remembered up to this number: keys come from the input. */
const MAX_LOOKED_UP = 10_000;

/**
 * The columns of JSON objects, in the order in which their keys come first, and the way from an object to its cells.
 *
 * An object that names a field (a message, a map) is one cell of JSON, unless a flag names a column within it; the members
 * of any other are columns with a dot in their names. Lists are one cell.
 */
export class JsonColumns {
  readonly names: readonly string[];
  readonly #options: JsonColumnsOptions;
  readonly #roots = new Map<string, KeyNode>();
  /** The names of columns in `--map`, without what does not count in a name, and the fields. */
  readonly #mapped: ReadonlyMap<string, string>;
  readonly #named: readonly string[];
  readonly #leavesRest: boolean;
  readonly #lookedUp = new Map<string, PathResult>();

  constructor(objects: Iterable<JsonObject>, options: JsonColumnsOptions) {
    const { map = [], named = [] } = options;
    this.#options = options;
    this.#leavesRest = map.some((entry) => entry.trim() === "*=");
    this.#mapped = new Map(map.map(splitEntry));
    this.#named = [...this.#mapped.keys(), ...named.map(cleanName)];
    for (const object of objects) this.#collect(object, "", this.#roots);
    const names: string[] = [];
    numberLeaves(this.#roots, names);
    if (names.length > MAX_COLUMNS) {
      throw new TabularError(
        `Cannot read "${options.source ?? CSV_READER_DEFAULTS.source}": the first lines have ` +
          `${names.length} keys, and at most ${MAX_COLUMNS} can be columns; put what they hold into lists`,
      );
    }
    this.names = names;
  }

  /** The record of a line. */
  toRecord({ line, text, isJson, value, fault }: JsonLine): JsonRecord {
    const { names } = this;
    if (value === undefined) return new JsonRecord([], { line, text, isJson, names, fault });
    const open: OpenRecord = { cells: new Array<string>(names.length).fill(""), late: undefined };
    const found = this.#fill(value, this.#roots, "", open);
    return new JsonRecord(open.cells, { line, text, isJson, names, fault: found, late: open.late });
  }

  #collect(object: JsonObject, prefix: string, nodes: Map<string, KeyNode>): void {
    for (const [key, value] of object) {
      const node = nodes.get(key) ?? this.#createNode(prefix + key);
      nodes.set(key, node);
      if (value instanceof Map && !node.isWhole) {
        this.#collect(value, `${node.name}.`, node.members);
      } else {
        node.isLeaf = true;
        node.hasValue ||= value !== null;
      }
    }
  }

  #createNode(name: string): KeyNode {
    if (name.length > MAX_NAME_CHARS) {
      throw new TabularError(
        `Cannot read "${this.#options.source ?? CSV_READER_DEFAULTS.source}": ${tooLong(name)}`,
      );
    }
    const isWhole = this.#isWhole(name);
    const write = createCellWriter(this.#targetOf(name));
    return {
      name,
      members: new Map(),
      isWhole,
      write,
      isLeaf: false,
      hasValue: false,
      index: undefined,
    };
  }

  #isWhole(name: string): boolean {
    const clean = cleanName(name);
    if (this.#mapped.has(clean)) return true;
    if (this.#named.some((other) => other.startsWith(`${clean}.`))) return false;
    return this.#lookUp(name).kind === "found";
  }

  #targetOf(name: string): FieldTarget | undefined {
    const field = this.#mapped.get(cleanName(name));
    const result = field === undefined
      ? this.#lookUp(name)
      : resolveFieldPath(this.#options.message, field, this.#options);
    return result.kind === "found" ? result.target : undefined;
  }

  #lookUp(name: string): PathResult {
    const known = this.#lookedUp.get(name);
    if (known !== undefined) return known;
    const result = resolveFieldPath(this.#options.message, name, this.#options);
    if (this.#lookedUp.size < MAX_LOOKED_UP) this.#lookedUp.set(name, result);
    return result;
  }

  /** Fills in the cells, those after a fault as well; returns the first one. */
  #fill(
    object: JsonObject,
    nodes: ReadonlyMap<string, KeyNode>,
    prefix: string,
    open: OpenRecord,
  ): LineFault | undefined {
    let first: LineFault | undefined;
    for (const [key, value] of object) {
      const node = nodes.get(key);
      let fault: LineFault | undefined;
      if (node === undefined) fault = this.#addLate(prefix + key, value, open);
      else if (value instanceof Map && !node.isWhole) {
        fault = this.#fill(value, node.members, `${node.name}.`, open);
      } else if (node.index !== undefined) {
        fault = tryWrite(node.name, () => {
          open.cells[node.index ?? 0] = node.write(value);
        });
      } else if (value !== null) fault = this.#addLate(node.name, value, open);
      first ??= fault;
    }
    return first;
  }

  /** A key that none of the first lines has: it fills the field of its name. */
  #addLate(name: string, value: JsonValue, open: OpenRecord): LineFault | undefined {
    if (name.length > MAX_NAME_CHARS) return { problem: tooLong(name) };
    const result = this.#lookUp(name);
    if (result.kind !== "found") {
      if (this.#leavesRest) return undefined;
      if (value instanceof Map) {
        for (const [key, member] of value) {
          const fault = this.#addLate(`${name}.${key}`, member, open);
          if (fault !== undefined) return fault;
        }
        return undefined;
      }
      return lateFault(name, `${describeFailure(result)}; --map "*=" leaves out such keys`);
    }
    if (this.#options.isGrouped === true) {
      return lateFault(name, "where rows are grouped, columns must be known before");
    }
    return tryWrite(name, () => {
      const text = createCellWriter(result.target)(value);
      (open.late ??= []).push({ name, target: result.target, text });
    });
  }
}

/** The name of a column in an entry of `--map`, and its field without a format. */
function splitEntry(entry: string): [name: string, field: string] {
  const split = entry.lastIndexOf("=");
  const field = entry.slice(split + 1).replace(/:[^\].:]*$/, "").trim();
  return [cleanName(entry.slice(0, Math.max(0, split))), field];
}

function tooLong(name: string): string {
  return `the key ${
    quote(name)
  } has more than ${MAX_NAME_CHARS} characters, with those that it is in`;
}

function lateFault(name: string, why: string): LineFault {
  return { problem: `the key ${JSON.stringify(name)} is in none of the first lines, and ${why}` };
}

function tryWrite(name: string, write: () => void): LineFault | undefined {
  try {
    write();
    return undefined;
  } catch (error) {
    if (!(error instanceof CellError)) throw error;
    return { problem: `the key ${JSON.stringify(name)}: ${error.message}` };
  }
}

/** A key that is only ever null beside objects is no column of its own. */
function numberLeaves(nodes: ReadonlyMap<string, KeyNode>, names: string[]): void {
  for (const node of nodes.values()) {
    if (node.isLeaf && (node.hasValue || node.members.size === 0)) {
      node.index = names.length;
      names.push(node.name);
    }
    numberLeaves(node.members, names);
  }
}
