/**
 * Loads the X.509 library, once and only when a certificate is made: it takes 150 ms.
 *
 * Its dependency injection looks for decorators' metadata on the global `Reflect`, which the other package adds.
 */
export async function loadX509(): Promise<typeof import("@peculiar/x509")> {
  await import("reflect-metadata");
  return await import("@peculiar/x509");
}
