import type { ColumnPlan } from "./column_plan.ts";
import { typeName } from "./convert_cell.ts";
import { listNames } from "./list_names.ts";
import { TabularError } from "./tabular_error.ts";

/**
 * Refuses a plan that makes the same empty message of every row, where the message has fields at all. It is for whoever
 * knows all columns: keys of JSON lines that come late may fill fields too.
 *
 * @throws {TabularError} that lists the fields
 */
export function checkFilled(plan: ColumnPlan): void {
  const { source, columns, constants, message } = plan;
  if (columns.length === 0 || message.fields.length === 0) return;
  if ([...columns, ...constants].some(({ target }) => target !== undefined)) return;
  throw new TabularError(
    `Cannot map "${source}": no column fills a field of ${
      typeName({ kind: "message", message })
    }, ` +
      `so that every message would be empty; it has ${
        listNames(message.fields.map(({ name }) => name))
      }; name one with --map COLUMN=FIELD`,
  );
}
