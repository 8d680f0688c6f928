import assert from "node:assert/strict";
import {
  type InterceptedCall,
  type Interceptor,
  ValidationError,
} from "../../codegen/templates/rpc.ts";
import {
  ValidationError as OurValidationError,
  violationsOf,
} from "../../interceptors/validation_error.ts";
import type { InterceptedCall as OurCall, ServerInterceptor } from "../../rpc/mod.ts";

/** Fails to compile where `From` is not assignable to `To`. */
type Assignable<From extends To, To> = From;

/** What `deno check` looks at: a scaffold's interceptor is one of ours, and knows all that one of ours is told. */
export type Checked = [
  Assignable<Interceptor, ServerInterceptor>,
  Assignable<OurCall, InterceptedCall>,
  Assignable<keyof OurCall, keyof InterceptedCall>,
];

Deno.test("the ValidationError of a scaffold tells the server what ours does", () => {
  const violations = [
    { field: "id", reason: "must not be 0" },
    { field: "route.name", reason: "must not be empty" },
  ];
  for (
    const [theirs, ours] of [
      [new ValidationError("id", "must not be 0"), new OurValidationError("id", "must not be 0")],
      [new ValidationError(violations), new OurValidationError(violations)],
    ]
  ) {
    assert.equal(theirs.name, ours.name);
    assert.equal(theirs.message, ours.message);
    assert.deepEqual(violationsOf(theirs), ours.violations);
  }
});
