// What is measured: Gatehouse from the release build, and its peer on the same PostgreSQL.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";

import pg from "pg";

import { binary, Gatehouse } from "../test/support/gatehouse.ts";
import { Person, signIn, signUp } from "../test/support/person.ts";
import { childrenNamed } from "./processes.ts";
import type { Provider } from "./provider.ts";

export const kPeople = 32;
const kPassword = "correct horse battery staple";
const kRedirectUri = "http://127.0.0.1/callback";

export interface Server {
  provider: Provider;
  server: number[]; // process ids
  stores: number[]; // PostgreSQL's first process, and Redis where it is used
  stop(): Promise<void>;
}

export interface GatehouseServer extends Server {
  gatehouse: Gatehouse;
}

export interface PeerServer extends Server {
  url: string; // of its database
}

const emailOf = (who: number) => `person-${who}@example.com`;

// The limits of requests are off: one machine plays everybody. Everybody may pass the data folder, so that PostgreSQL's user
// keeps its files in it and nothing is left elsewhere.
export async function startGatehouse(scratch: string): Promise<GatehouseServer> {
  const environment = { LOG_LEVEL: "error", GATEHOUSE_STARTS_PER_MINUTE: "0" };
  const data = join(scratch, "data");
  await mkdir(data, { mode: 0o755 });
  const first = await Gatehouse.start({ data, environment });
  await first.stop({ keepData: true });
  await writeFile(join(data, "project/authgear.features.yaml"), "rate_limits:\n  disabled: true\n");
  const gatehouse = await Gatehouse.start({ data, environment });
  const { endpoint, public_client_id, inbox } = gatehouse.addresses;
  const provider: Provider = {
    origin: endpoint,
    paths: { authorize: "/oauth2/authorize", token: "/oauth2/token", userinfo: "/oauth2/userinfo", jwks: "/oauth2/jwks" },
    clientId: public_client_id,
    redirectUri: kRedirectUri,
    signIn: (person, page, who) => signIn(person, page, { email: emailOf(who), password: kPassword, until: [kRedirectUri] }),
    signUp: (person, page, email) => signUp(person, page, { email, password: kPassword, inbox, until: [kRedirectUri] }),
    people: kPeople,
  };
  for (let who = 0; who < kPeople; ++who) {
    const person = new Person();
    const login = await person.visit(`${endpoint}/login`);
    await signUp(person, login, { email: emailOf(who), password: kPassword, inbox, until: [] });
  }
  const pid = gatehouse.pid;
  return {
    gatehouse,
    provider,
    server: [pid],
    stores: [...childrenNamed(pid, "postgres"), ...childrenNamed(pid, "redis-server")],
    stop: async () => void (await gatehouse.stop()),
  };
}

// The database that both use keeps what it acknowledged: anything else would be no comparison.
async function makePeerDatabase(url: string): Promise<string> {
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  for (const setting of ["fsync", "synchronous_commit", "full_page_writes"]) {
    const { rows } = await admin.query<Record<string, string>>(`SHOW ${setting}`);
    if (rows[0]![setting] !== "on") throw new Error(`PostgreSQL runs with ${setting} ${rows[0]![setting]}`);
  }
  await admin.query("CREATE DATABASE peer");
  await admin.end();
  return url.replace("/gatehouse?", "/peer?");
}

// What PostgreSQL does by itself a minute after the people came: until then it knows nothing of its tables.
export async function analyze(...urls: string[]): Promise<void> {
  for (const connectionString of urls) {
    const client = new pg.Client({ connectionString });
    await client.connect();
    await client.query("ANALYZE");
    await client.end();
  }
}

// One process with one event loop and libuv's four pool threads, as Node programs usually run.
export function spawnPeer(url: string, people: number, port: number): ChildProcess {
  const program = `${import.meta.dirname}/peer/oidc_provider.ts`;
  const script = ["--disable-warning=ExperimentalWarning", program, url, String(people), String(port)];
  return spawn(process.execPath, script, { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, NODE_ENV: "production" } });
}

export async function startPeer(beside: GatehouseServer): Promise<PeerServer> {
  const url = await makePeerDatabase(beside.gatehouse.addresses.database_url);
  const child = await ready(spawnPeer(url, kPeople, 0));
  const provider: Provider = {
    origin: child.line,
    paths: { authorize: "/auth", token: "/token", userinfo: "/me", jwks: "/jwks" },
    clientId: "bench",
    redirectUri: kRedirectUri,
    signIn: (person, page, who) =>
      person.submit(page, "login-form", { email: emailOf(who), password: kPassword }, { until: [kRedirectUri] }),
    people: kPeople,
  };
  return {
    url,
    provider,
    server: [child.process.pid!],
    stores: beside.stores.slice(0, 1),
    stop: () => ended(child.process),
  };
}

// `gatehouse serve` beside `gatehouse dev`, on its databases and its project.
export function spawnServe(at: Gatehouse["addresses"], port: number): ChildProcess {
  const environment = {
    MAIN_LISTEN_ADDR: `127.0.0.1:${port}`,
    CONFIG_SOURCE_DIRECTORY: join(at.data, "project"),
    GATEHOUSE_MASTER_KEY_FILE: join(at.data, "master-key.json"),
    DEV_MODE: "true",
    LOG_LEVEL: "error",
  };
  return spawn(binary, ["serve"], { stdio: ["ignore", "ignore", "inherit"], env: { ...process.env, ...environment } });
}

// A process that prints one line when it is ready.
async function ready(child: ChildProcess): Promise<{ process: ChildProcess; line: string }> {
  const lines = createInterface({ input: child.stdout! });
  const line = await Promise.race([
    once(lines, "line").then(([text]) => text as string),
    once(child, "exit").then(([code]) => {
      throw new Error(`${child.spawnfile} ended with ${code}`);
    }),
  ]);
  return { process: child, line };
}

export async function ended(child: ChildProcess): Promise<void> {
  child.kill("SIGTERM");
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}
