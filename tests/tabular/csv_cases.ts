import type { CsvReaderOptions, CsvRecord } from "../../tabular/mod.ts";
import { record, utf8 } from "./support.ts";

/** An input and what a reader makes of it. */
export interface CsvCase {
  readonly name: string;
  readonly input: string | Uint8Array;
  readonly options?: CsvReaderOptions;
  readonly records: readonly CsvRecord[];
  readonly error?: string;
}

/** Every rule of the reader, each by a small input. */
export const CSV_CASES: readonly CsvCase[] = [
  { name: "nothing", input: "", records: [] },
  {
    name: "plain records",
    input: "a,b\n1,2\n",
    records: [record(1, "a", "b"), record(2, "1", "2")],
  },
  {
    name: "no line break at the end",
    input: "a,b\n1,2",
    records: [record(1, "a", "b"), record(2, "1", "2")],
  },
  { name: "CRLF", input: "a,b\r\n1,2\r\n", records: [record(1, "a", "b"), record(2, "1", "2")] },
  {
    name: "CRLF and no line break at the end",
    input: "a\r\nb\r",
    records: [record(1, "a"), record(2, "b")],
  },
  {
    name: "blank lines",
    input: "\n\r\na,b\n\n\r\n1,2\n\n",
    records: [record(3, "a", "b"), record(6, "1", "2")],
  },
  {
    name: "a byte order mark",
    input: "\ufeffa,b\n1,2\n",
    records: [record(1, "a", "b"), record(2, "1", "2")],
  },
  { name: "a byte order mark alone", input: "\ufeff", records: [] },
  {
    name: "a byte order mark before a quote",
    input: '\ufeff"a",b\n',
    records: [record(1, "a", "b")],
  },
  {
    name: "a second byte order mark",
    input: "a\n\ufeffb\n",
    records: [record(1, "a"), record(2, "\ufeffb")],
  },
  {
    name: "empty cells",
    input: "a,,\n,,\n",
    records: [record(1, "a", "", ""), record(2, "", "", "")],
  },
  {
    name: "one column",
    input: "a\nb\nc\n",
    records: [record(1, "a"), record(2, "b"), record(3, "c")],
  },
  {
    name: "quoted cells",
    input: '"a","b c"\n"",x\n',
    records: [record(1, "a", "b c"), record(2, "", "x")],
  },
  {
    name: "a quoted empty cell alone",
    input: 'a\n""\nb\n',
    records: [record(1, "a"), record(2, ""), record(3, "b")],
  },
  {
    name: "a quoted cell at the end of a line",
    input: 'a,b\n1,"x"\n2,y\n',
    records: [record(1, "a", "b"), record(2, "1", "x"), record(3, "2", "y")],
  },
  {
    name: "quoted cells and CRLF",
    input: '"a","b"\r\n"c","d"\r\n',
    records: [record(1, "a", "b"), record(2, "c", "d")],
  },
  { name: "doubled quotes", input: '"a ""b""",""""\n', records: [record(1, 'a "b"', '"')] },
  {
    name: "a delimiter in quotes",
    input: 'x,y\n"a,b",c\n',
    records: [record(1, "x", "y"), record(2, "a,b", "c")],
  },
  {
    name: "a line break in quotes",
    input: 'a,b\n1,"x\ny"\n2,z\n',
    records: [record(1, "a", "b"), record(2, "1", "x\ny"), record(4, "2", "z")],
  },
  {
    name: "CRLF and a blank line in quotes",
    input: 'a,b\r\n"x\r\n\r\ny",1\r\n2,3\r\n',
    records: [record(1, "a", "b"), record(2, "x\r\n\r\ny", "1"), record(5, "2", "3")],
  },
  {
    name: "doubled quotes at the ends of lines in quotes",
    input: 'a\n"x""\n""y"\n',
    records: [record(1, "a"), record(2, 'x"\n"y')],
  },
  {
    name: "a quote inside an unquoted cell",
    input: 'a,b\n5" pipe,x\n',
    records: [record(1, "a", "b"), record(2, '5" pipe', "x")],
  },
  {
    name: "a carriage return inside a line",
    input: "a,b\n1\r2,3\n",
    records: [record(1, "a", "b"), record(2, "1\r2", "3")],
  },
  {
    name: "semicolons",
    input: "a;b\n1,5;2\n",
    records: [record(1, "a", "b"), record(2, "1,5", "2")],
  },
  { name: "tabs", input: "a\tb\n1\t\n", records: [record(1, "a", "b"), record(2, "1", "")] },
  {
    name: "a given delimiter",
    input: "a,b|c\n1|2\n",
    options: { delimiter: "|" },
    records: [record(1, "a,b", "c"), record(2, "1", "2")],
  },
  {
    name: "characters of two to four octets",
    input: "ä,€\n😀,x\n",
    records: [record(1, "ä", "€"), record(2, "😀", "x")],
  },
  {
    name: "a quote that is never closed",
    input: 'a,b\n1,2\n3,"x\ny\n',
    records: [record(1, "a", "b"), record(2, "1", "2")],
    error: 'Cannot read "t.csv" line 3: the quote opened here is never closed',
  },
  {
    name: "a second quote of a record that is never closed",
    input: 'a,b\n"1\n","x\ny\n',
    records: [record(1, "a", "b")],
    error: 'Cannot read "t.csv" line 3: the quote opened here is never closed',
  },
  {
    name: "text after a closing quote",
    input: 'a,b\n1,"x"y\n2,3\n',
    records: [record(1, "a", "b")],
    error:
      'Cannot read "t.csv" line 2: there is text after the closing quote of column 2; write a quote within quotes twice',
  },
  {
    name: "an octet that is not UTF-8",
    input: new Uint8Array([...utf8("a,b\n1,2\n3,"), 0xff, ...utf8("x\n4,5\n")]),
    records: [record(1, "a", "b"), record(2, "1", "2")],
    error: 'Cannot read "t.csv" line 3: the octet 0xFF is not UTF-8; save the file as UTF-8',
  },
  {
    name: "a character cut by another",
    input: new Uint8Array([...utf8("ä\n"), 0xe2, 0x82, ...utf8("x\n")]),
    records: [record(1, "ä")],
    error: 'Cannot read "t.csv" line 2: the octet 0xE2 is not UTF-8; save the file as UTF-8',
  },
  {
    name: "a character cut by the end",
    input: new Uint8Array([...utf8("a\nb"), 0xe2, 0x82]),
    records: [record(1, "a")],
    error: 'Cannot read "t.csv" line 2: the octet 0xE2 is not UTF-8; save the file as UTF-8',
  },
  {
    name: "UTF-16",
    input: new Uint8Array([0xff, 0xfe, 0x61, 0x00]),
    records: [],
    error: 'Cannot read "t.csv" line 1: the octet 0xFF is not UTF-8; save the file as UTF-8',
  },
  {
    name: "what is no text but a packed workbook",
    input: new Uint8Array([0x50, 0x4b, 3, 4, 20, 0, 6, 0, 8, 0, 0, 0, 0x21, 0xff]),
    records: [],
    error:
      'Cannot read "t.csv" line 1: it is a ZIP archive, or a workbook such as .xlsx; export it as CSV',
  },
  {
    name: "what is no text but a program",
    input: new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0xd0, 0x0a]),
    records: [],
    error:
      'Cannot read "t.csv" line 1: it is a binary file, or text in UTF-16; save it as CSV in UTF-8',
  },
  {
    name: "UTF-16 without a byte order mark",
    input: "i\0d\0\n\x001\0\n",
    records: [],
    error:
      'Cannot read "t.csv" line 1: it is a binary file, or text in UTF-16; save it as CSV in UTF-8',
  },
  {
    name: "what is no text but a picture",
    input: new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    records: [],
    error:
      'Cannot read "t.csv" line 1: it is a binary file, or text in UTF-16; save it as CSV in UTF-8',
  },
  {
    name: "a header in Windows-1252",
    input: new Uint8Array([...utf8("id,share "), 0x89, ...utf8("\n1,2\n")]),
    records: [],
    error: 'Cannot read "t.csv" line 1: the octet 0x89 is not UTF-8; save the file as UTF-8',
  },
  {
    name: "carriage returns alone",
    input: "a,b\r1,2\r",
    records: [],
    error:
      'Cannot read "t.csv" line 1: lines end in a carriage return alone; convert them to LF or CRLF',
  },
  {
    name: "a record as long as allowed",
    input: "ab,cd\nef,gh\n",
    options: { maxRecordChars: 5 },
    records: [record(1, "ab", "cd"), record(2, "ef", "gh")],
  },
  {
    name: "a record that is too long",
    input: "a,b\nx,12345\n",
    options: { maxRecordChars: 5 },
    records: [record(1, "a", "b")],
    error: 'Cannot read "t.csv" line 2: the record is longer than 5 characters',
  },
  {
    name: "a quoted record that is too long",
    input: 'a\n"x\ny\nz\nxxxxxxxxx"\n',
    options: { maxRecordChars: 8 },
    records: [record(1, "a")],
    error:
      'Cannot read "t.csv" line 2: the record is longer than 8 characters; is the quote opened on line 2 never closed?',
  },
];
