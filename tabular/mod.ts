export { type Answer, listAnswerColumns } from "./answer_columns.ts";
export type { AnswerWriter, AnswerWriterOptions, JoinColumn } from "./answer_writer.ts";
export type { Message } from "./cell_setter.ts";
export { checkFilled } from "./check_filled.ts";
export { type CheckedRows, checkRows, type CheckRowsOptions } from "./check_rows.ts";
export {
  type ColumnPlan,
  type ColumnPlanOptions,
  planColumns,
  type PlannedColumn,
  type PlannedConstant,
  type PlannedGroup,
} from "./column_plan.ts";
export type { CellFormat } from "./cell_format.ts";
export type { ReadFile } from "./convert_bytes.ts";
export {
  type CellConverter,
  type CellOptions,
  createCellConverter,
  typeName,
} from "./convert_cell.ts";
export { createTargetConverter, createValueConverter } from "./convert_target.ts";
export type { DecimalMark } from "./decimal_comma.ts";
export {
  CSV_READER_DEFAULTS,
  CsvReader,
  type CsvReaderOptions,
  type CsvRecord,
} from "./csv_reader.ts";
export { beginsLikeJson, guessByName } from "./detect_json.ts";
export { describePlan, listUnsetFields } from "./describe_plan.ts";
export { DELIMITERS, detectDelimiter } from "./detect_delimiter.ts";
export { type HeaderHints, isHeader } from "./detect_header.ts";
export { type PathOptions, type PathResult, resolveFieldPath } from "./field_path.ts";
export type { FieldTarget, PathStep } from "./field_target.ts";
export { formatDouble, formatFloat } from "./format_number.ts";
export type { JsonColumns } from "./json_columns.ts";
export { createJsonMapper } from "./json_mapper.ts";
export { JsonRecord } from "./json_record.ts";
export { LINE_KINDS, LineScanner } from "./line_scanner.ts";
export { NoTableError } from "./no_table.ts";
export { type ListOptions, parseList } from "./parse_list.ts";
export { PlainLines, PlainRecord } from "./plain_lines.ts";
export { type JsonRows, type ReadJsonOptions, readJsonRows } from "./read_json_rows.ts";
export { type PlainRows, readRows, type ReadRowsOptions, type Rows } from "./read_rows.ts";
export {
  createRowEncoder,
  type OctetSink,
  type RowEncoder,
  type RowEncoderOptions,
} from "./row_encoder.ts";
export {
  createRowGrouper,
  ROW_GROUPER_DEFAULTS,
  type RowGroup,
  type RowGrouper,
  type RowGrouperOptions,
} from "./row_grouper.ts";
export { createRowMapper, type RowMapper, type RowMapperOptions } from "./row_mapper.ts";
export { AnswerText, createWrittenAnswers, WrittenAnswers } from "./written_answers.ts";
export { CellError, RowError, type RowErrorDetails, TabularError } from "./tabular_error.ts";
export {
  ANSWER_FORMATS,
  type AnswerFormat,
  createAnswerWriter,
  listJoinColumns,
} from "./write_answers.ts";
