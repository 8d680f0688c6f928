import { CellError, quote } from "./tabular_error.ts";

/** What stands before the fraction of a number. */
export type DecimalMark = "." | ",";

/** A point that may be a decimal one. */
const ONE_POINT = /^[^.,]*\.[^.,]*$/;

/**
 * Makes a converter read a decimal comma. A point in a number is refused then: it could only separate thousands, and
 * `1.234` must not become another number silently.
 */
export function withDecimalComma<Value>(
  convert: (text: string) => Value,
): (text: string) => Value {
  return (text) => {
    if (text.includes(".")) {
      const hint = ONE_POINT.test(text) ? ", or leave out --decimal ," : "";
      throw new CellError(
        `${quote(text)} has a point where decimals have a comma; ` +
          `write it without thousands separators${hint}`,
      );
    }
    const comma = text.indexOf(",");
    if (comma < 0) return convert(text);
    const pointed = `${text.slice(0, comma)}.${text.slice(comma + 1)}`;
    try {
      if (!pointed.includes(",")) return convert(pointed);
    } catch (error) {
      if (!(error instanceof CellError)) throw error;
      throw new CellError(error.message.replace(quote(pointed), () => quote(text)));
    }
    throw new CellError(
      `${quote(text)} has two commas; write it without thousands separators`,
    );
  };
}
