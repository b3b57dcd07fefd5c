// What nobody can do faster on this machine: nginx answering a constant, bare signatures, hashes and selects.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { output, wrk } from "./load.ts";
import { cpuSeconds } from "./processes.ts";
import { ended } from "./servers.ts";

export interface Work {
  operations: number;
  cpu: number; // seconds
}

export type Limit = (seconds: number) => Promise<Work>;

interface Printed {
  operations: number;
  seconds: number;
  cpu_seconds: number;
}

// A limit program does it, on so many threads.
export function programLimit(program: string, threads: number): Limit {
  return async (seconds) => {
    const printed = JSON.parse(await output(program, [String(threads), String(seconds)])) as Printed;
    return { operations: printed.operations, cpu: printed.cpu_seconds };
  };
}

// The row of one user selected by its key, with PostgreSQL's work counted.
export function selectLimit(program: string, url: string, stores: number[], user: string): Limit {
  return async (seconds) => {
    const before = cpuSeconds(stores, { tree: true });
    const printed = JSON.parse(await output(program, [url, "public", String(seconds), user])) as Printed;
    return { operations: printed.operations, cpu: printed.cpu_seconds + cpuSeconds(stores, { tree: true }) - before };
  };
}

const kPart = 1000; // bytes: nginx takes no constant beyond 4 KiB in one piece

const location = (name: string, size: number) =>
  `location = /${name} { default_type application/json; add_header Cache-Control "public, max-age=300"; ` +
  `set $rest "${"x".repeat(size % kPart)}"; return 200 "${"$part".repeat(Math.floor(size / kPart))}$rest"; }`;

// nginx answers constants of the sizes that our answers have.
export class Nginx {
  private readonly process: ChildProcess;
  private readonly port: number;

  private constructor(process: ChildProcess, port: number) {
    this.process = process;
    this.port = port;
  }

  static async start(sizes: Record<string, number>, port: number, scratch: string): Promise<Nginx> {
    const configuration = join(scratch, "nginx.conf");
    const folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${scratch}/${name};`);
    await writeFile(
      configuration,
      `worker_processes 2; daemon off; pid ${scratch}/nginx.pid; error_log stderr error; ${process.getuid?.() === 0 ? "user root;" : ""}
events { worker_connections 1024; }
http { access_log off; keepalive_requests 1000000000; ${folders.join(" ")}
server { listen 127.0.0.1:${port} reuseport; set $part "${"x".repeat(kPart)}";
${Object.entries(sizes).map(([name, size]) => location(name, size)).join("\n")} } }\n`,
    );
    const child = spawn("nginx", ["-c", configuration, "-p", scratch], { stdio: ["ignore", "inherit", "inherit"] });
    await Promise.race([
      answered(`http://127.0.0.1:${port}/${Object.keys(sizes)[0]}`),
      once(child, "exit").then(([code]) => {
        throw new Error(`nginx ended with ${code}`);
      }),
    ]);
    return new Nginx(child, port);
  }

  limit(name: string): Limit {
    return async (seconds) => {
      const before = cpuSeconds([this.process.pid!], { tree: true });
      const { operations } = await wrk(`http://127.0.0.1:${this.port}/${name}`, seconds);
      return { operations, cpu: cpuSeconds([this.process.pid!], { tree: true }) - before };
    };
  }

  stop(): Promise<void> {
    return ended(this.process);
  }
}

// Asks until there is an answer.
async function answered(url: string, withinMs = 10_000): Promise<void> {
  for (const until = Date.now() + withinMs; ; ) {
    try {
      await (await fetch(url)).text();
      return;
    } catch (error) {
      if (Date.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}
