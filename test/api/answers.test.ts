// What every answer says to the browser, whatever went wrong: policies, and CORS where scripts of other origins ask.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { Gatehouse } from "../support/gatehouse.ts";
import { Server } from "../support/servers.ts";
import { type Answer, type Client, addClients, json, moreClients, post, publicClient, send, signedIn, until } from "../support/protocol.ts";

let gatehouse: Gatehouse;
let app: Client;
let more: Record<keyof typeof moreClients, Client>;
before(async () => {
  gatehouse = await Gatehouse.start();
  app = publicClient(gatehouse);
  more = await addClients(gatehouse);
});
after(() => gatehouse.stop());

const at = (path: string): string => gatehouse.endpoint + path;
const form = "application/x-www-form-urlencoded";

// Every route of the authentication server, and what is none.
const paths = [
  "/", "/login", "/signup", "/logout", "/reset_password", "/_internals/oauth_entrypoint", "/v2/errors/error", "/static/x", "/shared-assets/x", "/nothing",
  ...["enter_password", "enter_oob_otp", "create_password", "change_password", "finish", "account_status"].map((page) => `/authflow/v2/${page}`),
  "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server",
  ...["authorize", "consent", "token", "revoke", "userinfo", "jwks", "end_session"].map((name) => `/oauth2/${name}`),
];
const broken: [string, RequestInit][] = [
  ["GET", {}],
  ["HEAD", { method: "HEAD" }],
  ["OPTIONS", { method: "OPTIONS" }],
  ["PUT", { method: "PUT" }],
  ["a page wanted", { headers: { accept: "text/html" } }],
  ["an empty form", { method: "POST", headers: { "content-type": form } }],
  ["a broken form", { method: "POST", body: "a=%zz", headers: { "content-type": form } }],
  ["no form", { method: "POST", body: "{", headers: { "content-type": "application/json" } }],
  ["a foreign form", { method: "POST", body: "x_action=a", headers: { "content-type": form, "sec-fetch-site": "cross-site" } }],
  ["a bad bearer", { headers: { authorization: "Bearer x" } }],
];

function hasPolicies(answer: Answer, what: string): void {
  assert.match(answer.headers.get("permissions-policy") ?? "", /camera=\(\)/, `${what}: ${answer.status} ${answer.text}`);
  assert.equal(answer.headers.get("x-content-type-options"), "nosniff", what);
  assert.ok(answer.headers.get("referrer-policy"), what);
  assert.ok(answer.headers.get("cache-control"), what);
}

async function walk(check: (answer: Answer, what: string) => void): Promise<void> {
  for (const path of paths) {
    for (const query of ["", "?a=%zz", "?x_ref=0&code=0&q_login_id_key=x"]) {
      for (const [what, init] of broken) check(await send(at(path + query), init), `${path}${query} ${what}`);
    }
  }
}

test("every route's every answer carries the policies", () =>
  walk((answer, what) => {
    hasPolicies(answer, what);
    assert.ok(answer.status < 500, `${what}: ${answer.status}`);
  }));

const isOpenTo = (answer: Answer, origin: string, what: string): void => {
  assert.equal(answer.headers.get("access-control-allow-origin"), origin, `${what}: ${answer.status} ${answer.text}`);
  assert.equal(answer.headers.get("access-control-allow-credentials"), "true", what);
  assert.match(answer.headers.get("vary")!, /origin/i, what);
};

test("a script hears of its client's errors: 400, 401, 429", async () => {
  const { origin } = new URL(more.spa.redirectUri);
  const headers = { origin };
  isOpenTo(await post(at("/oauth2/token"), {}, headers), origin, "no grant");
  isOpenTo(await post(at("/oauth2/revoke"), {}, headers), origin, "no token");
  isOpenTo(await send(at("/oauth2/token"), { method: "POST", body: "a=%zz", headers: { ...headers, "content-type": form } }), origin, "a broken form");
  const userinfo = await send(at("/oauth2/userinfo"), { headers: { ...headers, authorization: "Bearer x" } });
  assert.equal(userinfo.status, 401);
  isOpenTo(userinfo, origin, "a bad token");
  const from = { ...headers, "x-forwarded-for": "203.0.113.77" };
  let limited: Answer | undefined;
  for (let i = 0; i < 130 && limited === undefined; i++) {
    const answer = await post(at("/oauth2/token"), { client_id: more.spa.id }, from);
    if (answer.status === 429) limited = answer;
  }
  assert.equal(json(limited!)["error"], "x_rate_limited");
  assert.ok(Number(limited!.headers.get("retry-after")) > 0);
  isOpenTo(limited!, origin, "too many");
  const foreign = await post(at("/oauth2/token"), {}, { origin: "https://evil.example" });
  assert.equal(foreign.headers.get("access-control-allow-origin"), null);
});

test("while PostgreSQL is away, 503 says so to scripts and carries the policies", async () => {
  const person = await signedIn(gatehouse, "ada@example.com");
  const tokens = await app.tokens(person);
  const { origin } = new URL(app.redirectUri);
  const postgres = Server.postgres(gatehouse.addresses.database_url, gatehouse.pid);
  postgres.pause();
  try {
    await until(async () => (await app.userinfo(tokens.access_token)).status === 503, "it is noticed");
    const refresh = { grant_type: "refresh_token", refresh_token: tokens.refresh_token, client_id: app.id };
    for (const [what, answer] of [
      ["/oauth2/token", await post(at("/oauth2/token"), refresh, { origin })],
      ["/oauth2/revoke", await post(at("/oauth2/revoke"), { token: tokens.refresh_token }, { origin })],
      ["/oauth2/userinfo", await send(at("/oauth2/userinfo"), { headers: { origin, authorization: `Bearer ${tokens.access_token}` } })],
    ] as [string, Answer][]) {
      assert.equal(answer.status, 503, `${what}: ${answer.text}`);
      assert.ok(Number(answer.headers.get("retry-after")) > 0, what);
      isOpenTo(answer, origin, what);
      hasPolicies(answer, what);
    }
  } finally {
    postgres.resume();
  }
  await until(async () => (await app.userinfo(tokens.access_token)).status === 200, "it works again");
});

test("where the project is reached by https, every answer of it insists on that", async () => {
  const path = join(gatehouse.addresses.data, "project/authgear.yaml");
  const text = await readFile(path, "utf8");
  assert.ok(text.includes(gatehouse.endpoint));
  assert.equal((await send(at("/nothing"))).headers.get("strict-transport-security"), null);
  await writeFile(path, text.replace(gatehouse.endpoint, gatehouse.endpoint.replace("http:", "https:")));
  await until(async () => (await send(at("/nothing"))).headers.has("strict-transport-security"), "the new origin is known");
  await walk((answer, what) => {
    const unread = what.includes("?a=%zz") && answer.status === 400; // no project was asked
    assert.ok(unread || /max-age=\d+/.test(answer.headers.get("strict-transport-security") ?? ""), `${what}: ${answer.status} ${answer.text}`);
  });
});
