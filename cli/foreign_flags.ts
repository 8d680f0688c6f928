/**
 * What flags of grpcurl, buf curl and ghz are called here, for those who type them by habit: what to write instead.
 * Only names that no command has.
 */
export const FOREIGN_FLAGS: ReadonlyMap<string, string> = new Map(Object.entries({
  "allow-unknown-fields": "nothing: a field that the message does not have is an error",
  "call": "--method",
  "concurrency": "--streams, the calls at a time on each connection",
  "data-file": "-d @FILE",
  "D": "-d @FILE",
  "http2-prior-knowledge": "--plaintext",
  "m": "-H 'name: value'",
  "max-duration": "--duration",
  "protocol": "nothing: it is gRPC",
  "reflect": "nothing: reflection is what is asked without --proto",
  "reflect-header": "-H 'name: value'",
  "rpc-header": "-H 'name: value'",
  "schema": "--proto, or --protoset for an image of buf build",
  "timeout": "--max-time",
  "total": "--count",
  "use-reflection": "nothing: reflection is what is asked without --proto",
}));
