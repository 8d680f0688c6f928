import { join } from "node:path";
import {
  type Authority,
  CertificateError,
  checkClientName,
  createAuthority,
  findExisting,
  type HostName,
  loadAuthority,
  type NewFile,
  parseHostNames,
  type Validity,
  writeFiles,
} from "./certificates/mod.ts";
import { certSpec } from "./cli/commands/cert_spec.ts";
import {
  type CommandContext,
  CommandError,
  createCommand,
  ExitCode,
  knownError,
  readTextFile,
  UsageError,
} from "./cli/mod.ts";

type CertContext = CommandContext<typeof certSpec.flags, typeof certSpec.positionals>;

const DAY_MS = 86_400_000;
const AUTHORITY_DAYS = 3650;
/** Certificates count from a little earlier on: the clock of whoever checks them may be behind. */
const CLOCK_LEEWAY_MS = 3_600_000;

/** `broker cert`: an authority, and what it signs. */
export const certCommand = createCommand(certSpec, cert, {
  knownErrors: [knownError(CertificateError)],
});

async function cert(context: CertContext): Promise<number> {
  const { flags, talk } = context;
  const hosts = readNames(context);
  const nowMs = Date.now();
  const { authority, files } = flags.caPath === undefined
    ? await makeAuthority(flags.outPath, validityFrom(nowMs, Math.max(flags.days, AUTHORITY_DAYS)))
    : await openAuthority(flags.caPath, flags.outPath);
  const validity = validityFrom(nowMs, flags.days);
  checkLifetime(context, authority, validity);
  files.push(...await issueAsked(context, authority, { hosts, validity }));
  await makeFolder(flags.outPath);
  if (!flags.force) await refuseToOverwrite(files);
  await writeFiles(files);
  const paths = files.map(({ path }) => path).join(", ");
  talk.say(`Wrote ${paths}; the certificates expire on ${dayOf(validity.until)}`);
  return ExitCode.DONE;
}

/** What is wrong with a name is wrong with the command line, and said before anything is made. */
function readNames({ flags }: CertContext): readonly [HostName, ...HostName[]] {
  try {
    if (flags.client !== undefined) checkClientName(flags.client);
    return parseHostNames(flags.hosts);
  } catch (cause) {
    if (cause instanceof CertificateError) throw new UsageError(cause.message, { cause });
    throw cause;
  }
}

/** An authority, and the files of it that are to be written. */
interface OpenedAuthority {
  readonly authority: Authority;
  readonly files: NewFile[];
}

async function makeAuthority(outPath: string, validity: Validity): Promise<OpenedAuthority> {
  const authority = await createAuthority(validity);
  const { certificate, privateKey } = authority.credentials;
  return {
    authority,
    files: [
      { path: join(outPath, "ca.crt"), text: certificate, isSecret: false },
      { path: join(outPath, "ca.key"), text: privateKey, isSecret: true },
    ],
  };
}

/** The authority of an earlier run. Its certificate is copied, so that the new folder has all that a program needs. */
async function openAuthority(caPath: string, outPath: string): Promise<OpenedAuthority> {
  const certificate = await readTextFile(join(caPath, "ca.crt"));
  const privateKey = await readTextFile(join(caPath, "ca.key"));
  const authority = await loadOrExplain({ certificate, privateKey }, caPath);
  const path = join(outPath, "ca.crt");
  const isThere = await Deno.readTextFile(path).then((text) => text === certificate, () => false);
  return { authority, files: isThere ? [] : [{ path, text: certificate, isSecret: false }] };
}

async function loadOrExplain(
  credentials: Parameters<typeof loadAuthority>[0],
  caPath: string,
): Promise<Authority> {
  try {
    return await loadAuthority(credentials);
  } catch (cause) {
    if (!(cause instanceof CertificateError)) throw cause;
    throw new CommandError(`Cannot sign with ca.crt and ca.key in "${caPath}": ${cause.message}`, {
      cause,
    });
  }
}

/** A certificate that outlives its authority would fail earlier than it says. */
function checkLifetime({ flags }: CertContext, authority: Authority, { until }: Validity): void {
  const end = authority.validity.until;
  if (until <= end) return;
  throw new CommandError(
    `Cannot make a certificate for ${flags.days} days: the authority in "${flags.caPath}" ` +
      `expires on ${dayOf(end)}; give fewer --days, or make a new one without --ca`,
  );
}

async function issueAsked(
  { flags, given }: CertContext,
  authority: Authority,
  { hosts, validity }: {
    readonly hosts: readonly [HostName, ...HostName[]];
    readonly validity: Validity;
  },
): Promise<NewFile[]> {
  const { outPath, client, caPath } = flags;
  const files: NewFile[] = [];
  const add = (name: string, pem: { certificate: string; privateKey: string }) =>
    files.push(
      { path: join(outPath, `${name}.crt`), text: pem.certificate, isSecret: false },
      { path: join(outPath, `${name}.key`), text: pem.privateKey, isSecret: true },
    );
  // One more client needs no other server.
  if (caPath === undefined || client === undefined || given.has("hosts")) {
    add("server", await authority.issueServer(hosts, validity));
  }
  if (client !== undefined) add("client", await authority.issueClient(client, validity));
  return files;
}

async function refuseToOverwrite(files: readonly NewFile[]): Promise<void> {
  const existing = await findExisting(files);
  if (existing.length === 0) return;
  const names = existing.map(({ path }) => `"${path}"`).join(", ");
  const verb = existing.length === 1 ? "is" : "are";
  throw new CommandError(
    `Cannot write the certificates: ${names} ${verb} there already; ` +
      `choose another folder with --out, or write over with --force`,
  );
}

async function makeFolder(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { recursive: true });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CommandError(
      `Cannot make the folder "${path}": ${reason.replace(/ \(os error \d+\).*$/, "")}`,
      { cause },
    );
  }
}

/** To the second, as certificates have it. */
function validityFrom(nowMs: number, days: number): Validity {
  const startMs = Math.floor(nowMs / 1000) * 1000;
  return { from: new Date(startMs - CLOCK_LEEWAY_MS), until: new Date(startMs + days * DAY_MS) };
}

function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}
