/**
 * One header or trailer field. Names are lower case; both parts hold one octet per character (Latin-1),
 * so that any octet the peer sent survives. Instances are shared (table entries): never mutate one.
 */
export interface HeaderField {
  readonly name: string;
  readonly value: string;
  /** Never enters a compression table, here or at any hop (RFC 7541 section 6.2.3). Default false. */
  readonly sensitive?: boolean;
}
