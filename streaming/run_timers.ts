/** Calls back once when the signal aborts, and again `drainMs` later, until what is returned is called. */
export function onStop(
  stop: AbortSignal,
  drainMs: number,
  { stopped, drained }: { readonly stopped: () => void; readonly drained: () => void },
): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const begin = () => {
    stopped();
    timer = setTimeout(drained, drainMs);
  };
  if (stop.aborted) begin();
  else stop.addEventListener("abort", begin, { once: true });
  return () => {
    stop.removeEventListener("abort", begin);
    clearTimeout(timer);
  };
}

/** Calls back once when, for `stallMs`, `isFull` held and `progress` stayed, until what is returned is called. */
export function onStall(
  stallMs: number,
  look: () => { readonly isFull: boolean; readonly progress: number },
  stalled: () => void,
): () => void {
  let before = -1;
  const timer = setInterval(() => {
    const { isFull, progress } = look();
    const isStalled = isFull && progress === before;
    before = progress;
    if (!isStalled) return;
    clearInterval(timer);
    stalled();
  }, stallMs);
  return () => clearInterval(timer);
}
