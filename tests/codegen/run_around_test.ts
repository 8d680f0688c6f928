import assert from "node:assert/strict";
import { runAround } from "../../codegen/templates/interceptors.ts";
import type { InterceptedCall, Interceptor } from "../../codegen/templates/rpc.ts";

Deno.test("An interceptor of a scaffold that calls next() after it has returned runs nothing", async () => {
  const ran: string[] = [];
  let late: (() => Promise<void>) | undefined;
  const outer: Interceptor = (_call, next) => void (late = next);
  const inner: Interceptor = () => void ran.push("inner");
  const answer = () => Promise.resolve(void ran.push("handler"));
  await assert.rejects(runAround([outer, inner], {} as InterceptedCall, answer));
  await assert.rejects(async () => await late?.());
  assert.deepEqual(ran, []);
});
