// The authorization endpoint as a strict client and an attacker see it: RFC 6749 4.1, RFC 7636, RFC 8252, RFC 9207, RFC 9700.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Gatehouse } from "../support/gatehouse.ts";
import { Person, signIn, textOf } from "../support/person.ts";
import { type Answer, type Client, type Pairs, type Parameters, addClients, challengeOf, confidentialClient, moreClients, newVerifier, password, post, publicClient, send, signedIn } from "../support/protocol.ts";

let gatehouse: Gatehouse;
let app: Client;
let server: Client;
let more: Record<keyof typeof moreClients, Client>;
before(async () => {
  gatehouse = await Gatehouse.start();
  app = publicClient(gatehouse);
  server = confidentialClient(gatehouse);
  more = await addClients(gatehouse);
});
after(() => gatehouse.stop());

// RFC 6749 4.1.2.1: the characters of error_description.
const description = /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/;

function isSentBack(answer: Answer, error: string, to = app.redirectUri, state: string | null = "the state"): URLSearchParams {
  assert.equal(answer.status, 303, answer.text);
  const location = new URL(answer.headers.get("location")!);
  assert.ok(location.href.startsWith(to), location.href);
  assert.equal(location.searchParams.get("error"), error, location.href);
  assert.match(location.searchParams.get("error_description")!, description);
  assert.equal(location.searchParams.get("state"), state);
  assert.equal(location.searchParams.get("iss"), gatehouse.endpoint);
  assert.equal(location.searchParams.get("code"), null);
  assert.equal(answer.headers.get("cache-control"), "no-store");
  return location.searchParams;
}

// Told to the person, never to the address in the request.
function isKept(answer: Answer, error: string, parameter: string): void {
  assert.equal(answer.status, 400, answer.headers.get("location") ?? answer.text);
  assert.equal(answer.headers.get("location"), null);
  assert.match(answer.headers.get("content-type")!, /^text\/plain/);
  const lines = answer.text.trimEnd().split("\n");
  assert.equal(lines[0], "Invalid OAuth authorization request:");
  assert.equal(lines[1], `error: ${error}`);
  assert.ok(lines[2]!.startsWith(`error_description: ${parameter}: `), lines[2]);
}

const begins = (answer: Answer): void => {
  assert.equal(answer.status, 302, answer.text || answer.headers.get("location")!);
  assert.ok(answer.headers.get("location")!.startsWith(`${gatehouse.endpoint}/_internals/oauth_entrypoint?`), answer.headers.get("location")!);
};

test("a request that is too large to be kept is refused, though each of its parameters is not", async () => {
  const ask = (length: number): Promise<Answer> => {
    const long = "\u0001".repeat(length); // six characters each where it is kept
    return post(`${app.endpoint}/oauth2/authorize`, app.parameters(newVerifier(), { nonce: long, x_state: long, login_hint: long }));
  };
  assert.match(isSentBack(await ask(2000), "invalid_request").get("error_description")!, /too large/);
  begins(await ask(700));
});

test("a long state and x_state do not make an address that is too long, and the state comes back whole", async () => {
  await signedIn(gatehouse, "ada@example.com");
  const person = new Person();
  const state = "\u00e9".repeat(2300);
  const body = new URLSearchParams(app.parameters(newVerifier(), { state, x_state: "\u00e9".repeat(1024) }) as Record<string, string>);
  const page = await person.visit(`${app.endpoint}/oauth2/authorize`, { method: "POST", body });
  assert.equal(page.status, 200, page.text);
  const back = await signIn(person, page, { email: "ada@example.com", password, until: [app.redirectUri] });
  assert.equal(back.url.searchParams.get("state"), state);
});

test("a right request leads to the first page, by GET and by POST, with the contract's query and cookie", async () => {
  const parameters = app.parameters(newVerifier(), { ui_locales: "fr-CA en", x_state: "x&y" });
  for (const answer of [await send(app.authorizeUrl(parameters)), await post(`${app.endpoint}/oauth2/authorize`, parameters)]) {
    begins(answer);
    const query = new URL(answer.headers.get("location")!).searchParams;
    assert.match(query.get("x_ref")!, /^[0-9A-HJKMNP-TV-Z]{32}$/);
    assert.equal(query.get("client_id"), app.id);
    assert.equal(query.get("redirect_uri"), app.redirectUri);
    assert.equal(query.get("state"), "the state");
    assert.equal(query.get("x_state"), "x&y");
    assert.equal(query.get("ui_locales"), "fr-CA en");
    const cookie = answer.headers.getSetCookie().find((line) => line.startsWith("oauth_ui="))!;
    assert.match(cookie, /^oauth_ui=[0-9A-HJKMNP-TV-Z]{32};/);
    assert.equal(answer.headers.get("location")!.includes(/=(\w+);/.exec(cookie)![1]!), false, "the browser's secret is in no address");
    assert.match(cookie, /HttpOnly/);
  }
});

test("client_id must be there once and be known", async () => {
  isKept(await app.authorize({ client_id: undefined }), "invalid_request", "client_id");
  isKept(await app.authorize({ client_id: "" }), "invalid_request", "client_id");
  for (const id of ["nobody", app.id.toUpperCase(), `${app.id} `, `${app.id}\u200b`]) isKept(await app.authorize({ client_id: id }), "invalid_client", "client_id");
  const pairs = Object.entries(app.parameters(newVerifier())) as Pairs;
  isKept(await send(app.authorizeUrl([...pairs, ["client_id", app.id]])), "invalid_request", "client_id");
  isKept(await send(app.authorizeUrl([...pairs, ["client_id", server.id]])), "invalid_request", "client_id");
});

test("a machine's client cannot sign people in", async () => {
  isKept(await more.machine.authorize(), "unauthorized_client", "client_id");
});

test("redirect_uri may be left out only where one is registered", async () => {
  isKept(await app.authorize({ redirect_uri: undefined }), "invalid_request", "redirect_uri");
  isKept(await app.authorize({ redirect_uri: "" }), "invalid_request", "redirect_uri");
  begins(await more.website.authorize({ redirect_uri: undefined }));
  begins(await more.website.authorize({ redirect_uri: "" }));
});

test("lesson 9: nothing that only looks like a registered redirect URI is one", async () => {
  const lookAlikes = [
    "https://spa.example/cb/", "https://spa.example/cb?", "https://spa.example/cb#", "https://spa.example/cb#x", "https://spa.example/cb?x=1",
    "https://spa.example/CB", "https://SPA.example/cb", "HTTPS://spa.example/cb", "http://spa.example/cb", "https://spa.example:443/cb",
    "https://spa.example:8444/cb", "https://spa.example./cb", "https://spa.example/%63b", "https://spa.example/cb%00", "https://spa.example/cb%2f..",
    "https://spa.example/x/../cb", "https://spa.example/./cb", "https://spa.example//cb", "https://spa.example/cb;x", "https://spa.example\\cb",
    "https://user@spa.example/cb", "https://spa.example@evil.example/cb", "https://spa.example:pw@evil.example/cb", "https://spa.example%40evil.example/cb",
    "https://spa.example.evil.example/cb", "https://evilspa.example/cb", "https://spaXexample/cb", "https://evil.example/https://spa.example/cb",
    "https://evil.example#https://spa.example/cb", "https://evil.example?https://spa.example/cb", "https://evil.example\\@spa.example/cb",
    "//spa.example/cb", "/cb", "cb", "javascript:alert(1)//https://spa.example/cb", "data:text/html,x", "https://ѕpa.example/cb", "https://xn--pa-5ka.example/cb",
    " https://spa.example/cb", "https://spa.example/cb ", "https://spa.example/cb\t", "https://spa.example/cb\r\nSet-Cookie: x=1", "https://spa.example/cb\u200b", "*", "https://*/cb",
  ];
  for (const uri of lookAlikes) isKept(await more.spa.authorize({ redirect_uri: uri }), "invalid_request", "redirect_uri");
  const pairs = Object.entries(more.spa.parameters(newVerifier())) as Pairs;
  isKept(await send(app.authorizeUrl([...pairs, ["redirect_uri", more.spa.redirectUri]])), "invalid_request", "redirect_uri");
  isKept(await more.spa.authorize({ redirect_uri: more.website.redirectUri }), "invalid_request", "redirect_uri");
});

test("lesson 10, lesson 11: a native application may use every port of its loopback URI, and nothing else", async () => {
  for (const uri of ["http://127.0.0.1/callback", "http://127.0.0.1:1/callback", "http://127.0.0.1:51234/callback", "http://[::1]:65535/callback"]) begins(await app.authorize({ redirect_uri: uri }));
  const wrong = [
    "http://127.0.0.1:0/callback", "http://127.0.0.1:65536/callback", "http://127.0.0.1:/callback", "http://127.0.0.1:080/callback", "http://127.0.0.1:1@evil.example/callback",
    "http://127.0.0.1:1:2/callback", "http://127.0.0.1@evil.example/callback", "http://127.0.0.1.evil.example/callback", "http://127.0.0.1:1\\@evil.example/callback",
    "http://127.0.0.1:+1/callback", "http://127.0.0.1:1/callback/", "http://127.0.0.1:1/callback?x", "http://127.0.0.1:1/callback#", "http://127.0.0.1:1/CALLBACK",
    "https://127.0.0.1:1/callback", "http://localhost:1/callback", "http://127.0.0.2:1/callback", "http://127.1:1/callback", "http://2130706433:1/callback", "http://[::]:1/callback",
    "http://[0:0:0:0:0:0:0:1]:1/callback", "http://[::ffff:127.0.0.1]:1/callback", "http://0.0.0.0:1/callback", "http://127.0.0.1:1/x/../callback", "http://user@127.0.0.1:1/callback",
  ];
  for (const uri of wrong) isKept(await app.authorize({ redirect_uri: uri }), "invalid_request", "redirect_uri");
  isKept(await more.spa.authorize({ redirect_uri: "http://127.0.0.1:51234/cb" }), "invalid_request", "redirect_uri");
  begins(await more.spa.authorize({ redirect_uri: "http://127.0.0.1/cb" }));
});

test("a browser is shown a page that names the error and the parameter, and no markup of the request", async () => {
  const evil = `<script>alert(1)</script>"'`;
  for (const [changes, code, parameter] of [
    [{ client_id: evil }, "invalid_client", "client_id"],
    [{ redirect_uri: `https://evil.example/${evil}` }, "invalid_request", "redirect_uri"],
  ] as [Parameters, string, string][]) {
    const answer = await app.authorize({ ...changes, state: evil }, { accept: "text/html,application/xhtml+xml,*/*;q=0.8" });
    assert.equal(answer.status, 400);
    assert.match(answer.headers.get("content-type")!, /^text\/html/);
    const page = { ...answer, url: new URL(app.endpoint) };
    assert.equal(textOf(page, "op-error-code"), code);
    assert.equal(textOf(page, "op-error-parameter"), parameter);
    assert.equal(answer.text.includes("<script>alert"), false);
    assert.equal(/(href|action|src|content)="[^"]*evil\.example/.test(answer.text), false);
  }
});

test("response_type and response_mode must be what is supported", async () => {
  isSentBack(await app.authorize({ response_type: undefined }), "invalid_request");
  isSentBack(await app.authorize({ response_type: "" }), "invalid_request");
  for (const type of ["token", "id_token", "code id_token", "code token", "CODE", "code ", "none"]) isSentBack(await app.authorize({ response_type: type }), "unsupported_response_type");
  begins(await app.authorize({ response_mode: "query" }));
  for (const mode of ["fragment", "form_post", "web_message", "jwt"]) isSentBack(await app.authorize({ response_mode: mode }), "invalid_request");
});

test("lesson 8: no challenge but S256 is taken, and a public client must send one", async () => {
  const challenge = challengeOf(newVerifier());
  for (const client of [app, server]) {
    isSentBack(await client.authorize({ code_challenge_method: undefined }), "invalid_request", client.redirectUri);
    for (const method of ["plain", "s256", "S512", "none"]) isSentBack(await client.authorize({ code_challenge_method: method }), "invalid_request", client.redirectUri);
    for (const wrong of ["short", `${challenge}=`, challenge.slice(1), `${challenge}A`, challenge.replace(/.$/, "+"), "a".repeat(64)]) {
      isSentBack(await client.authorize({ code_challenge: wrong }), "invalid_request", client.redirectUri);
    }
    isSentBack(await client.authorize({ code_challenge: undefined }), "invalid_request", client.redirectUri);
  }
  isSentBack(await app.authorize({ code_challenge: undefined, code_challenge_method: undefined }), "invalid_request");
  isSentBack(await app.authorize({ code_challenge: "", code_challenge_method: "" }), "invalid_request");
  begins(await server.authorize({ code_challenge: undefined, code_challenge_method: undefined }));
  begins(await server.authorize({ code_challenge: "", code_challenge_method: "" }));
});

test("scope must contain openid and nothing unknown or not this client's", async () => {
  for (const scope of [undefined, "", "profile", "openid unknown", "OpenID", "openid\tprofile", "openid,profile", "openid device_sso"]) isSentBack(await app.authorize({ scope }), "invalid_scope");
  for (const scope of ["openid", "profile openid", "openid  openid", "openid profile email address phone offline_access"]) begins(await app.authorize({ scope }));
  begins(await app.authorize({ scope: "openid https://authgear.com/scopes/full-access" }));
  isSentBack(await server.authorize({ scope: "openid https://authgear.com/scopes/full-access" }), "invalid_scope");
  isSentBack(await more.partner.authorize({ scope: "openid https://authgear.com/scopes/full-access" }), "invalid_scope", more.partner.redirectUri);
  begins(await more.partner.authorize({ scope: "openid https://authgear.com/scopes/full-userinfo" }));
});

test("prompt and max_age are judged before anything is shown", async () => {
  isSentBack(await app.authorize({ prompt: "none" }), "login_required");
  isSentBack(await app.authorize({ prompt: "none", max_age: "3600" }), "login_required");
  for (const prompt of ["none login", "login none", "none none consent", "maybe", "login maybe", "NONE"]) isSentBack(await app.authorize({ prompt }), "invalid_request");
  for (const prompt of ["login", "consent", "select_account", "login consent", ""]) begins(await app.authorize({ prompt }));
  for (const age of ["-1", "1.5", "abc", "1 ", "0x10", "+5", "1e3"]) isSentBack(await app.authorize({ max_age: age }), "invalid_request");
  for (const age of ["0", "1", "9223372036854775807", "99999999999999999999999999", ""]) begins(await app.authorize({ max_age: age }));
});

test("any text is a login hint; only a malformed hint of the contract's own form is refused", async () => {
  for (const hint of ["ada@example.com", "<b>", "日本", "https://authgear.com/login_hint?type=login_id&email=ada%40example.com", "x".repeat(2048)]) begins(await app.authorize({ login_hint: hint }));
  for (const hint of ["https://authgear.com/login_hint", "https://authgear.com/login_hint?type=unknown", "https://authgear.com/login_hint?email=a", "x".repeat(2049)]) isSentBack(await app.authorize({ login_hint: hint }), "invalid_request");
});

test("request objects are refused by their own errors, unknown parameters are ignored", async () => {
  isSentBack(await app.authorize({ request: "eyJhbGciOiJub25lIn0.e30." }), "request_not_supported");
  isSentBack(await app.authorize({ request_uri: "https://evil.example/request" }), "request_uri_not_supported");
  isSentBack(await app.authorize({ registration: "{}" }), "registration_not_supported");
  begins(await app.authorize({ request: "", request_uri: "" }));
  begins(await app.authorize({ claims: '{"userinfo":{}}', acr_values: "2", display: "popup", foo: "bar", resource: "https://x.example", ui_locales: "xx-unknown ☃", access_token: "x" }));
});

test("an ID token hint that is not one of ours for this client is refused", async () => {
  const forged = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${Buffer.from(`{"iss":"${gatehouse.endpoint}","aud":"${app.id}","sub":"x"}`).toString("base64url")}.`;
  for (const hint of ["x", "a.b.c", forged]) {
    isSentBack(await app.authorize({ id_token_hint: hint }), "invalid_request");
    isSentBack(await app.authorize({ id_token_hint: hint, prompt: "none" }), "invalid_request");
  }
});

test("a parameter that comes twice is refused, and a doubled state is not sent back", async () => {
  const single = ["response_type", "scope", "nonce", "prompt", "code_challenge", "code_challenge_method", "login_hint", "max_age", "response_mode", "id_token_hint", "ui_locales"];
  for (const name of single) {
    const pairs = (Object.entries(app.parameters(newVerifier())) as Pairs).filter(([key]) => key !== name);
    isSentBack(await send(app.authorizeUrl([...pairs, [name, "a"], [name, "b"]])), "invalid_request");
  }
  const pairs = Object.entries(app.parameters(newVerifier())) as Pairs;
  isSentBack(await send(app.authorizeUrl([...pairs, ["state", "another"]])), "invalid_request", app.redirectUri, null);
});

test("state comes back byte for byte, and an absent or empty one does not", async () => {
  for (const state of ["a b+c&d=e#f?g%20%", "ünïcødé ☃ \u{1f600}", `"'<>\\`, "line\r\nSet-Cookie: evil=1", "x".repeat(4000), "a/../b;c"]) {
    const answer = await app.authorize({ state, prompt: "none" });
    isSentBack(answer, "login_required", app.redirectUri, state);
    assert.equal(answer.headers.getSetCookie().some((line) => line.includes("evil")), false);
  }
  isSentBack(await app.authorize({ state: undefined, prompt: "none" }), "login_required", app.redirectUri, null);
  isSentBack(await app.authorize({ state: "", prompt: "none" }), "login_required", app.redirectUri, null);
  isSentBack(await post(`${app.endpoint}/oauth2/authorize`, app.parameters(newVerifier(), { state: "x".repeat(10_000) })), "invalid_request", app.redirectUri, null);
});

test("a redirect URI's own query is kept", async () => {
  const sent = isSentBack(await more.jwt.authorize({ prompt: "none" }), "login_required", more.jwt.redirectUri);
  assert.equal(sent.get("tenant"), "1");
});

test("a POST that is not a form is refused without a redirect", async () => {
  const body = new URLSearchParams(app.parameters(newVerifier()) as Record<string, string>).toString();
  for (const type of ["application/json", "text/plain", "multipart/form-data; boundary=x"]) {
    const answer = await send(`${app.endpoint}/oauth2/authorize`, { method: "POST", body, headers: { "content-type": type } });
    assert.equal(answer.status, 400);
    assert.equal(answer.headers.get("location"), null);
  }
  const inQuery = await send(app.authorizeUrl(app.parameters(newVerifier())), { method: "POST", body: "", headers: { "content-type": "application/x-www-form-urlencoded" } });
  isKept(inQuery, "invalid_request", "client_id");
});
