// What an operator sees of the servers beside Gatehouse: metrics, readiness, the log.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { Gatehouse } from "../support/gatehouse.ts";
import { ask, freePort, ServerProcess } from "../support/server_process.ts";
import { eventually, redis, sql } from "../support/servers.ts";

let gatehouse: Gatehouse;
let folder: string;

before(async () => {
  gatehouse = await Gatehouse.start();
  folder = await mkdtemp(join(tmpdir(), "gatehouse-health-"));
});
after(async () => {
  await gatehouse.stop();
  await rm(folder, { recursive: true, force: true });
});

test("the metrics say whether test mode is on, and follow the configuration", async () => {
  const gauge = async () => /^gatehouse_test_mode (\d)$/m.exec(await (await fetch(`${gatehouse.endpoint}/metrics`)).text())?.[1];
  const features = join(gatehouse.addresses.data, "project/authgear.features.yaml");
  assert.equal(await gauge(), "0");
  for (const mode of ["fixed_oob_otp: {enabled: true, code: '000000'}", "email: {suppressed: true}"]) {
    await writeFile(features, `test_mode: {${mode}}\n`);
    await eventually(`${mode} is seen`, async () => (await gauge()) === "1");
    await writeFile(features, "{}\n");
    await eventually("it is off again", async () => (await gauge()) === "0");
  }
});

test("the metrics tell what the outbox owes and how busy PostgreSQL's connections are", async () => {
  const names = ['gatehouse_outbox_rows{kind="event"}', 'gatehouse_outbox_rows{kind="mail"}', 'gatehouse_outbox_oldest_seconds{kind="mail"}', "gatehouse_database_leases_in_use", "gatehouse_database_statements_waiting"];
  await eventually("all are there", async () => {
    const text = await (await fetch(`${gatehouse.endpoint}/metrics`)).text();
    return names.every((name) => text.split("\n").some((line) => line.startsWith(`${name} `) && Number(line.slice(name.length)) >= 0));
  });
});

test("a server whose database lacks its migrations says so and is not ready, until they are there", async () => {
  const { database_url: database } = gatehouse.addresses;
  const [newest] = await sql<{ id: string; checksum: string }>(database, "DELETE FROM _gatehouse_migration WHERE (set_name, id) = (SELECT 'app', max(id) FROM _gatehouse_migration WHERE set_name = 'app') RETURNING id, checksum");
  const server = await ServerProcess.start(gatehouse.addresses);
  try {
    await eventually("it is not ready", async () => (await server.ask("/readyz")).status === 503);
    assert.match((await server.ask("/readyz")).text, /run 'gatehouse migrate up'/);
    assert.equal(server.logged().split("gatehouse migrate up").length, 2, "told once");
    await sql(database, "INSERT INTO _gatehouse_migration (set_name, id, checksum, adopted, applied_at) VALUES ('app', $1, $2, false, now())", [newest!.id, newest!.checksum]);
    await eventually("it is ready", async () => (await server.ask("/readyz")).status === 200);
  } finally {
    await server.stop();
  }
});

test("the metrics are for this host only, and not for whom a proxy on it serves", async () => {
  const port = Number(new URL(gatehouse.endpoint).port);
  const status = async (host: string, headers: Record<string, string> = {}) => (await ask(port, host, "/metrics", { headers })).status;
  for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, "[::1]"]) assert.equal(await status(host), 200, host);
  for (const host of ["auth.example.com", `auth.example.com:${port}`, "gatehouse", "192.0.2.1"]) assert.equal(await status(host), 404, host);
  for (const name of ["Via", "X-Real-IP", "Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "CF-Connecting-IP"]) {
    assert.equal(await status(`localhost:${port}`, { [name]: "127.0.0.1" }), 404, name);
  }
});

test("the private Redis has a limit, and lets go of what expires soonest", async () => {
  const get = async (name: string) => ((await redis(gatehouse.addresses.redis_url, "CONFIG", "GET", name)) as string[])[1];
  assert.equal(await get("maxmemory"), String(256 * 1024 * 1024));
  assert.equal(await get("maxmemory-policy"), "volatile-ttl");
});

test("the audit log is kept for as long as the setting says", async () => {
  const { addresses } = gatehouse;
  const audit = addresses.audit_database_url;
  await sql(
    audit,
    "INSERT INTO _audit_log (id, app_id, created_at, user_id, activity_type, data) SELECT 'old-' || n, 'app', now() - n * interval '40 days', '', 'x', '{}' FROM generate_series(1, 3) n",
  );
  const worker = await ServerProcess.start(addresses, ["worker"], { GATEHOUSE_AUDIT_RETENTION_DAYS: "60" });
  try {
    const left = async () => (await sql<{ id: string }>(audit, "SELECT id FROM _audit_log WHERE id LIKE 'old-%'")).map((row) => row.id).join();
    await eventually("what is older is dropped, and nothing else", async () => (await left()) === "old-1", 30_000);
  } finally {
    await worker.stop();
  }
});

test("rediss:// speaks TLS to a server whose certificate is trusted and has its name, and to no other", async () => {
  const file = (name: string) => join(folder, name);
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", file("key.pem")];
  const subject = ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  execFileSync("openssl", ["req", "-x509", ...key, ...subject, "-out", file("certificate.pem")], { stdio: "ignore" });
  const port = await freePort();
  const tls = ["--tls-port", String(port), "--tls-cert-file", file("certificate.pem"), "--tls-key-file", file("key.pem"), "--tls-auth-clients", "no"];
  const server = spawn("/usr/bin/redis-server", ["--port", "0", "--bind", "127.0.0.1", "--save", "", "--dir", folder, ...tls], { stdio: "ignore" });
  const { addresses } = gatehouse;
  const secrets = await readFile(join(addresses.data, "project/authgear.secrets.yaml"), "utf8");
  const started = async (host: string, environment: Record<string, string>) => {
    const project = await mkdtemp(file("project-"));
    await cp(join(addresses.data, "project"), project, { recursive: true });
    assert.ok(secrets.includes(addresses.redis_url));
    await writeFile(join(project, "authgear.secrets.yaml"), secrets.replace(addresses.redis_url, `rediss://${host}:${port}`));
    return ServerProcess.start(addresses, ["auth"], { CONFIG_SOURCE_DIRECTORY: project, ...environment });
  };
  const trusted = { SSL_CERT_FILE: file("certificate.pem") };
  const right = await started("localhost", trusted);
  const wrong = [await started("127.0.0.1", trusted), await started("localhost", {})];
  try {
    const state = async (one: ServerProcess) => (JSON.parse((await one.ask("/readyz")).text) as { servers: { redis: string }[] }).servers[0]!.redis;
    await eventually("it is reached by TLS", async () => (await state(right)) === "ok");
    for (const one of wrong) {
      await eventually("the log says why it is not", async () => /Redis is away.*certificate verify failed/.test(one.logged()));
      assert.equal(await state(one), "unreachable");
    }
  } finally {
    await Promise.all([right, ...wrong].map((one) => one.stop()));
    server.kill("SIGKILL");
    await once(server, "exit");
  }
});
