/** Where a run took place. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryOctets: number;
  readonly kernel: string;
  /** Of the minute before the run: above 0.3 or so, others were at work. */
  readonly loadAverage: number;
}

export function describeMachine(): Machine {
  return {
    cpu: readCpuName(),
    cores: navigator.hardwareConcurrency,
    memoryOctets: Deno.systemMemoryInfo().total,
    kernel: Deno.osRelease(),
    loadAverage: Deno.loadavg()[0],
  };
}

function readCpuName(): string {
  try {
    const text = Deno.readTextFileSync("/proc/cpuinfo");
    return /^model name\s*: (.*)$/m.exec(text)?.[1] ?? Deno.build.arch;
  } catch {
    return Deno.build.arch;
  }
}
