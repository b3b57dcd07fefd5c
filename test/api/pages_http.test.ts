// What holds for every hosted page as HTTP: policies, cookies, and forms from our own pages only.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { Gatehouse } from "../support/gatehouse.ts";
import { newestCode } from "../support/inbox.ts";
import { type Page, Person, textOf } from "../support/person.ts";
import { type Client, addClients, newVerifier, password, publicClient, signedIn, signedInAgain, until } from "../support/protocol.ts";

let gatehouse: Gatehouse;
let app: Client;
let partner: Client;
before(async () => {
  gatehouse = await Gatehouse.start();
  app = publicClient(gatehouse);
  partner = (await addClients(gatehouse)).partner;
  await signedIn(gatehouse, "ada@example.com");
});
after(() => gatehouse.stop());

const begin = (person: Person, client = app): Promise<Page> =>
  person.visit(client.authorizeUrl(client.parameters(newVerifier(), client === partner ? { prompt: "consent" } : {})));
const linkTo = (page: Page, id: string): URL => {
  const tag = new RegExp(`<a[^>]*\\sid="${id}"[^>]*>`).exec(page.text)![0];
  return new URL(/href="([^"]*)"/.exec(tag)![1]!.replaceAll("&amp;", "&"), page.url);
};

let newcomers = 0;
const newcomer = (): string => `new${++newcomers}@example.com`;

// Every form, in a browser that may fill it in: its page and a body that would do something.
const forms: [string, (person: Person) => Promise<{ page: Page; body: Record<string, string> }>][] = [
  ["login", async (person) => ({ page: await begin(person), body: { x_action: "login_id", x_login_id: "ada@example.com" } })],
  ["signup", async (person) => ({ page: await person.visit(linkTo(await begin(person), "signup-link")), body: { x_action: "login_id", q_login_id: newcomer() } })],
  ["enter_password", async (person) => ({ page: await person.submit(await begin(person), "login-form", { x_login_id: "ada@example.com" }), body: { x_password: password } })],
  [
    "enter_oob_otp",
    async (person) => {
      const email = newcomer();
      const page = await person.submit(await person.visit(linkTo(await begin(person), "signup-link")), "signup-form", { x_login_id: email });
      return { page, body: { x_action: "submit", x_code: await newestCode(gatehouse.addresses.inbox, email) } };
    },
  ],
  [
    "create_password",
    async (person) => {
      const email = newcomer();
      const code = await person.submit(await person.visit(linkTo(await begin(person), "signup-link")), "signup-form", { x_login_id: email });
      const page = await person.submit(code, "code-form", { x_code: await newestCode(gatehouse.addresses.inbox, email) }, { button: "code-submit" });
      return { page, body: { x_password: password, x_confirm_password: password } };
    },
  ],
  [
    "consent",
    async (person) => {
      await person.visit((await signIn(person)).url.origin);
      return { page: await begin(person, partner), body: { x_action: "consent" } };
    },
  ],
  [
    "logout",
    async (person) => {
      await signIn(person);
      return { page: await person.visit(`${gatehouse.endpoint}/logout`), body: { x_action: "logout" } };
    },
  ],
];

async function signIn(person: Person): Promise<Page> {
  const page = await person.submit(await begin(person), "login-form", { x_login_id: "ada@example.com" });
  await person.submit(page, "password-form", { x_password: password }, { until: [app.redirectUri] });
  return page;
}

const send = (person: Person, page: Page, body: Record<string, string>, headers: Record<string, string>): Promise<Page> =>
  person.request(page.url, { method: "POST", body: new URLSearchParams(body), headers: { accept: "text/html", ...headers } });

for (const [name, open] of forms) {
  test(`the form of ${name} is taken from our own pages only`, async () => {
    const person = new Person();
    const { page, body } = await open(person);
    assert.equal(page.status, 200, page.url.href);
    assert.match(page.text, /<form/);
    const own = gatehouse.endpoint;
    const foreign: Record<string, string>[] = [
      { origin: "https://evil.example" }, { origin: "null" }, { origin: own.replace("http:", "https:") }, { origin: `${own}.evil.example` }, { origin: `${own}0` }, { origin: gatehouse.addresses.demo },
      { "sec-fetch-site": "cross-site" }, { "sec-fetch-site": "same-site" }, { "sec-fetch-site": "cross-site", origin: own }, { "sec-fetch-site": "same-origin", origin: "https://evil.example" },
    ];
    for (const headers of foreign) {
      const answer = await send(person, page, body, headers);
      assert.equal(answer.status, 403, JSON.stringify(headers));
      assert.match(answer.text, /data-kind="forgery"/);
      assert.deepEqual(answer.headers.getSetCookie(), []);
    }
    const answer = await send(person, page, body, {});
    assert.ok([302, 303].includes(answer.status), `a script without either header goes on: ${answer.status}`);
  });
}

test("a form from our own page passes with the headers that browsers send", async () => {
  for (const headers of [{ origin: gatehouse.endpoint, "sec-fetch-site": "same-origin" }, { origin: gatehouse.endpoint }, { "sec-fetch-site": "same-origin" }, { origin: "null", "sec-fetch-site": "same-origin" }] as Record<string, string>[]) {
    const person = new Person();
    const answer = await send(person, await begin(person), { x_action: "login_id", x_login_id: "ada@example.com" }, headers);
    assert.equal(answer.status, 302, JSON.stringify(headers));
    assert.match(answer.headers.get("location")!, /^\/authflow\/v2\/enter_password\?/);
  }
});

test("every page has the policies, whether it is a form, an error or an end", async () => {
  const person = new Person();
  const ada = await signedInAgain(gatehouse, "ada@example.com");
  const at = (path: string): string => gatehouse.endpoint + path;
  const html = { headers: { accept: "text/html" } };
  const login = await begin(person);
  const pages = [
    login,
    await person.visit(linkTo(login, "signup-link")),
    await person.submit(login, "login-form", { x_login_id: "ada@example.com" }),
    await ada.visit(at("/authflow/v2/finish")),
    await ada.visit(at("/logout")),
    await begin(ada, partner),
    await person.visit(at("/logout")),
    await person.visit(at("/oauth2/consent?code=x"), html),
    await person.visit(at("/oauth2/authorize?client_id=nobody"), html),
    await person.visit(at("/oauth2/end_session"), html),
    await person.visit(at("/authflow/v2/enter_password?x_step=nonsense"), html),
    await person.visit(at("/v2/errors/error"), html),
    await person.request(at("/oauth2/authorize"), { method: "POST", body: "{}", headers: { accept: "text/html", "content-type": "application/json" } }),
    await person.request(at("/login"), { method: "POST", body: "", headers: { accept: "text/html", origin: "https://evil.example" } }),
  ];
  const nonces = new Set<string>();
  for (const { url, headers, text } of pages) {
    assert.match(headers.get("content-type")!, /^text\/html; charset=utf-8$/i, url.href);
    const csp = headers.get("content-security-policy")!;
    assert.match(csp, /default-src 'none'/, url.href);
    assert.match(csp, /base-uri 'none'/);
    assert.match(csp, /frame-ancestors 'none'/);
    assert.equal(/unsafe-(inline|eval)|\*/.test(csp), false);
    const nonce = /'nonce-([^']+)'/.exec(csp)![1]!;
    assert.equal(nonces.has(nonce), false, "a nonce is used once");
    nonces.add(nonce);
    for (const [tag] of text.matchAll(/<script[^>]*>/g)) assert.ok(tag.includes(`nonce="${nonce}"`), tag);
    assert.equal(/\son[a-z]+="/.test(text), false, "no inline handler");
    assert.equal(headers.get("x-frame-options"), "DENY");
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.equal(headers.get("referrer-policy"), "same-origin");
    assert.equal(headers.get("cache-control"), "no-store");
    assert.match(headers.get("permissions-policy")!, /camera=\(\)/);
    assert.equal(headers.get("strict-transport-security"), null, "not on http");
  }
});

test("session cookies are HttpOnly and SameSite, and the strict one is Strict", async () => {
  const person = new Person();
  const page = await person.submit(await begin(person), "login-form", { x_login_id: "ada@example.com" });
  const answer = await send(person, page, { x_password: password }, {});
  const cookies = answer.headers.getSetCookie();
  const session = cookies.find((line) => line.startsWith("session="))!;
  assert.match(session, /^session=[0-9a-f-]{36}\.[A-Za-z0-9]{32};/);
  assert.match(session, /; HttpOnly/);
  assert.match(session, /; SameSite=Lax/);
  assert.match(session, /; Path=\//);
  assert.match(cookies.find((line) => line.startsWith("same_site_strict="))!, /; SameSite=Strict/);
});

test("a path of ours with the wrong method is 405 with Allow, an unknown one 404", async () => {
  for (const [path, method] of [["/login", "PUT"], ["/oauth2/authorize", "DELETE"], ["/oauth2/token", "GET"], ["/oauth2/consent", "PATCH"]] as const) {
    const answer = await new Person().request(gatehouse.endpoint + path, { method });
    assert.equal(answer.status, 405, path);
    assert.match(answer.headers.get("allow")!, /POST/);
  }
  assert.equal((await new Person().request(`${gatehouse.endpoint}/oauth2/tokens`)).status, 404);
});

test("what cannot be read, is too large or has no such method is told to a browser as a page, to a program as before", async () => {
  const browser = { accept: "text/html,application/xhtml+xml" };
  const large = "x_login_id=" + "a".repeat(1_100_000);
  const post = { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded" } };
  const cases: [string, RequestInit, number, string, RegExp][] = [
    ["/login?x=%zz", {}, 400, "malformed", /^\{"error":\{"name":"BadRequest"/],
    ["/login?x=%00", {}, 400, "malformed", /^\{"error"/],
    ["/oauth2/authorize?state=%ff", {}, 400, "malformed", /^\{"error"/],
    ["/login", { ...post, body: large }, 413, "too_large", /^\{"error":\{"name":"RequestEntityTooLarge"/],
    ["/oauth2/token", { ...post, body: large }, 413, "too_large", /^\{"error"/],
    ["/login", { method: "PUT" }, 405, "method", /^Method not allowed\n$/],
    ["/oauth2/token", {}, 405, "method", /^Method not allowed\n$/],
    ["/nothing", {}, 404, "missing", /^Not found\n$/],
  ];
  for (const [path, init, status, kind, text] of cases) {
    const label = `${init.method ?? "GET"} ${path}`;
    const program = await new Person().request(gatehouse.endpoint + path, init);
    assert.equal(program.status, status, label);
    assert.match(program.text, text, label);
    const page = await new Person().request(gatehouse.endpoint + path, { ...init, headers: { ...(init.headers as Record<string, string>), ...browser } });
    assert.equal(page.status, status, label);
    assert.match(page.text, new RegExp(`id="problem" data-kind="${kind}"`), label);
    assert.match(page.headers.get("content-security-policy")!, /default-src 'none'/, label);
    assert.equal(linkTo(page, "start-again").pathname, "/", label);
    assert.equal(page.headers.get("allow"), program.headers.get("allow"), label);
  }
});

test("an unknown host shows a browser a page of its own, with the address that works only while developing", async () => {
  const { hostname, port } = new URL(gatehouse.endpoint);
  const get = (accept: string): Promise<{ status: number; csp: string; text: string }> =>
    new Promise((resolve, reject) => {
      httpRequest({ host: hostname, port, path: "/login", headers: { host: "elsewhere.example", accept } }, (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (chunk: string) => (text += chunk)).on("end", () => resolve({ status: answer.statusCode!, csp: String(answer.headers["content-security-policy"]), text }));
      }).on("error", reject).end();
    });
  const page = await get("text/html");
  assert.equal(page.status, 404);
  assert.match(page.text, /id="problem" data-kind="host"/);
  assert.ok(page.text.includes(`href="${gatehouse.endpoint}"`), "gatehouse dev says where it is");
  const nonce = /style-src 'nonce-([^']+)'/.exec(page.csp)![1]!;
  assert.ok(page.text.includes(`<style nonce="${nonce}">`));
  assert.doesNotMatch(page.text, /<(script|link|img)/, "it needs nothing that is not served there");
  const program = await get("*/*");
  assert.equal(program.status, 404);
  assert.match(program.text, /^No project is served under this host name/);
});

test("HEAD looks and begins, issues and ends nothing", async () => {
  const ada = await signedInAgain(gatehouse, "ada@example.com");
  const hint = (await app.tokens(ada)).id_token;
  const begun = new Person();
  const consent = await begin(ada, partner);
  const urls = ["/login", "/signup", "/", "/logout", `/oauth2/end_session?id_token_hint=${hint}`, consent.url.pathname + consent.url.search];
  for (const path of urls) {
    const person = path.startsWith("/oauth2") ? ada : begun;
    const answer = await person.request(gatehouse.endpoint + path, { method: "HEAD" });
    assert.ok(answer.status < 400, `${path}: ${answer.status}`);
    assert.equal(answer.headers.getSetCookie().filter((line) => !line.includes("Max-Age=0")).length, 0, path);
    assert.doesNotMatch(answer.headers.get("location") ?? "", /x_step|code=/, path);
  }
  const authorize = await ada.request(app.authorizeUrl(app.parameters(newVerifier())), { method: "HEAD" });
  assert.equal(authorize.status, 200);
  assert.equal(authorize.headers.get("location"), null);
  assert.ok((await ada.submit(consent, "consent-form", {}, { button: "consent-allow", until: [partner.redirectUri] })).url.searchParams.get("code"), "still signed in, still to be answered");
});

test("an x_action that the page does not have is refused in words, and changes nothing", async () => {
  for (const [name, open] of forms) {
    if (name === "consent") continue; // its own test
    const person = new Person();
    const { page, body } = await open(person);
    const answer = await send(person, page, { ...body, x_action: "oauth" }, {});
    if (name === "logout") {
      assert.equal(answer.status, 400);
      assert.match(answer.text, /data-kind="malformed"/);
      assert.match((await person.visit(`${gatehouse.endpoint}/logout`)).text, /logout-form/, "still signed in");
      continue;
    }
    assert.equal(answer.status, 302, name);
    const again = await person.visit(new URL(answer.headers.get("location")!, gatehouse.endpoint));
    assert.equal(again.url.pathname, page.url.pathname, name);
    assert.match(textOf(again, "form-error")!, /Use the buttons on this page/, name);
    assert.ok([302, 303].includes((await send(person, page, body, {})).status), `${name} goes on`);
  }
});

test("what is not text is the field's own error, and changes nothing", async () => {
  const fields: Record<string, string> = { login: "x_login_id", signup: "q_login_id", enter_password: "x_password", enter_oob_otp: "x_code", create_password: "x_password" };
  for (const [name, open] of forms.filter(([form]) => form in fields)) {
    const person = new Person();
    const { page, body } = await open(person);
    for (const bad of ["%00", "a%00b", "%ff", "%c3%28", "%zz", "%ed%a0%80"]) {
      const sent = `x_action=${body["x_action"] ?? ""}&${fields[name]}=${bad}`;
      const answer = await person.request(page.url, { method: "POST", body: sent, headers: { "content-type": "application/x-www-form-urlencoded" } });
      assert.equal(answer.status, 302, `${name} ${bad}`);
      const again = await person.visit(new URL(answer.headers.get("location")!, gatehouse.endpoint));
      assert.equal(again.url.pathname, page.url.pathname, `${name} ${bad}`);
      assert.match(textOf(again, "field-error") ?? "", /character in it that cannot be used/, `${name} ${bad}`);
      assert.match(again.text, /aria-invalid="true"/);
    }
    assert.ok([302, 303].includes((await send(person, page, body, {})).status), `${name} goes on`);
  }
});

test("a code that is asked for again too soon is answered with what to do", async () => {
  const person = new Person();
  const signup = await person.visit(`${gatehouse.endpoint}/signup`);
  const page = await person.submit(signup, "signup-form", { x_login_id: "soon@example.com" });
  const again = await person.submit(page, "code-form", {}, { button: "code-resend" });
  assert.match(again.text, /A code was sent to this address a moment ago\. Use that one, or ask for another in \d+ seconds?\./);
});

test("the code page names the address once and whole where the person typed it", async () => {
  const person = new Person();
  const page = await person.submit(await person.visit(linkTo(await begin(person), "signup-link")), "signup-form", { x_login_id: "Whole.Address@example.com" });
  const said = page.text.replaceAll("<wbr>", "");
  assert.match(said, /digit code to <b>whole\.address@example\.com<\/b>/i);
  assert.doesNotMatch(said, /\*\*/);
  person.setCookie(gatehouse.endpoint, "web_error_token", "gone");
  assert.match((await person.visit(page.url)).text, /digit code to <b>whole\.\*+@example\.com<\/b>/i, "without it the mask stays");
});

test("where the origin is https, cookies are Secure and browsers are told to stay with https", async () => {
  const file = join(gatehouse.addresses.data, "project", "authgear.yaml");
  const yaml = await readFile(file, "utf8");
  await writeFile(file, yaml.replace(`public_origin: ${gatehouse.endpoint}`, "public_origin: https://secure.localhost"));
  const { hostname, port } = new URL(gatehouse.endpoint);
  const get = (path: string): Promise<{ status: number; headers: Record<string, string | string[] | undefined> }> =>
    new Promise((resolve, reject) => {
      httpRequest({ host: hostname, port, path, headers: { host: "secure.localhost", "x-forwarded-proto": "https", "x-forwarded-for": "192.0.2.4" } }, (answer) => {
        answer.resume().on("end", () => resolve({ status: answer.statusCode!, headers: answer.headers }));
      }).on("error", reject).end();
    });
  await until(async () => (await get("/oauth2/jwks")).status === 200, "the new origin is served");
  for (const path of ["/login", "/oauth2/jwks", "/nothing", "/oauth2/userinfo"]) {
    assert.match((await get(path)).headers["strict-transport-security"] as string, /^max-age=\d{7,}/, path);
  }
  const { pathname, search } = new URL(app.authorizeUrl(app.parameters(newVerifier())));
  const started = await get(pathname + search);
  assert.match(started.headers["location"] as string, /^https:\/\/secure\.localhost\/_internals\//);
  for (const line of started.headers["set-cookie"] as string[]) assert.match(line, /; Secure/);
  assert.match((started.headers["set-cookie"] as string[]).find((line) => line.startsWith("oauth_ui="))!, /; SameSite=None/);
});
