// Signing out for an application: OpenID Connect RP-Initiated Logout 1.0, and the contract's rules on when to ask.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Gatehouse } from "../support/gatehouse.ts";
import { type Page, Person, hasId } from "../support/person.ts";
import { type Client, type Pairs, type Parameters, addClients, json, moreClients, newVerifier, publicClient, signedIn, signedInAgain } from "../support/protocol.ts";

let gatehouse: Gatehouse;
let app: Client;
let more: Record<keyof typeof moreClients, Client>;
let home: string; // the post-logout URI of the first-party client
const bye = "https://partner.example/bye";
before(async () => {
  gatehouse = await Gatehouse.start();
  app = publicClient(gatehouse);
  home = `${gatehouse.addresses.demo}/`;
  more = await addClients(gatehouse);
  await signedIn(gatehouse, "ada@example.com");
});
after(() => gatehouse.stop());

// A link in somebody else's page carries no Strict cookie.
function fromElsewhere(person: Person): Person {
  person.setCookie(gatehouse.endpoint, "same_site_strict", "");
  return person;
}
const urlOf = (parameters: Parameters): string => `${gatehouse.endpoint}/oauth2/end_session?${new URLSearchParams(Object.entries(parameters).filter((pair): pair is [string, string] => pair[1] !== undefined))}`;
const leave = (person: Person, parameters: Parameters): Promise<Page> => person.request(urlOf(parameters));
const hasSession = async (person: Person): Promise<boolean> => {
  const page = await person.request(app.authorizeUrl(app.parameters(newVerifier(), { prompt: "none" })));
  return new URL(page.headers.get("location")!).searchParams.has("code");
};
const ada = async (): Promise<{ person: Person; hint: string }> => {
  const person = await signedInAgain(gatehouse, "ada@example.com");
  return { person, hint: (await app.tokens(person)).id_token };
};
const isAsked = (page: Page): void => {
  assert.equal(page.status, 302);
  assert.match(page.headers.get("location")!, /^\/logout\?/);
};
const leadsTo = (page: Page, uri: string): void => {
  assert.equal(page.status, 302, page.text);
  assert.equal(page.headers.get("location"), uri);
};
const endsHere = (page: Page): void => {
  assert.equal(page.status, 200);
  assert.equal(page.headers.get("location"), null);
  assert.ok(hasId(page, "sign-in-again"), page.text.slice(0, 300));
};

test("a hint of the session's own sign-in signs out at once and leads back with state", async () => {
  const { person, hint } = await ada();
  leadsTo(await leave(fromElsewhere(person), { id_token_hint: hint, post_logout_redirect_uri: home, state: "a b&c=d" }), `${home}?state=a%20b%26c%3Dd`);
  assert.equal(person.cookies(gatehouse.endpoint).has("session"), false);
  assert.equal(await hasSession(person), false);
  leadsTo(await leave(person, { id_token_hint: hint, post_logout_redirect_uri: home }), home);
});

test("a copy of the cookie is worth nothing after signing out", async () => {
  const { person, hint } = await ada();
  const copy = new Person();
  copy.setCookie(gatehouse.endpoint, "session", person.cookies(gatehouse.endpoint).get("session")!);
  assert.equal(await hasSession(copy), true);
  await leave(person, { id_token_hint: hint });
  assert.equal(await hasSession(copy), false);
});

test("a post is answered like a link", async () => {
  const { person, hint } = await ada();
  const body = new URLSearchParams({ id_token_hint: hint, post_logout_redirect_uri: home, state: "s" });
  const page = await fromElsewhere(person).visit(`${gatehouse.endpoint}/oauth2/end_session`, { method: "POST", body }, [home]);
  assert.equal(page.url.href, `${home}?state=s`);
  assert.equal(await hasSession(person), false);
});

test("without a hint the person is asked, unless the request comes from a page of ours", async () => {
  const { person } = await ada();
  const page = await fromElsewhere(person).visit(urlOf({}));
  assert.equal(page.url.pathname, "/logout");
  assert.equal(await hasSession(person), true, "asked, not signed out");
  await person.submit(page, "logout-form", {}, { button: "logout-confirm" });
  assert.equal(await hasSession(person), false);
  const again = (await ada()).person;
  assert.equal(again.cookies(gatehouse.endpoint).get("same_site_strict"), "true");
  endsHere(await leave(again, {}));
  assert.equal(await hasSession(again), false);
});

test("nothing is redirected to a URI that the hint's client has not registered", async () => {
  const wrong = ["https://evil.example/", `${home}x`, `${home}?`, `${home}#x`, home.toUpperCase(), home.replace("http:", "https:"), `${home}@evil.example/`, "//evil.example/", "javascript:alert(1)", bye, ` ${home}`, app.redirectUri];
  for (const uri of wrong) {
    const { person, hint } = await ada();
    endsHere(await leave(person, { id_token_hint: hint, post_logout_redirect_uri: uri, state: "s" }));
    assert.equal(await hasSession(person), false);
  }
  const { hint } = await ada();
  const pairs = new URLSearchParams([["id_token_hint", hint], ["post_logout_redirect_uri", home], ["post_logout_redirect_uri", "https://evil.example/"]]);
  endsHere(await new Person().request(`${gatehouse.endpoint}/oauth2/end_session?${pairs}`));
});

test("a parameter that comes twice, even with the same value, leads nowhere", async () => {
  const sent = (hint: string): Pairs => [["id_token_hint", hint], ["client_id", app.id], ["post_logout_redirect_uri", home], ["state", "s"]];
  for (const [index, name] of ["id_token_hint", "client_id", "post_logout_redirect_uri", "state"].entries()) {
    const { person, hint } = await ada();
    const pairs = [...sent(hint), sent(hint)[index]!];
    const page = await fromElsewhere(person).request(`${gatehouse.endpoint}/oauth2/end_session?${new URLSearchParams(pairs)}`);
    if (name === "post_logout_redirect_uri" || name === "state") endsHere(page);
    else isAsked(page); // nobody knows on whose behalf
  }
});

test("lesson 21: a missing, forged or foreign hint never redirects and never signs out at once", async () => {
  const { person, hint } = await ada();
  const [head, payload] = hint.split(".") as [string, string];
  const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString("base64url");
  const access = (await more.jwt.tokens(person)).access_token;
  fromElsewhere(person);
  for (const forged of [undefined, "", "x", "a.b.c", `${none}.${payload}.`, `${head}.${payload}.AAAA`, `${hint.slice(0, -4)}AAAA`, access]) {
    const parameters = { id_token_hint: forged, client_id: app.id, post_logout_redirect_uri: home, state: "s" };
    const page = await leave(person, parameters);
    isAsked(page);
    const asked = await person.visit(new URL(page.headers.get("location")!, gatehouse.endpoint));
    assert.equal(asked.text.includes("state=s"), false);
    endsHere(await leave(new Person(), parameters));
  }
  assert.equal(await hasSession(person), true);
});

test("a hint that does not hold asks first, even where a page of ours could sign out without one", async () => {
  const { person, hint } = await ada();
  const stranger = (await more.spa.tokens(person)).id_token;
  for (const parameters of [{ id_token_hint: "x" }, { id_token_hint: `${hint.slice(0, -4)}AAAA` }, { id_token_hint: hint, client_id: "nobody" }, { id_token_hint: stranger, client_id: app.id }] as Parameters[]) {
    assert.equal(person.cookies(gatehouse.endpoint).get("same_site_strict"), "true");
    isAsked(await leave(person, parameters));
  }
  isAsked(await person.request(`${urlOf({ id_token_hint: hint })}&id_token_hint=${hint}`));
  assert.equal(await hasSession(person), true, "asked, not signed out");
  endsHere(await leave(person, { id_token_hint: "" }));
  assert.equal(await hasSession(person), false, "an empty parameter counts as a missing one");
});

test("the pages of the sign-out promise no more than it does: a grant for offline access stays", async () => {
  const { person } = await ada();
  const tokens = await app.tokens(person, { scope: "openid offline_access" });
  const asked = await person.visit(`${gatehouse.endpoint}/logout`);
  const done = await person.submit(asked, "logout-form", {}, { button: "logout-confirm" });
  assert.equal(await hasSession(person), false);
  assert.equal((await app.refresh(tokens.refresh_token)).status, 200);
  for (const page of [asked, done]) {
    assert.match(page.text, /An application may keep you signed in on its own: sign out there too\./);
    assert.doesNotMatch(page.text, /leave the applications/);
  }
});

test("client_id has to be the hint's audience", async () => {
  const { person, hint } = await ada();
  fromElsewhere(person);
  for (const id of [more.partner.id, "nobody"]) isAsked(await leave(person, { id_token_hint: hint, client_id: id, post_logout_redirect_uri: home }));
  leadsTo(await leave(person, { id_token_hint: hint, client_id: app.id, post_logout_redirect_uri: home }), home);
});

test("somebody else's hint does not sign this person out", async () => {
  await signedIn(gatehouse, "bea@example.com");
  const bea = await signedInAgain(gatehouse, "bea@example.com");
  const { hint } = await ada();
  isAsked(await leave(fromElsewhere(bea), { id_token_hint: hint, post_logout_redirect_uri: home }));
  assert.equal(await hasSession(bea), true);
});

test("a hint of the same person's sign-in in another browser asks first", async () => {
  const { hint } = await ada();
  const { person } = await ada();
  isAsked(await leave(fromElsewhere(person), { id_token_hint: hint, post_logout_redirect_uri: home }));
  assert.equal(await hasSession(person), true);
});

test("a post that is too long for a URL is answered all the same", async () => {
  const { person, hint } = await ada();
  const body = new URLSearchParams({ id_token_hint: hint, post_logout_redirect_uri: home, state: "s".repeat(8000) });
  const page = await fromElsewhere(person).request(`${gatehouse.endpoint}/oauth2/end_session`, { method: "POST", body });
  leadsTo(page, `${home}?state=${"s".repeat(8000)}`);
  assert.equal(await hasSession(person), false);
});

test("a third party's hint asks first, and the confirmed sign-out leads to its own URI only", async () => {
  const { person } = await ada();
  const verifier = newVerifier();
  const consent = await person.visit(more.partner.authorizeUrl(more.partner.parameters(verifier)));
  const back = await person.submit(consent, "consent-form", {}, { button: "consent-allow", until: [more.partner.redirectUri] });
  const { id_token: hint } = json(await more.partner.redeem({ code: back.url.searchParams.get("code")!, verifier }));
  fromElsewhere(person);
  const page = await person.visit(urlOf({ id_token_hint: hint, post_logout_redirect_uri: bye, state: "s" }));
  assert.equal(page.url.pathname, "/logout");
  const left = await person.submit(page, "logout-form", {}, { button: "logout-confirm", until: ["https://"] });
  assert.equal(left.url.href, `${bye}?state=s`);
  assert.equal(await hasSession(person), false);
});

test("no open redirect through the sealed parameter of the sign-out page", async () => {
  const { person } = await ada();
  for (const value of ["https://evil.example/", "//evil.example", Buffer.from('{"uri":"https://evil.example/"}').toString("base64url"), "x".repeat(3000)]) {
    const page = await person.visit(`${gatehouse.endpoint}/logout?x_return=${encodeURIComponent(value)}`);
    assert.equal(page.status, 200);
    const out = await new Person().request(`${gatehouse.endpoint}/logout?x_return=${encodeURIComponent(value)}`, { method: "POST" });
    assert.match(out.headers.get("location")!, /^\/logout/);
  }
});

test("a post-logout URI's own query is kept", async () => {
  const person = await signedInAgain(gatehouse, "ada@example.com");
  const { id_token: hint } = await more.spa.tokens(person);
  leadsTo(await leave(person, { id_token_hint: hint, post_logout_redirect_uri: "https://spa.example/bye?from=here", state: "s" }), "https://spa.example/bye?from=here&state=s");
});

test("state goes into a post-logout URI's query, before its fragment", async () => {
  const person = await signedInAgain(gatehouse, "ada@example.com");
  const { id_token: hint } = await more.spa.tokens(person);
  const uris = { "https://spa.example/#/bye?": "https://spa.example/?state=s#/bye?", "https://spa.example/?from=here#/bye": "https://spa.example/?from=here&state=s#/bye" };
  for (const [uri, wanted] of Object.entries(uris)) leadsTo(await leave(person, { id_token_hint: hint, post_logout_redirect_uri: uri, state: "s" }), wanted);
});
