// CPU time and memory of processes, from /proc.
import { readdirSync, readFileSync } from "node:fs";

const kTicks = 100; // of /proc/PID/stat a second (USER_HZ)

interface Stat {
  pid: number;
  name: string;
  parent: number;
  cpu: number; // seconds
  reaped: number; // seconds of children that ended
}

function stat(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const name = text.slice(text.indexOf("(") + 1, text.lastIndexOf(")"));
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ").map(Number);
    return { pid, name, parent: fields[1]!, cpu: (fields[11]! + fields[12]!) / kTicks, reaped: (fields[13]! + fields[14]!) / kTicks };
  } catch {
    return undefined; // it has ended
  }
}

function all(): Stat[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => stat(Number(name)))
    .filter((found) => found !== undefined);
}

export function childrenNamed(parent: number, name: string): number[] {
  return all()
    .filter((process) => process.parent === parent && process.name === name)
    .map(({ pid }) => pid);
}

// CPU seconds of the processes; with their living and ended children where `tree` says so (PostgreSQL's backends).
export function cpuSeconds(pids: number[], { tree = false } = {}): number {
  const processes = all();
  let sum = 0;
  for (const process of processes) {
    if (pids.includes(process.pid)) sum += process.cpu + (tree ? process.reaped : 0);
    else if (tree && pids.includes(process.parent)) sum += process.cpu;
  }
  return sum;
}

// MiB: everything resident, and the part that no file backs.
export function memory(pid: number): { resident: number; anonymous: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const kib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? NaN);
  return { resident: kib("VmRSS") / 1024, anonymous: kib("RssAnon") / 1024 };
}
