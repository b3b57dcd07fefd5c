// No secret, password, code or token is told to the log, to the metrics or in an error.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";

import { createAccount, freshCode, freshTokens, Visitor } from "../support/account.ts";
import { Application } from "../support/application.ts";
import { Gatehouse } from "../support/gatehouse.ts";
import { mails } from "../support/inbox.ts";
import { anotherAddress } from "../support/server_process.ts";
import { eventually, sql } from "../support/servers.ts";

const ada = { email: "ada@example.com", password: "Marker-Password-7f3a9c" };

let gatehouse: Gatehouse;
let application: Application;

before(async () => {
  gatehouse = await Gatehouse.start({ environment: { LOG_LEVEL: "debug" } });
  application = await Application.discover(gatehouse.addresses);
});
after(() => gatehouse.stop());

const send = (path: string, values: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(`${gatehouse.endpoint}${path}`, { method: "POST", body: new URLSearchParams(values), headers: { ...anotherAddress(), ...headers } });

// The values under `k`, `d`, `password` and the like in the project's secrets.
async function projectSecrets(): Promise<string[]> {
  const text = await readFile(`${gatehouse.addresses.data}/project/authgear.secrets.yaml`, "utf8");
  return [...text.matchAll(/^\s*-?\s*(?:k|d|p|q|dp|dq|qi): "?([A-Za-z0-9_-]{20,})"?$/gm)].map((found) => found[1]!);
}

test("no secret, password, code or token is in the log, in the metrics or in the body of an error", async () => {
  const { addresses } = gatehouse;
  const bodies: string[] = [];
  const refused = async (response: Response) => {
    assert.ok(response.status >= 400, `${response.url} is refused`);
    bodies.push(await response.text());
  };
  const person = await createAccount(addresses, application, ada);
  const [mail] = await mails(addresses.inbox, ada.email);
  const otp = /\b(\d{6})\b/.exec(mail!.text)![1]!;
  const code = await freshCode(application, ada);
  const tokens = await freshTokens(addresses, application, ada);
  const secrets = [
    ...(await projectSecrets()),
    addresses.confidential_client_secret,
    ada.password,
    code["code"]!,
    code["code_verifier"]!,
    tokens.access_token,
    tokens.refresh_token,
    tokens.id_token,
    person.cookies(addresses.endpoint).get("session")!,
    "Wrong-Marker-Secret-51d2",
    "Wrong-Marker-Password-88e1",
  ];
  assert.ok(secrets.length > 15 && secrets.every((secret) => secret.length > 8), "there is something to look for");

  await refused(await send("/oauth2/token", { ...code, code_verifier: "x".repeat(43) }));
  for (const token of [tokens.access_token, tokens.refresh_token, tokens.id_token]) await fetch(`${gatehouse.endpoint}/oauth2/${token}/x`);
  await refused(await send("/oauth2/token", { ...code, client_id: "nobody" }));
  await refused(await send("/oauth2/token", { grant_type: "refresh_token", refresh_token: `${tokens.refresh_token}x`, client_id: application.clientId }));
  await refused(await send("/oauth2/token", { grant_type: "refresh_token", refresh_token: tokens.refresh_token, client_id: addresses.confidential_client_id, client_secret: "Wrong-Marker-Secret-51d2" }));
  await refused(await send("/oauth2/token", { grant_type: "refresh_token", refresh_token: tokens.refresh_token, client_id: addresses.confidential_client_id, client_secret: addresses.confidential_client_secret }));
  await refused(await fetch(`${addresses.endpoint}/oauth2/userinfo`, { headers: { authorization: `Bearer ${tokens.access_token}x` } }));
  await refused(await fetch(`${addresses.endpoint}/nothing?token=${tokens.access_token}`));
  const guest = new Visitor();
  const { url } = await application.authorizationRequest();
  const page = await guest.submit(await guest.visit(url), "login-form", { x_login_id: ada.email });
  bodies.push((await guest.submit(page, "password-form", { x_password: "Wrong-Marker-Password-88e1" })).text);

  const metrics = await (await fetch(`${addresses.endpoint}/metrics`)).text();
  assert.match(metrics, /^gatehouse_/m);
  await eventually("everything is delivered", async () => (await sql(addresses.database_url, "SELECT 1 FROM _gatehouse_outbox LIMIT 1")).length === 0);
  const log = gatehouse.logged();
  const places = { log, metrics, ...Object.fromEntries(bodies.map((body, i) => [`answer ${i}`, body])) };
  for (const [place, text] of Object.entries(places)) {
    for (const secret of secrets) assert.ok(!text.includes(secret), `${place} tells ${secret.slice(0, 12)}…`);
  }
  for (const text of [log, metrics]) assert.ok(!new RegExp(`(?<![0-9a-f.-])${otp}(?![0-9a-f])`).test(text), "the code is told");
  const audit = await sql(addresses.audit_database_url, "SELECT data::text AS data FROM _audit_log");
  const stored = audit.map(({ data }) => String(data)).join("\n");
  for (const secret of secrets) assert.ok(!stored.includes(secret), `the audit log tells ${secret.slice(0, 12)}…`);
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
