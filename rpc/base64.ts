/** Writes octets in the standard alphabet; by default without padding, as `-bin` metadata travels. */
export function encodeBase64(
  octets: Uint8Array,
  options: { readonly padded: boolean } = { padded: false },
): string {
  let binary = "";
  for (const octet of octets) binary += String.fromCharCode(octet);
  const padded = btoa(binary);
  return options.padded ? padded : padded.replace(/=+$/, "");
}

/** Reads the standard alphabet, padded or not; undefined if it is not base64. */
export function decodeBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    return undefined;
  }
}
