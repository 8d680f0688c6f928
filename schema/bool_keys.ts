import protobuf from "protobufjs";

/**
 * Lets protobufjs 7.6.6 encode the key `false` of a `map<bool, …>`: the keys of an object are strings, and it takes
 * "false", which is not empty, for true. All its encoders write booleans through this method.
 */
const writer = protobuf.Writer.prototype;
const { bool } = writer;
writer.bool = function (value: unknown) {
  return bool.call(this, value !== "false" && Boolean(value));
};
