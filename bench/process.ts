// The process itself: its start, its memory, its size.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { statSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { copyFile, rm } from "node:fs/promises";
import { join } from "node:path";

import { binary } from "../test/support/gatehouse.ts";
import { output } from "./load.ts";
import { memory } from "./processes.ts";
import { ended, type GatehouseServer, type PeerServer, spawnPeer, spawnServe } from "./servers.ts";

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

// One request over a new connection; the socket, once the answer is there.
function ask(port: number, host: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    socket.on("error", reject);
    socket.on("connect", () => socket.write(`GET /.well-known/openid-configuration HTTP/1.1\r\nHost: ${host}\r\n\r\n`));
    socket.once("data", (data) => (data.toString().startsWith("HTTP/1.1 200 ") ? resolve(socket) : reject(new Error(data.toString()))));
  });
}

async function firstAnswer(port: number, host: string): Promise<void> {
  for (;;) {
    try {
      (await ask(port, host)).destroy();
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ECONNREFUSED") throw error;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
}

// Starts the process that is measured on a port, for a host name that it serves.
export interface Startable {
  spawn(port: number): ChildProcess;
  host: string;
}

export const gatehouseProcess = (server: GatehouseServer): Startable => ({
  spawn: (port) => spawnServe(server.gatehouse.addresses, port),
  host: new URL(server.gatehouse.endpoint).host,
});

export const peerProcess = (peer: PeerServer): Startable => ({
  spawn: (port) => spawnPeer(peer.url, 0, port),
  host: "localhost",
});

async function start(what: Startable): Promise<{ process: ChildProcess; port: number; took: number }> {
  const port = await freePort();
  const before = performance.now();
  const process = what.spawn(port);
  await firstAnswer(port, what.host);
  return { process, port, took: performance.now() - before };
}

// Median of several starts, in ms: from fork to the first answer, the database up.
export async function startTime(what: Startable, times = 9): Promise<number> {
  const took: number[] = [];
  for (let i = 0; i < times; ++i) {
    const started = await start(what);
    took.push(started.took);
    await ended(started.process);
  }
  return took.toSorted((a, b) => a - b)[Math.floor(times / 2)]!;
}

export interface Memory {
  resident: number; // MiB
  anonymous: number;
}

// A process of its own that holds so many connections open, each with one answered request.
async function crowd(port: number, host: string, size: number): Promise<ChildProcess> {
  const script = [`--disable-warning=ExperimentalWarning`, `${import.meta.dirname}/process.ts`, String(port), host, String(size)];
  const child = spawn(process.execPath, script, { stdio: ["pipe", "pipe", "inherit"] });
  await once(createInterface({ input: child.stdout! }), "line");
  return child;
}

export async function memoryUse(what: Startable): Promise<{ idle: Memory; crowded: Memory }> {
  const { process, port } = await start(what);
  try {
    await new Promise((resolve) => setTimeout(resolve, 2000)); // what a start leaves for later is done
    const idle = memory(process.pid!);
    const others = await crowd(port, what.host, 10_000);
    await new Promise((resolve) => setTimeout(resolve, 6000)); // they are idle now
    const crowded = memory(process.pid!);
    await ended(others);
    return { idle, crowded };
  } finally {
    await ended(process);
  }
}

// MiB: as built, and without debug information.
export async function binarySize(scratch: string): Promise<{ built: number; stripped: number }> {
  const copy = join(scratch, "gatehouse");
  await copyFile(binary, copy);
  await output("strip", [copy]);
  const sizes = { built: statSync(binary).size / 2 ** 20, stripped: statSync(copy).size / 2 ** 20 };
  await rm(copy);
  return sizes;
}

if (import.meta.main) {
  const [port, host, size] = process.argv.slice(2) as [string, string, string];
  const open: Socket[] = [];
  while (open.length < Number(size)) {
    open.push(...(await Promise.all(Array.from({ length: 50 }, () => ask(Number(port), host)))));
  }
  console.log(open.length);
  await new Promise<void>((resolve) => process.stdin.once("end", resolve).resume());
}
