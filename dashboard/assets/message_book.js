/**
 * What the server's messages look like.
 *
 * @typedef {import("./api.js").Server} Server
 * @typedef {import("./api.js").Field} Field
 * @typedef {import("./api.js").Method} Method
 */

const INTEGERS = new Set([
  "int32",
  "int64",
  "uint32",
  "uint64",
  "sint32",
  "sint64",
  "fixed32",
  "fixed64",
  "sfixed32",
  "sfixed64",
]);
const SCALARS = new Set([...INTEGERS, "float", "double", "bool", "string", "bytes"]);
/** Names of fields that number rows or tell the time: they are drawn only when asked for. */
const BOOKKEEPING =
  /^(id|.*[_.]id|.*Id|seq|sequence|index|row|no|number|ts|time|.*_time|timestamp.*|.*_ms)$/;

/** Looks up messages, enums and methods by name. */
export class MessageBook {
  /** @param {Server} server */
  constructor(server) {
    this.messages = new Map(server.messages.map((message) => [message.name, message]));
    this.enums = new Map(server.enums.map((one) => [one.name, one]));
    this.methods = new Map(
      server.services.flatMap((service) => service.methods).map((method) => [method.path, method]),
    );
  }

  /**
   * The field at a path.
   *
   * @param {string} messageName
   * @param {string} path `sensor1`, `reading.value`
   * @returns {Field | undefined}
   */
  field(messageName, path) {
    const [first = "", ...rest] = path.split(".");
    const fields = this.messages.get(messageName)?.fields ?? [];
    const field = fields.find(({ name }) => name === first || camelCase(name) === first);
    return field === undefined || rest.length === 0
      ? field
      : this.field(field.type, rest.join("."));
  }

  /**
   * A message as a line of JSON, its fields in the order of the `.proto` and its 32-bit floats with the digits that they
   * have: 93.4, not 93.400002.
   *
   * @param {string} messageName
   * @param {unknown} message
   */
  format(messageName, message) {
    return JSON.stringify(this.#shorten(messageName, message));
  }

  /**
   * @param {string} messageName
   * @param {unknown} message
   * @returns {unknown}
   */
  #shorten(messageName, message) {
    if (Array.isArray(message)) return message.map((item) => this.#shorten(messageName, item));
    if (typeof message !== "object" || message === null) return message;
    const shortened = this.#sort(messageName, Object.entries(message)).map(([name, value]) => {
      const field = this.field(messageName, name);
      if (field === undefined) return [name, value];
      if (field.type !== "float") return [name, this.#shorten(field.type, value)];
      return [name, typeof value === "number" ? Number(value.toPrecision(7)) : value];
    });
    return Object.fromEntries(shortened);
  }

  /**
   * Decoded messages have their lists and maps first.
   *
   * @param {string} messageName
   * @param {[name: string, value: unknown][]} members
   */
  #sort(messageName, members) {
    const fields = this.messages.get(messageName)?.fields;
    if (fields === undefined) return members;
    const places = new Map(
      fields.flatMap(({ name }, place) => [[name, place], [camelCase(name), place]]),
    );
    /** @param {string} name what is no field, such as the mark of a cut, stays last */
    const placeOf = (name) => places.get(name) ?? fields.length;
    return members.sort(([one], [other]) => placeOf(one) - placeOf(other));
  }

  /**
   * The fields of a message that a form can show; undefined if one of its fields needs JSON.
   *
   * @param {string} messageName
   */
  flatFields(messageName) {
    const fields = this.messages.get(messageName)?.fields;
    const isFlat = fields?.every(({ label, type }) =>
      label !== "repeated" && label !== "map" && (SCALARS.has(type) || this.enums.has(type))
    );
    return isFlat ? fields : undefined;
  }
}

/**
 * True for the types whose values are whole numbers.
 *
 * @param {string} type
 */
export function isInteger(type) {
  return INTEGERS.has(type);
}

/**
 * True for a field that numbers rows or tells the time, by its name.
 *
 * @param {string} path
 */
export function isBookkeeping(path) {
  return BOOKKEEPING.test(path);
}

/**
 * The value at a path of a message in JSON, under the name of the `.proto` or its JSON name.
 *
 * @param {unknown} message
 * @param {string} path
 * @returns {unknown} undefined where nothing is set
 */
export function valueAt(message, path) {
  let value = message;
  for (const name of path.split(".")) {
    if (typeof value !== "object" || value === null) return undefined;
    const members = /** @type {Record<string, unknown>} */ (value);
    const key = Object.hasOwn(members, name) ? name : camelCase(name);
    value = Object.hasOwn(members, key) ? members[key] : undefined;
  }
  return value;
}

/**
 * protobuf's JSON name of a field.
 *
 * Source: protobuf, "ProtoJSON Format".
 *
 * @param {string} name
 */
function camelCase(name) {
  return name.replace(/_+([a-zA-Z0-9]?)/g, (_, letter) => letter.toUpperCase());
}
