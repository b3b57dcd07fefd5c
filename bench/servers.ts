// What is measured: Gatehouse from the release build, and its peer on the same PostgreSQL.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
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

const emailOf = (who: number) => `person-${who}@example.com`;

// The limits of requests are off: one machine plays everybody.
export async function startGatehouse(): Promise<GatehouseServer> {
  const environment = { LOG_LEVEL: "error" };
  const first = await Gatehouse.start({ environment });
  const { data } = first.addresses;
  await first.stop({ keepData: true });
  await writeFile(join(data, "project/authgear.features.yaml"), "rate_limits:\n  disabled: true\n");
  const gatehouse = await Gatehouse.start({ data, environment });
  const { endpoint, public_client_id, inbox } = gatehouse.addresses;
  const provider: Provider = {
    origin: endpoint,
    paths: { authorize: "/oauth2/authorize", token: "/oauth2/token", userinfo: "/oauth2/userinfo" },
    clientId: public_client_id,
    redirectUri: kRedirectUri,
    signIn: (person, page, who) => signIn(person, page, { email: emailOf(who), password: kPassword, until: [kRedirectUri] }),
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

export async function startPeer(beside: GatehouseServer): Promise<Server> {
  const url = beside.gatehouse.addresses.database_url;
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  await admin.query("CREATE DATABASE peer");
  await admin.end();
  const child = await started(process.execPath, ["--disable-warning=ExperimentalWarning", `${import.meta.dirname}/peer/oidc_provider.ts`, url.replace("/gatehouse?", "/peer?"), String(kPeople)]);
  const provider: Provider = {
    origin: child.line,
    paths: { authorize: "/auth", token: "/token", userinfo: "/me" },
    clientId: "bench",
    redirectUri: kRedirectUri,
    signIn: (person, page, who) =>
      person.submit(page, "login-form", { email: emailOf(who), password: kPassword }, { until: [kRedirectUri] }),
    people: kPeople,
  };
  return {
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
export async function started(command: string, args: string[]): Promise<{ process: ChildProcess; line: string }> {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout! });
  const line = await Promise.race([
    once(lines, "line").then(([text]) => text as string),
    once(child, "exit").then(([code]) => {
      throw new Error(`${command} ended with ${code}`);
    }),
  ]);
  return { process: child, line };
}

export async function ended(child: ChildProcess): Promise<void> {
  child.kill("SIGTERM");
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}
