import { Http2Error } from "../rpc/http2/mod.ts";
import { type RpcError, type Target, TlsError, type TlsFailure } from "../rpc/mod.ts";
import { type ClientTlsFlags, wantsTls } from "./client_tls.ts";

/** What a hint depends on. */
interface Situation {
  readonly flags: ClientTlsFlags;
  readonly target: Target;
}

/** The end of the sentence for each failure: what to do, and the flag that helps. */
const HINTS: Readonly<Record<TlsFailure, (situation: Situation) => string>> = {
  untrusted: ({ flags }) =>
    flags.caCertPath === undefined
      ? "; name the certificate of that authority with --cacert"
      : `; --cacert "${flags.caCertPath}" is not the certificate of that authority`,
  self_signed: ({ flags }) =>
    flags.caCertPath === undefined
      ? "; if it is the right one, name it with --cacert"
      : `; --cacert "${flags.caCertPath}" is another one`,
  expired: () => "; renew it, or connect with --insecure, which does not check it",
  not_yet_valid: () =>
    "; check the clocks of both machines, or connect with --insecure, which does not check it",
  wrong_name: ({ flags, target }) =>
    `, not for "${
      flags.serverName ?? hostOf(target)
    }"; name the one that is right with --servername`,
  wrong_usage: () => "; make one with broker cert, or connect with --insecure",
  not_tls: () => "; connect with --plaintext",
  wants_tls: () => "; connect with --tls, or with --cacert if its authority is one of your own",
  certificate_required: ({ flags }) =>
    flags.certPath === undefined
      ? "; give one with --cert and --key"
      : `; it does not take --cert "${flags.certPath}" for one`,
  certificate_refused: ({ flags }) =>
    `; ask for one of an authority that it trusts, in place of --cert "${flags.certPath}"`,
  closed_after_handshake: ({ flags }) =>
    flags.certPath === undefined
      ? ", as servers do that want a client certificate; give one with --cert and --key"
      : `, as servers do that do not accept a client certificate; check --cert "${flags.certPath}"`,
  closed_in_handshake: () => "; if it does not speak TLS, connect with --plaintext",
  no_http2: () => ", which gRPC needs; check the port",
  bad_certificate: () => "; check --cert",
  bad_key: () => "; check --key",
  bad_roots: () => "; check --cacert",
  unsupported: () => "",
  other: () => "; if it does not speak TLS, connect with --plaintext",
};

/**
 * The sentence for a connection that did not come about: what was found, and the flag that helps.
 *
 * @param error What `Channel.connect()` threw: the reason is found among its causes.
 */
export function explainConnectFailure(error: RpcError, situation: Situation): string {
  const { target } = situation;
  const reason = findAbsence(error) ?? findTlsReason(error, situation);
  if (reason !== undefined) return `Cannot connect to ${target.text}: ${reason}`;
  return error.message.replace(/ \(os error \d+\)/, "");
}

/** Why nobody is there at all, without a word about TLS; undefined where a server does answer, or nobody knows. */
export function findAbsence({ cause, message }: RpcError): string | undefined {
  if (cause instanceof Deno.errors.ConnectionRefused || cause instanceof Deno.errors.NotFound) {
    return 'no server listens there; start one with "broker serve", or name another target';
  }
  return message.includes("failed to lookup") ? "there is no host of that name" : undefined;
}

/** What TLS, or the want of it, has to do with a failure; undefined for nothing. */
function findTlsReason(error: RpcError, situation: Situation): string | undefined {
  const usesTls = wantsTls(situation.flags, situation.target);
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (at instanceof TlsError) return at.message + HINTS[at.failure](situation);
    if (!usesTls && at instanceof Http2Error && hasHungUp(at)) {
      return "it closed the connection without a word; if it speaks TLS, connect with --tls, " +
        "or with --cacert if its authority is one of your own";
    }
  }
  return undefined;
}

/** A server that is spoken to in plain text, and wants TLS, leaves: in order or not, but without GOAWAY. */
function hasHungUp({ origin, codeName, cause }: Http2Error): boolean {
  if (origin !== "remote") return false;
  return codeName === "CANCEL" || cause instanceof Deno.errors.ConnectionReset;
}

/** The name that is checked where --servername does not say another. */
function hostOf({ address }: Target): string {
  return address.kind === "tcp" ? address.hostname : "localhost";
}
