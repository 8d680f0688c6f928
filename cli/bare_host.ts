/** A host as it is listened on: an IPv6 address without the brackets that it has in a URL. */
export function bareHost(host: string): string {
  return host.replace(/^\[|\]$/g, "");
}
