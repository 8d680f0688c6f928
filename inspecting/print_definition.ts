import { escapeControls } from "../cli/mod.ts";
import {
  printEnum,
  printField,
  type Printing,
  printMessage,
  printMethod,
  printService,
  syntaxOf,
} from "../schema/mod.ts";
import type { Contract } from "./contract.ts";
import type { Definition } from "./definitions.ts";

/** Writes a definition as it may stand in its `.proto`, with its comments; types by their full names. */
export function printDefinition(contract: Contract, definition: Definition): string {
  const printing: Printing = {
    syntax: syntaxOf(definition.file),
    comments: contract.comments,
    hasDots: false,
  };
  return `${printLines(printing, definition).map(escapeLine).join("\n")}\n`;
}

function printLines(printing: Printing, definition: Definition): string[] {
  const place = { indent: "", scope: definition.scope };
  switch (definition.kind) {
    case "service":
      return printService(printing, definition.service, place);
    case "method":
      return printMethod(printing, definition.method, place);
    case "message":
      return printMessage(printing, definition.message, place);
    case "field":
      return printField(printing, definition.message, { field: definition.field, ...place });
    case "enum":
      return printEnum(printing, definition.enum, place);
  }
}

/** Names and comments are a server's own words: none of them may steer the terminal. */
const escapeLine = (line: string) => escapeControls(line.replaceAll("\t", "  "));
