export { logCalls } from "./log_calls.ts";
export { logOutgoingCalls, type OutgoingCallRecord } from "./log_outgoing_calls.ts";
export { mapErrors } from "./map_errors.ts";
export { requireToken, type RequireTokenOptions } from "./require_token.ts";
export { sendToken } from "./send_token.ts";
export { TokenSet } from "./token_set.ts";
export {
  validateMessages,
  type ValidationRule,
  type ValidationRules,
} from "./validate_messages.ts";
export { ValidationError, type Violation } from "./validation_error.ts";
