// User info and bearer tokens: OpenID Connect Core 5.3, RFC 6750; revocation: RFC 7009.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { decodeJwt } from "jose";

import { Gatehouse } from "../support/gatehouse.ts";
import type { Person } from "../support/person.ts";
import { type Answer, type Client, addClients, basic, confidentialClient, json, moreClients, post, publicClient, send, signedIn } from "../support/protocol.ts";

let gatehouse: Gatehouse;
let app: Client;
let server: Client;
let more: Record<keyof typeof moreClients, Client>;
let ada: Person;
const at = (): string => `${gatehouse.endpoint}/oauth2/userinfo`;
const claim = (name: string): string => `https://authgear.com/claims/user/${name}`;
before(async () => {
  gatehouse = await Gatehouse.start();
  app = publicClient(gatehouse);
  server = confidentialClient(gatehouse);
  more = await addClients(gatehouse);
  ada = await signedIn(gatehouse, "ada@example.com");
});
after(() => gatehouse.stop());

function isChallenged(answer: Answer, error: string | null, status = 401): void {
  assert.equal(answer.status, status, answer.text);
  const challenge = answer.headers.get("www-authenticate")!;
  if (error === null) {
    assert.equal(challenge, "Bearer", "no error where no token was sent (RFC 6750 3.1)");
    return;
  }
  const [, code, description] = /^Bearer error="([^"]+)", error_description="([\x20-\x21\x23-\x5b\x5d-\x7e]+)"$/.exec(challenge)!;
  assert.equal(code, error);
  assert.deepEqual(json(answer), { error: code, error_description: description });
  assert.equal(answer.headers.get("cache-control"), "no-store");
}

test("the token may come in the header by GET and POST or in a form, and the answers are the same", async () => {
  const { access_token: token } = await app.tokens(ada);
  const authorization = `Bearer ${token}`;
  const answers = [
    await send(at(), { headers: { authorization } }),
    await send(at(), { headers: { authorization: `bEARER ${token}` } }),
    await send(at(), { method: "POST", headers: { authorization } }),
    await send(at(), { method: "POST", headers: { authorization, "content-type": "application/json" }, body: "{}" }),
    await post(at(), { access_token: token }),
    await post(at(), { other: "x" }, { authorization }),
  ];
  for (const answer of answers) {
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.text, answers[0]!.text);
    assert.match(answer.headers.get("content-type")!, /^application\/json/);
    assert.equal(answer.headers.get("cache-control"), "no-store");
  }
});

test("a first party sees all attributes, whatever its scopes", async () => {
  const tokens = await app.tokens(ada);
  const claims = json(await app.userinfo(tokens.access_token));
  assert.equal(claims["sub"], decodeJwt(tokens.id_token).sub);
  assert.equal(claims["email"], "ada@example.com");
  assert.equal(claims["email_verified"], true);
  assert.equal(claims[claim("is_verified")], true);
  assert.equal(claims[claim("is_anonymous")], false);
  assert.equal(claims[claim("can_reauthenticate")], true);
  assert.deepEqual(claims[claim("roles")], []);
  assert.deepEqual(claims["custom_attributes"], {});
  assert.deepEqual(claims["x_web3"], {});
  for (const name of ["authenticators", "identities", "recovery_code_enabled"]) assert.equal(claim(name) in claims, false, name);
});

test("the full scopes tell by what the person can sign in, without a secret or an address", async () => {
  const scopes = ["openid https://authgear.com/scopes/full-access", "openid https://authgear.com/scopes/full-userinfo"];
  for (const scope of scopes) {
    const claims = json(await app.userinfo((await app.tokens(ada, { scope })).access_token));
    const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
    const [authenticator, ...others] = claims[claim("authenticators")];
    assert.deepEqual(others, []);
    assert.deepEqual(Object.keys(authenticator).sort(), ["created_at", "kind", "type", "updated_at"]);
    assert.deepEqual([authenticator.type, authenticator.kind], ["password", "primary"]);
    const [identity, ...more] = claims[claim("identities")];
    assert.deepEqual(more, []);
    assert.deepEqual(Object.keys(identity).sort(), ["created_at", "login_id_key", "login_id_type", "type", "updated_at"]);
    assert.deepEqual([identity.type, identity.login_id_key, identity.login_id_type], ["login_id", "email", "email"]);
    for (const at of [authenticator.created_at, authenticator.updated_at, identity.created_at, identity.updated_at]) assert.match(at, time);
    assert.ok(Math.abs(Date.parse(identity.created_at) - Date.now()) < 600_000);
    assert.equal(claims[claim("recovery_code_enabled")], false);
  }
});

test("a third party sees what its scopes allow", async () => {
  const allow = async (scope: string): Promise<Record<string, any>> => {
    const request = more.partner.parameters("v".repeat(43), { scope });
    const page = await ada.visit(more.partner.authorizeUrl(request));
    const back = page.text ? await ada.submit(page, "consent-form", {}, { button: "consent-allow", until: [more.partner.redirectUri] }) : page;
    const code = back.url.searchParams.get("code")!;
    return json(await more.partner.userinfo(json(await more.partner.redeem({ code, verifier: "v".repeat(43) }))["access_token"]));
  };
  const bare = await allow("openid");
  for (const name of ["email", "email_verified", "custom_attributes", "x_web3", claim("identities")]) assert.equal(name in bare, false, name);
  assert.equal(typeof bare["sub"], "string");
  const withEmail = await allow("openid email");
  assert.equal(withEmail["email"], "ada@example.com");
  assert.equal("custom_attributes" in withEmail, false);
});

test("the browser's session is as good as a token with full access", async () => {
  const cookie = `session=${ada.cookies(gatehouse.endpoint).get("session")}`;
  const claims = json(await send(at(), { headers: { cookie } }));
  assert.equal(claims["email"], "ada@example.com");
  assert.equal(claims[claim("identities")].length, 1);
  isChallenged(await send(at(), { headers: { cookie: `${cookie}x` } }), "invalid_token");
  isChallenged(await send(at(), { headers: { cookie: `${cookie}; ${cookie}` } }), null);
  isChallenged(await send(at(), { headers: { cookie, authorization: "Bearer wrong" } }), "invalid_token");
});

test("the browser's session is not for the script of somebody else's application that shares the site", async () => {
  const cookie = `session=${ada.cookies(gatehouse.endpoint).get("session")}`;
  const from = (client: Client): Promise<Answer> => send(at(), { headers: { cookie, origin: new URL(client.redirectUri).origin } });
  assert.equal((await from(more.spa)).status, 200);
  isChallenged(await from(more.partner), null);
  const { access_token: token } = await app.tokens(ada);
  const byToken = await send(at(), { headers: { cookie, origin: new URL(more.partner.redirectUri).origin, authorization: `Bearer ${token}` } });
  assert.equal(byToken.status, 200, "its own token is another matter");
});

test("without a token there is a bare challenge, with a bad one the reason", async () => {
  isChallenged(await send(at()), null);
  isChallenged(await send(at(), { method: "POST" }), null);
  isChallenged(await send(at(), { headers: { authorization: basic(server.id, server.secret!) } }), null);
  const { access_token: token, refresh_token, id_token } = await app.tokens(ada);
  isChallenged(await send(`${at()}?access_token=${token}`), null);
  for (const bad of ["x", "A".repeat(32), token.slice(1), `${token}x`, `${token} ${token}`, refresh_token, id_token, "eyJ.eyJ.x", "a".repeat(7000)]) isChallenged(await app.userinfo(bad), "invalid_token");
});

test("a token that comes in two ways is refused", async () => {
  const { access_token: token } = await app.tokens(ada);
  isChallenged(await post(at(), { access_token: token }, { authorization: `Bearer ${token}` }), "invalid_request", 400);
  isChallenged(await post(at(), [["access_token", token], ["access_token", token]]), "invalid_request", 400);
});

test("lesson 20, lesson 21: a JWT with another key, algorithm, type, issuer or audience is no access token", async () => {
  const { access_token: token, id_token } = await more.jwt.tokens(ada);
  assert.equal((await app.userinfo(token)).status, 200);
  const [head, payload, signature] = token.split(".") as [string, string, string];
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const decode = (part: string): Record<string, unknown> => JSON.parse(Buffer.from(part, "base64url").toString());
  const forged = [
    `${encode({ ...decode(head), alg: "none" })}.${payload}.`, `${encode({ ...decode(head), alg: "none" })}.${payload}.${signature}`,
    `${encode({ ...decode(head), alg: "HS256" })}.${payload}.${signature}`, `${encode({ ...decode(head), kid: "other" })}.${payload}.${signature}`,
    `${encode({ ...decode(head), jwk: { kty: "oct", k: "AA" } })}.${payload}.${signature}`, `${head}.${encode({ ...decode(payload), sub: "x" })}.${signature}`,
    `${head}.${payload}.`, `${head}.${payload}`, `${head}.${payload}.${signature}.x`, `${head}.${payload}.${signature.slice(0, -2)}`, id_token,
  ];
  for (const wrong of forged) isChallenged(await app.userinfo(wrong), "invalid_token");
});

test("revoking an access token ends it alone, opaque or JWT", async () => {
  for (const client of [app, more.jwt]) {
    const tokens = await client.tokens(ada);
    const answer = await client.revoke(tokens.access_token, { token_type_hint: "refresh_token" });
    assert.deepEqual([answer.status, answer.text], [200, ""]);
    isChallenged(await client.userinfo(tokens.access_token), "invalid_token");
    assert.equal((await client.refresh(tokens.refresh_token)).status, 200);
  }
});

test("revoking a refresh token ends all that came of it, from its first answer on", async () => {
  for (const client of [app, server, more.jwt]) {
    const tokens = await client.tokens(ada);
    assert.equal((await client.userinfo(tokens.access_token)).status, 200);
    assert.equal((await client.revoke(tokens.refresh_token)).status, 200);
    isChallenged(await client.userinfo(tokens.access_token), "invalid_token");
    assert.equal(json(await client.refresh(tokens.refresh_token))["error"], "invalid_grant");
    assert.equal((await client.revoke(tokens.refresh_token)).status, 200, "a second time changes nothing");
  }
});

test("a token of a public client is revoked without client_id, one of a confidential client only by it", async () => {
  const own = await app.tokens(ada);
  assert.equal((await app.revoke(own.refresh_token, { client_id: undefined })).status, 200);
  isChallenged(await app.userinfo(own.access_token), "invalid_token");
  const bearer = (await app.tokens(ada)).access_token;
  assert.equal((await post(`${gatehouse.endpoint}/oauth2/revoke`, { token: bearer }, { authorization: `Bearer ${bearer}` })).status, 200, "no client presents itself by that");
  isChallenged(await app.userinfo(bearer), "invalid_token");
  const { access_token: access, refresh_token: refresh } = await server.tokens(ada);
  for (const token of [refresh, access]) {
    for (const changes of [{ client_id: undefined, client_secret: undefined }, { client_secret: undefined }, { client_secret: "wrong" }]) {
      const answer = await server.revoke(token, changes);
      assert.deepEqual([answer.status, json(answer)["error"]], [400, "invalid_client"]);
    }
    const other = await app.revoke(token);
    assert.deepEqual([other.status, json(other)["error"]], [400, "invalid_grant"]);
  }
  const basicWrong = await post(`${gatehouse.endpoint}/oauth2/revoke`, { token: access }, { authorization: basic(server.id, "wrong") });
  assert.equal(basicWrong.status, 401);
  assert.match(basicWrong.headers.get("www-authenticate")!, /^Basic /);
  assert.equal((await server.userinfo(access)).status, 200, "nothing of that ended it");
  assert.equal((await post(`${gatehouse.endpoint}/oauth2/revoke`, { token: access }, { authorization: basic(server.id, server.secret!) })).status, 200);
  isChallenged(await server.userinfo(access), "invalid_token");
});

test("an unknown token is revoked already; a request without one is wrong", async () => {
  for (const token of ["x", "a.b", "a.b.c", "A".repeat(32), "☃"]) {
    const answer = await app.revoke(token);
    assert.deepEqual([answer.status, answer.text], [200, ""]);
  }
  for (const answer of [await app.revoke(""), await post(`${gatehouse.endpoint}/oauth2/revoke`, [["token", "a"], ["token", "b"]]), await send(`${gatehouse.endpoint}/oauth2/revoke?token=x`, { method: "POST" })]) {
    assert.deepEqual([answer.status, json(answer)["error"]], [400, "invalid_request"]);
  }
  assert.equal((await send(`${gatehouse.endpoint}/oauth2/revoke?token=x`)).status, 405);
});
