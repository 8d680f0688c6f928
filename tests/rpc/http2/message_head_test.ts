import { strict as assert } from "node:assert";
import type { HeaderField } from "../../../rpc/http2/mod.ts";
import {
  checkTrailers,
  parseRequestHead,
  parseResponseHead,
} from "../../../rpc/http2/message_head.ts";
import type { Fields } from "../../support/wire.ts";

function toFields(fields: Fields): HeaderField[] {
  return fields.map(([name, value]) => ({ name, value }));
}

const PSEUDO: Fields = [[":method", "POST"], [":scheme", "http"], [":path", "/a"]];

function without(name: string): Fields {
  return PSEUDO.filter((field) => field[0] !== name);
}

Deno.test("parseRequestHead() returns what it checked", () => {
  const regular: Fields = [["te", "trailers"], ["content-length", "12"], ["x-any", "\x7f\xff\t"]];
  const head = parseRequestHead(toFields([...PSEUDO, [":authority", "localhost"], ...regular]));
  assert.deepEqual(head, {
    method: "POST",
    scheme: "http",
    path: "/a",
    authority: "localhost",
    fields: toFields(regular),
    contentLength: 12,
  });
});

/** Requests that are taken although they look odd. */
const TAKEN: readonly (readonly [name: string, fields: Fields, check: Record<string, unknown>])[] =
  [
    ["without :authority", PSEUDO, { authority: "" }],
    ["with host for :authority", [...PSEUDO, ["host", "here"]], { authority: "here" }],
    [
      "with :authority before host",
      [...PSEUDO, [":authority", "there"], ["host", "here"]],
      { authority: "there" },
    ],
    ["with any :path", [...without(":path"), [":path", "no-slash"]], { path: "no-slash" }],
    [
      "of CONNECT, without :scheme and :path",
      [[":method", "CONNECT"], [":authority", "a:1"]],
      { method: "CONNECT", path: "", scheme: "" },
    ],
    ["with pseudo-fields in any order", [...PSEUDO].reverse(), { path: "/a" }],
    [
      "with content-length twice, the same",
      [...PSEUDO, ["content-length", "3"], ["content-length", "3"]],
      { contentLength: 3 },
    ],
    ["with an empty value", [...PSEUDO, ["x-empty", ""]], {}],
  ];

for (const [name, fields, check] of TAKEN) {
  Deno.test(`parseRequestHead() takes a request ${name}`, () => {
    const head: Record<string, unknown> = { ...parseRequestHead(toFields(fields)) };
    for (const [key, value] of Object.entries(check)) assert.equal(head[key], value);
  });
}

/** A row per rule of RFC 9113 sections 8.2, 8.2.2, 8.3 and 8.3.1. */
const MALFORMED_REQUESTS: readonly (readonly [name: string, fields: Fields, reason: string])[] = [
  ["without :method", without(":method"), "no :method"],
  ["with an empty :method", [...without(":method"), [":method", ""]], "no :method"],
  ["without :path", without(":path"), "no :path"],
  ["with an empty :path", [...without(":path"), [":path", ""]], "no :path"],
  ["without :scheme", without(":scheme"), "no :scheme"],
  ["with :method twice", [...PSEUDO, [":method", "GET"]], ":method stands twice"],
  ["with :path twice", [...PSEUDO, [":path", "/a"]], ":path stands twice"],
  [
    "with :authority twice",
    [...PSEUDO, [":authority", "a"], [":authority", "a"]],
    ":authority stands twice",
  ],
  ["with host twice", [...PSEUDO, ["host", "a"], ["host", "a"]], "host stands twice"],
  ["with :status", [...PSEUDO, [":status", "200"]], ":status does not belong there"],
  ["with an unknown pseudo-field", [...PSEUDO, [":x", "1"]], ":x does not belong there"],
  [
    "with a pseudo-field after a regular one",
    [...without(":path"), ["x-any", "1"], [":path", "/"]],
    ":path stands after a regular field",
  ],
  ["with an upper-case name", [...PSEUDO, ["X-Any", "1"]], '"X-Any" is not a field name'],
  ["with an empty name", [...PSEUDO, ["", "1"]], '"" is not a field name'],
  ["with a space in a name", [...PSEUDO, ["x any", "1"]], '"x any" is not a field name'],
  ["with a colon in a name", [...PSEUDO, ["x:any", "1"]], '"x:any" is not a field name'],
  ["with a control in a name", [...PSEUDO, ["x\n", "1"]], '"x\n" is not a field name'],
  ["with Latin-1 in a name", [...PSEUDO, ["x\xe4", "1"]], '"x\xe4" is not a field name'],
  ["with NUL in a value", [...PSEUDO, ["x", "a\0"]], "the value of x holds octet 0"],
  ["with LF in a value", [...PSEUDO, ["x", "a\nb"]], "the value of x holds octet 10"],
  ["with CR in a value", [...PSEUDO, ["x", "\rb"]], "the value of x holds octet 13"],
  [
    "with LF in :path",
    [...without(":path"), [":path", "/\n"]],
    "the value of :path holds octet 10",
  ],
  ["with connection", [...PSEUDO, ["connection", "close"]], "connection belongs to HTTP/1.1"],
  [
    "with proxy-connection",
    [...PSEUDO, ["proxy-connection", "a"]],
    "proxy-connection belongs to HTTP/1.1",
  ],
  ["with keep-alive", [...PSEUDO, ["keep-alive", "5"]], "keep-alive belongs to HTTP/1.1"],
  [
    "with transfer-encoding",
    [...PSEUDO, ["transfer-encoding", "chunked"]],
    "transfer-encoding belongs to HTTP/1.1",
  ],
  ["with upgrade", [...PSEUDO, ["upgrade", "h2c"]], "upgrade belongs to HTTP/1.1"],
  ["with te other than trailers", [...PSEUDO, ["te", "gzip"]], 'te is "gzip", not "trailers"'],
  [
    "with a content-length that is no number",
    [...PSEUDO, ["content-length", "1x"]],
    'content-length is "1x", not a number',
  ],
  [
    "with a negative content-length",
    [...PSEUDO, ["content-length", "-1"]],
    'content-length is "-1", not a number',
  ],
  [
    "with two different content-lengths",
    [...PSEUDO, ["content-length", "1"], ["content-length", "2"]],
    "content-length stands twice",
  ],
];

for (const [name, fields, reason] of MALFORMED_REQUESTS) {
  Deno.test(`parseRequestHead() refuses a request ${name}`, () => {
    assert.throws(() => parseRequestHead(toFields(fields)), {
      codeName: "PROTOCOL_ERROR",
      scope: "stream",
      message: `Cannot take the header list: ${reason}`,
    });
  });
}

Deno.test("parseResponseHead() returns what it checked", () => {
  const head = parseResponseHead(toFields([[":status", "404"], ["content-length", "0"]]));
  assert.deepEqual(head, {
    status: 404,
    fields: toFields([["content-length", "0"]]),
    contentLength: 0,
  });
});

/** A row per rule of RFC 9113 section 8.3.2. */
const MALFORMED_RESPONSES: readonly (readonly [name: string, fields: Fields, reason: string])[] = [
  ["without :status", [["x-any", "1"]], ':status is "", not three digits'],
  ["with an empty list", [], ':status is "", not three digits'],
  ["with a short :status", [[":status", "20"]], ':status is "20", not three digits'],
  ["with a long :status", [[":status", "2000"]], ':status is "2000", not three digits'],
  ["with :status below 100", [[":status", "099"]], ':status is "099", not three digits'],
  ["with a word for :status", [[":status", "abc"]], ':status is "abc", not three digits'],
  ["with :status twice", [[":status", "200"], [":status", "200"]], ":status stands twice"],
  ["with :path", [[":status", "200"], [":path", "/"]], ":path does not belong there"],
  [
    "with :status after a regular field",
    [["x-any", "1"], [":status", "200"]],
    ":status stands after a regular field",
  ],
  [
    "with connection",
    [[":status", "200"], ["connection", "close"]],
    "connection belongs to HTTP/1.1",
  ],
];

for (const [name, fields, reason] of MALFORMED_RESPONSES) {
  Deno.test(`parseResponseHead() refuses a response ${name}`, () => {
    assert.throws(() => parseResponseHead(toFields(fields)), {
      codeName: "PROTOCOL_ERROR",
      scope: "stream",
      message: `Cannot take the header list: ${reason}`,
    });
  });
}

Deno.test("checkTrailers() takes regular fields alone", () => {
  checkTrailers(toFields([["grpc-status", "0"], ["x-bin", "AAA="]]));
  checkTrailers([]);
  for (const fields of [[[":status", "200"]], [[":path", "/"]], [["X", "1"]]] as const) {
    assert.throws(() => checkTrailers(toFields(fields)), { codeName: "PROTOCOL_ERROR" });
  }
});
