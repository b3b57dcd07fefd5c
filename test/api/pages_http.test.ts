// What holds for every hosted page as HTTP: policies, cookies, and forms from our own pages only.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { Gatehouse } from "../support/gatehouse.ts";
import { newestCode } from "../support/inbox.ts";
import { type Page, Person } from "../support/person.ts";
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

// Every form, in a browser that may fill it in: its page and a body that would do something.
const forms: [string, (person: Person) => Promise<{ page: Page; body: Record<string, string> }>][] = [
  ["login", async (person) => ({ page: await begin(person), body: { x_action: "login_id", x_login_id: "ada@example.com" } })],
  ["signup", async (person) => ({ page: await person.visit(linkTo(await begin(person), "signup-link")), body: { x_action: "login_id", q_login_id: "new1@example.com", x_login_id: "new1@example.com" } })],
  ["enter_password", async (person) => ({ page: await person.submit(await begin(person), "login-form", { x_login_id: "ada@example.com" }), body: { x_password: password } })],
  [
    "enter_oob_otp",
    async (person) => {
      const page = await person.submit(await person.visit(linkTo(await begin(person), "signup-link")), "signup-form", { x_login_id: "new2@example.com" });
      return { page, body: { x_action: "submit", x_code: await newestCode(gatehouse.addresses.inbox, "new2@example.com") } };
    },
  ],
  [
    "create_password",
    async (person) => {
      const code = await person.submit(await person.visit(linkTo(await begin(person), "signup-link")), "signup-form", { x_login_id: "new3@example.com" });
      const page = await person.submit(code, "code-form", { x_code: await newestCode(gatehouse.addresses.inbox, "new3@example.com") }, { button: "code-submit" });
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

test("where the origin is https, cookies are Secure and browsers are told to stay with https", async () => {
  const file = join(gatehouse.addresses.data, "project", "authgear.yaml");
  const yaml = await readFile(file, "utf8");
  await writeFile(file, yaml.replace(`public_origin: ${gatehouse.endpoint}`, "public_origin: https://secure.example"));
  const { hostname, port } = new URL(gatehouse.endpoint);
  const get = (path: string): Promise<{ status: number; headers: Record<string, string | string[] | undefined> }> =>
    new Promise((resolve, reject) => {
      httpRequest({ host: hostname, port, path, headers: { host: "secure.example", "x-forwarded-proto": "https", "x-forwarded-for": "192.0.2.4" } }, (answer) => {
        answer.resume().on("end", () => resolve({ status: answer.statusCode!, headers: answer.headers }));
      }).on("error", reject).end();
    });
  await until(async () => (await get("/oauth2/jwks")).status === 200, "the new origin is served");
  for (const path of ["/login", "/oauth2/jwks", "/nothing", "/oauth2/userinfo"]) {
    assert.match((await get(path)).headers["strict-transport-security"] as string, /^max-age=\d{7,}/, path);
  }
  const { pathname, search } = new URL(app.authorizeUrl(app.parameters(newVerifier())));
  const started = await get(pathname + search);
  assert.match(started.headers["location"] as string, /^https:\/\/secure\.example\/_internals\//);
  for (const line of started.headers["set-cookie"] as string[]) assert.match(line, /; Secure/);
  assert.match((started.headers["set-cookie"] as string[]).find((line) => line.startsWith("oauth_ui="))!, /; SameSite=None/);
});
