// The token endpoint as a strict client and an attacker see it: RFC 6749 2.3, 4.1.3, 5, 6, RFC 7636 4.5, RFC 9700.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from "jose";
import pg from "pg";

import { Gatehouse } from "../support/gatehouse.ts";
import { type Page, Person, signIn } from "../support/person.ts";
import { type Answer, type Client, type Pairs, addClients, basic, confidentialClient, json, moreClients, newVerifier, password, post, publicClient, send, signedIn, until } from "../support/protocol.ts";

let gatehouse: Gatehouse;
let app: Client;
let server: Client;
let more: Record<keyof typeof moreClients, Client>;
let ada: Person;
let database: pg.Client;
const at = (): string => `${gatehouse.endpoint}/oauth2/token`;
before(async () => {
  gatehouse = await Gatehouse.start();
  app = publicClient(gatehouse);
  server = confidentialClient(gatehouse);
  more = await addClients(gatehouse);
  ada = await signedIn(gatehouse, "ada@example.com");
  const url = new URL(gatehouse.addresses.database_url.replace("@/", "@localhost/"));
  database = new pg.Client({ host: url.searchParams.get("host")!, user: url.username, database: url.pathname.slice(1) });
  await database.connect();
});
after(async () => {
  await database?.end();
  await gatehouse.stop();
});

function isRefused(answer: Answer, error: string, status = 400): void {
  assert.equal(answer.status, status, answer.text);
  assert.match(answer.headers.get("content-type")!, /^application\/json/);
  assert.equal(answer.headers.get("cache-control"), "no-store");
  assert.equal(answer.headers.get("pragma"), "no-cache");
  const body = json(answer);
  assert.equal(body["error"], error, answer.text);
  assert.match(body["error_description"], /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
  assert.deepEqual(Object.keys(body).sort(), ["error", "error_description"]);
  assert.equal(answer.headers.has("www-authenticate"), status === 401);
}

const codeForm = (client: Client, made: { code: string; verifier: string }) => ({
  grant_type: "authorization_code",
  code: made.code,
  redirect_uri: client.redirectUri,
  code_verifier: made.verifier,
});

test("a code gives tokens in the standard's shape, never to be stored", async () => {
  const answer = await app.redeem(await app.code(ada, { nonce: "n" }));
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get("content-type")!, /^application\/json/);
  assert.equal(answer.headers.get("cache-control"), "no-store");
  assert.equal(answer.headers.get("pragma"), "no-cache");
  const tokens = json(answer);
  assert.deepEqual(Object.keys(tokens).sort(), ["access_token", "expires_in", "id_token", "refresh_token", "scope", "token_type"]);
  assert.equal(tokens["token_type"], "Bearer");
  assert.equal(tokens["expires_in"], 1800);
  assert.match(tokens["access_token"], /^[A-Za-z0-9]{32}$/);
  assert.match(tokens["refresh_token"], /^[0-9a-f-]{36}\.[A-Za-z0-9]{32}$/);
});

test("without offline_access there is no refresh token", async () => {
  const tokens = json(await app.redeem(await app.code(ada, { scope: "openid email" })));
  assert.equal("refresh_token" in tokens, false);
  assert.equal(tokens["scope"], "openid email");
});

test("the ID token verifies against the key set and says what it has to", async () => {
  const began = Math.floor(Date.now() / 1000) - 2;
  const tokens = await app.tokens(ada, { nonce: "ñ &+ 1" });
  const keys = createRemoteJWKSet(new URL(`${gatehouse.endpoint}/oauth2/jwks`));
  const { payload, protectedHeader } = await jwtVerify(tokens.id_token, keys, { issuer: gatehouse.endpoint, audience: app.id, typ: "JWT", algorithms: ["RS256"] });
  assert.ok(protectedHeader.kid);
  assert.equal(payload["nonce"], "ñ &+ 1");
  assert.equal(payload.exp! - payload.iat!, 300);
  assert.ok(payload.iat! >= began);
  assert.ok((payload["auth_time"] as number) <= payload.iat!);
  assert.deepEqual(payload["amr"], ["pwd", "x_primary_password"]);
  assert.match(Buffer.from(payload["sid"] as string, "base64url").toString(), /^(idp|offline_grant):[0-9a-f-]{36}$/);
  assert.equal(payload["https://authgear.com/claims/user/is_verified"], true);
  assert.equal(payload["https://authgear.com/claims/user/is_anonymous"], false);
  assert.equal(payload["https://authgear.com/claims/user/can_reauthenticate"], true);
  assert.deepEqual(payload["https://authgear.com/claims/user/roles"], []);
  for (const personal of ["email", "name", "phone_number"]) assert.equal(personal in payload, false, personal);
  const none = decodeJwt((await app.tokens(ada)).id_token);
  assert.equal("nonce" in none, false);
});

test("an ID token of a confidential client carries the claims of its scopes", async () => {
  const tokens = await server.tokens(ada, { scope: "openid email" });
  assert.equal(decodeJwt(tokens.id_token)["email"], "ada@example.com");
  assert.equal("email" in decodeJwt((await server.tokens(ada, { scope: "openid profile" })).id_token), false);
});

test("a client that asks for it gets access tokens of RFC 9068", async () => {
  const tokens = await more.jwt.tokens(ada);
  assert.equal(tokens.expires_in, 600);
  const keys = createRemoteJWKSet(new URL(`${gatehouse.endpoint}/oauth2/jwks`));
  const { payload } = await jwtVerify(tokens.access_token, keys, { issuer: gatehouse.endpoint, audience: gatehouse.endpoint, typ: "at+jwt", algorithms: ["RS256"] });
  assert.equal(payload["client_id"], "jwt");
  assert.equal(payload["scope"], "openid offline_access");
  assert.equal(payload.exp! - payload.iat!, 600);
  assert.ok(payload.jti);
  assert.equal("sid" in payload, false);
  assert.equal(decodeProtectedHeader(tokens.access_token).typ, "at+jwt");
});

test("lesson 8: PKCE cannot be left out, downgraded or guessed, by a public or a confidential client", async () => {
  for (const client of [app, server]) {
    for (const verifier of [undefined, "", newVerifier(), "short", "a".repeat(129)]) {
      const made = await client.code(ada);
      isRefused(await client.redeem(made, { code_verifier: verifier }), "invalid_grant");
      assert.equal((await client.redeem(made)).status, 200, "a wrong try does not take the code away");
    }
    const made = await client.code(ada);
    const challenge = Buffer.from(made.verifier).toString("base64url");
    isRefused(await client.redeem(made, { code_verifier: challenge }), "invalid_grant");
  }
  const without = { code_challenge: undefined, code_challenge_method: undefined };
  isRefused(await server.redeem(await server.code(ada, without)), "invalid_grant");
  assert.equal((await server.redeem(await server.code(ada, without), { code_verifier: undefined })).status, 200);
});

test("RFC 6749 6: a refresh may ask for less than was granted, never for more, and the grant stays what it is", async () => {
  for (const client of [server, more.jwt]) {
    const granted = "openid offline_access email profile";
    const { refresh_token } = await client.tokens(ada, { scope: granted });
    const less = json(await client.refresh(refresh_token, { scope: "openid email" }));
    assert.equal(less["scope"], "openid email");
    if (client === server) {
      const claims = json(await client.userinfo(less["access_token"]));
      assert.equal(claims["email"], "ada@example.com");
      assert.equal(decodeJwt(less["id_token"])["email"], "ada@example.com");
    } else {
      assert.equal(decodeJwt(less["access_token"])["scope"], "openid email");
    }
    const without = json(await client.refresh(less["refresh_token"] ?? refresh_token, { scope: "email" }));
    assert.equal(without["scope"], "email");
    assert.equal("id_token" in without, false, "without openid there is no ID token");
    const refused = await client.userinfo(without["access_token"]);
    assert.equal(refused.status, 403, "nor user info");
    assert.match(refused.headers.get("www-authenticate")!, /^Bearer error="insufficient_scope".*scope="openid"$/);
    const again = without["refresh_token"] ?? less["refresh_token"] ?? refresh_token;
    for (const scope of [`${granted} phone`, "phone", "OPENID", "openid https://authgear.com/scopes/full-userinfo"]) isRefused(await client.refresh(again, { scope }), "invalid_scope");
    assert.equal(json(await client.refresh(again))["scope"], granted);
  }
});

test("a user's requests for tokens are limited, from wherever they come; what was refused is not lost", async () => {
  const person = await signedIn(gatehouse, "limited@example.com");
  const made = await app.code(person);
  const tokens = json(await app.redeem(await app.code(person)));
  const other = await app.code(person);
  let refused: Answer | undefined;
  let refresh = tokens["refresh_token"] as string;
  for (let i = 0; i < 70 && refused === undefined; i++) {
    const answer = await app.refresh(refresh);
    if (answer.status === 429) refused = answer;
    else refresh = (json(answer)["refresh_token"] as string | undefined) ?? refresh;
  }
  assert.ok(refused, "60 a minute");
  isRefused(refused, "x_rate_limited", 429);
  assert.ok(Number(refused.headers.get("retry-after")) > 0);
  isRefused(await app.redeem(made), "x_rate_limited", 429);
  assert.equal((await app.refresh((await app.tokens(ada)).refresh_token)).status, 200, "somebody else's are not");
  await new Promise((resolve) => setTimeout(resolve, 2500)); // a place comes free every second
  assert.equal((await app.redeem(other)).status, 200);
  assert.equal((await app.refresh(refresh)).status, 200);
});

test("client_secret_basic decodes both halves, client_secret_post takes them as they are", async () => {
  const { partner } = more;
  const code = () => server.code(ada);
  const form = async () => ({ ...codeForm(server, await code()) });
  assert.equal((await post(at(), await form(), { authorization: basic(server.id, server.secret!) })).status, 200);
  assert.equal((await post(at(), await form(), { authorization: basic(server.id, server.secret!).replace("Basic", "bAsIc") })).status, 200);
  assert.equal((await post(at(), { ...(await form()), client_id: server.id }, { authorization: basic(server.id, server.secret!) })).status, 200);
  assert.equal((await post(at(), { ...(await form()), client_id: server.id, client_secret: server.secret })).status, 200);
  // A secret full of characters that have to be encoded: authenticated, then the grant is judged.
  const nothing = { grant_type: "refresh_token", refresh_token: "x" };
  isRefused(await post(at(), nothing, { authorization: basic(partner.id, partner.secret!) }), "invalid_grant");
  isRefused(await post(at(), { ...nothing, client_id: partner.id, client_secret: partner.secret }), "invalid_grant");
});

test("a wrong secret is invalid_client: 401 with a challenge after Basic, else 400", async () => {
  const form = { grant_type: "refresh_token", refresh_token: "x" };
  const wrongBasic = [
    basic(server.id, "wrong"), basic(server.id, ""), basic("nobody", server.secret!), basic(app.id, ""), basic(app.id, "x"),
    "Basic", "Basic ", "Basic !!!", `Basic ${Buffer.from("no colon").toString("base64")}`, `Basic ${Buffer.from(`${server.id}:%zz`).toString("base64")}`,
    `Basic ${Buffer.from(`${server.id}:a&b=c`).toString("base64")}`, `Basic ${Buffer.from([0x61, 0x3a, 0xff, 0xfe]).toString("base64")}`,
  ];
  for (const authorization of wrongBasic) {
    const answer = await post(at(), form, { authorization });
    if (authorization.trim() === "Basic") {
      assert.ok([400, 401].includes(answer.status), answer.text);
      continue;
    }
    isRefused(answer, "invalid_client", 401);
    assert.match(answer.headers.get("www-authenticate")!, /^Basic realm="[^"]+"$/);
  }
  isRefused(await post(at(), { ...form, client_id: server.id, client_secret: "wrong" }), "invalid_client");
  isRefused(await post(at(), { ...form, client_id: server.id, client_secret: `${server.secret} ` }), "invalid_client");
  isRefused(await post(at(), { ...form, client_id: "nobody" }), "invalid_client");
});

test("a confidential client has to authenticate, for a code and for a refresh; a public one has no secret", async () => {
  const tokens = await server.tokens(ada);
  isRefused(await post(at(), { grant_type: "refresh_token", refresh_token: tokens.refresh_token, client_id: server.id }), "invalid_client");
  isRefused(await post(at(), { ...codeForm(server, await server.code(ada)), client_id: server.id }), "invalid_client");
  isRefused(await post(at(), { ...codeForm(server, await server.code(ada)), client_id: server.id, client_secret: "" }), "invalid_client");
  isRefused(await post(at(), codeForm(app, await app.code(ada))), "invalid_client");
  isRefused(await app.redeem(await app.code(ada), { client_secret: "something" }), "invalid_client");
  assert.equal((await app.redeem(await app.code(ada), { client_secret: "" })).status, 200, "a parameter without a value is as good as none");
});

test("a client that presents itself twice is refused", async () => {
  const form = { grant_type: "refresh_token", refresh_token: "x", client_id: server.id, client_secret: server.secret };
  isRefused(await post(at(), form, { authorization: basic(server.id, server.secret!) }), "invalid_request");
  isRefused(await post(at(), { ...form, client_id: app.id, client_secret: undefined }, { authorization: basic(server.id, server.secret!) }), "invalid_request");
});

test("only a form in the body counts", async () => {
  const body = { ...codeForm(app, await app.code(ada)), client_id: app.id };
  isRefused(await send(at(), { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } }), "invalid_request");
  isRefused(await send(`${at()}?${new URLSearchParams(body)}`, { method: "POST" }), "invalid_request");
  isRefused(await send(`${at()}?${new URLSearchParams(body)}`, { method: "POST", body: "", headers: { "content-type": "application/x-www-form-urlencoded" } }), "invalid_request");
  isRefused(await send(at(), { method: "POST", body: "grant_type=%zz", headers: { "content-type": "application/x-www-form-urlencoded" } }), "invalid_request");
  assert.equal((await send(`${at()}?${new URLSearchParams(body)}`)).status, 405);
});

test("a repeated parameter is refused and does no harm", async () => {
  const made = await app.code(ada);
  const pairs = Object.entries({ ...codeForm(app, made), client_id: app.id }) as Pairs;
  for (const [name, value] of pairs) isRefused(await post(at(), [...pairs, [name, value]]), "invalid_request");
  assert.equal((await app.redeem(made)).status, 200);
});

test("grant_type must be there and known, and allowed for the client", async () => {
  isRefused(await app.token({}), "invalid_request");
  isRefused(await app.token({ grant_type: "" }), "invalid_request");
  for (const grant_type of ["password", "implicit", "urn:x", "Authorization_Code"]) isRefused(await app.token({ grant_type }), "unsupported_grant_type");
  isRefused(await more.machine.token({ grant_type: "refresh_token", refresh_token: "x" }), "unauthorized_client");
  isRefused(await app.token({ grant_type: "authorization_code" }), "invalid_request");
  isRefused(await app.token({ grant_type: "refresh_token" }), "invalid_request");
});

test("a code is worth nothing to another client or with another redirect URI", async () => {
  const made = await app.code(ada);
  isRefused(await server.redeem(made), "invalid_grant");
  isRefused(await more.spa.redeem(made, { redirect_uri: app.redirectUri }), "invalid_grant");
  isRefused(await app.redeem(made, { redirect_uri: `${app.redirectUri}/` }), "invalid_grant");
  isRefused(await app.redeem(made, { redirect_uri: "http://127.0.0.1/callback" }), "invalid_grant");
  isRefused(await app.redeem(made, { redirect_uri: undefined }), "invalid_request");
  for (const code of ["", undefined]) isRefused(await app.redeem(made, { code }), "invalid_request");
  for (const code of ["x", made.code.toLowerCase() + "x", made.code.slice(1), "' OR 1=1 --", "A".repeat(32), "☃"]) isRefused(await app.redeem(made, { code }), "invalid_grant");
  assert.equal((await app.redeem(made)).status, 200, "nobody else's try took the code away");
});

test("redirect_uri may be left out of both requests or sent only with the second", async () => {
  const { website } = more;
  assert.equal((await website.redeem(await website.code(ada, { redirect_uri: undefined }), { redirect_uri: undefined })).status, 200);
  assert.equal((await website.redeem(await website.code(ada, { redirect_uri: undefined }))).status, 200);
  isRefused(await website.redeem(await website.code(ada), { redirect_uri: undefined }), "invalid_request");
});

test("a code is dead after 60 seconds", async () => {
  const made = await app.code(ada);
  const { rows } = await database.query("SELECT hash, extract(epoch FROM expires_at - clock_timestamp())::float8 AS seconds FROM _gatehouse_authorization_code ORDER BY expires_at DESC LIMIT 1");
  assert.ok(rows[0].seconds > 40 && rows[0].seconds <= 61, `${rows[0].seconds} s`);
  await database.query("UPDATE _gatehouse_authorization_code SET expires_at = now() - interval '1 second' WHERE hash = $1", [rows[0].hash]);
  isRefused(await app.redeem(made), "invalid_grant");
});

test("a code that is used again gives nothing and takes back what it gave", async () => {
  const made = await app.code(ada);
  const tokens = json(await app.redeem(made));
  assert.equal((await app.userinfo(tokens["access_token"])).status, 200);
  isRefused(await app.redeem(made), "invalid_grant");
  assert.equal((await app.userinfo(tokens["access_token"])).status, 401);
  isRefused(await app.refresh(tokens["refresh_token"]), "invalid_grant");
});

// The columns that keep a user from signing in, as the contract writes them.
const offlimits = {
  disabled: "is_disabled = true",
  "disabled for a while": "temporarily_disabled_from = utc_now() - interval '1 hour', temporarily_disabled_until = utc_now() + interval '1 hour'",
  "not valid yet": "account_valid_from = utc_now() + interval '1 hour'",
  "valid no more": "account_valid_until = utc_now()",
  "going to be deleted": "is_disabled = true, delete_at = utc_now() + interval '1 day'",
  "going to be anonymized": "is_disabled = true, anonymize_at = utc_now() + interval '1 day'",
  anonymized: "is_disabled = true, is_anonymized = true",
};
const inGoodStanding = "is_disabled = false, is_anonymized = false, delete_at = NULL, anonymize_at = NULL, account_valid_from = NULL, account_valid_until = NULL, temporarily_disabled_from = NULL, temporarily_disabled_until = NULL";

// With the revocation that tells the caches.
async function setUser(id: string, columns: string): Promise<void> {
  const now = "(now() AT TIME ZONE 'UTC')";
  await database.query(`UPDATE _auth_user SET ${columns.replaceAll("utc_now()", now)} WHERE id = $1`, [id]);
  await database.query("INSERT INTO _gatehouse_revocation (app_id, id, kind, subject) VALUES ('development', gen_random_uuid(), 'user', $1)", [id]);
}

async function hasSession(person: Person): Promise<boolean> {
  const page = await person.request(app.authorizeUrl(app.parameters(newVerifier(), { prompt: "none" })));
  return new URL(page.headers.get("location")!).searchParams.has("code");
}

async function signsIn(email: string): Promise<Page> {
  const person = new Person();
  const login = await person.visit(app.authorizeUrl(app.parameters(newVerifier())));
  return signIn(person, login, { email, password, until: [app.redirectUri] });
}

test("lesson 18: whoever may not sign in, for whatever reason, gets in by no door", async () => {
  const email = "bea@example.com";
  const bea = await signedIn(gatehouse, email);
  const id = decodeJwt((await app.tokens(bea)).id_token).sub!;
  for (const [why, columns] of Object.entries(offlimits)) {
    const tokens = await app.tokens(bea);
    const made = await app.code(bea);
    await setUser(id, columns);
    await until(async () => !(await hasSession(bea)), `the session of somebody ${why} ends`);
    isRefused(await app.redeem(made), "invalid_grant");
    isRefused(await app.refresh(tokens.refresh_token), "invalid_grant");
    assert.equal((await app.userinfo(tokens.access_token)).status, 401, why);
    assert.equal((await signsIn(email)).url.pathname, "/authflow/v2/account_status", why);
    await setUser(id, inGoodStanding);
    await until(() => hasSession(bea), "it goes on with the permission to sign in");
  }
});

test("a refresh gives new tokens in the standard's shape and, with rotation, a new refresh token", async () => {
  const first = await app.tokens(ada, { nonce: "n" });
  const answer = await app.refresh(first.refresh_token, { scope: "openid" });
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.headers.get("cache-control"), "no-store");
  const second = json(answer);
  assert.notEqual(second["access_token"], first.access_token);
  assert.notEqual(second["refresh_token"], first.refresh_token);
  const [before, now] = [decodeJwt(first.id_token), decodeJwt(second["id_token"])];
  for (const claim of ["iss", "sub", "aud", "auth_time", "sid"]) assert.deepEqual(now[claim], before[claim], claim);
  assert.equal("nonce" in now, false);
  // The contract: without rotation the refresh token stays and is not sent again.
  const still = await more.jwt.tokens(ada);
  const again = json(await more.jwt.refresh(still.refresh_token));
  assert.equal("refresh_token" in again, false);
  assert.equal((await more.jwt.refresh(still.refresh_token)).status, 200);
});

test("x_device_info is a description of an iOS or Android device, at both grants", async () => {
  const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const good = encoded({ ios: { uname: { machine: "iPhone13,1" } } });
  const bad = [encoded({}), encoded([]), encoded({ ios: 1 }), encoded({ linux: {} }), "e30=", "\u00e9", Buffer.from("{").toString("base64url"), encoded({ ios: { a: "a".repeat(8192) } })];
  const tokens = await app.tokens(ada);
  for (const device of bad) {
    isRefused(await post(at(), { ...codeForm(app, await app.code(ada)), client_id: app.id, x_device_info: device }), "invalid_request");
    isRefused(await app.refresh(tokens.refresh_token, { x_device_info: device }), "invalid_request");
  }
  assert.equal((await post(at(), { ...codeForm(app, await app.code(ada)), client_id: app.id, x_device_info: good })).status, 200);
  assert.equal((await app.refresh(tokens.refresh_token, { x_device_info: good })).status, 200, "what was refused did no harm");
});

test("lesson 7: a spent refresh token that comes back after its successor was used ends the family", async () => {
  const first = (await app.tokens(ada)).refresh_token;
  const second = json(await app.refresh(first))["refresh_token"] as string;
  const third = json(await app.refresh(second));
  isRefused(await app.refresh(first), "invalid_grant");
  isRefused(await app.refresh(third["refresh_token"]), "invalid_grant");
  assert.equal((await app.userinfo(third["access_token"])).status, 401);
});

test("a refresh token is worth nothing to another client, and a guessed secret kills nothing", async () => {
  const { refresh_token: token } = await app.tokens(ada);
  isRefused(await server.refresh(token), "invalid_grant");
  isRefused(await more.spa.refresh(token), "invalid_grant");
  const id = token.split(".")[0]!;
  for (const guess of ["x", ".", id, `${id}.`, `${id}.${"A".repeat(32)}`, `${token}x`, `x${token}`, token.toUpperCase(), "☃.☃", `${id}.${token}`]) isRefused(await app.refresh(guess), "invalid_grant");
  assert.equal((await app.refresh(token)).status, 200);
});

test("lesson 20: an ID token or an access token is no code and no refresh token", async () => {
  const tokens = await more.jwt.tokens(ada);
  for (const wrong of [tokens.id_token, tokens.access_token]) {
    isRefused(await more.jwt.refresh(wrong), "invalid_grant");
    isRefused(await more.jwt.redeem({ code: wrong, verifier: newVerifier() }), "invalid_grant");
  }
});

test("lesson 23: guesses of a client secret are counted at every endpoint that checks one", async () => {
  const headers = { "x-forwarded-for": "192.0.2.77" };
  const wrong = { token: "x", grant_type: "refresh_token", refresh_token: "x", client_id: server.id, client_secret: "guess" };
  let limited: Answer | undefined;
  for (let tries = 0; tries < 130 && !limited; tries++) {
    const answer = await post(`${gatehouse.endpoint}/oauth2/${tries % 2 ? "revoke" : "token"}`, wrong, headers);
    if (answer.status === 429) limited = answer;
    else isRefused(answer, "invalid_client");
  }
  assert.ok(limited);
  isRefused(limited, "x_rate_limited", 429);
  assert.match(limited.headers.get("retry-after") ?? "", /^\d+$/);
  assert.equal((await post(at(), { ...wrong, client_secret: server.secret }, headers)).status, 429, "even the right one has to wait");
});
