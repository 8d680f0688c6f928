/** A kind of machine that the binary is built for. */
export interface Target {
  /** As Rust, and so `deno compile --target`, names it. */
  readonly triple: string;
  /** The file's name; Windows starts nothing that does not end with `.exe`. */
  readonly fileName: string;
}

/** What `deno compile` can build for; the same list as in docs/install.md. */
export const TARGETS: readonly Target[] = [
  { triple: "x86_64-unknown-linux-gnu", fileName: "broker" },
  { triple: "aarch64-unknown-linux-gnu", fileName: "broker" },
  { triple: "x86_64-apple-darwin", fileName: "broker" },
  { triple: "aarch64-apple-darwin", fileName: "broker" },
  { triple: "x86_64-pc-windows-msvc", fileName: "broker.exe" },
];

/** The target of this machine. @throws Error where there is none */
export function hostTarget(): Target {
  return findTarget(Deno.build.target);
}

/** A target by its triple. @throws Error if there is none of that name, with those that there are */
export function findTarget(triple: string): Target {
  const target = TARGETS.find((target) => target.triple === triple);
  if (target !== undefined) return target;
  const triples = TARGETS.map((target) => target.triple).join(", ");
  throw new Error(`Cannot build for "${triple}": the targets are ${triples}`);
}
