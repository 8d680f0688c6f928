/** Where the fault of a handler goes by default: stderr, with the path of its method. */
export function logHandlerError(error: unknown, path: string): void {
  console.error(`The handler of ${path} failed:`, error);
}
