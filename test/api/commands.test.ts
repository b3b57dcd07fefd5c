// What an operator types beside `serve`: keys, projects, migrations.
import assert from "node:assert/strict";
import { readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { Gatehouse, run, temporaryData } from "../support/gatehouse.ts";
import { sql } from "../support/servers.ts";

let gatehouse: Gatehouse;
const folders: string[] = [];

async function folder(): Promise<string> {
  const made = await temporaryData();
  folders.push(made);
  return made;
}

before(async () => {
  gatehouse = await Gatehouse.start();
});
after(async () => {
  await gatehouse.stop();
  await Promise.all(folders.map((one) => rm(one, { recursive: true, force: true })));
});

test("master-key writes a file for its owner only, and never over another", async () => {
  const file = join(await folder(), "master-key.json");
  assert.equal((await run(["master-key", "--out", file])).code, 0);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  const key = await readFile(file, "utf8");
  const again = await run(["master-key", "--out", file]);
  assert.equal(again.code, 1);
  assert.match(again.err, /^gatehouse: --out .*master-key\.json: File exists[^\n]*\n$/);
  assert.equal(await readFile(file, "utf8"), key);
});

test("migrate down says what it would drop and changes nothing without --yes", async () => {
  const database = gatehouse.addresses.database_url;
  await sql(database, "CREATE SCHEMA other");
  const environment = { DATABASE_URL: database, DATABASE_SCHEMA: "other" };
  assert.equal((await run(["migrate", "up"], environment)).code, 0);
  const tables = async () => Number((await sql(database, "SELECT count(*) AS n FROM pg_tables WHERE schemaname = 'other'"))[0]!["n"]);
  const before = await tables();
  assert.ok(before > 20);

  const asked = await run(["migrate", "down", "--steps", "100"], environment);
  assert.equal(asked.code, 1);
  assert.match(asked.out, /^app: would take back 0001_contract_tables$/m);
  assert.match(asked.out, /^app: would drop with all they hold: .*_auth_user, .*$/m);
  assert.match(asked.err, /^gatehouse: nothing was changed; --yes does it\n$/);
  assert.equal(await tables(), before);

  const done = await run(["migrate", "down", "--steps", "100", "--yes"], environment);
  assert.equal(done.code, 0, done.err);
  assert.match(done.out, /^app: took back 0001_contract_tables$/m);
  assert.equal(await tables(), 1, "only the record of migrations is left");
  const nothing = await run(["migrate", "down"], environment);
  assert.deepEqual({ code: nothing.code, out: nothing.out }, { code: 0, out: "app: nothing to do\n" });
});

test("migrate down --help says that data goes, and a missing database has one example", async () => {
  const help = await run(["migrate", "down", "--help"]);
  assert.equal(help.code, 0);
  for (const word of ["--yes", "--steps", "--set", "dropped with all they hold"]) assert.ok(help.out.replaceAll(/\s+/g, " ").includes(word), help.out);
  const without = await run(["migrate", "up"]);
  assert.equal(without.code, 1);
  assert.match(without.err, /^gatehouse: DATABASE_URL [^\n]*AUDIT_DATABASE_URL are both not set\. Example: DATABASE_URL=\S+\n$/);
});

test("what is misspelt on the command line ends with 2 and is named", async () => {
  for (const [words, said] of [
    [["migrate", "sideways"], "'sideways' is no command; the commands of migrate are up, status, down"],
    [["project", "make"], "'make' is no command; the commands of project are create, list, validate"],
  ] as const) {
    const { code, err } = await run([...words]);
    assert.deepEqual({ code, err }, { code: 2, err: `gatehouse: ${said}\n` });
  }
  const flag = await run(["serve", "--treads", "4"]);
  assert.equal(flag.code, 2);
  assert.match(flag.err, /--treads/);
});

test("project create says what it assumed, and where a client's secret is", async () => {
  const at = join(await folder(), "project");
  const words = ["project", "create", "--id", "shop", "--public-origin", "https://auth.shop.example", "-o", at, "--redirect-uri", "https://shop.example/cb", "--client-type", "confidential"];
  const assumed = await run(words);
  assert.equal(assumed.code, 0, assumed.err);
  for (const word of ["postgres://localhost/app", "redis://localhost", "no audit log", "no e-mail", "oauth.client_secrets"]) assert.ok(assumed.out.includes(word), `${word} in:\n${assumed.out}`);
  const named = await run([...words, "--overwrite", "--smtp-host", "smtp.shop.example"], { DATABASE_URL: "postgres://u:hunter2@db/shop", AUDIT_DATABASE_URL: "postgres://db/audit", REDIS_URL: "redis://redis" });
  assert.equal(named.code, 0, named.err);
  assert.ok(!/localhost|hunter2|no audit|no e-mail/.test(named.out), named.out);
  assert.match(await readFile(join(at, "authgear.secrets.yaml"), "utf8"), /postgres:\/\/u:hunter2@db\/shop/);
});
