// One path at a time: what a server does in so many seconds, and what it costs.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { Person } from "../test/support/person.ts";
import { load, type Measured, output, wrk } from "./load.ts";
import { cpuSeconds } from "./processes.ts";
import { Application, type Tokens } from "./provider.ts";
import type { Server } from "./servers.ts";

export interface Cost extends Measured {
  perServerCpu: number; // operations for each CPU second of the server's process
  perCpu: number; // … of server, PostgreSQL and Redis together
}

export async function costing(server: Server, measured: () => Promise<Measured>): Promise<Cost> {
  const spent = () => ({ server: cpuSeconds(server.server), stores: cpuSeconds(server.stores, { tree: true }) });
  const before = spent();
  const result = await measured();
  const after = spent();
  const own = after.server - before.server;
  return { ...result, perServerCpu: result.operations / own, perCpu: result.operations / (own + after.stores - before.stores) };
}

export class Bench {
  readonly server: Server;
  readonly seconds: number;
  readonly scratch: string;
  private readonly application: Application;
  private cookies: string[] = [];
  private issued: Tokens[] = [];

  constructor(server: Server, seconds: number, scratch: string) {
    this.server = server;
    this.seconds = seconds;
    this.scratch = scratch;
    this.application = new Application(server.provider);
  }

  // Everybody signs in once.
  async prepare(): Promise<void> {
    const { provider } = this.server;
    for (let who = 0; who < provider.people; ++who) {
      const person = new Person();
      this.issued.push(await this.application.exchange(await this.application.signIn(person, who)));
      this.cookies.push([...person.cookies(provider.origin)].map(([name, value]) => `${name}=${value}`).join("; "));
    }
  }

  discovery(): Promise<Cost> {
    return costing(this.server, () => wrk(`${this.server.provider.origin}/.well-known/openid-configuration`, this.seconds));
  }

  async userinfo(): Promise<Cost> {
    const tokens = join(this.scratch, "tokens");
    await writeFile(tokens, this.issued.map(({ access_token }) => access_token).join("\n") + "\n");
    const { origin, paths } = this.server.provider;
    return costing(this.server, () => wrk(origin + paths.userinfo, this.seconds, { tokens }));
  }

  async codeExchange(codes: number): Promise<Cost> {
    const made: string[] = [];
    await load(8, 60, async () => {
      if (made.length >= codes) return false;
      made.push(await this.application.silentCode(this.cookies[made.length % this.cookies.length]!));
      return true;
    });
    return costing(this.server, () =>
      load(16, this.seconds, async () => {
        const code = made.pop();
        return code !== undefined && Boolean(await this.application.exchange(code));
      }),
    );
  }

  refresh(): Promise<Cost> {
    const tokens = this.issued.map(({ refresh_token }) => refresh_token);
    return costing(this.server, () =>
      load(16, this.seconds, async (worker) => {
        const before = tokens[worker]!;
        tokens[worker] = (await this.application.refresh(before)).refresh_token;
        if (tokens[worker] === before) throw new Error("a refresh token was not rotated");
        return true;
      }),
    );
  }

  // Pages and password only, without an application; a probe of user info runs beside it.
  async passwordLogin(): Promise<Cost & { probe: { p50: number; p99: number } }> {
    const { origin, paths, people } = this.server.provider;
    const token = this.issued[0]!.access_token;
    const probe = output(process.execPath, [
      "--disable-warning=ExperimentalWarning", `${import.meta.dirname}/probe.ts`, origin, paths.userinfo, token, String(this.seconds),
    ]);
    let next = 0;
    const login = () =>
      load(8, this.seconds, async () => {
        const person = new Person();
        const page = await this.server.provider.signIn(person, await person.visit(`${origin}/login`), next++ % people);
        if (page.status !== 200 || !person.cookies(origin).has("session")) throw new Error(`no session after ${page.url}`);
        return true;
      });
    const cost = await costing(this.server, login);
    return { ...cost, probe: JSON.parse(await probe) as { p50: number; p99: number } };
  }

  fullLogin(): Promise<Cost> {
    let next = 0;
    return costing(this.server, () =>
      load(8, this.seconds, async () => {
        const code = await this.application.signIn(new Person(), next++ % this.server.provider.people);
        return Boolean(await this.application.exchange(code));
      }),
    );
  }

  close(): void {
    this.application.client.close();
  }
}

interface Limit {
  operations: number;
  seconds: number;
  cpu_seconds: number;
}

// Operations a CPU second of a limit program.
export async function limitOf(program: string, args: (string | number)[]): Promise<number> {
  const limit = JSON.parse(await output(program, args.map(String))) as Limit;
  return limit.operations / limit.cpu_seconds;
}

// The same, with PostgreSQL's work counted.
export async function selectLimit(program: string, url: string, seconds: number, stores: number[]): Promise<number> {
  const before = cpuSeconds(stores, { tree: true });
  const limit = JSON.parse(await output(program, [url, "public", String(seconds)])) as Limit;
  return limit.operations / (limit.cpu_seconds + cpuSeconds(stores, { tree: true }) - before);
}

// nginx answers `body` as a constant: requests a CPU second of its workers.
export async function nginxLimit(body: string, port: number, seconds: number, scratch: string): Promise<number> {
  const configuration = join(scratch, "nginx.conf");
  const text = body.replaceAll("\\", "\\\\").replaceAll('"', '\\"');
  await writeFile(
    configuration,
    `worker_processes 2; daemon off; pid ${scratch}/nginx.pid; error_log stderr error; user root;
events { worker_connections 1024; }
http { access_log off; keepalive_requests 1000000000; client_body_temp_path ${scratch}/body; proxy_temp_path ${scratch}/proxy;
fastcgi_temp_path ${scratch}/fastcgi; uwsgi_temp_path ${scratch}/uwsgi; scgi_temp_path ${scratch}/scgi;
server { listen 127.0.0.1:${port} reuseport; location / { default_type application/json; add_header Cache-Control "public, max-age=300"; return 200 "${text}"; } } }\n`,
  );
  const nginx = spawn("nginx", ["-c", configuration, "-p", scratch], { stdio: ["ignore", "inherit", "inherit"] });
  try {
    const url = `http://localhost:${port}/`;
    await answered(url);
    const before = cpuSeconds([nginx.pid!], { tree: true });
    const { operations } = await wrk(url, seconds);
    return operations / (cpuSeconds([nginx.pid!], { tree: true }) - before);
  } finally {
    nginx.kill("SIGTERM");
    await once(nginx, "exit");
  }
}

// Asks until there is an answer.
export async function answered(url: string, withinMs = 10_000): Promise<void> {
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
