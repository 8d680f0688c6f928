import type { ColumnGuess, GuessedType } from "./column_guess.ts";
import { findSeries } from "./fold_series.ts";
import { nameColumns } from "./name_columns.ts";

/** What is known of a table. */
export interface TableFacts {
  /** What comments call it: the base name of the file. */
  readonly source: string;
  /** The names of the columns; made up if there is no header. */
  readonly header: readonly string[];
  readonly hasHeader: boolean;
  readonly guesses: readonly ColumnGuess[];
  readonly rowCount: number;
  /** The column that is to be predicted, 0-based. */
  readonly answer: number;
}

/** A `.proto` for a table. */
export interface InferredProto {
  readonly text: string;
  /** The field path that each column fills: `sensor`, `v[3]`. */
  readonly paths: readonly string[];
  /** What the user should know of it, a sentence each. */
  readonly notes: readonly string[];
}

/** One field of the request. */
interface Field {
  readonly name: string;
  readonly type: GuessedType;
  readonly label: "" | "optional " | "repeated ";
  readonly comment: string;
}

/** Writes a `.proto` whose request is a row of the table and whose answer is the predicted column. */
export function inferProto(facts: TableFacts): InferredProto {
  const { header, guesses, answer, hasHeader } = facts;
  const found = hasHeader ? findSeries(header, guesses, answer) : { series: [], notes: [] };
  const inSeries = new Map(
    found.series.flatMap((series) => series.columns.map((index) => [index, series])),
  );
  // A series counts as one column, called by its prefix.
  const units = [...header.keys()].filter((index) =>
    inSeries.get(index)?.columns[0] === index || !inSeries.has(index)
  );
  const { names, notes } = nameColumns(
    units.map((index) => inSeries.get(index)?.prefix ?? header[index] ?? ""),
  );
  const paths = new Map<number, string>();
  const fields = units.map((index, unit): Field => {
    const name = names[unit] ?? "";
    const series = inSeries.get(index);
    if (series === undefined) {
      paths.set(index, name);
      const guess = guesses[index];
      const label = guess?.hasGaps ? "optional " : "";
      return {
        name,
        type: guess?.type ?? "string",
        label,
        comment: hasHeader ? header[index] ?? "" : "",
      };
    }
    for (const [place, column] of series.columns.entries()) paths.set(column, `${name}[${place}]`);
    const [first = 0] = series.columns;
    const last = series.columns.at(-1) ?? 0;
    const comment = `${header[first]} to ${header[last]}`;
    return { name, type: series.type, label: "repeated ", comment };
  });
  const predicted = fields[units.indexOf(answer)];
  if (predicted === undefined) throw new TypeError("Cannot predict a column that is not there");
  const nameNotes = notes.map(({ index, text }) =>
    // The places of the units are not those of the columns.
    text.replace(/^Column \d+/, `Column ${(units[index] ?? 0) + 1}`)
  );
  return {
    text: printProto(facts, fields, predicted),
    paths: [...header.keys()].map((index) => paths.get(index) ?? ""),
    notes: [...(hasHeader ? nameNotes : []), ...found.notes],
  };
}

function printProto(facts: TableFacts, fields: readonly Field[], predicted: Field): string {
  const { source, rowCount } = facts;
  const base = typeName(source);
  const key = fields.find((field) => field !== predicted && /^id$/i.test(field.name));
  const answers = [...(key === undefined ? [] : [key]), predicted];
  const usesTime = fields.some(({ type }) => type === "Timestamp");
  return [
    `// Made by broker scaffold from the ${rowCount} rows of ${source.replace(/\s+/g, " ")}.`,
    'syntax = "proto3";',
    ...(usesTime ? ["", 'import "google/protobuf/timestamp.proto";'] : []),
    "",
    `// A row. In rows that are to be predicted, ${predicted.name} may be empty.`,
    `message ${base}Row {`,
    ...fields.map(printField),
    "}",
    "",
    `// What is predicted for a row.`,
    `message ${base}Prediction {`,
    ...answers.map(printField),
    "}",
    "",
    `service ${base}Predictor {`,
    `  // One prediction for each row, as the rows come.`,
    `  rpc Predict(stream ${base}Row) returns (stream ${base}Prediction);`,
    "}",
    "",
  ].join("\n");
}

function printField({ name, type, label, comment }: Field, index: number): string {
  const typeText = type === "Timestamp" ? "google.protobuf.Timestamp" : type;
  const text = comment.replace(/\s+/g, " ").trim();
  const behind = text === "" || text === name ? "" : `  // ${text}`;
  return `  ${label}${typeText} ${name} = ${index + 1};${behind}`;
}

/** `sensor-data.csv` to `SensorData`. */
function typeName(source: string): string {
  const words = source.replace(/\.[^.]*$/, "").normalize("NFKD").match(/[A-Za-z0-9]+/g) ?? [];
  const name = words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join("");
  return /^[A-Za-z]/.test(name) ? name : `Table${name}`;
}
