/** `2,000,000`. */
export function groupDigits(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ",");
}

/** `0.412 ms`, `12.3 ms`, `4.21 s`. */
export function formatMs(ms: number): string {
  // What rounds up to 1000 ms is 1 s.
  return ms < 999.5 ? `${trim(ms)} ms` : `${trim(ms / 1000)} s`;
}

/** `42 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatLeft(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Three significant digits, or all of those before the point. */
function trim(value: number): string {
  return value >= 100 ? String(Math.round(value)) : value.toPrecision(3);
}
