import assert from "node:assert/strict";
import { findBadName } from "../../schema/check_names.ts";
import {
  decodeFileDescriptor,
  encodeFileDescriptor,
  type FieldDescriptor,
  type FileDescriptor,
} from "../../schema/file_descriptor.ts";

const EVIL = "A {} message B";

const withField = (field: Partial<FieldDescriptor>): FileDescriptor => ({
  messageType: [{
    name: "A",
    nestedType: [{ name: "B", field: [{ name: "a", number: 1, ...field }] }],
  }],
});

Deno.test("findBadName() finds what would say more than a name in a .proto", () => {
  const rows: Readonly<Record<string, FileDescriptor>> = {
    "package": { package: EVIL },
    "message": { messageType: [{ name: EVIL }] },
    "nested message": { messageType: [{ name: "A", nestedType: [{ name: EVIL }] }] },
    "oneof": { messageType: [{ name: "A", oneofDecl: [{ name: EVIL }] }] },
    "enum": { enumType: [{ name: EVIL }] },
    "enum value": { enumType: [{ name: "A", value: [{ name: EVIL }] }] },
    "nested enum": { messageType: [{ name: "A", enumType: [{ name: EVIL }] }] },
    "service": { service: [{ name: EVIL }] },
    "method": { service: [{ name: "A", method: [{ name: EVIL }] }] },
    "input type": { service: [{ name: "A", method: [{ name: "B", inputType: EVIL }] }] },
    "output type": { service: [{ name: "A", method: [{ name: "B", outputType: EVIL }] }] },
    "field": withField({ name: EVIL }),
    "type of a field": withField({ typeName: EVIL }),
    "extendee": { extension: [{ name: "a", number: 1, extendee: EVIL }] },
    "default": withField({ type: "TYPE_INT32", defaultValue: EVIL }),
    "default of octets": withField({ type: "TYPE_BYTES", defaultValue: `"${EVIL}` }),
  };
  for (const [what, file] of Object.entries(rows)) {
    assert.match(findBadName(file) ?? "nothing", /A \{\} message B/, what);
  }
});

Deno.test("findBadName() finds names that are missing, and types that there are not", () => {
  const missing: Readonly<Record<string, object>> = {
    "message": { messageType: [{}] },
    "field": { messageType: [{ name: "A", field: [{ number: 1 }] }] },
    "oneof": { messageType: [{ name: "A", oneofDecl: [{}] }] },
    "enum value": { enumType: [{ name: "A", value: [{}] }] },
    "method": { service: [{ name: "A", method: [{}] }] },
    "extension": { extension: [{ number: 1 }] },
  };
  for (const [what, file] of Object.entries(missing)) {
    assert.equal(findBadName(decodeFileDescriptor(encodeFileDescriptor(file))), "", what);
  }
  const field = { name: "a", number: 1, type: 25 };
  const file = encodeFileDescriptor({ messageType: [{ name: "A", field: [field] }] });
  assert.equal(findBadName(decodeFileDescriptor(file)), "25");
});

Deno.test("findBadName() lets through what protoc and protobufjs call things", () => {
  const rows: readonly FileDescriptor[] = [
    {},
    { package: "" },
    { package: "a.b_c.d1", messageType: [{ name: "_A" }] },
    withField({ name: ".t.two.ext" }),
    withField({ typeName: ".google.protobuf.Any" }),
    withField({ typeName: "two.P2" }),
    ...["-1", "1e+20", "-inf", "nan", "true", "TWO"].map((defaultValue) =>
      withField({ type: "TYPE_DOUBLE", defaultValue })
    ),
    withField({ type: "TYPE_BYTES", defaultValue: '\\"\\000\\\\x' }),
    withField({ type: "TYPE_STRING", defaultValue: EVIL }),
  ];
  for (const file of rows) assert.equal(findBadName(file), undefined, JSON.stringify(file));
});
