import type { Features, FileDescriptor } from "./file_descriptor.ts";
import { SchemaError } from "./schema_error.ts";

/**
 * The statement that a file of an edition begins with: 2024 as 2023, which every program reads that reads editions, as
 * nothing that differs is on the wire.
 *
 * @throws {SchemaError} if the edition is not known
 */
export function printEdition({ name, edition = "none" }: FileDescriptor): string {
  if (edition === "EDITION_2023" || edition === "EDITION_2024") return 'edition = "2023";';
  const found = typeof edition === "string" ? edition.replace(/^EDITION_/, "") : `no. ${edition}`;
  throw new SchemaError(
    `Cannot use "${name}": it is of edition ${found}, and only 2023 and 2024 are known`,
  );
}

/** The features of edition 2024 that are no matter of messages. */
const STYLE_FEATURES: ReadonlySet<string> = new Set([
  "enforceNamingStyle",
  "defaultSymbolVisibility",
]);

/** The features of editions, of which some change what is on the wire. */
export function printFeatures(features: Features = {}): string[] {
  const entries = Object.entries(features).filter(([name]) => !STYLE_FEATURES.has(name));
  return entries.map(([name, value]) => {
    const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    return `features.${snake} = ${value}`;
  });
}

/** The same as statements: of a file, a message or an enum. */
export function printFeatureLines(features: Features | undefined, indent: string): string[] {
  return printFeatures(features).map((option) => `${indent}option ${option};`);
}

/** For people: a file's edition and what it says of all its fields; empty of what is of no edition. */
export function describeEdition({ syntax, edition, options }: FileDescriptor): string[] {
  if (syntax !== "editions" || edition === undefined) return [];
  return [
    `edition ${String(edition).replace(/^EDITION_/, "")}`,
    ...printFeatures(options?.features),
  ];
}
