export type { Answer } from "./answer_columns.ts";
export type { AnswerWriter, AnswerWriterOptions, JoinColumn } from "./answer_writer.ts";
export type { Message } from "./cell_setter.ts";
export {
  type ColumnPlan,
  type ColumnPlanOptions,
  planColumns,
  type PlannedColumn,
} from "./column_plan.ts";
export { type CellConverter, createCellConverter, typeName } from "./convert_cell.ts";
export {
  CSV_READER_DEFAULTS,
  CsvReader,
  type CsvReaderOptions,
  type CsvRecord,
} from "./csv_reader.ts";
export { describePlan, listUnsetFields } from "./describe_plan.ts";
export { DELIMITERS, detectDelimiter } from "./detect_delimiter.ts";
export { type HeaderHints, isHeader } from "./detect_header.ts";
export { type FieldTarget, type PathStep, resolveFieldPath } from "./field_path.ts";
export { formatDouble, formatFloat } from "./format_number.ts";
export { parseList } from "./parse_list.ts";
export { readRows, type ReadRowsOptions, type Rows } from "./read_rows.ts";
export { createRowMapper, type RowMapper, type RowMapperOptions } from "./row_mapper.ts";
export { CellError, RowError, type RowErrorDetails, TabularError } from "./tabular_error.ts";
export {
  ANSWER_FORMATS,
  type AnswerFormat,
  createAnswerWriter,
  listJoinColumns,
} from "./write_answers.ts";
