// Authorization for a browser that is signed in: prompt, max_age, hints, and whose session it is.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { decodeJwt } from "jose";

import { Gatehouse } from "../support/gatehouse.ts";
import { type Page, Person, signIn } from "../support/person.ts";
import { type Client, type Parameters, confidentialClient, json, newVerifier, password, publicClient, signedIn, signedInAgain } from "../support/protocol.ts";

let gatehouse: Gatehouse;
let app: Client;
let server: Client;
let ada: Person;
before(async () => {
  gatehouse = await Gatehouse.start();
  app = publicClient(gatehouse);
  server = confidentialClient(gatehouse);
  ada = await signedIn(gatehouse, "ada@example.com");
  await signedIn(gatehouse, "bea@example.com");
});
after(() => gatehouse.stop());

const ask = (person: Person, changes: Parameters = {}): Promise<Page> => person.request(app.authorizeUrl(app.parameters(newVerifier(), changes)));
const sentBack = (page: Page): URLSearchParams => {
  assert.equal(page.status, 303, page.text);
  return new URL(page.headers.get("location")!).searchParams;
};
const hasToSignIn = (page: Page): void => {
  assert.equal(page.status, 302, page.headers.get("location")!);
  assert.match(page.headers.get("location")!, /\/_internals\/oauth_entrypoint\?/);
};

test("a session answers at once, with code, state and iss and nothing else", async () => {
  const sent = sentBack(await ask(ada, { state: "a+b c" }));
  assert.deepEqual([...sent.keys()].sort(), ["code", "iss", "state"]);
  assert.match(sent.get("code")!, /^[A-Za-z0-9]{32}$/);
  assert.equal(sent.get("state"), "a+b c");
  assert.equal(sent.get("iss"), gatehouse.endpoint);
  assert.ok(sentBack(await ask(ada, { prompt: "none" })).get("code"));
  assert.ok(sentBack(await ask(ada, { prompt: "none", max_age: "1000" })).get("code"));
  assert.ok(sentBack(await ask(ada, { prompt: "none", max_age: "9223372036854775807" })).get("code"));
});

const byPost = (person: Person, changes: Parameters, headers: Record<string, string>): Promise<Page> =>
  person.request(`${gatehouse.endpoint}/oauth2/authorize`, {
    method: "POST",
    body: new URLSearchParams(Object.entries(app.parameters(newVerifier(), changes)) as [string, string][]),
    headers,
  });

test("a form of another site comes without the session's cookie: the same request by GET brings it", async () => {
  const crossSite = { "sec-fetch-site": "cross-site", origin: "https://app.example" };
  const bare = await byPost(new Person(), { prompt: "none", state: "a+b &c=ü", nonce: "" }, crossSite);
  assert.equal(bare.status, 303);
  const url = new URL(bare.headers.get("location")!);
  assert.equal(url.origin + url.pathname, `${gatehouse.endpoint}/oauth2/authorize`);
  assert.equal(url.searchParams.get("state"), "a+b &c=ü");
  assert.ok(sentBack(await ada.request(url)).get("code"), "the browser of a signed-in person is not asked");
  assert.equal(sentBack(await new Person().request(url)).get("error"), "login_required");
  const older = await byPost(new Person(), {}, { origin: "https://app.example" });
  assert.equal(older.status, 303, "a browser without Sec-Fetch-Site");
});

test("a form that brings the cookie, comes from here, from a program, or is too long for a URL is answered as it is", async () => {
  const crossSite = { "sec-fetch-site": "cross-site", origin: "https://app.example" };
  assert.ok(sentBack(await byPost(ada, {}, crossSite)).get("code"));
  hasToSignIn(await byPost(new Person(), {}, { "sec-fetch-site": "same-origin", origin: gatehouse.endpoint }));
  hasToSignIn(await byPost(new Person(), {}, {}));
  hasToSignIn(await byPost(new Person(), { state: "s".repeat(8000) }, crossSite));
});

test("every code is another one", async () => {
  const codes = await Promise.all(Array.from({ length: 20 }, async () => sentBack(await ask(ada)).get("code")));
  assert.equal(new Set(codes).size, 20);
});

test("prompt=login, select_account and max_age=0 ask again, and auth_time is the new one", async () => {
  const person = await signedInAgain(gatehouse, "ada@example.com");
  for (const changes of [{ prompt: "login" }, { prompt: "select_account" }, { max_age: "0" }]) hasToSignIn(await ask(person, changes));
  assert.equal(sentBack(await ask(person, { prompt: "none", max_age: "0" })).get("error"), "login_required");
  const before = decodeJwt((await app.tokens(person)).id_token)["auth_time"] as number;
  await new Promise((resolve) => setTimeout(resolve, 1100 - (Date.now() % 1000)));
  const verifier = newVerifier();
  const login = await person.visit(app.authorizeUrl(app.parameters(verifier, { prompt: "login" })));
  const back = await signIn(person, login, { email: "ada@example.com", password, until: [app.redirectUri] });
  const tokens = json(await app.redeem({ code: back.url.searchParams.get("code")!, verifier }));
  assert.ok((decodeJwt(tokens["id_token"])["auth_time"] as number) > before);
});

test("a hint that names the person of the session answers at once; another person's does not", async () => {
  const own = (await app.tokens(ada)).id_token;
  assert.ok(sentBack(await ask(ada, { id_token_hint: own, prompt: "none" })).get("code"));
  const bea = await signedInAgain(gatehouse, "bea@example.com");
  assert.equal(sentBack(await ask(bea, { id_token_hint: own, prompt: "none" })).get("error"), "login_required");
  hasToSignIn(await ask(bea, { id_token_hint: own }));
});

test("lesson 21: another client's ID token, one with a wrong signature or an access token is no hint", async () => {
  const own = (await app.tokens(ada)).id_token;
  const others = (await server.tokens(ada)).id_token;
  for (const hint of [others, own.slice(0, -4) + "AAAA", `${own.split(".").slice(0, 2).join(".")}.`]) {
    assert.equal(sentBack(await ask(ada, { id_token_hint: hint, prompt: "none" })).get("error"), "invalid_request");
  }
});

test("where another person signs in than the hint names, the application hears login_required", async () => {
  const hint = (await app.tokens(ada)).id_token;
  const person = new Person();
  const login = await person.visit(app.authorizeUrl(app.parameters(newVerifier(), { id_token_hint: hint })));
  const back = await signIn(person, login, { email: "bea@example.com", password, until: [app.redirectUri] });
  assert.equal(back.url.searchParams.get("error"), "login_required");
  assert.equal(back.url.searchParams.get("code"), null);
  assert.equal(back.url.searchParams.get("state"), "the state");
  assert.equal(back.url.searchParams.get("iss"), gatehouse.endpoint);
  const right = new Person();
  const again = await right.visit(app.authorizeUrl(app.parameters(newVerifier(), { id_token_hint: hint })));
  assert.ok((await signIn(right, again, { email: "ada@example.com", password, until: [app.redirectUri] })).url.searchParams.get("code"));
});

test("lesson 25: a cookie that is wrong, foreign or there twice is no session", async () => {
  const token = ada.cookies(gatehouse.endpoint).get("session")!;
  const [id] = token.split(".");
  const wrong = ["", "x", `${id}.`, `${id}.${"A".repeat(32)}`, `${token}x`, token.slice(0, -1), token.toUpperCase(), `.${token}`, `${token}.${token}`, "null", "\u00e9"];
  for (const value of wrong) {
    const stranger = new Person();
    stranger.setCookie(gatehouse.endpoint, "session", value);
    assert.equal(sentBack(await ask(stranger, { prompt: "none" })).get("error"), "login_required", value);
  }
  const twice = new Person();
  twice.setCookie(gatehouse.endpoint, "session", `${token}; session=${token}`);
  assert.equal(sentBack(await ask(twice, { prompt: "none" })).get("error"), "login_required");
});

test("session fixation: a session that a stranger planted never becomes the person's", async () => {
  const planted = ada.cookies(gatehouse.endpoint).get("session")!;
  for (const value of ["01a2110c-b313-7b24-bfda-fefa7422d459.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", planted]) {
    const victim = new Person();
    victim.setCookie(gatehouse.endpoint, "session", value);
    const login = await victim.visit(app.authorizeUrl(app.parameters(newVerifier(), { prompt: "login" })));
    await signIn(victim, login, { email: "bea@example.com", password, until: [app.redirectUri] });
    const session = victim.cookies(gatehouse.endpoint).get("session")!;
    assert.notEqual(session, value);
    assert.notEqual(session.split(".")[0], value.split(".")[0], "the id changes with the rise of privilege");
  }
  const again = await signedInAgain(gatehouse, "ada@example.com");
  const first = again.cookies(gatehouse.endpoint).get("session")!;
  const login = await again.visit(app.authorizeUrl(app.parameters(newVerifier(), { prompt: "login" })));
  await signIn(again, login, { email: "ada@example.com", password, until: [app.redirectUri] });
  assert.notEqual(again.cookies(gatehouse.endpoint).get("session"), first);
});

test("a sign-in belongs to the browser that began it", async () => {
  const attacker = new Person();
  const page = await attacker.visit(app.authorizeUrl(app.parameters(newVerifier())));
  const step = await attacker.submit(page, "login-form", { x_login_id: "bea@example.com" });
  const victim = new Person();
  const stolen = await victim.visit(step.url);
  assert.equal(stolen.text.includes("bea@example.com"), false);
  assert.equal(/id="password-form"/.test(stolen.text), false);
});
