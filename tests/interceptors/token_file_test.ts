import { strict as assert } from "node:assert";
import { parseTokens } from "../../interceptors/token_file.ts";

Deno.test("parseTokens() takes one token a line, and passes over blank lines and comments", () => {
  const text = "# for the pit wall\nsecret-one\n\n  secret-two  \r\n   # none\nc2Vj+/=#=\n";
  assert.deepEqual(parseTokens(text, "tokens"), ["secret-one", "secret-two", "c2Vj+/=#="]);
});

const REFUSED: Record<string, readonly [text: string, says: string]> = {
  "an empty file": ["", 'Cannot use the tokens in "tokens": there is none; write one a line'],
  "nothing but comments": [
    "# one\n\n",
    'Cannot use the tokens in "tokens": there is none; write one a line',
  ],
  "whitespace within a token": [
    "good\nBearer secret\n",
    'Cannot use the token in "tokens" line 2: it has whitespace within',
  ],
  "a character that cannot travel": [
    "sécret\n",
    'Cannot use the token in "tokens" line 1: it has characters beyond printable ASCII',
  ],
};

for (const [name, [text, message]] of Object.entries(REFUSED)) {
  Deno.test(`parseTokens() refuses ${name}, naming the line and not the token`, () => {
    assert.throws(() => parseTokens(text, "tokens"), { name: "CommandError", message });
    assert.doesNotMatch(message, /secret|sécret/);
  });
}
