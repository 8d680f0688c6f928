import { createCellConverter, type DecimalMark } from "../tabular/mod.ts";

/** The types that a column can turn out to have. */
export type GuessedType = "bool" | "int32" | "int64" | "double" | "Timestamp" | "string";

/** A number that starts like this would lose its zeros: a postcode, a key. */
const LEADING_ZERO = /^[+-]?0\d/;
const INTEGER = /^[+-]?\d+$/;
const DATE = /^\d{4}-\d\d-\d\d/;
const INT32_LIMIT = 2 ** 31;
/** Doubles above this miss some integers. */
const EXACT_LIMIT = 2 ** 53;

const TIMESTAMP = { fullName: "google.protobuf.Timestamp", fields: [] };

/** The tests of a cell that is not empty, the narrowest type first. */
function createTests(decimal: DecimalMark) {
  const isInt64 = createTest({ kind: "scalar", scalar: "int64" }, decimal);
  const isDouble = createTest({ kind: "scalar", scalar: "double" }, decimal);
  const isTimestamp = createTest({ kind: "message", message: TIMESTAMP }, decimal);
  return {
    bool: (cell) => /^(?:true|false)$/i.test(cell),
    int32: (cell) =>
      INTEGER.test(cell) && !LEADING_ZERO.test(cell) && Number(cell) >= -INT32_LIMIT &&
      Number(cell) < INT32_LIMIT,
    int64: (cell) => INTEGER.test(cell) && !LEADING_ZERO.test(cell) && isInt64(cell),
    double: (cell) =>
      !LEADING_ZERO.test(cell) && isDouble(cell) &&
      !(INTEGER.test(cell) && Math.abs(Number(cell)) > EXACT_LIMIT),
    Timestamp: (cell) => DATE.test(cell) && isTimestamp(cell),
  } as const satisfies Record<string, (cell: string) => boolean>;
}

/** Whether a cell is a value of the type, as `broker stream` reads it. */
function createTest(
  type: Parameters<typeof createCellConverter>[0],
  decimal: DecimalMark,
): (cell: string) => boolean {
  const convert = createCellConverter(type, { decimal });
  return (cell) => {
    try {
      return convert?.(cell) !== undefined;
    } catch {
      return false;
    }
  };
}

const TESTS = { ".": createTests("."), ",": createTests(",") } as const satisfies Record<
  DecimalMark,
  unknown
>;

type TestedType = keyof typeof TESTS["."];

const ORDER: readonly TestedType[] = ["bool", "int32", "int64", "double", "Timestamp"];

/** Finds the narrowest type that holds every cell of a column; of constant size, whatever the length of the column. */
export class ColumnGuess {
  /** Whether some cells are empty. */
  hasGaps = false;
  #hasCells = false;
  #possible = ORDER;
  readonly #tests: typeof TESTS["."];

  /** @param decimal what stands before the fraction of numbers */
  constructor(decimal: DecimalMark) {
    this.#tests = TESTS[decimal];
  }

  /** Takes the next cell. */
  add(cell: string): void {
    const text = cell.trim();
    if (text === "") {
      this.hasGaps = true;
      return;
    }
    this.#hasCells = true;
    if (this.#possible.length === 0) return;
    if (this.#possible.every((type) => this.#tests[type](text))) return;
    this.#possible = this.#possible.filter((type) => this.#tests[type](text));
  }

  get type(): GuessedType {
    return this.#hasCells ? this.#possible[0] ?? "string" : "string";
  }
}

/** The type that holds the values of all, as elements of one list; undefined if none does without loss. */
export function commonType(types: readonly GuessedType[]): GuessedType | undefined {
  const distinct = [...new Set(types)].sort();
  const [only, second] = distinct;
  if (second === undefined) return only;
  const key = distinct.join();
  if (key === "int32,int64") return "int64";
  return key === "double,int32" ? "double" : undefined;
}
