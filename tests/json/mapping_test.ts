import assert from "node:assert/strict";
import { JsonError } from "../../json/mod.ts";
import { loadTypes, octetsOf, roundTrip } from "./support.ts";

// The rows are those of the table in protobuf.dev/programming-guides/json, "Representation of each type".
const types = await loadTypes("mapping.proto");
const ALL = "broker.mapping.All";

/** JSON that is taken, and what it is given back as; one text where both are the same. */
type Good = readonly [json: string, canonical?: string];
/** JSON that is refused, and why. */
type Bad = readonly [json: string, reason: RegExp];

interface Row {
  readonly good: readonly Good[];
  readonly bad?: readonly Bad[];
}

const INT32 = /, want an integer of 32 bits$/;
const UINT32 = /, want an integer of 32 bits from 0 up$/;
const INT64 = /, want an integer of 64 bits$/;
const UINT64 = /, want an integer of 64 bits from 0 up$/;
const ANY = "type.googleapis.com/";

const TABLE: Readonly<Record<string, Row>> = {
  "message": {
    good: [
      ['{"inner":{"innerId":1}}'],
      ['{"inner":{"inner_id":1}}', '{"inner":{"innerId":1}}'],
      ['{"inner":{}}'],
      ['{"inner":null}', "{}"],
      ['{"a_bool":true,"aString":"x"}', '{"aBool":true,"aString":"x"}'],
      ['{"CUSTOM":1}'],
      ['{"renamed":1}', '{"CUSTOM":1}'],
      ["{}"],
    ],
    bad: [
      ["[]", /^the message is an array, want an object \(broker\.mapping\.All\)$/],
      ["5", /^the message is 5, want an object/],
      ["null", /^the message is null, want an object/],
      ['{"inner":1}', /^inner is 1, want an object \(broker\.mapping\.Inner\)$/],
      [
        '{"inner":{"innerIdd":1}}',
        /^inner\.innerIdd is no field of .*Inner: did you mean "innerId"\?$/,
      ],
      ['{"zzzzzz":1}', /^zzzzzz is no field of broker\.mapping\.All: it has a_bool, a_string/],
      [
        '{"a_bool":true,"aBool":true}',
        /^the message has both "a_bool" and "aBool", which are the same field/,
      ],
      ['{"Renamed":1}', /^Renamed is no field .*: did you mean "renamed"\?$/],
      ['{"__proto__":1}', /^__proto__ is no field/],
      ['{"empty":{"x":1}}', /^empty\.x is no field of google\.protobuf\.Empty: it has none$/],
    ],
  },
  "enum": {
    good: [
      ['{"color":"RED"}'],
      ['{"color":2}', '{"color":"GREEN"}'],
      ['{"color":-1}', '{"color":"DARK"}'],
      ['{"color":"CRIMSON"}', '{"color":"RED"}'],
      ['{"color":77}'],
      ['{"color":null}', "{}"],
      ['{"color":0}', "{}"],
      ['{"colors":["RED",2]}', '{"colors":["RED","GREEN"]}'],
    ],
    bad: [
      [
        '{"color":"RDE"}',
        /^color is "RDE", want one of COLOR_UNSPECIFIED, RED, .*, or its number; did you mean "RED"\?$/,
      ],
      ['{"color":"red"}', /did you mean "RED"/],
      ['{"color":1.5}', /^color is 1\.5, want one of/],
      ['{"color":true}', /^color is true, want one of/],
      ['{"colors":["RED","X"]}', /^colors\[1\] is "X", want one of/],
    ],
  },
  "map": {
    good: [
      ['{"byName":{"a":1,"b c":2}}'],
      ['{"byName":{"__proto__":1}}'],
      ['{"byId":{"9223372036854775807":"x","-5":"y"}}'],
      ['{"byBool":{"true":{"innerId":1},"false":{}}}'],
      ['{"colorOf":{"a":"RED"}}'],
      ['{"longOf":{"a":9007199254740993}}', '{"longOf":{"a":"9007199254740993"}}'],
      ['{"byName":{}}', "{}"],
      ['{"byName":null}', "{}"],
    ],
    bad: [
      ['{"byName":[1]}', /^byName is an array, want an object \(a map\)$/],
      ['{"byName":{"a":"x"}}', /^byName\["a"\] is "x", want an integer of 32 bits$/],
      ['{"byName":{"a":null}}', /^byName\["a"\] is null, want/],
      ['{"byId":{"x":"y"}}', /^byId\["x"\] has a key that does not fit, want an integer of 64/],
      ['{"byId":{"9223372036854775808":"y"}}', /has a key that does not fit/],
      ['{"byBool":{"yes":{}}}', /^byBool\["yes"\] has a key that does not fit, want true or false/],
      ['{"byBool":{"true":{"inner_id":"x"}}}', /^byBool\["true"\]\.inner_id is "x", want an int/],
    ],
  },
  "repeated": {
    good: [
      ['{"numbers":[1,2,3]}'],
      ['{"inners":[{},{"innerId":2}]}'],
      ['{"numbers":[]}', "{}"],
      ['{"numbers":null}', "{}"],
      ['{"values":[null,1,"x",[null]]}'],
    ],
    bad: [
      ['{"numbers":1}', /^numbers is 1, want an array$/],
      ['{"numbers":{}}', /^numbers is an object, want an array$/],
      ['{"numbers":[1,null]}', /^numbers\[1\] is null, want an integer of 32 bits$/],
      ['{"inners":[null]}', /^inners\[0\] is null, want an object/],
      ['{"inners":[{},{"innerId":"x"}]}', /^inners\[1\]\.innerId is "x", want an integer/],
      ['{"numbers":[1,[2]]}', /^numbers\[1\] is \[2\], want/],
    ],
  },
  "bool": {
    good: [['{"aBool":true}'], ['{"aBool":false}', "{}"], ['{"aBool":null}', "{}"]],
    bad: [
      ['{"aBool":"true"}', /^aBool is "true", want true or false$/],
      ['{"aBool":1}', /^aBool is 1, want true or false$/],
    ],
  },
  "string": {
    good: [
      ['{"aString":"Hello World!"}'],
      ['{"aString":"\\u00e9\\ud83d\\ude00\\n\\u0000"}', '{"aString":"é😀\\n\\u0000"}'],
      ['{"aString":""}', "{}"],
    ],
    bad: [
      ['{"aString":5}', /^aString is 5, want text in quotes$/],
      ['{"aString":9007199254740993}', /^aString is 9007199254740992, want text/],
      ['{"aString":{}}', /^aString is \{\}, want text in quotes$/],
      ['{"aString":"\\ud800"}', /half of a surrogate pair/],
    ],
  },
  "bytes": {
    good: [
      ['{"someBytes":"YWJjMTIzIT8kKiYoKSctPUB+"}'],
      ['{"someBytes":"YWJjMTIzIT8kKiYoKSctPUB-"}', '{"someBytes":"YWJjMTIzIT8kKiYoKSctPUB+"}'],
      ['{"someBytes":"aGk"}', '{"someBytes":"aGk="}'],
      ['{"someBytes":"_-8="}', '{"someBytes":"/+8="}'],
      ['{"someBytes":""}', "{}"],
    ],
    bad: [
      ['{"someBytes":"a"}', /^someBytes is "a", want base64 in quotes$/],
      ['{"someBytes":"***"}', /want base64 in quotes$/],
      ['{"someBytes":[1]}', /^someBytes is \[1\], want base64 in quotes$/],
    ],
  },
  "int32, sint32, sfixed32": {
    good: [
      ['{"anInt32":1,"aSint32":-10,"aSfixed32":7}'],
      ['{"anInt32":"123"}', '{"anInt32":123}'],
      ['{"anInt32":-2147483648,"aSint32":2147483647}'],
      ['{"anInt32":1e3}', '{"anInt32":1000}'],
      ['{"anInt32":100000.000}', '{"anInt32":100000}'],
      ['{"anInt32":0}', "{}"],
      ['{"anInt32":-0}', "{}"],
      ['{"anInt32":null}', "{}"],
    ],
    bad: [
      ['{"anInt32":2147483648}', INT32],
      ['{"anInt32":-2147483649}', INT32],
      ['{"anInt32":1.5}', /^anInt32 is 1\.5, want an integer of 32 bits$/],
      ['{"anInt32":"1.5"}', INT32],
      ['{"anInt32":""}', INT32],
      ['{"anInt32":" 1"}', INT32],
      ['{"anInt32":true}', INT32],
      ['{"aSint32":"x"}', INT32],
      ['{"aSfixed32":1e10}', INT32],
    ],
  },
  "uint32, fixed32": {
    good: [['{"aUint32":4294967295,"aFixed32":1}']],
    bad: [
      ['{"aUint32":-1}', UINT32],
      ['{"aUint32":4294967296}', UINT32],
      ['{"aFixed32":0.5}', UINT32],
    ],
  },
  "int64, sint64, sfixed64": {
    good: [
      ['{"anInt64":"1"}'],
      ['{"anInt64":1}', '{"anInt64":"1"}'],
      ['{"anInt64":9007199254740993}', '{"anInt64":"9007199254740993"}'],
      ['{"anInt64":"9223372036854775807","aSint64":"-9223372036854775808"}'],
      ['{"aSfixed64":-9223372036854775808}', '{"aSfixed64":"-9223372036854775808"}'],
      ['{"anInt64":1.7e18}', '{"anInt64":"1700000000000000000"}'],
      ['{"anInt64":1700000000123456789}', '{"anInt64":"1700000000123456789"}'],
      ['{"longs":[9007199254740993,"-1"]}', '{"longs":["9007199254740993","-1"]}'],
      ['{"anInt64":5.0}', '{"anInt64":"5"}'],
    ],
    bad: [
      ['{"anInt64":9223372036854775808}', INT64],
      ['{"anInt64":"-9223372036854775809"}', INT64],
      ['{"anInt64":1.5}', INT64],
      ['{"anInt64":1e400}', /^anInt64 is 1e400, which is beyond all numbers/],
      ['{"anInt64":1e300}', INT64],
      ['{"aSint64":"1.5"}', INT64],
      ['{"aSfixed64":""}', INT64],
      ['{"longs":[1,"x"]}', /^longs\[1\] is "x", want an integer of 64 bits$/],
    ],
  },
  "uint64, fixed64": {
    good: [
      ['{"aUint64":18446744073709551615}', '{"aUint64":"18446744073709551615"}'],
      ['{"aFixed64":"1"}'],
    ],
    bad: [
      ['{"aUint64":-1}', UINT64],
      ['{"aUint64":18446744073709551616}', UINT64],
      ['{"aFixed64":"-1"}', UINT64],
    ],
  },
  "float, double": {
    good: [
      ['{"aFloat":0.1,"aDouble":1.1}'],
      ['{"aFloat":"NaN","aDouble":"-Infinity"}'],
      ['{"aFloat":"Infinity","aDouble":"NaN"}'],
      ['{"aFloat":-0,"aDouble":-0}'],
      ['{"aDouble":-0.0}', '{"aDouble":-0}'],
      ['{"aDouble":"1e-3","aFloat":"2.5"}', '{"aFloat":2.5,"aDouble":0.001}'],
      ['{"aDouble":5e-324}'],
      ['{"aDouble":1.7976931348623157e+308}'],
      ['{"aFloat":3.4028235e+38}'],
      ['{"aFloat":16777216}'],
      ['{"aDouble":9007199254740993}', '{"aDouble":9007199254740992}'],
      ['{"floats":[0.3,1e-45,123456.79]}'],
      ['{"aDouble":0}', "{}"],
    ],
    bad: [
      ['{"aDouble":1e999}', /^aDouble is 1e999, which is beyond all numbers of 64 bits$/],
      ['{"aDouble":"inf"}', /^aDouble is "inf", want a number, "NaN", "Infinity" or "-Infinity"$/],
      ['{"aDouble":""}', /want a number/],
      ['{"aDouble":"1 "}', /want a number/],
      ['{"aFloat":3.5e38}', /^aFloat is 3\.5e\+38, want a number of 32 bits/],
      ['{"aFloat":true}', /want a number of 32 bits/],
      ['{"aDouble":NaN}', /^line 1 column 12: found "NaN", want a value$/],
    ],
  },
  "Any": {
    good: [
      [`{"any":{"@type":"${ANY}broker.mapping.Inner","innerId":1}}`],
      [
        `{"any":{"inner_id":1,"@type":"${ANY}broker.mapping.Inner"}}`,
        `{"any":{"@type":"${ANY}broker.mapping.Inner","innerId":1}}`,
      ],
      [`{"any":{"@type":"${ANY}google.protobuf.Duration","value":"1.212s"}}`],
      [`{"any":{"@type":"${ANY}google.protobuf.Int64Value","value":"9007199254740993"}}`],
      [
        `{"any":{"@type":"${ANY}google.protobuf.Int64Value","value":9007199254740993}}`,
        `{"any":{"@type":"${ANY}google.protobuf.Int64Value","value":"9007199254740993"}}`,
      ],
      [`{"any":{"@type":"${ANY}google.protobuf.Struct","value":{"a":[1,null]}}}`],
      [`{"any":{"@type":"${ANY}google.protobuf.Value","value":null}}`],
      [`{"any":{"@type":"${ANY}google.protobuf.Empty"}}`],
      [
        `{"any":{"@type":"${ANY}google.protobuf.Empty","value":{}}}`,
        `{"any":{"@type":"${ANY}google.protobuf.Empty"}}`,
      ],
      [
        `{"any":{"@type":"${ANY}google.protobuf.Any","value":{"@type":"${ANY}broker.mapping.All","aFloat":0.1}}}`,
      ],
      ['{"any":{}}'],
      ['{"any":null}', "{}"],
    ],
    bad: [
      ['{"any":{"value":1}}', /^any\["@type"\]|^any\.@type is missing, want the type/],
      ['{"any":[]}', /^any is an array, want an object with "@type" \(an Any\)$/],
      [
        `{"any":{"@type":"${ANY}broker.mapping.Innner"}}`,
        /^any\.@type is ".*Innner", which is not known; did you mean "broker\.mapping\.Inner"\?$/,
      ],
      [
        `{"any":{"@type":"${ANY}google.protobuf.Duration","value":"x"}}`,
        /^any\.value is "x", want a duration/,
      ],
      [
        `{"any":{"@type":"${ANY}google.protobuf.Duration","seconds":1}}`,
        /^any\.seconds is unknown: a google\.protobuf\.Duration in an Any is \{"@type": …, "value": …\}$/,
      ],
      [
        `{"any":{"@type":"${ANY}google.protobuf.Duration"}}`,
        /^any\.value is missing/,
      ],
      [
        `{"any":{"@type":"${ANY}broker.mapping.Inner","innerId":"x"}}`,
        /^any\.innerId is "x", want an integer of 32 bits$/,
      ],
    ],
  },
  "Timestamp": {
    good: [
      ['{"time":"1972-01-01T10:00:20.021Z"}'],
      ['{"time":"1972-01-01T10:00:20Z"}'],
      ['{"time":"1972-01-01T10:00:20.000021Z"}'],
      ['{"time":"1972-01-01T10:00:20.000000021Z"}'],
      ['{"time":"1972-01-01T10:00:20.1Z"}', '{"time":"1972-01-01T10:00:20.100Z"}'],
      ['{"time":"1972-01-01T10:00:20+01:00"}', '{"time":"1972-01-01T09:00:20Z"}'],
      ['{"time":"1972-01-01T10:00:20.5-08:30"}', '{"time":"1972-01-01T18:30:20.500Z"}'],
      ['{"time":"0001-01-01T00:00:00Z"}'],
      ['{"time":"9999-12-31T23:59:59.999999999Z"}'],
      ['{"time":"1969-12-31T23:59:59.500Z"}'],
    ],
    bad: [
      ['{"time":"0000-12-31T23:59:59Z"}', /^time is ".*", want a time from year 1 to 9999/],
      ['{"time":"1972-01-01"}', /want a time/],
      ['{"time":"1972-01-01T10:00:20"}', /want a time/],
      ['{"time":"1972-13-01T10:00:20Z"}', /want a time/],
      ['{"time":"1972-01-01T10:00:20.1234567890Z"}', /want a time/],
      ['{"time":0}', /^time is 0, want a time/],
      ['{"time":{"seconds":1}}', /^time is \{"seconds":1\}, want a time/],
    ],
  },
  "Duration": {
    good: [
      ['{"duration":"1.212s"}'],
      ['{"duration":"1s"}'],
      ['{"duration":"1.000340012s"}'],
      ['{"duration":"-0.500s"}'],
      ['{"duration":"1.5s"}', '{"duration":"1.500s"}'],
      ['{"duration":"0s"}'],
      ['{"duration":"315576000000s"}'],
    ],
    bad: [
      ['{"duration":"1"}', /^duration is "1", want a duration of at most 10000 years/],
      ['{"duration":"1m"}', /want a duration/],
      ['{"duration":1}', /want a duration/],
      ['{"duration":"315576000001s"}', /want a duration/],
      ['{"duration":"1.0000000001s"}', /want a duration/],
    ],
  },
  "Struct": {
    good: [
      ['{"struct":{"a":1,"b":[true,null,{"c":"x"}],"d":-0.5}}'],
      ['{"struct":{}}'],
      ['{"struct":{"__proto__":1}}'],
      ['{"struct":null}', "{}"],
    ],
    bad: [
      ['{"struct":1}', /^struct is 1, want an object$/],
      ['{"struct":[]}', /^struct is \[\], want an object$/],
    ],
  },
  "wrapper types": {
    good: [
      ['{"doubleValue":2.5,"floatValue":0.1}'],
      ['{"int64Value":"9007199254740993","uint64Value":"18446744073709551615"}'],
      ['{"int64Value":9007199254740993}', '{"int64Value":"9007199254740993"}'],
      ['{"int32Value":0,"uint32Value":5,"boolValue":false,"stringValue":"","bytesValue":"aGk="}'],
      ['{"doubleValue":"NaN"}'],
      ['{"int32Value":"5"}', '{"int32Value":5}'],
      ['{"int32Value":null,"stringValue":null}', "{}"],
    ],
    bad: [
      ['{"int32Value":{"value":1}}', /^int32Value is \{"value":1\}, want an integer of 32 bits$/],
      ['{"uint64Value":-1}', /^uint64Value is "-1", want an integer of 64 bits from 0 up$/],
      ['{"boolValue":"true"}', /want true or false$/],
      ['{"stringValue":1}', /want text in quotes$/],
    ],
  },
  "FieldMask": {
    good: [['{"mask":"f.fooBar,h"}'], ['{"mask":""}']],
    bad: [
      ['{"mask":"f.foo_bar"}', /^mask is "f\.foo_bar", want names in lowerCamelCase/],
      ['{"mask":["a"]}', /^mask is \["a"\], want names/],
    ],
  },
  "ListValue": {
    good: [['{"list":["foo",1,null,[],{}]}'], ['{"list":[]}']],
    bad: [['{"list":{}}', /^list is \{\}, want an array$/], ['{"list":1}', /want an array$/]],
  },
  "Value": {
    good: [
      ['{"value":null}'],
      ['{"value":1.5}'],
      ['{"value":"x"}'],
      ['{"value":true}'],
      ['{"value":[1,[2]]}'],
      ['{"value":{"a":{"b":null}}}'],
    ],
    bad: [[
      '{"value":1e999}',
      /^value is 1e999, which is beyond all numbers of 64 bits$/,
    ]],
  },
  "NullValue": {
    good: [
      ['{"nothing":null}'],
      ['{"nothing":"NULL_VALUE"}', '{"nothing":null}'],
      ['{"nullValue":null}', "{}"],
    ],
  },
  "Empty": {
    good: [['{"empty":{}}'], ['{"empty":null}', "{}"]],
    bad: [['{"empty":1}', /^empty is 1, want an object \(google\.protobuf\.Empty\)$/]],
  },
  "null, presence and oneof": {
    good: [
      ['{"maybe":0,"maybeText":""}'],
      ['{"maybe":null}', "{}"],
      ['{"text":""}'],
      ['{"number":"0"}'],
      ['{"message":{}}'],
      ['{"text":null,"number":1}', '{"number":"1"}'],
      ['{"self":{"self":{"aBool":true}}}'],
    ],
    bad: [
      [
        '{"text":"a","number":1}',
        /^the message has both "text" and "number", which are of the oneof "choice": give one of them$/,
      ],
      [
        '{"self":{"text":"a","message":{}}}',
        /^self has both "text" and "message", which are of the oneof/,
      ],
    ],
  },
};

for (const [name, { good, bad = [] }] of Object.entries(TABLE)) {
  Deno.test(`JSON of ${name}: what is taken comes back in its canonical form`, () => {
    for (const [json, canonical = json] of good) {
      assert.equal(roundTrip(types, ALL, json), canonical, `from ${json}`);
    }
  });

  Deno.test(`JSON of ${name}: what is canonical means the same octets`, () => {
    for (const [json, canonical = json] of good) {
      assert.deepEqual(octetsOf(types, ALL, canonical), octetsOf(types, ALL, json), json);
    }
  });

  if (bad.length === 0) continue;
  Deno.test(`JSON of ${name}: what does not fit is refused with its path`, () => {
    for (const [json, reason] of bad) {
      assert.throws(() => octetsOf(types, ALL, json), (error) => {
        assert.ok(error instanceof JsonError, String(error));
        assert.match(error.message, reason, json);
        return true;
      }, json);
    }
  });
}
