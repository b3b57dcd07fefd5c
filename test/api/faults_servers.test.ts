// PostgreSQL and Redis go away and come back under load; a process is stopped for a while. Nothing is restarted.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { createAccount, freshTokens, type Tokens, type Visitor } from "../support/account.ts";
import { Application } from "../support/application.ts";
import { Gatehouse } from "../support/gatehouse.ts";
import { addClients, type Client } from "../support/protocol.ts";
import { anotherAddress, ask, type Answer, post, ServerProcess } from "../support/server_process.ts";
import { eventually, Server } from "../support/servers.ts";

const ada = { email: "ada@example.com", password: "correct horse battery staple" };

let gatehouse: Gatehouse;
let application: Application;
let plain: Client; // JWT access tokens, no rotation
let person: Visitor;
let tokens: Tokens;
let cookie: string;
const servers: Server[] = [];

const to = (path: string, asking = {}): Promise<Answer> => {
  const { host, port } = new URL(gatehouse.endpoint);
  return ask(Number(port), host, path, asking);
};
const userinfo = () => to("/oauth2/userinfo", { headers: { authorization: `Bearer ${tokens.access_token}`, ...anotherAddress() } });
const refresh = (refreshToken: string) => to("/oauth2/token", post({ grant_type: "refresh_token", refresh_token: refreshToken, client_id: application.clientId }));
const login = async () => {
  const { url } = await application.authorizationRequest();
  return to(url.pathname + url.search, { headers: anotherAddress() });
};
// As the browser of somebody who is signed in, without a page.
const silently = async () => {
  const { url } = await application.authorizationRequest({ prompt: "none" });
  return to(url.pathname + url.search, { headers: { cookie, ...anotherAddress() } });
};
// Through the door, to where the conversation begins.
const page = () => to("/login", { headers: { accept: "text/html", ...anotherAddress() } });

// How long the server had a request, by its own access log: on a busy machine this process hears of the answer later.
async function timed(request: () => Promise<Answer>): Promise<Answer & { ms: number }> {
  const answer = await request();
  const id = answer.headers["x-request-id"] as string;
  const line = await eventually("the request is in the access log", async () => gatehouse.logged().split("\n").findLast((one) => one.includes(`"request_id":"${id}"`) && one.includes('"duration_us"')));
  return { ...answer, ms: (JSON.parse(line) as { duration_us: number }).duration_us / 1000 };
}

function isInTime(what: string, answer: { ms: number }): void {
  assert.ok(answer.ms <= 1000, `${what} took ${Math.round(answer.ms)} ms`);
}

// Asks without a pause until it is told to end; every answer is kept.
function load(request: () => Promise<Answer>): { end(): Promise<Answer[]> } {
  let ending = false;
  const answers: Answer[] = [];
  const one = async () => {
    while (!ending) answers.push(await request());
  };
  const running = Promise.all(Array.from({ length: 8 }, one));
  return {
    async end() {
      ending = true;
      await running;
      return answers;
    },
  };
}

async function worksWithoutServers(): Promise<void> {
  for (const path of ["/healthz", "/.well-known/openid-configuration", "/oauth2/jwks"]) {
    const answer = await timed(() => to(path));
    assert.equal(answer.status, 200, path);
    isInTime(path, answer);
  }
}

async function isRefused(what: string, request: () => Promise<Answer>): Promise<void> {
  const answer = await timed(request);
  assert.equal(answer.status, 503, `${what}: ${answer.status} ${answer.text.slice(0, 300)}`);
  assert.ok(Number(answer.headers["retry-after"]) > 0, `${what} says when to come back`);
  isInTime(what, answer);
}

// RFC 6749 4.1.2.1: the client and its redirect URI are known to be right, so that is where it is told.
async function isSentBack(what: string, request: () => Promise<Answer>): Promise<void> {
  const answer = await timed(request);
  assert.equal(answer.status, 303, `${what}: ${answer.status} ${answer.text.slice(0, 300)}`);
  const location = new URL(answer.headers["location"] as string);
  assert.ok(location.href.startsWith(application.redirectUri), location.href);
  assert.equal(location.searchParams.get("error"), "temporarily_unavailable");
  assert.ok(location.searchParams.get("state"));
  isInTime(what, answer);
}

const begins = async () => (await login()).status === 302;
const recovers = (what: string, request: () => Promise<Answer>) => eventually(`${what} works again`, async () => (await request()).status < 400, 20_000);

before(async () => {
  gatehouse = await Gatehouse.start({ arguments: ["--keep-running"] });
  application = await Application.discover(gatehouse.addresses);
  plain = (await addClients(gatehouse)).jwt;
  person = await createAccount(gatehouse.addresses, application, ada);
  cookie = [...person.cookies(gatehouse.endpoint)].map(([name, value]) => `${name}=${value}`).join("; ");
  tokens = await freshTokens(gatehouse.addresses, application, ada);
});
after(async () => {
  await gatehouse.stop();
  for (const server of servers) await server.end();
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test("lesson 25: a process that was stopped for 20 s refuses, in its first answers, what another one revoked meanwhile", async () => {
  const other = await ServerProcess.start(gatehouse.addresses);
  const postgres = Server.postgres(gatehouse.addresses.database_url, gatehouse.pid);
  const infoOf = ({ access_token: token }: Tokens) => other.ask("/oauth2/userinfo", { headers: { authorization: `Bearer ${token}` } });
  const refreshOf = ({ refresh_token: token }: Tokens) => other.ask("/oauth2/token", post({ grant_type: "refresh_token", refresh_token: token, client_id: plain.id }));
  try {
    const [known, read] = [await plain.tokens(person), await plain.tokens(person)];
    for (let i = 0; i < 8; i++) assert.equal((await infoOf(known)).status, 200, "each core has it in its cache");
    assert.equal((await refreshOf(known)).status, 200);
    // What PostgreSQL says of one pair still lies unread in the connection when the process stops.
    postgres.pause();
    const inside = [infoOf(read), refreshOf(read)];
    await pause(50);
    other.signal("SIGSTOP");
    postgres.resume();
    const outside = [infoOf(known), refreshOf(known)];
    await pause(500);
    for (const { refresh_token: token } of [known, read]) assert.equal((await plain.revoke(token)).status, 200);
    await pause(20_500); // from the revocation on: it is in no list of recent ones any more
    other.signal("SIGCONT");
    assert.deepEqual((await Promise.all(outside)).map(({ status }) => status), [401, 400]);
    for (const { status, text } of await Promise.all(inside)) assert.ok(status >= 400, text);
  } finally {
    postgres.resume();
    await other.stop();
  }
});

for (const how of ["pause", "kill"] as const) {
  test(`Redis under load (${how}): what needs it is refused at once, the rest works, and all recovers`, async () => {
    const redis = await Server.redis(gatehouse.addresses.redis_url);
    servers.push(redis);
    const running = load(login);
    await eventually("there is load", begins);
    if (how === "kill") await redis.kill();
    else redis.pause();
    await isSentBack("a sign-in", login);
    await isRefused("a page", page);
    await worksWithoutServers();
    assert.equal((await timed(userinfo)).status, 200, "user info needs no Redis");
    const refreshed = await refresh(tokens.refresh_token);
    assert.equal(refreshed.status, 200, "a refresh needs no Redis");
    tokens = JSON.parse(refreshed.text) as Tokens;
    if (how === "kill") redis.startAgain();
    else redis.resume();
    await eventually("a sign-in works again", begins, 20_000);
    const answers = await running.end();
    assert.deepEqual([...new Set(answers.map(({ status }) => status))].sort(), [302, 303]);
  });

  test(`PostgreSQL under load (${how}): what needs it answers 503 at once, the rest works, and all recovers`, async () => {
    const postgres = Server.postgres(gatehouse.addresses.database_url, gatehouse.pid);
    if (how === "kill") servers.push(postgres);
    const opaque = await freshTokens(gatehouse.addresses, application, ada);
    const running = load(userinfo);
    await eventually("there is load", async () => (await userinfo()).status < 400);
    if (how === "kill") await postgres.kill();
    else postgres.pause();
    await eventually("the lease has ended", async () => (await userinfo()).status === 503);
    await isRefused("user info", userinfo);
    await isRefused("a refresh", () => refresh(opaque.refresh_token));
    await isSentBack("a request with a session", silently);
    await worksWithoutServers();
    if (how === "kill") postgres.startAgain();
    else postgres.resume();
    await recovers("user info", userinfo);
    await eventually("a session answers again", async () => ((await silently()).headers["location"] as string).includes("code="));
    await recovers("a refresh that was cut off", () => refresh(opaque.refresh_token)); // each core connects for itself
    const answers = await running.end();
    assert.deepEqual([...new Set(answers.map(({ status }) => status))].filter((status) => status >= 400), [503]);
    assert.equal((await page()).status < 500, true);
  });
}
