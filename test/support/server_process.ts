// One more process of the product, `gatehouse serve`, on the servers and the project of a running `gatehouse dev`.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { createServer, type AddressInfo } from "node:net";
import { createInterface } from "node:readline";

import { type Addresses, binary } from "./gatehouse.ts";

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

export interface Asking {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  withinMs?: number;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

// A request to a process, under the project's host name.
export function ask(port: number, host: string, path: string, { method = "GET", headers = {}, body, withinMs = 30_000 }: Asking = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ host: "127.0.0.1", port, path, method, agent: false, headers: { host, ...headers } }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () => resolve({ status: response.statusCode!, headers: response.headers, text: Buffer.concat(parts).toString() }));
      response.on("error", reject);
    });
    sent.setTimeout(withinMs, () => sent.destroy(new Error(`${path}: no answer within ${withinMs} ms`)));
    sent.on("error", reject);
    sent.end(body);
  });
}

// Another client address at each call.
let addresses = 0;
export function anotherAddress(): Record<string, string> {
  addresses += 1;
  return { "x-forwarded-for": `198.${18 + (addresses >> 16)}.${(addresses >> 8) & 255}.${addresses & 255}` };
}

export function post(values: Record<string, string>, headers: Record<string, string> = {}): Asking {
  return {
    method: "POST",
    body: new URLSearchParams(values).toString(),
    headers: { "content-type": "application/x-www-form-urlencoded", ...anotherAddress(), ...headers },
  };
}

export class ServerProcess {
  readonly port: number;
  readonly host: string;
  readonly child: ChildProcess;
  private log: string[];

  private constructor(port: number, host: string, child: ChildProcess, log: string[]) {
    this.port = port;
    this.host = host;
    this.child = child;
    this.log = log;
  }

  static async start(at: Addresses, roles: string[] = ["auth"], environment: Record<string, string> = {}): Promise<ServerProcess> {
    const port = await freePort();
    const child = spawn(binary, ["serve", ...roles], {
      stdio: ["ignore", "ignore", "pipe"],
      env: {
        ...process.env,
        CONFIG_SOURCE_DIRECTORY: `${at.data}/project`,
        GATEHOUSE_MASTER_KEY_FILE: `${at.data}/master-key.json`,
        MAIN_LISTEN_ADDR: `127.0.0.1:${port}`,
        GATEHOUSE_EGRESS_ALLOW: "127.0.0.0/8",
        DEV_MODE: "true",
        ...environment,
      },
    });
    const log: string[] = [];
    const ready = new Promise<void>((resolve, reject) => {
      createInterface({ input: child.stderr! }).on("line", (line) => {
        log.push(line);
        if (/"ready"|\bready\b/.test(line)) resolve();
      });
      child.once("exit", (code) => reject(new Error(`gatehouse serve ended with ${code}:\n${log.join("\n")}`)));
    });
    await ready;
    return new ServerProcess(port, new URL(at.endpoint).host, child, log);
  }

  logged(): string {
    return this.log.join("\n");
  }

  ask(path: string, asking: Asking = {}): Promise<Answer> {
    return ask(this.port, this.host, path, asking);
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  async exited(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, "exit");
    return this.child.exitCode;
  }

  async stop(): Promise<number | null> {
    this.child.kill("SIGCONT");
    this.child.kill("SIGTERM");
    return this.exited();
  }
}
