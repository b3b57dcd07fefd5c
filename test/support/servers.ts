// The PostgreSQL and the Redis under a running Gatehouse: asked, stopped, killed and started again behind its back.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { connect } from "node:net";

import pg from "pg";

export async function eventually<T>(what: string, read: () => Promise<T | undefined | false>, withinMs = 10_000): Promise<T> {
  const until = Date.now() + withinMs;
  for (;;) {
    const value = await read();
    if (value !== undefined && value !== false) return value as T;
    if (Date.now() > until) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

// "postgres://gatehouse@/NAME?host=/folder"
export function databaseParts(url: string): { user: string; host: string; database: string; port: number } {
  const found = /^postgres:\/\/([^@]+)@\/([^?]+)\?host=(.+)$/.exec(url);
  if (!found) throw new Error(`another form of URL: ${url}`);
  return { user: found[1]!, database: found[2]!, host: decodeURIComponent(found[3]!), port: 5432 };
}

export async function sql<Row extends pg.QueryResultRow = Record<string, unknown>>(url: string, text: string, values: unknown[] = []): Promise<Row[]> {
  const client = new pg.Client(databaseParts(url));
  await client.connect();
  try {
    return (await client.query<Row>(text, values)).rows;
  } finally {
    await client.end();
  }
}

function redisSocket(url: string): string {
  const found = /^unix:\/\/([^?]+)/.exec(url);
  if (!found) throw new Error(`another form of URL: ${url}`);
  return found[1]!;
}

type Reply = string | number | null | Reply[];

function parseReply(bytes: Buffer, at = 0): { reply: Reply; next: number } | undefined {
  const end = bytes.indexOf("\r\n", at);
  if (end < 0) return undefined;
  const kind = String.fromCharCode(bytes[at]!);
  const line = bytes.toString("latin1", at + 1, end);
  if (kind === "+") return { reply: line, next: end + 2 };
  if (kind === "-") throw new Error(line);
  if (kind === ":") return { reply: Number(line), next: end + 2 };
  const length = Number(line);
  if (length < 0) return { reply: null, next: end + 2 };
  if (kind === "$") {
    if (bytes.length < end + 4 + length) return undefined;
    return { reply: bytes.toString("latin1", end + 2, end + 2 + length), next: end + 4 + length };
  }
  const list: Reply[] = [];
  let next = end + 2;
  for (let i = 0; i < length; i++) {
    const item = parseReply(bytes, next);
    if (!item) return undefined;
    list.push(item.reply);
    next = item.next;
  }
  return { reply: list, next };
}

// One command; strings are bytes (latin1).
export function redis(url: string, ...words: (string | number)[]): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const socket = connect(redisSocket(url));
    let got = Buffer.alloc(0);
    socket.on("error", reject);
    socket.on("data", (part) => {
      got = Buffer.concat([got, part]);
      try {
        const parsed = parseReply(got);
        if (!parsed) return;
        resolve(parsed.reply);
      } catch (error) {
        reject(error as Error);
      }
      socket.end();
    });
    const parts = words.map((word) => `$${Buffer.byteLength(String(word), "latin1")}\r\n${word}\r\n`);
    socket.write(`*${words.length}\r\n${parts.join("")}`, "latin1");
  });
}

export type Snapshot = { key: string; value: string; ttl: number }[];

export async function redisSnapshot(url: string): Promise<Snapshot> {
  const keys = (await redis(url, "KEYS", "*")) as string[];
  const all: Snapshot = [];
  for (const key of keys) {
    const value = (await redis(url, "DUMP", key)) as string | null;
    if (value !== null) all.push({ key, value, ttl: Math.max(0, (await redis(url, "PTTL", key)) as number) });
  }
  return all;
}

export async function restoreRedis(url: string, snapshot: Snapshot): Promise<void> {
  await redis(url, "FLUSHALL");
  for (const { key, value, ttl } of snapshot) await redis(url, "RESTORE", key, ttl, value, "REPLACE");
}

export const commandLine = (pid: number): string[] => readFileSync(`/proc/${pid}/cmdline`, "latin1").split("\0").slice(0, -1);

const parentOf = (pid: number): number | undefined => {
  try {
    return Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, "latin1"))?.[1]);
  } catch {
    return undefined; // it has ended meanwhile
  }
};

export function childrenOf(pid: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((one) => parentOf(one) === pid);
}

export function descendantsOf(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)]);
}

export function isAlive(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
}

// A server process that Gatehouse started, known by a word of its command line; what is started again is ours to end.
// Its processes come and go: one may have ended since it was listed.
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

export class Server {
  private pid: number;
  private readonly words: string[];
  private readonly user: { uid: number; gid: number };
  private readonly leftovers: string[];
  private child: ChildProcess | undefined;

  constructor(pid: number, leftovers: string[]) {
    this.pid = pid;
    this.words = commandLine(pid);
    const { uid, gid } = statSync(`/proc/${pid}`);
    this.user = { uid, gid };
    this.leftovers = leftovers;
  }

  static postgres(databaseUrl: string, dev: number): Server {
    const pid = childrenOf(dev).find((one) => commandLine(one)[0]?.endsWith("/postgres"));
    if (pid === undefined) throw new Error("no PostgreSQL under this process");
    const words = commandLine(pid);
    const data = words[words.indexOf("-D") + 1]!;
    return new Server(pid, [`${data}/postmaster.pid`, `${databaseParts(databaseUrl).host}/.s.PGSQL.5432.lock`]);
  }

  // A Redis tells its program's name instead of its arguments, so those are given.
  static async redis(url: string): Promise<Server> {
    const pid = Number(/process_id:(\d+)/.exec((await redis(url, "INFO", "server")) as string)![1]);
    const config = (await redis(url, "CONFIG", "GET", "*")) as string[];
    const value = (name: string): string => config[config.indexOf(name) + 1]!;
    const server = new Server(pid, []);
    server.words.splice(0, server.words.length, "/usr/bin/redis-server", "--port", "0", "--unixsocket", redisSocket(url), "--unixsocketperm", "700", "--dir", value("dir"), "--logfile", "redis.log", "--save", "", "--appendonly", value("appendonly"));
    return server;
  }

  private all(): number[] {
    return [this.pid, ...descendantsOf(this.pid)];
  }

  pause(): void {
    for (const pid of this.all()) signal(pid, "SIGSTOP");
  }

  resume(): void {
    for (const pid of this.all()) signal(pid, "SIGCONT");
  }

  // At once, with all its processes, as a machine that loses its power.
  async kill(): Promise<void> {
    const pids = this.all();
    for (const pid of pids) signal(pid, "SIGKILL");
    await eventually("the server has ended", async () => pids.every((pid) => !isAlive(pid)));
  }

  startAgain(): void {
    for (const path of this.leftovers) rmSync(path, { force: true });
    this.child = spawn(this.words[0]!, this.words.slice(1), { stdio: "ignore", detached: true, env: { PATH: "/usr/bin:/bin", LC_ALL: "C.UTF-8", TZ: "UTC" }, ...this.user });
    this.pid = this.child.pid!;
  }

  // Ends what `startAgain` started.
  async end(): Promise<void> {
    if (!this.child || this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill("SIGINT");
    await once(this.child, "exit");
  }
}
