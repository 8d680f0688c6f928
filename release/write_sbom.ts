/** What of deno.lock (version 5) is read. */
export interface DenoLock {
  readonly version: string;
  /** `npm:long@5` to `5.3.2`, with `_peer@1.0.0` behind it where a package has peers. */
  readonly specifiers: Readonly<Record<string, string>>;
  readonly npm: Readonly<
    Record<string, {
      /** As npm has it: `sha512-` and base64. */
      readonly integrity: string;
      /** `name`, where only one version of it is there, or `name@version`. */
      readonly dependencies?: readonly string[];
      readonly optionalDependencies?: readonly string[];
    }>
  >;
}

/** What the list is of. */
export interface SbomSubject {
  readonly version: string;
  /** `npm:` specifiers, as in deno.json. */
  readonly imports: readonly string[];
  /** The runtime in the binary: a version of Deno. */
  readonly deno: string;
}

/**
 * Writes the list of what a release is made of, as CycloneDX 1.6 (ECMA-424): the packages that the binary embeds, with
 * the hashes of deno.lock, and Deno. The same input makes the same text.
 *
 * @throws Error if deno.lock has another form or misses a package
 */
export function writeSbom(lock: DenoLock, subject: SbomSubject): object {
  if (lock.version !== "5") {
    throw new Error(`Cannot read deno.lock: version ${lock.version}, want 5`);
  }
  const keys = listPackages(lock, subject.imports);
  const root = `pkg:generic/broker@${subject.version}`;
  const runtime = `pkg:github/denoland/deno@v${subject.deno}`;
  const direct = subject.imports.map((specifier) => purlOf(resolve(lock, specifier)));
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      component: {
        type: "application",
        "bom-ref": root,
        name: "broker",
        version: subject.version,
        purl: root,
      },
    },
    components: [
      { type: "platform", "bom-ref": runtime, name: "deno", version: subject.deno, purl: runtime },
      ...keys.map((key) => describePackage(key, lock.npm[key].integrity)),
    ],
    dependencies: [
      { ref: root, dependsOn: [...new Set([runtime, ...direct])].sort() },
      ...keys.map((key) => ({
        ref: purlOf(key),
        dependsOn: [...new Set(dependenciesOf(lock, key).map(purlOf))].sort(),
      })),
    ],
  };
}

/** The keys of all packages that `imports` need, in order. */
function listPackages(lock: DenoLock, imports: readonly string[]): string[] {
  const seen = new Set<string>();
  const waiting = imports.map((specifier) => resolve(lock, specifier));
  for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
    if (seen.has(key)) continue;
    seen.add(key);
    waiting.push(...dependenciesOf(lock, key));
  }
  return [...seen].sort();
}

function resolve({ specifiers, npm }: DenoLock, specifier: string): string {
  const name = /^npm:\/?((?:@[^/]+\/)?[^@/]+)/.exec(specifier)?.[1] ?? "";
  // A path behind the version, as in npm:/@scope/name@1.0.0/, is not part of the lock's.
  const found = Object.entries(specifiers).find(([known]) =>
    known === specifier.replace("npm:/", "npm:").replace(/\/$/, "")
  );
  const key = `${name}@${found?.[1]}`;
  if (!(key in npm)) throw new Error(`Cannot find "${specifier}" in deno.lock`);
  return key;
}

function dependenciesOf({ npm }: DenoLock, key: string): string[] {
  const { dependencies = [], optionalDependencies = [] } = npm[key];
  return [...dependencies, ...optionalDependencies].map((name) => {
    const found = Object.keys(npm).find((key) => key === name || nameOf(key) === name);
    if (found === undefined) {
      throw new Error(`Cannot find "${name}", which ${key} needs, in deno.lock`);
    }
    return found;
  });
}

function nameOf(key: string): string {
  return key.slice(0, key.indexOf("@", 1));
}

/** Without the peers that stand behind a `_`. */
function versionOf(key: string): string {
  return key.slice(key.indexOf("@", 1) + 1).replace(/_.*$/, "");
}

/** github.com/package-url: the `@` of a scope is written `%40`. */
function purlOf(key: string): string {
  return `pkg:npm/${nameOf(key).replace("@", "%40")}@${versionOf(key)}`;
}

function describePackage(key: string, integrity: string): object {
  const [algorithm, base64 = ""] = integrity.split("-");
  if (algorithm !== "sha512") throw new Error(`Cannot read the hash of ${key}: "${integrity}"`);
  const content = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)).toHex();
  const purl = purlOf(key);
  return {
    type: "library",
    "bom-ref": purl,
    name: nameOf(key),
    version: versionOf(key),
    purl,
    hashes: [{ alg: "SHA-512", content }],
  };
}
