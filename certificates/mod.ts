export {
  type Authority,
  checkClientName,
  createAuthority,
  type Credentials,
  loadAuthority,
  type Validity,
} from "./authority.ts";
export { CertificateError } from "./certificate_error.ts";
export { channelTls, type ClientTlsFlags, readClientTls, wantsTls } from "./client_tls.ts";
export { explainConnectFailure, findAbsence } from "./explain_connect_failure.ts";
export { type HostName, parseHostNames } from "./host_names.ts";
export { openTlsListener, readServerTls, type ServerTlsFlags, servesTls } from "./server_tls.ts";
export { findExisting, type NewFile, writeFiles } from "./write_files.ts";
