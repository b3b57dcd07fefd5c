// A person signs up, in and out of an application that uses npm's openid-client.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import * as oidc from "openid-client";

import { Gatehouse } from "../support/gatehouse.ts";
import { Person, signIn, signUp, textOf } from "../support/person.ts";
import { Application } from "../support/application.ts";

let gatehouse: Gatehouse;
let application: Application;
const password = "correct horse battery staple";

before(async () => {
  gatehouse = await Gatehouse.start();
  application = await Application.discover(gatehouse.addresses);
});
after(() => gatehouse.stop());

test("a new person signs up with a verified e-mail address and lands in the application with tokens", async () => {
  const person = new Person();
  const request = await application.authorizationRequest();
  const login = await person.visit(request.url);
  const back = await signUp(person, login, {
    email: "ada@example.com",
    password,
    inbox: gatehouse.addresses.inbox,
    until: [application.redirectUri],
  });
  const tokens = await application.exchange(back.url, request);
  const claims = tokens.claims()!;
  assert.equal(claims.iss, gatehouse.endpoint);
  assert.equal(claims.aud, application.clientId);
  assert.equal(claims.nonce, request.nonce);
  assert.deepEqual(claims["amr"], ["pwd", "x_primary_password"]);
  const info = await oidc.fetchUserInfo(application.configuration, tokens.access_token, claims.sub);
  assert.equal(info.email, "ada@example.com");
  assert.equal(info.email_verified, true);
  const refreshed = await oidc.refreshTokenGrant(application.configuration, tokens.refresh_token!);
  assert.ok(refreshed.access_token);
  assert.equal(refreshed.claims()!.sub, claims.sub);
});

test("the same person signs in again from another browser", async () => {
  const person = new Person();
  const request = await application.authorizationRequest();
  const login = await person.visit(request.url);
  const back = await signIn(person, login, { email: "ADA@example.com", password, until: [application.redirectUri] });
  const tokens = await application.exchange(back.url, request);
  assert.ok(tokens.id_token);
});

test("a wrong password is refused in words and changes nothing", async () => {
  const person = new Person();
  const request = await application.authorizationRequest();
  const login = await person.visit(request.url);
  const page = await signIn(person, login, { email: "ada@example.com", password: "wrong", until: [application.redirectUri] });
  assert.match(page.url.pathname, /enter_password/);
  assert.match(page.text, /password/i);
  assert.equal(person.cookies(gatehouse.endpoint).has("session"), false);
});

test("a signed-in browser gets a code without a page, and prompt=none works", async () => {
  const person = new Person();
  const first = await application.authorizationRequest();
  await signIn(person, await person.visit(first.url), { email: "ada@example.com", password, until: [application.redirectUri] });
  const silent = await application.authorizationRequest({ prompt: "none" });
  const back = await person.visit(silent.url, {}, [application.redirectUri]);
  assert.ok((await application.exchange(back.url, silent)).access_token);
});

test("prompt=none without a session is login_required, with state and iss", async () => {
  const request = await application.authorizationRequest({ prompt: "none" });
  const back = await new Person().visit(request.url, {}, [application.redirectUri]);
  assert.equal(back.url.searchParams.get("error"), "login_required");
  assert.equal(back.url.searchParams.get("state"), request.state);
  assert.equal(back.url.searchParams.get("iss"), gatehouse.endpoint);
});

test("signing out with the hint ends the session and leads back", async () => {
  const person = new Person();
  const request = await application.authorizationRequest();
  const back = await signIn(person, await person.visit(request.url), { email: "ada@example.com", password, until: [application.redirectUri] });
  const tokens = await application.exchange(back.url, request);
  const out = oidc.buildEndSessionUrl(application.configuration, {
    id_token_hint: tokens.id_token!,
    post_logout_redirect_uri: application.postLogoutRedirectUri,
    state: "bye",
  });
  const left = await person.visit(out, {}, [application.postLogoutRedirectUri]);
  assert.equal(left.url.searchParams.get("state"), "bye");
  const silent = await application.authorizationRequest({ prompt: "none" });
  const again = await person.visit(silent.url, {}, [application.redirectUri]);
  assert.equal(again.url.searchParams.get("error"), "login_required");
});

test("an unknown client is told to the person, never redirected", async () => {
  const page = await new Person().visit(`${gatehouse.endpoint}/oauth2/authorize?client_id=nobody&redirect_uri=https://evil.example/&response_type=code&scope=openid`, {
    headers: { accept: "text/html" },
  });
  assert.equal(page.status, 400);
  assert.match(textOf(page, "op-error")!, /invalid_client.*client_id|client_id.*invalid_client/s);
});
