// Closed-loop load: so many workers, each with one operation at a time.
import { Agent, request as send } from "node:http";
import { spawn } from "node:child_process";

export interface Measured {
  operations: number;
  seconds: number;
  p50: number; // ms
  p99: number; // ms
}

const at = (sorted: number[], share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;

export function percentiles(latencies: number[]): { p50: number; p99: number } {
  const sorted = latencies.toSorted((a, b) => a - b);
  return { p50: at(sorted, 0.5), p99: at(sorted, 0.99) };
}

// Until the time is over or an operation says false: nothing is left to do. An operation is told which worker it is for and
// how many began before it.
export async function load(workers: number, seconds: number, operation: (worker: number, turn: number) => Promise<boolean>): Promise<Measured> {
  const latencies: number[] = [];
  let turns = 0;
  const begin = performance.now();
  const run = async (worker: number) => {
    while (performance.now() - begin < seconds * 1000) {
      const before = performance.now();
      if (!(await operation(worker, turns++))) return;
      latencies.push(performance.now() - before);
    }
  };
  await Promise.all(Array.from({ length: workers }, (_, worker) => run(worker)));
  return { operations: latencies.length, seconds: (performance.now() - begin) / 1000, ...percentiles(latencies) };
}

export interface Answer {
  status: number;
  location: string | undefined;
  text: string;
}

// Talks to one server over connections that stay open. Without redirects, cookies or patience.
export class Client {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 64, noDelay: true });
  private readonly port: number;
  private readonly host: string;

  constructor(origin: string) {
    const url = new URL(origin);
    this.port = Number(url.port);
    this.host = url.host;
  }

  post(path: string, form: Record<string, string>): Promise<Answer> {
    return this.send("POST", path, { "content-type": "application/x-www-form-urlencoded" }, new URLSearchParams(form).toString());
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send("GET", path, headers, "");
  }

  close(): void {
    this.agent.destroy();
  }

  private send(method: string, path: string, headers: Record<string, string>, body: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const options = { agent: this.agent, host: "127.0.0.1", port: this.port, method, path };
      const length = body === "" ? {} : { "content-length": String(body.length) };
      const outgoing = send({ ...options, headers: { ...headers, ...length, host: this.host } }, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (part: string) => (text += part));
        response.on("end", () => resolve({ status: response.statusCode!, location: response.headers.location, text }));
      });
      outgoing.on("error", reject);
      outgoing.end(body);
    });
  }
}

export function output(command: string, args: string[], environment: Record<string, string> = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, ...environment } });
    let text = "";
    child.stdout.on("data", (part) => (text += String(part)));
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve(text) : reject(new Error(`${command} ended with ${code}: ${text}`))));
  });
}

const kUnits: Record<string, number> = { us: 0.001, ms: 1, s: 1000 };

// wrk: GETs as fast as they are answered. `tokens`: a file of bearer tokens, one a line, used in turn.
export async function wrk(url: string, seconds: number, options: { tokens?: string; connections?: number } = {}): Promise<Measured> {
  const target = new URL(url);
  const host = target.host;
  target.hostname = "127.0.0.1";
  const script = options.tokens ? ["-s", `${import.meta.dirname}/bearer.lua`] : [];
  const args = ["-t1", `-c${options.connections ?? 32}`, `-d${seconds}s`, "--latency", "-H", `Host: ${host}`, ...script, target.href];
  const text = await output("wrk", args, options.tokens ? { BENCH_TOKENS: options.tokens } : {});
  const refused = /Non-2xx or 3xx responses: (\d+)|Socket errors: .*/.exec(text);
  if (refused) throw new Error(`${url}: ${refused[0]}`);
  const latency = (share: string) => {
    const found = new RegExp(`^\\s+${share}%\\s+([\\d.]+)(us|ms|s)$`, "m").exec(text)!;
    return Number(found[1]) * kUnits[found[2]!]!;
  };
  const [, operations, took] = /(\d+) requests in ([\d.]+)s/.exec(text)!;
  return { operations: Number(operations), seconds: Number(took), p50: latency("50"), p99: latency("99") };
}
