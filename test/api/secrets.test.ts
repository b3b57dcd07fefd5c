// No secret, password, code or token is told to the log, to the metrics or in an error.
import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { createAccount, freshCode, freshTokens, type Tokens, Visitor } from "../support/account.ts";
import { Application } from "../support/application.ts";
import { Gatehouse, run } from "../support/gatehouse.ts";
import { mails } from "../support/inbox.ts";
import type { Person } from "../support/person.ts";
import { addClients, type Client, newVerifier } from "../support/protocol.ts";
import { anotherAddress, ServerProcess } from "../support/server_process.ts";
import { eventually, redis, sql } from "../support/servers.ts";

const ada = { email: "ada@example.com", password: "Marker-Password-7f3a9c" };
const wrong = { secret: "Wrong-Marker-Secret-51d2", password: "Wrong-Marker-Password-88e1" };
// Of the servers that Gatehouse uses.
const passwords = { database: "Marker-Database-2b60", redis: "Marker-Redis-9d17", smtp: "Marker-Mail-4e85" };

let gatehouse: Gatehouse;
let application: Application;
let partner: Client;

before(async () => {
  gatehouse = await Gatehouse.start({ environment: { LOG_LEVEL: "debug" } });
  await protectServers();
  application = await Application.discover(gatehouse.addresses);
  partner = (await addClients(gatehouse)).partner;
});
after(() => gatehouse.stop());

const inData = (name: string) => join(gatehouse.addresses.data, name);
const send = (path: string, values: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(`${gatehouse.endpoint}${path}`, { method: "POST", body: new URLSearchParams(values), headers: { ...anotherAddress(), ...headers } });

function replaced(text: string, changes: [string | RegExp, string][]): string {
  return changes.reduce((before, [from, to]) => {
    const after = before.replaceAll(from, to);
    assert.notEqual(after, before, `${from} is there`);
    return after;
  }, text);
}

// PostgreSQL, Redis and the receiver of mail are used with passwords from here on.
async function protectServers(): Promise<void> {
  const { redis_url: url } = gatehouse.addresses;
  await redis(url, "ACL", "SETUSER", "marker", "on", `>${passwords.redis}`, "~*", "&*", "+@all");
  const path = inData("project/authgear.secrets.yaml");
  const changed = replaced(await readFile(path, "utf8"), [
    ["postgres://gatehouse@", `postgres://gatehouse:${passwords.database}@`],
    ["unix://", `unix://marker:${passwords.redis}@`],
    [/password: "?development"?$/gm, `password: ${passwords.smtp}`],
  ]);
  await writeFile(path, changed);
  await eventually("Redis is used with the password", async () => /user=marker /.test((await redis(url, "CLIENT", "LIST")) as string));
}

// The values under `k`, `d`, `password` and the like in the project's secrets, and the master key.
async function configuredSecrets(): Promise<string[]> {
  const text = await readFile(inData("project/authgear.secrets.yaml"), "utf8");
  const { keys } = JSON.parse(await readFile(inData("master-key.json"), "utf8")) as { keys: { key: string }[] };
  const own = [...text.matchAll(/^\s*-?\s*(?:k|d|p|q|dp|dq|qi): "?([A-Za-z0-9_-]{20,})"?$/gm)].map((found) => found[1]!);
  assert.ok(own.length > 10 && keys.length > 0, "there is something to look for");
  return [...own, ...keys.map(({ key }) => key), gatehouse.addresses.confidential_client_secret, ...Object.values(passwords)];
}

// What a browser is trusted with: its cookies, and the tokens in the addresses that it was led to.
function carriedBy(person: Person): string[] {
  const cookies = person.cookies(gatehouse.endpoint);
  const told = person.visited.flatMap(({ searchParams }) => ["x_step", "x_ref", "code"].map((name) => searchParams.get(name)));
  return [...new Set([...cookies.values(), ...told])].filter((value) => value !== null && value.length > 8) as string[];
}

// Somebody who signed up, signed in to two applications, and waits on the consent page of the second.
async function walk(): Promise<{ person: Visitor; otp: string; code: Record<string, string>; tokens: Tokens; finished: string; step: string }> {
  const person = await createAccount(gatehouse.addresses, application, ada);
  const [mail] = await mails(gatehouse.addresses.inbox, ada.email);
  const otp = /\b(\d{6})\b/.exec(mail!.text)![1]!;
  const code = await freshCode(application, ada);
  const tokens = await freshTokens(gatehouse.addresses, application, ada);
  await person.visit(partner.authorizeUrl(partner.parameters(newVerifier())));
  const told = (path: string, name: string) => person.visited.findLast((url) => url.pathname === path)!.searchParams.get(name)!;
  for (const name of ["session", "oauth_ui", "authgear_web_session"]) assert.ok(person.cookies(gatehouse.endpoint).has(name), name);
  return { person, otp, code, tokens, finished: told("/oauth2/consent", "code"), step: told("/signup", "x_step") };
}

// The bodies of everything that is refused to somebody who tries what was given to another, or something like it.
async function refusals({ code, tokens, finished, step }: Awaited<ReturnType<typeof walk>>): Promise<string[]> {
  const { addresses } = gatehouse;
  const by = { grant_type: "refresh_token", refresh_token: tokens.refresh_token };
  const server = { client_id: addresses.confidential_client_id };
  const to = (path: string, headers: Record<string, string> = {}) => fetch(`${addresses.endpoint}${path}`, { headers: { accept: "text/html", ...headers } });
  const answers = [
    await send("/oauth2/token", { ...code, code_verifier: "x".repeat(43) }),
    await send("/oauth2/token", { ...code, client_id: "nobody" }),
    await send("/oauth2/token", { ...by, refresh_token: `${tokens.refresh_token}x`, client_id: application.clientId }),
    await send("/oauth2/token", { ...by, ...server, client_secret: wrong.secret }),
    await send("/oauth2/token", { ...by, ...server, client_secret: addresses.confidential_client_secret }),
    await to("/oauth2/userinfo", { authorization: `Bearer ${tokens.access_token}x` }),
    await to(`/nothing?token=${tokens.access_token}`),
    await to(`/oauth2/consent?code=${finished}`),
    await to(`/signup?x_step=${step}`),
    await to(`/authflow/v2/enter_oob_otp?x_step=${step}`),
  ];
  for (const token of [tokens.access_token, tokens.refresh_token, tokens.id_token, finished, step]) answers.push(await to(`/oauth2/${token}/x`));
  for (const { url, status } of answers) assert.ok(status >= 400, `${url} is refused, not ${status}`);
  return Promise.all(answers.map((answer) => answer.text()));
}

// A wrong password on the page; what it says, and what that browser carries.
async function misspelt(): Promise<{ page: string; carried: string[] }> {
  const guest = new Visitor();
  const { url } = await application.authorizationRequest();
  const page = await guest.submit(await guest.visit(url), "login-form", { x_login_id: ada.email });
  const again = await guest.submit(page, "password-form", { x_password: wrong.password });
  return { page: again.text, carried: carriedBy(guest) };
}

function tellsNothing(places: Record<string, string> | string[], secrets: string[]): void {
  for (const [place, text] of Object.entries(places)) {
    for (const secret of secrets) assert.ok(!text.includes(secret), `${place} tells ${secret.slice(0, 12)}…`);
  }
}

test("no secret, password, code or token is in the log, in the metrics or in the body of an error", async () => {
  const { addresses } = gatehouse;
  const walked = await walk();
  const { code, tokens } = walked;
  const { page, carried } = await misspelt();
  const bodies = [...(await refusals(walked)), page];
  const metrics = await (await fetch(`${addresses.endpoint}/metrics`)).text();
  assert.match(metrics, /^gatehouse_/m);
  await eventually("everything is delivered", async () => (await sql(addresses.database_url, "SELECT 1 FROM _gatehouse_outbox LIMIT 1")).length === 0);
  const audit = (await sql(addresses.audit_database_url, "SELECT data::text AS data FROM _audit_log")).map(({ data }) => String(data)).join("\n");

  const given = [code["code"]!, code["code_verifier"]!, tokens.access_token, tokens.refresh_token, tokens.id_token, ...carriedBy(walked.person)];
  const secrets = [...(await configuredSecrets()), ...Object.values(wrong), ada.password, ...given];
  assert.ok(secrets.every((secret) => secret.length > 8), "nothing that is found by chance");
  const kept = { log: gatehouse.logged(), metrics, "the audit log": audit };
  tellsNothing(kept, [...secrets, ...carried]);
  tellsNothing(bodies, secrets);
  for (const text of [kept.log, metrics]) assert.ok(!new RegExp(`(?<![0-9a-f.-])${walked.otp}(?![0-9a-f])`).test(text), "the code is told");
});

test("servers that are away or refuse: their passwords are in no log and no answer", async () => {
  const { addresses } = gatehouse;
  const data = await mkdtemp(join(tmpdir(), "gatehouse-secrets-"));
  await cp(inData("project"), join(data, "project"), { recursive: true });
  await cp(inData("master-key.json"), join(data, "master-key.json"));
  const path = join(data, "project/authgear.secrets.yaml");
  const away = { database: "Marker-Away-Database-77c1", redis: "Marker-Refused-Redis-0fe2" };
  await writeFile(path, replaced(await readFile(path, "utf8"), [
    [/postgres:\/\/gatehouse:[^@]+@\S+?(?="?$)/gm, `postgres://gatehouse:${away.database}@127.0.0.1:1/app`],
    [`marker:${passwords.redis}@`, `marker:${away.redis}@`],
  ]));
  const server = await ServerProcess.start({ ...addresses, data }, ["auth", "worker"], { LOG_LEVEL: "debug" });
  try {
    await eventually("it says that both are away", async () => /PostgreSQL is away/.test(server.logged()) && /Redis/.test(server.logged()));
    const answers = [await server.ask("/login", { headers: { accept: "text/html" } }), await server.ask("/oauth2/userinfo", { headers: { authorization: `Bearer ${"x".repeat(40)}` } })];
    for (const { status, text } of answers) assert.equal(status, 503, text);
    const ready = await server.ask("/readyz");
    assert.match(ready.text, /"database":"unreachable","redis":"unreachable"/);
    tellsNothing([server.logged(), ready.text, ...answers.map(({ text }) => text)], Object.values(away));
  } finally {
    await server.stop();
    await rm(data, { recursive: true });
  }
});

test("a setting that is wrong is named without the secret in it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "gatehouse-secrets-"));
  const ring = join(folder, "master-key.json");
  await writeFile(ring, `{"active":"a","keys":[{"id":"a","key":"Marker-Master-Key-5a5a"}]}`);
  for (const [name, value] of Object.entries({
    DATABASE_URL: "postgres://gatehouse:Marker-Setting@db:port/app",
    AUDIT_DATABASE_URL: "postgres://gatehouse:Marker-Setting@db/app?nothing=1",
    REDIS_URL: "redis://:Marker-Setting@redis:port/0",
    GATEHOUSE_EGRESS_PROXY: "proxy:Marker-Setting@proxy",
    GATEHOUSE_MASTER_KEY_FILE: ring,
  })) {
    const { code, out, err } = await run(["serve"], { [name]: value });
    assert.equal(code, 1, err);
    assert.match(err, new RegExp(`^gatehouse: .*${name}|^${name}`, "m"));
    tellsNothing({ out, err }, ["Marker-Setting", "Marker-Master-Key-5a5a"]);
  }
  const { code, out, err } = await run(["migrate", "up"], { DATABASE_URL: "postgres://gatehouse:Marker-Setting@127.0.0.1:1/app" });
  assert.equal(code, 1, err);
  tellsNothing({ out, err }, ["Marker-Setting"]);
  await rm(folder, { recursive: true });
});

test("each thing that happened is in the audit log once, with the payload it should have", async () => {
  const url = gatehouse.addresses.audit_database_url;
  await eventually("everything is delivered", async () => (await sql(gatehouse.addresses.database_url, "SELECT 1 FROM _gatehouse_outbox LIMIT 1")).length === 0);
  const rows = await sql<{ id: string; activity_type: string; data: { id: string; seq: number; payload: object; context: object } }>(url, "SELECT id, activity_type, data FROM _audit_log");
  assert.equal(new Set(rows.map(({ data }) => data.seq)).size, rows.length);
  assert.ok(rows.every(({ id, data }) => data.id === id && parseInt(id, 16) === data.seq));
  const of = (type: string) => rows.filter(({ activity_type }) => activity_type === type);
  const keys: Record<string, string[]> = {
    "user.created": ["identities", "user"],
    "user.authenticated": ["session", "user"],
    "email.sent": ["recipient", "sender", "type"],
    "authentication.primary.password.failed": ["authentication_stage", "authenticator_type", "user"],
  };
  for (const [type, wanted] of Object.entries(keys)) {
    assert.ok(of(type).length > 0, type);
    for (const { data } of of(type)) assert.deepEqual(Object.keys(data.payload).sort(), wanted, type);
  }
  assert.equal(of("user.created").length, 1);
  assert.equal(of("email.sent").length, 1);
  assert.equal(of("authentication.primary.password.failed").length, 1);
});
