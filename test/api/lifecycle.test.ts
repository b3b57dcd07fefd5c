// Starting, stopping, and being stopped: what is said, what stays, what is left behind.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { after, test } from "node:test";

import { beginSignUp, createAccount, freshTokens } from "../support/account.ts";
import { Application } from "../support/application.ts";
import { binary, Gatehouse, run, temporaryData } from "../support/gatehouse.ts";
import { holdRow } from "../support/held_row.ts";
import { freePort, post, ServerProcess } from "../support/server_process.ts";
import { childrenOf, commandLine, descendantsOf, eventually, isAlive, sql } from "../support/servers.ts";

const ada = { email: "ada@example.com", password: "correct horse battery staple" };
const folders: string[] = [];
const running: Gatehouse[] = []; // whatever comes of a test, nothing is left behind
let shared: Promise<Gatehouse> | undefined;

async function started(options: Parameters<typeof Gatehouse.start>[0] = {}): Promise<Gatehouse> {
  const one = await Gatehouse.start(options);
  running.push(one);
  return one;
}

// One for all tests that only need something that runs.
const something = (): Promise<Gatehouse> => (shared ??= started());

async function folder(): Promise<string> {
  const made = await temporaryData();
  folders.push(made);
  return made;
}

after(async () => {
  await Promise.all(running.map((one) => one.stop()));
  await Promise.all(folders.map((one) => rm(one, { recursive: true, force: true })));
});

const gone = (pids: number[]) => eventually(`processes ${pids} have ended`, async () => pids.every((pid) => !isAlive(pid)));

test("data survives a restart, which takes less than three seconds, and --reset starts afresh", async () => {
  const first = await started();
  const { data } = first.addresses;
  folders.push(data);
  const application = await Application.discover(first.addresses);
  await createAccount(first.addresses, application, ada);
  assert.equal(await first.stop({ keepData: true }), 0);

  const began = performance.now();
  const second = await started({ data });
  const took = performance.now() - began;
  assert.equal(second.endpoint, first.endpoint, "the issuer stays");
  assert.ok((await freshTokens(second.addresses, await Application.discover(second.addresses), ada)).access_token);
  assert.equal(await second.stop({ keepData: true }), 0);
  assert.ok(took < 3000, `the second start took ${took} ms`);

  const third = await started({ data, arguments: ["--reset"] });
  const users = await sql(third.addresses.database_url, "SELECT 1 FROM _auth_user");
  assert.equal(users.length, 0);
  await third.stop({ keepData: true });
});

test("two with different folders run beside each other", async () => {
  const both = await Promise.all([started(), started()]);
  assert.notEqual(both[0].endpoint, both[1].endpoint);
  for (const one of both) assert.equal((await fetch(`${one.endpoint}/.well-known/openid-configuration`)).status, 200);
  assert.deepEqual(await Promise.all(both.map((one) => one.stop())), [0, 0]);
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test(`${signal} ends gatehouse dev and every child of it`, async () => {
    const one = await started();
    const children = descendantsOf(one.pid);
    assert.ok(children.length >= 3, "PostgreSQL, Redis, the tools");
    one.signal(signal);
    assert.equal(await one.exited(), 0);
    await gone(children);
    await rm(one.addresses.data, { recursive: true, force: true });
  });
}

test("kill -9 of gatehouse dev leaves no child behind, and the next start goes on with the data", async () => {
  const one = await started();
  const { data } = one.addresses;
  folders.push(data);
  await createAccount(one.addresses, await Application.discover(one.addresses), ada);
  const children = descendantsOf(one.pid);
  one.signal("SIGKILL");
  await one.exited();
  await gone(children);
  const next = await started({ data });
  assert.equal((await sql(next.addresses.database_url, "SELECT 1 FROM _auth_user")).length, 1);
  await next.stop();
});

test("when a child dies, gatehouse dev says which one, stops the others and fails", async () => {
  for (const [name, isMeant] of [
    ["PostgreSQL", (words: string) => words.includes("/postgres ")],
    ["Redis", (words: string) => words.includes("redis-server")],
    ["the process of demo application and inbox", (words: string) => words.includes("dev/main.ts")],
  ] as const) {
    const one = await started();
    const children = descendantsOf(one.pid);
    const meant = childrenOf(one.pid).find((pid) => isMeant(commandLine(pid).join(" ")));
    assert.ok(meant !== undefined, name);
    process.kill(meant, "SIGKILL");
    assert.equal(await one.exited(), 1, name);
    assert.equal(one.logged().split("\n").at(-1), `gatehouse: ${name} has ended, and everything else was stopped`);
    await gone(children);
  }
});

test("at a terminal it says that it stops, and that it has stopped", async () => {
  const data = await folder();
  const child = spawn(binary, ["dev", "--data", data, "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.on("data", (part: Buffer) => (said += part.toString()));
  await eventually("it is ready", async () => said.includes("Ctrl-C stops everything"), 30_000);
  child.kill("SIGINT");
  const [code] = (await once(child, "close")) as [number | null];
  assert.equal(code, 0);
  assert.match(said, /\nstopping\nstopped\n$/);
});

test("Ctrl-C during the start ends every child", async () => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    const data = await folder();
    const child = spawn(binary, ["dev", "--json", "--data", data, "--port", "0"], { stdio: "ignore" });
    const seen = new Set<number>();
    await eventually("PostgreSQL is being started", async () => {
      for (const pid of descendantsOf(child.pid!)) seen.add(pid);
      return seen.size >= 2;
    });
    for (const pid of descendantsOf(child.pid!)) seen.add(pid);
    child.kill(signal);
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    await gone([...seen]);
  }
});

test("a folder that is in use, a foreign folder and a port that is none are told in one line", async () => {
  const one = await something();
  const inUse = await run(["dev", "--data", one.addresses.data, "--port", "0"]);
  assert.notEqual(inUse.code, 0);
  assert.match(inUse.err, /^gatehouse: --data .*another gatehouse dev uses it.*\n$/);

  const foreign = await folder();
  await writeFile(join(foreign, "thesis.txt"), "years of work");
  for (const extra of [[], ["--reset"]]) {
    const refused = await run(["dev", "--data", foreign, "--port", "0", ...extra]);
    assert.notEqual(refused.code, 0);
    assert.match(refused.err, /^gatehouse: --data .*holds something else.*\n$/);
  }
  assert.equal(await readFile(join(foreign, "thesis.txt"), "utf8"), "years of work");

  const unwritable = await run(["dev", "--data", "/proc/nowhere/data", "--port", "0"]);
  assert.equal(unwritable.code, 1);
  assert.match(unwritable.err, /^gatehouse: --data \/proc\/nowhere\/data: the folder cannot be written: [^\n]*\n$/);

  for (const port of ["http", "-1", "65536"]) {
    const wrong = await run(["dev", "--data", await folder(), "--port", port]);
    assert.notEqual(wrong.code, 0);
    assert.match(wrong.err + wrong.out, /--port/);
  }
});

test("a port that is taken is named, and nothing is left running", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address() as AddressInfo;
  const refused = await run(["dev", "--data", await folder(), "--port", String(port)]);
  taken.close();
  assert.notEqual(refused.code, 0);
  assert.match(refused.err, new RegExp(`^gatehouse: --port ${port}: [^\\n]*taken[^\\n]*\\n$`));
});

test("without arguments, with --help and with a wrong word it says what it can do", async () => {
  const nothing = await run([]);
  assert.notEqual(nothing.code, 0);
  assert.match(nothing.err + nothing.out, /dev|serve|--help/);
  const help = await run(["--help"]);
  assert.equal(help.code, 0);
  for (const word of ["dev", "serve", "migrate", "project", "healthcheck", "master-key", "version"]) assert.match(help.out, new RegExp(`\\b${word}\\b`));
  const wrong = await run(["server"]);
  assert.equal(wrong.code, 2);
  assert.match(wrong.err, /^gatehouse: 'server' is no command; the commands of gatehouse are dev, serve, [^\n]*\n$/);
  const role = await run(["serve", "portal"], { GATEHOUSE_MASTER_KEY_FILE: "/dev/null" });
  assert.notEqual(role.code, 0);
});

test("serve names the setting that is wrong", async () => {
  const wrong: Record<string, string> = {
    MAIN_LISTEN_ADDR: "3000",
    CONFIG_SOURCE_DIRECTORY: "/nowhere",
    CONFIG_SOURCE_TYPE: "database",
    GATEHOUSE_MASTER_KEY_FILE: "/nowhere",
    GATEHOUSE_TRUSTED_PROXIES: "everyone",
    GATEHOUSE_THREADS: "many",
    GATEHOUSE_THREAD: "4",
    GATEHOUSE_EGRESS_CA_FILE: "/etc/passwd",
    DATABASE_URL: "postgres://user:hunter2@db:99999/app",
    DATABASE_SCHEMA: "a;b",
    REDIS_URL: "redis://:hunter2@redis:99999",
    LOG_LEVEL: "loud",
    DEV_MODE: "perhaps",
    TRUST_PROXY: "true",
    TLS_CERT_FILE_PATH: "/nowhere",
  };
  const key = join(await folder(), "master-key.json");
  assert.equal((await run(["master-key", "--out", key])).code, 0);
  for (const [name, value] of Object.entries(wrong)) {
    const { code, err } = await run(["serve"], { GATEHOUSE_MASTER_KEY_FILE: key, [name]: value });
    assert.notEqual(code, 0, name);
    assert.match(err, new RegExp(`^gatehouse: ${name}\\b[^\\n]*Example: [A-Z_]+=[^\\n]*\\n$`));
    assert.ok(!err.includes("hunter2"));
  }
  const without = await run(["serve"], wrong);
  assert.notEqual(without.code, 0);
  const lines = without.err.trimEnd().split("\n");
  for (const name of Object.keys(wrong)) assert.equal(lines.filter((line) => new RegExp(`^gatehouse: ${name}\\b`).test(line)).length, 1, `${name} in:\n${without.err}`);
  assert.match((await run(["serve"])).err, /^gatehouse: GATEHOUSE_MASTER_KEY_FILE \(or --master-key-file\) is not set; [^\n]*\n$/);
  const nowhere = await run(["serve"], { GATEHOUSE_MASTER_KEY_FILE: key, CONFIG_SOURCE_DIRECTORY: await folder() });
  assert.match(nowhere.err, /^gatehouse: CONFIG_SOURCE_DIRECTORY\b.*\n {2}authgear\.yaml: is missing\n/);
});

test("project validate lists every wrong place of a file", async () => {
  const at = await folder();
  const made = await run(["project", "create", "--help"]);
  assert.equal(made.code, 0);
  await writeFile(join(at, "authgear.yaml"), "id: Not An Id\nhttp:\n  public_origin: nowhere\noauth:\n  clients:\n  - client_id: one\n    redirect_uris: []\n    name: ''\nunheard_of: true\n");
  await writeFile(join(at, "authgear.secrets.yaml"), "secrets: []\n");
  const { code, err, out } = await run(["project", "validate", at]);
  assert.notEqual(code, 0);
  const said = err + out;
  for (const path of ["/http/public_origin", "/unheard_of"]) assert.ok(said.includes(path), `${path} in:\n${said}`);
  assert.ok(said.split("\n").filter((line) => line.startsWith("error:")).length >= 2, said);
});

test("a new configuration that is not valid leaves the last good one serving and is told by readyz", async () => {
  const one = await something();
  const path = join(one.addresses.data, "project/authgear.yaml");
  const good = await readFile(path, "utf8");
  await writeFile(path, `${good}\nunheard_of: true\n`);
  const ready = async (headers = {}) => (await (await fetch(`${one.endpoint}/readyz`, { headers })).json()) as { configuration?: string; reason?: string };
  const configuration = async () => (await ready()).configuration;
  assert.match(await eventually("readyz tells", configuration), /not valid/);
  assert.match((await ready()).reason!, /authgear\.yaml: \/unheard_of/);
  assert.equal((await ready({ "x-forwarded-for": "192.0.2.1" })).reason, undefined, "the reason is for this host only");
  assert.equal((await fetch(`${one.endpoint}/.well-known/openid-configuration`)).status, 200);
  assert.match(one.logged(), /unheard_of/);
  await rm(path);
  const missing = () => one.logged().split("\n").filter((line) => line.includes("authgear.yaml: is missing"));
  await eventually("the log tells that the file is gone", async () => missing().length > 0);
  await writeFile(path, good);
  await eventually("readyz is content again", async () => (await configuration()) === undefined);
  assert.equal(missing().length, 1, "and tells it once");
});

test("SIGTERM answers what is in flight, takes no more, and ends with 0", async () => {
  const one = await something();
  const application = await Application.discover(one.addresses);
  await createAccount(one.addresses, application, ada);
  const server = await ServerProcess.start(one.addresses);
  const { refresh_token } = await freshTokens(one.addresses, application, ada);
  // A row that is held keeps the request in flight until it is let go.
  const held = await holdRow(one.addresses.database_url, "SELECT 1 FROM _gatehouse_refresh FOR UPDATE");
  const answer = server.ask("/oauth2/token", post({ grant_type: "refresh_token", refresh_token, client_id: application.clientId }));
  await held.waitedFor();
  server.signal("SIGTERM");
  await eventually("no new connection is taken", async () => {
    try {
      await server.ask("/healthz", { withinMs: 500 });
      return false;
    } catch {
      return true;
    }
  });
  assert.equal(server.child.exitCode, null, "it waits for the request");
  await held.letGo();
  assert.equal((await answer).status, 200);
  assert.equal(await server.exited(), 0);
});

test("SIGTERM ends the process within its time, whatever hangs: a request, an e-mail", async () => {
  const silent = createServer((socket) => socket.unref().on("error", () => {})).listen(0, "127.0.0.1"); // takes connections, says nothing
  await once(silent, "listening");
  const seconds = 3;
  const one = await started({ environment: { GATEHOUSE_DRAIN_SECONDS: String(seconds), LOG_LEVEL: "info" } });
  const { addresses } = one;
  folders.push(addresses.data);
  const application = await Application.discover(addresses);
  await createAccount(addresses, application, ada);
  const { refresh_token } = await freshTokens(addresses, application, ada);
  const secrets = join(addresses.data, "project/authgear.secrets.yaml");
  const { port } = silent.address() as AddressInfo;
  await writeFile(secrets, (await readFile(secrets, "utf8")).replace(/(host: )\S+(\n\s+port: )\d+/, `$1127.0.0.1$2${port}`));
  await eventually("the new mail server is known", async () => one.logged().includes("a new version of the project is served"));
  const connected = once(silent, "connection");
  await beginSignUp(application, "hangs@example.com");
  await connected;
  const held = await holdRow(addresses.database_url, "SELECT 1 FROM _gatehouse_refresh FOR UPDATE");
  const values = new URLSearchParams({ grant_type: "refresh_token", refresh_token, client_id: application.clientId });
  const hangs = fetch(`${one.endpoint}/oauth2/token`, { method: "POST", body: values }).catch(() => undefined);
  await held.waitedFor();
  one.signal("SIGTERM");
  assert.equal(await one.exited(), 0);
  // Without what `gatehouse dev` stops beside itself: PostgreSQL, Redis, the tools.
  const at = (message: string) => Date.parse(/"time":"([^"]*)"/.exec(one.logged().split("\n").find((line) => line.includes(`"${message}"`))!)![1]!);
  const took = at("stopped") - at("stopping");
  assert.ok(took < seconds * 1000, `it took ${Math.round(took)} ms`);
  await hangs;
  silent.close();
  const next = await started({ data: addresses.data });
  const owed = await sql(next.addresses.database_url, "SELECT 1 FROM _gatehouse_outbox WHERE kind = 'mail'");
  await next.stop({ keepData: true });
  assert.equal(owed.length, 1, "the message is still owed");
});

test("SIGTERM while passwords are being hashed ends with 0", async () => {
  const one = await started({ environment: { GATEHOUSE_DRAIN_SECONDS: "2" } });
  folders.push(one.addresses.data);
  const application = await Application.discover(one.addresses);
  await createAccount(one.addresses, application, ada);
  const signIns = Array.from({ length: 48 }, () => freshTokens(one.addresses, application, ada).catch(() => undefined));
  const waiting = async () => Number(/^gatehouse_cpu_pool_waiting (\d+)/m.exec(await (await fetch(`${one.endpoint}/metrics`)).text())![1]);
  await eventually("hashes wait for their turn", async () => (await waiting()) > 4);
  one.signal("SIGTERM");
  assert.equal(await one.exited(), 0);
  await Promise.all(signIns);
});

test("it raises its limit of open files and makes no core dump", async () => {
  const one = await something();
  const limits = await readFile(`/proc/${one.pid}/limits`, "utf8");
  const of = (name: string) => new RegExp(`${name}\\s+(\\S+)\\s+(\\S+)`).exec(limits)!;
  const files = of("Max open files");
  assert.equal(files[1], files[2]);
  assert.equal(of("Max core file size")[1], "0");
});

test("serve says which port is taken", async () => {
  const one = await something();
  const port = await freePort();
  const taken = createServer().listen(port, "127.0.0.1");
  await once(taken, "listening");
  const { code, err } = await run(["serve", "auth"], {
    CONFIG_SOURCE_DIRECTORY: join(one.addresses.data, "project"),
    GATEHOUSE_MASTER_KEY_FILE: join(one.addresses.data, "master-key.json"),
    MAIN_LISTEN_ADDR: `127.0.0.1:${port}`,
  });
  taken.close();
  assert.notEqual(code, 0);
  assert.match(err, new RegExp(`^gatehouse: MAIN_LISTEN_ADDR [^\\n]*cannot listen on 127.0.0.1, port ${port}: [^\\n]* Example: MAIN_LISTEN_ADDR=[^\\n]*\\n$`));
});
