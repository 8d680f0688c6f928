import type { CellConverter } from "./convert_cell.ts";
import { elementIndex, type FieldTarget, type PathStep, pathText } from "./field_target.ts";
import { CellError } from "./tabular_error.ts";

/** A message as `@grpc/proto-loader` serializes it: field names as in the `.proto`. */
export type Message = Record<string, unknown>;

/**
 * Puts the value of a cell that is not empty into a message.
 *
 * @throws {CellError} if the text is no value, or other cells of the row leave no room for it
 */
export type CellSetter = (message: Message, text: string) => void;

/** A place in a message or list, found or created. */
type Opener = (message: Message) => Message;

/**
 * Compiles the way from a message to the target of one column.
 *
 * The setters of one row must run in the order of `comparePaths`, as elements are appended.
 *
 * @param rivals other members of the target's oneof that columns fill
 */
export function compileSetter(
  target: FieldTarget,
  convert: CellConverter,
  rivals: readonly string[],
): CellSetter {
  const { path } = target;
  const last = path.at(-1);
  if (last === undefined) throw new TypeError("Cannot compile a target without a path");
  const index = elementIndex(last);
  if (index !== undefined) return compileAppend(target, index, convert);
  const open = compileOpener(path.slice(0, -1));
  const name = nameIn(last);
  if (rivals.length === 0) {
    return (message, text) => {
      open(message)[name] = convert(text);
    };
  }
  return (message, text) => {
    const parent = open(message);
    for (const rival of rivals) {
      if (parent[rival] === undefined) continue;
      throw new CellError(`"${name}" and "${rival}" are of one oneof, but both have a value`);
    }
    parent[name] = convert(text);
  };
}

/** An element of a repeated field: the cells before it must not be empty, as a list has no gaps. */
function compileAppend(target: FieldTarget, index: number, convert: CellConverter): CellSetter {
  const container = target.path.slice(0, -1);
  const field = container.at(-1);
  if (field?.kind !== "field") throw new TypeError(`Cannot compile the path "${target.text}"`);
  const open = compileOpener(container.slice(0, -1));
  const { name } = field.field;
  return (message, text) => {
    const list = listIn(open(message), name);
    if (list.length !== index) {
      const missing = `${pathText(container)}[${list.length}]`;
      throw new CellError(`"${target.text}" has a value, but "${missing}" before it is empty`);
    }
    list.push(convert(text));
  };
}

function compileOpener(path: readonly PathStep[]): Opener {
  let open: Opener = (message) => message;
  for (const [depth, step] of path.entries()) {
    const parent = open;
    if (elementIndex(step) !== undefined) continue;
    const index = elementIndex(path[depth + 1]);
    const name = nameIn(step);
    if (index !== undefined) {
      open = (message) => elementIn(listIn(parent(message), name), index);
    } else {
      const isMap = step.kind === "field" && step.field.cardinality === "map";
      open = (message) => childOf(parent(message), name, isMap);
    }
  }
  return open;
}

/** What the step is called in the message or map before it. */
function nameIn(step: PathStep): string {
  if (step.kind === "field") return step.field.name;
  return step.kind === "key" ? step.key : "";
}

function listIn(parent: Message, name: string): unknown[] {
  const list = parent[name];
  if (Array.isArray(list)) return list;
  const created: unknown[] = [];
  parent[name] = created;
  return created;
}

/** Elements before it whose cells are all empty become empty messages. */
function elementIn(list: unknown[], index: number): Message {
  while (list.length <= index) list.push({});
  return list[index] as Message;
}

function childOf(parent: Message, name: string, isMap: boolean): Message {
  const child = parent[name];
  if (child !== undefined) return child as Message;
  // The keys of a map come from the user: `__proto__` must be a key like any other.
  const created: Message = isMap ? Object.create(null) : {};
  parent[name] = created;
  return created;
}

/** Orders targets so that the elements of a list come one after the other. */
export function comparePaths(left: readonly PathStep[], right: readonly PathStep[]): number {
  for (const [depth, step] of left.entries()) {
    const other = right[depth];
    if (other === undefined) return 1;
    const order = compareSteps(step, other);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

function compareSteps(left: PathStep, right: PathStep): number {
  if (left.kind === "field" && right.kind === "field") {
    return left.field.number - right.field.number;
  }
  if (left.kind === "index" && right.kind === "index") return left.index - right.index;
  if (left.kind === "key" && right.kind === "key") {
    return left.key < right.key ? -1 : left.key > right.key ? 1 : 0;
  }
  return 0;
}
