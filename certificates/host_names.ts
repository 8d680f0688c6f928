import { CertificateError } from "./certificate_error.ts";

/** A subject alternative name of a server's certificate (RFC 5280 section 4.2.1.6). */
export interface HostName {
  readonly type: "dns" | "ip";
  readonly value: string;
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

/** Labels of letters, digits, - and _; the first may be a wildcard (RFC 9525 section 6.3). */
const DNS_NAME =
  /^(?=.{1,253}$)(?:\*\.)?(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/;

/**
 * Reads host names and IP addresses, separated by commas: `localhost,127.0.0.1,::1,*.example.com`. Doubles are dropped;
 * names beyond ASCII become what DNS has for them.
 *
 * @throws CertificateError for what a server cannot be called.
 */
export function parseHostNames(text: string): readonly [HostName, ...HostName[]] {
  const names = new Map<string, HostName>();
  for (const part of text.split(",")) {
    const name = parseHostName(part.trim());
    names.set(name.value, name);
  }
  const [first, ...others] = names.values();
  // `split()` gives one part at least, and each part is a name or an error.
  return [first, ...others];
}

function parseHostName(text: string): HostName {
  const bare = text.replace(/^\[(.*)\]$/, "$1");
  if (IPV4.test(bare)) return { type: "ip", value: bare };
  if (bare.includes(":")) {
    // In groups of hexadecimal digits: @peculiar/x509 2.2.0 misreads ::ffff:1.2.3.4.
    const address = canonicalHost(`[${bare}]`)?.slice(1, -1);
    if (address !== undefined) return { type: "ip", value: address };
  } else if (!/[^\p{L}\p{M}\p{N}*._-]/u.test(text)) {
    const name = canonicalHost(text.replace(/\.$/, ""));
    // What looks like a number is an IPv4 address to URLs, and was none above.
    if (name !== undefined && DNS_NAME.test(name) && !/^[\d.]+$/.test(name)) {
      return { type: "dns", value: name };
    }
  }
  throw new CertificateError(
    `Cannot make a certificate for "${text}": it is neither a host name nor an IP address, ` +
      `as in localhost,127.0.0.1 (without ports)`,
  );
}

/** As URLs have it: in lower case and ASCII, addresses at their shortest. */
function canonicalHost(host: string): string | undefined {
  return URL.parse(`http://${host}/`)?.hostname;
}
