// The project names another database: what runs goes over to it, and leaves the old one.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { after, before, test } from "node:test";

import { createAccount, freshTokens } from "../support/account.ts";
import { Application } from "../support/application.ts";
import { Gatehouse, run } from "../support/gatehouse.ts";
import { eventually, sql } from "../support/servers.ts";

const ada = { email: "ada@example.com", password: "correct horse battery staple" };

const grace = { ...ada, email: "grace@example.com" };

let gatehouse: Gatehouse;

before(async () => {
  gatehouse = await Gatehouse.start();
});
after(() => gatehouse.stop());

const people = async (url: string) => (await sql(url, "SELECT 1 FROM _auth_user")).length;
const connections = async (url: string) => Number((await sql(url, "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"))[0]!["n"]);
const audited = async (url: string) => (await sql(url, "SELECT 1 FROM _audit_log WHERE activity_type = 'user.created'")).length;

test("a changed database URL takes effect for requests and for the worker, and the old database is left", async () => {
  const { addresses } = gatehouse;
  const application = await Application.discover(addresses);
  await createAccount(addresses, application, ada);
  await eventually("the audit log has the first account", async () => (await audited(addresses.audit_database_url)) === 1);

  const named = (url: string, name: string) => url.replace(/@\/[^?]+/, `@/${name}`);
  const moved = named(addresses.database_url, "moved");
  const movedAudit = named(addresses.audit_database_url, "moved_audit");
  for (const name of ["moved", "moved_audit"]) await sql(addresses.database_url, `CREATE DATABASE ${name}`);
  const migrated = await run(["migrate", "up"], { DATABASE_URL: moved, AUDIT_DATABASE_URL: movedAudit });
  assert.equal(migrated.code, 0, migrated.err);
  const path = `${addresses.data}/project/authgear.secrets.yaml`;
  const text = await readFile(path, "utf8");
  const changed = text.replace(addresses.audit_database_url, movedAudit).replace(addresses.database_url, moved);
  assert.notEqual(changed, text);
  await writeFile(path, changed);

  await eventually("nothing is connected to the old databases", async () => (await connections(addresses.database_url)) + (await connections(addresses.audit_database_url)) === 0, 20_000);
  assert.equal(await people(addresses.database_url), 1);
  assert.equal(await people(moved), 0);
  await createAccount(addresses, application, grace); // with a code by e-mail: the worker is there too
  assert.ok((await freshTokens(addresses, application, grace)).access_token);
  assert.equal(await people(moved), 1);
  await eventually("the new audit log has it", async () => (await audited(movedAudit)) === 1);
  assert.equal(await audited(addresses.audit_database_url), 1);

  const ready = (await (await fetch(`${addresses.endpoint}/readyz`)).json()) as { ready: boolean; servers: object[] };
  assert.deepEqual(ready, { ready: true, problems: [], servers: [{ database: "ok", redis: "ok" }] });

  // A server that is not there is told by readiness, and is as good as forgotten when the right one is named again.
  await writeFile(path, changed.replace(moved, "postgres://gatehouse@127.0.0.1:1/gone"));
  const database = async () => ((await (await fetch(`${addresses.endpoint}/readyz`)).json()) as { servers: { database: string }[] }).servers.map((one) => one.database).join();
  await eventually("the new one is away", async () => (await database()) === "unreachable");
  await writeFile(path, changed);
  const metrics = async () => (await fetch(`${addresses.endpoint}/metrics`)).text();
  await eventually("all is well again", async () => (await database()) === "ok" && /^gatehouse_database_reachable 1$/m.test(await metrics()));
});
