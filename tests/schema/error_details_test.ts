import { strict as assert } from "node:assert";
import { decodeErrorDetails, encodeErrorDetails } from "../../schema/mod.ts";
import { createRandom, printSeed } from "../support/random.ts";

const STATUS = { code: 3, message: "driver_id: must not be empty" };

/** Every standard type with each of its fields set. */
const DETAILS: readonly { readonly name: string; readonly value: object }[] = [
  {
    name: "BadRequest",
    value: {
      field_violations: [{
        field: "driver_id",
        description: "must not be empty",
        reason: "EMPTY",
        localized_message: { locale: "fr-CH", message: "vide" },
      }],
    },
  },
  {
    name: "ErrorInfo",
    value: { reason: "QUEUE_FULL", domain: "laps.test", metadata: { limit: "100" } },
  },
  { name: "RetryInfo", value: { retry_delay: { seconds: "9007199254740993", nanos: 5 } } },
  { name: "DebugInfo", value: { stack_entries: ["a", "b"], detail: "d" } },
  {
    name: "QuotaFailure",
    value: {
      violations: [{
        subject: "clientip:192.0.2.1",
        description: "too many",
        api_service: "laps",
        quota_metric: "calls",
        quota_id: "per-minute",
        quota_dimensions: { region: "x" },
        quota_value: "100",
        future_quota_value: "200",
        _future_quota_value: "future_quota_value",
      }],
    },
  },
  {
    name: "PreconditionFailure",
    value: { violations: [{ type: "TERMS", subject: "driver", description: "not accepted" }] },
  },
  { name: "RequestInfo", value: { request_id: "r-1", serving_data: "s" } },
  {
    name: "ResourceInfo",
    value: { resource_type: "lap", resource_name: "7", owner: "me", description: "gone" },
  },
  { name: "Help", value: { links: [{ description: "manual", url: "https://example.test/" }] } },
  { name: "LocalizedMessage", value: { locale: "de", message: "leer" } },
];

for (const { name, value } of DETAILS) {
  Deno.test(`google.rpc.${name} is what it was after encodeErrorDetails() and decodeErrorDetails()`, () => {
    const type = `google.rpc.${name}`;
    const decoded = decodeErrorDetails(encodeErrorDetails(STATUS, [{ type, value }]));
    assert.ok(decoded !== undefined);
    assert.deepEqual({ code: decoded.code, message: decoded.message }, STATUS);
    const [detail] = decoded.details;
    assert.deepEqual([detail.typeUrl, detail.typeName], [`type.googleapis.com/${type}`, type]);
    assert.deepEqual(JSON.parse(JSON.stringify(detail.value)), value);
  });
}

Deno.test("encodeErrorDetails() writes the octets that protobuf prescribes", () => {
  const value = { field_violations: [{ field: "a", description: "b" }] };
  const octets = encodeErrorDetails({ code: 3, message: "x" }, [
    { type: "google.rpc.BadRequest", value },
  ]);
  const url = "type.googleapis.com/google.rpc.BadRequest";
  const text = (text: string) => [text.length, ...new TextEncoder().encode(text)];
  const violation = [0x0a, ...text("a"), 0x12, ...text("b")];
  const badRequest = [0x0a, violation.length, ...violation];
  const any = [0x0a, ...text(url), 0x12, badRequest.length, ...badRequest];
  assert.deepEqual([...octets], [0x08, 3, 0x12, ...text("x"), 0x1a, any.length, ...any]);
});

Deno.test("encodeErrorDetails() names the types that it knows when it is given another", () => {
  assert.throws(
    () => encodeErrorDetails(STATUS, [{ type: "test.Lap", value: {} }]),
    /^TypeError: Cannot encode a detail of type "test\.Lap": only google\.rpc\.ErrorInfo, .* known$/,
  );
});

Deno.test("decodeErrorDetails() hands out a detail of an unknown type, or of wrong octets, undecoded", () => {
  const known = { type: "google.rpc.RequestInfo", value: { request_id: "abc" } };
  const octets = encodeErrorDetails(STATUS, [known]);
  const renamed = replaceText(octets, "google.rpc.RequestInfo", "google.rpc.RequestInfX");
  const [unknown] = decodeErrorDetails(renamed)?.details ?? [];
  assert.deepEqual([unknown.typeName, unknown.value], ["google.rpc.RequestInfX", undefined]);
  assert.deepEqual([...unknown.octets], [0x0a, 3, 97, 98, 99]);
  const broken = octets.slice();
  // Its last octets, the text, become a field of a wire type that there is not.
  broken.set([1, 0x61, 0x7f, 0x7f], broken.length - 4);
  const [detail] = decodeErrorDetails(broken)?.details ?? [];
  assert.deepEqual([detail.typeName, detail.value], ["google.rpc.RequestInfo", undefined]);
});

const HOSTILE: Record<string, Uint8Array> = {
  "one octet of a tag that does not end": Uint8Array.of(255),
  "a detail that is cut off": Uint8Array.of(0x1a, 0x7f, 0x0a),
  "a wire type that there is not": Uint8Array.of(0x7f),
  "groups nested beyond any stack": new Uint8Array(1_000_000).fill(0x7b),
};

for (const [name, octets] of Object.entries(HOSTILE)) {
  Deno.test(`decodeErrorDetails() says undefined of ${name}`, () => {
    assert.equal(decodeErrorDetails(octets), undefined);
  });
}

Deno.test("decodeErrorDetails() never throws, whatever the octets", () => {
  const seed = printSeed();
  const below = createRandom(seed);
  const valid = encodeErrorDetails(
    STATUS,
    DETAILS.map(({ name, value }) => ({ type: `google.rpc.${name}`, value })),
  );
  for (let round = 0; round < 5000; round++) {
    const octets = valid.slice(0, 1 + below(valid.length));
    for (let change = below(8); change >= 0; change--) octets[below(octets.length)] = below(256);
    try {
      decodeErrorDetails(octets);
    } catch (error) {
      assert.fail(`seed ${seed}, round ${round}: ${error}`);
    }
  }
});

Deno.test("no key of a map in a detail reaches what all objects inherit from", () => {
  const value = { reason: "R", metadata: JSON.parse('{"p_proto__": "polluted"}') };
  const octets = replaceText(
    encodeErrorDetails(STATUS, [{ type: "google.rpc.ErrorInfo", value }]),
    "p_proto__",
    "__proto__",
  );
  assert.ok(decodeErrorDetails(octets)?.details[0]?.value !== undefined);
  assert.equal(Reflect.get({}, "polluted"), undefined);
});

function replaceText(octets: Uint8Array, from: string, to: string): Uint8Array {
  const latin = [...octets].map((octet) => String.fromCharCode(octet)).join("");
  return Uint8Array.from(latin.replace(from, to), (character) => character.charCodeAt(0));
}
