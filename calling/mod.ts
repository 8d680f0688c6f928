export { type CallMethod, findCallMethod } from "./call_method.ts";
export { type CallResult, type CallSession, runCall } from "./call_session.ts";
export { describeStatus, formatDetails } from "./describe_status.ts";
export { encodeRequest } from "./encode_request.ts";
export { openRequests, readRequests, type RequestSource } from "./request_source.ts";
export { TypeBook } from "./type_book.ts";
