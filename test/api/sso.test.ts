// The contract's wishes about the browser's session: x_sso_enabled, and x_suppress_idp_session_cookie of older SDKs.
import assert from "node:assert/strict";
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { Gatehouse } from "../support/gatehouse.ts";
import { type Page, Person, signIn } from "../support/person.ts";
import { Client, type Parameters, json, newVerifier, password, publicClient, signedIn, signedInAgain, until } from "../support/protocol.ts";

const email = "ada@example.com";
let gatehouse: Gatehouse;
let app: Client;
let single: Client; // may have one session at a time
before(async () => {
  gatehouse = await Gatehouse.start();
  app = publicClient(gatehouse);
  await signedIn(gatehouse, email);
  await appendFile(
    join(gatehouse.addresses.data, "project/authgear.yaml"),
    "\n  - client_id: single\n    name: Single\n    x_application_type: native\n    x_max_concurrent_session: 1\n    redirect_uris: [\"https://single.example/cb\"]\n",
  );
  single = new Client(gatehouse.endpoint, "single", "https://single.example/cb");
  await until(async () => (await single.authorize()).status === 302, "the new client is known");
});
after(() => gatehouse.stop());

const sentBack = (page: { status: number; headers: Headers; text: string }): URLSearchParams => {
  assert.equal(page.status, 303, page.text);
  return new URL(page.headers.get("location")!).searchParams;
};
const ask = (person: Person, changes: Parameters): Promise<Page> => person.request(app.authorizeUrl(app.parameters(newVerifier(), changes)));
const session = (person: Person): string | undefined => person.cookies(gatehouse.endpoint).get("session");
const signOut = (person: Person): Promise<Page> => person.request(`${gatehouse.endpoint}/oauth2/end_session`);
const works = async (token: string): Promise<boolean> => (await app.userinfo(token)).status === 200;

async function signedInWith(person: Person, changes: Parameters): Promise<{ access_token: string; refresh_token: string }> {
  const verifier = newVerifier();
  const login = await person.visit(app.authorizeUrl(app.parameters(verifier, changes)));
  const back = await signIn(person, login, { email, password, until: [app.redirectUri] });
  const answer = await app.redeem({ code: back.url.searchParams.get("code")!, verifier });
  assert.equal(answer.status, 200, answer.text);
  return json(answer) as { access_token: string; refresh_token: string };
}

test("with x_sso_enabled=true a grant ends with the browser's session; without, it goes on", async () => {
  const person = await signedInAgain(gatehouse, email);
  const bound = await app.tokens(person, { x_sso_enabled: "true" });
  const free = await app.tokens(person);
  assert.ok((await works(bound.access_token)) && (await works(free.access_token)));
  await signOut(person);
  assert.equal(session(person), undefined);
  assert.equal(json(await app.refresh(bound.refresh_token))["error"], "invalid_grant");
  await until(async () => !(await works(bound.access_token)), "the access token ended too", 2000);
  assert.equal((await app.refresh(free.refresh_token)).status, 200);
  assert.ok(await works(free.access_token));
});

test("revoking a refresh token that is bound to the session ends the session and the others that are", async () => {
  const person = await signedInAgain(gatehouse, email);
  const bound = await app.tokens(person, { x_sso_enabled: "true" });
  const sibling = await app.tokens(person, { x_sso_enabled: "true" });
  const free = await app.tokens(person);
  assert.equal((await app.revoke(free.refresh_token)).status, 200);
  assert.ok(sentBack(await ask(person, { prompt: "none" })).get("code"), "one that is not bound ends alone");
  assert.equal((await app.revoke(bound.refresh_token)).status, 200);
  assert.equal(sentBack(await ask(person, { prompt: "none" })).get("error"), "login_required");
  assert.equal(json(await app.refresh(sibling.refresh_token))["error"], "invalid_grant");
});

test("a sign-in with x_sso_enabled=true makes the session that it is bound to", async () => {
  const person = new Person();
  const tokens = await signedInWith(person, { x_sso_enabled: "true" });
  assert.ok(session(person));
  assert.ok(sentBack(await ask(person, { prompt: "none" })).get("code"));
  await signOut(person);
  assert.equal(json(await app.refresh(tokens.refresh_token))["error"], "invalid_grant");
});

test("the session is passed over, left alone and not made where the request suppresses it", async () => {
  for (const wish of [{ x_sso_enabled: "false" }, { x_sso_enabled: "nonsense" }, { x_suppress_idp_session_cookie: "true" }, { x_sso_enabled: "false", x_suppress_idp_session_cookie: "false" }]) {
    const person = await signedInAgain(gatehouse, email);
    const before = session(person);
    assert.equal(sentBack(await ask(person, { ...wish, prompt: "none" })).get("error"), "login_required", JSON.stringify(wish));
    assert.equal((await ask(person, wish)).status, 302, "asked again");
    const tokens = await signedInWith(person, wish);
    assert.equal(session(person), before);
    assert.ok(sentBack(await ask(person, { prompt: "none" })).get("code"), "the old session lives");
    await signOut(person);
    assert.equal((await app.refresh(tokens.refresh_token)).status, 200);
    const stranger = new Person();
    assert.ok(await works((await signedInWith(stranger, wish)).access_token));
    assert.equal(session(stranger), undefined);
  }
});

test("x_sso_enabled decides over x_suppress_idp_session_cookie; anything but true suppresses nothing by the old name", async () => {
  const person = await signedInAgain(gatehouse, email);
  for (const wish of [{ x_sso_enabled: "true", x_suppress_idp_session_cookie: "true" }, { x_suppress_idp_session_cookie: "false" }, { x_suppress_idp_session_cookie: "1" }]) {
    assert.ok(sentBack(await ask(person, { ...wish, prompt: "none" })).get("code"), JSON.stringify(wish));
  }
});

test("single sign-on and one session at a time exclude each other", async () => {
  const refused = sentBack(await single.authorize({ x_sso_enabled: "true" }));
  assert.equal(refused.get("error"), "invalid_request");
  assert.match(refused.get("error_description")!, /^x_sso_enabled: /);
  assert.equal(refused.get("state"), "the state");
  assert.equal((await single.authorize({ x_sso_enabled: "false" })).status, 302);
  const twice = await app.authorize({ x_sso_enabled: "true" }).then(() => fetch(`${app.authorizeUrl(app.parameters(newVerifier(), { x_sso_enabled: "true" }))}&x_sso_enabled=false`, { redirect: "manual" }));
  assert.equal(new URL(twice.headers.get("location")!).searchParams.get("error"), "invalid_request");
});
