import type { StartAnswering } from "./answer_each.ts";
import type { Handler } from "./handlers.ts";
import type { MethodDefinition } from "./service_definition.ts";

/** A method and who answers it. */
export interface Route {
  readonly definition: MethodDefinition;
  readonly handler: Handler;
  /** Set where `answerEach()` made the handler. */
  readonly startAnswering?: StartAnswering<unknown, unknown>;
  /** Set where the server has no such method, which its interceptors are to see all the same. */
  readonly isMissing?: true;
}
