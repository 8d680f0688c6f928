// A call that passes interceptors which change nothing behaves as one that passes none.
import type { ServerInterceptor } from "../../rpc/interceptors.ts";
import { type Detour, testEveryScenario } from "./support/call_scenarios.ts";

const plain: ServerInterceptor = (_call, next) => next();
const slow: ServerInterceptor = async (call, next) => {
  call.onRequest((message) => message);
  call.onResponse(() => {});
  await Promise.resolve();
  await next();
};

const INTERCEPTORS: Detour = {
  name: "through interceptors that change nothing",
  server: { interceptors: [plain, slow, plain] },
};

for (const kind of ["Unary", "ServerStream", "ClientStream", "Bidi"] as const) {
  testEveryScenario(kind, INTERCEPTORS);
}
