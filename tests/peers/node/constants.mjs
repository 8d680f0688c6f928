// The constants of interop.proto.
import { Buffer } from "node:buffer";

export const HANG = -1000;
export const AWAIT_CANCELLED = -1001;
export const LAST_STATUS = 16;
export const REFUSAL = "refused: ☺ 100%";
export const REASON = Buffer.from([0x00, 0x01, 0xfe, 0xff]);
export const REPLY_OCTET = 0x2a;
