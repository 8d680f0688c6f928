// `broker scaffold` copies this file into gen/runtime/, so it imports nothing.

/** What a message has to do with maps whose keys are 64-bit integers. */
export interface LongKeyPlan {
  /** Such maps, and whether their keys have a sign. */
  readonly maps?: Readonly<Record<string, "signed" | "unsigned">>;
  /** Fields whose messages, one or more, have such maps inside, and the type of these messages. */
  readonly messages?: Readonly<Record<string, string>>;
  /** Maps of such messages, likewise. */
  readonly messageMaps?: Readonly<Record<string, string>>;
}

/** The plans of all messages that have or hold such maps, by full name. */
export type LongKeyPlans = Readonly<Record<string, LongKeyPlan>>;

/**
 * Makes the 64-bit keys of maps decimal strings, in place, as other 64-bit integers are.
 *
 * protobufjs 7.6.6 decodes such a key to a string of eight characters, one for each octet, and takes decimal ones to
 * encode: what it decodes it cannot encode again.
 */
export function fixLongKeys(message: unknown, typeName: string, plans: LongKeyPlans): void {
  const plan = plans[typeName];
  if (plan === undefined || !isObject(message)) return;
  for (const [field, sign] of Object.entries(plan.maps ?? {})) {
    const map = message[field];
    if (!isObject(map)) continue;
    message[field] = Object.fromEntries(
      Object.entries(map).map(([key, value]) => [decodeLongKey(key, sign), value]),
    );
  }
  for (const [field, inner] of Object.entries(plan.messages ?? {})) {
    const value = message[field];
    for (const item of Array.isArray(value) ? value : [value]) fixLongKeys(item, inner, plans);
  }
  for (const [field, inner] of Object.entries(plan.messageMaps ?? {})) {
    const map = message[field];
    if (!isObject(map)) continue;
    for (const item of Object.values(map)) fixLongKeys(item, inner, plans);
  }
}

/** Eight characters, the least significant octet first, to a decimal string. */
function decodeLongKey(key: string, sign: "signed" | "unsigned"): string {
  let value = 0n;
  for (let index = 7; index >= 0; index--) value = value << 8n | BigInt(key.charCodeAt(index));
  return (sign === "signed" ? BigInt.asIntN(64, value) : value).toString();
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
