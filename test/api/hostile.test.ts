// lesson 22: what a request claims about its own origin is found in no answer and no mail.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { after, before, test } from "node:test";

import { Gatehouse } from "../support/gatehouse.ts";
import { mails } from "../support/inbox.ts";
import { Person, signUp } from "../support/person.ts";
import { type Client, confidentialClient, newVerifier, password, publicClient } from "../support/protocol.ts";

let gatehouse: Gatehouse;
let app: Client;
before(async () => {
  gatehouse = await Gatehouse.start();
  app = publicClient(gatehouse);
});
after(() => gatehouse.stop());

const marker = "evil-marker.example";
const claims: Record<string, string> = {
  "x-forwarded-host": marker,
  "x-forwarded-server": marker,
  "x-forwarded-port": "6666",
  "x-forwarded-prefix": `/${marker}`,
  "x-original-host": marker,
  "x-original-url": `https://${marker}/`,
  "x-rewrite-url": `/${marker}`,
  "x-host": marker,
  "x-http-host-override": marker,
  forwarded: `for=192.0.2.1;host=${marker};proto=https;by=${marker}`,
  referer: `https://${marker}/`,
};

// Every route of the authentication server: what its routers have (a unit test compares them with the file), and what is
// answered before and beside them.
const listed = JSON.parse(readFileSync(new URL("../routes.json", import.meta.url), "utf8")) as string[];
const beside = ["GET /healthz", "GET /readyz", "GET /metrics", "GET /static/x", "GET /nothing", "POST /nothing", "OPTIONS /login"];
const routes = [...listed, ...beside].map((route): [string, string] => {
  const [method, path] = route.split(" ") as [string, string];
  return [method, path.replace(/[:*]\w+/g, "x")];
});

// fetch does not let a test choose Host.
function raw(method: string, path: string, headers: Record<string, string>, body = ""): Promise<{ status: number; all: string }> {
  const { hostname, port } = new URL(gatehouse.endpoint);
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ host: hostname, port, method, path, headers: { "x-forwarded-for": "192.0.2.9", "content-type": "application/x-www-form-urlencoded", "content-length": String(body.length), ...headers } }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (chunk: string) => (text += chunk)).on("end", () => resolve({ status: answer.statusCode!, all: `${answer.rawHeaders.join("\n")}\n${text}` }));
    });
    sent.on("error", reject).end(body);
  });
}

const authorizePath = (): string => {
  const { pathname, search } = new URL(app.authorizeUrl(app.parameters(newVerifier())));
  return pathname + search;
};

test("lesson 22: no route repeats a hostile Forwarded or X-Forwarded-Host", async () => {
  const { host } = new URL(gatehouse.endpoint);
  for (const [method, path] of [...routes, ["GET", authorizePath()] as [string, string]]) {
    for (const accept of ["text/html", "*/*"]) {
      const answer = await raw(method, path, { ...claims, host, accept });
      assert.equal(answer.all.includes(marker), false, `${method} ${path}: ${answer.all}`);
      assert.equal(answer.all.includes(":6666"), false, `${method} ${path}`);
      assert.ok(answer.status < 500, `${method} ${path}: ${answer.status}`);
    }
  }
});

test("lesson 22: an unknown Host is served nothing of the project, whatever else vouches for it", async () => {
  const own = new URL(gatehouse.endpoint).host;
  for (const host of [marker, `${marker}:80`, `${own}.${marker}`, `${marker}#${own}`, `${own.split(":")[0]}:1`, `x.${own}`]) {
    for (const [method, path] of [...routes, ["GET", authorizePath()] as [string, string]]) {
      if (["/healthz", "/readyz", "/metrics"].includes(path)) continue;
      const answer = await raw(method, path, { ...claims, host, "x-forwarded-host": own, accept: "text/html" });
      assert.ok([400, 404].includes(answer.status), `${method} ${path} at ${host}: ${answer.status}`);
      assert.equal(answer.all.includes(marker), false, `${method} ${path} at ${host}`);
    }
  }
});

test("lesson 22: a target in absolute form or with an authority redirects nobody elsewhere", async () => {
  const { hostname, port, host } = new URL(gatehouse.endpoint);
  const say = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      let all = "";
      const socket = connect(Number(port), hostname, () => socket.write(text));
      socket.setEncoding("utf8").on("data", (chunk: string) => (all += chunk)).on("close", () => resolve(all)).on("error", reject);
    });
  for (const target of [`http://${marker}/login`, `//${marker}/login`, `/\\${marker}/`, `@${marker}/`, `/@${marker}/`, `//${marker}/..`, `/logout//${marker}`, `http://${host}/login`]) {
    for (const claimed of [host, marker]) {
      const answer = await say(`GET ${target} HTTP/1.1\r\nHost: ${claimed}\r\nConnection: close\r\n\r\n`);
      const location = /^location: (.*)$/im.exec(answer)?.[1];
      if (location !== undefined) assert.equal(new URL(location, gatehouse.endpoint).host, host, `${target} at ${claimed}: ${location}`);
    }
  }
});

test("lesson 22: the issuer, the links and the mails of a whole sign-up stay with the configured origin", async () => {
  class Liar extends Person {
    override request(url: string | URL, init: RequestInit = {}) {
      const headers = new Headers(init.headers);
      for (const [name, value] of Object.entries(claims)) headers.set(name, value);
      return super.request(url, { ...init, headers });
    }
  }
  const person = new Liar();
  const verifier = newVerifier();
  const login = await person.visit(app.authorizeUrl(app.parameters(verifier)));
  const back = await signUp(person, login, { email: "lea@example.com", password, inbox: gatehouse.addresses.inbox, until: [app.redirectUri] });
  assert.equal(back.url.searchParams.get("iss"), gatehouse.endpoint);
  const tokens = await app.redeem({ code: back.url.searchParams.get("code")!, verifier });
  const payload = JSON.parse(Buffer.from((JSON.parse(tokens.text) as { id_token: string }).id_token.split(".")[1]!, "base64url").toString()) as { iss: string };
  assert.equal(payload.iss, gatehouse.endpoint);
  const all = await mails(gatehouse.addresses.inbox, "lea@example.com");
  assert.ok(all.length > 0);
  assert.equal(JSON.stringify(all).includes(marker), false);
});

test("lesson 3: a proxy header that cannot be read fails no request and opens no door", async () => {
  const broken = ["", ",", "not an address", "127.0.0.1, , ,", "::ffff:999.1.1.1", "\u0001", "1".repeat(4000), "127.0.0.1:99999", "[::1", "unknown", "for=x"];
  const server = confidentialClient(gatehouse);
  for (const value of broken.filter((text) => !/[\u0000-\u001f]/.test(text))) {
    const { host } = new URL(gatehouse.endpoint);
    const page = await raw("GET", "/oauth2/authorize", { host, "x-forwarded-for": value, "x-forwarded-proto": value, forwarded: value });
    assert.equal(page.status, 400, value);
    const token = await raw("POST", "/oauth2/token", { host, "x-forwarded-for": value }, `grant_type=refresh_token&refresh_token=x&client_id=${server.id}&client_secret=wrong`);
    assert.ok([400, 429].includes(token.status), `${value}: ${token.status}`);
  }
});
