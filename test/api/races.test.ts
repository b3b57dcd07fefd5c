// What may happen once happens once, also when many ask at the same time and of two processes.
import assert from "node:assert/strict";
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { after, before, test } from "node:test";

import { createAccount, freshCode, freshTokens, type Tokens, Visitor } from "../support/account.ts";
import { Application } from "../support/application.ts";
import { Gatehouse } from "../support/gatehouse.ts";
import { newestCode } from "../support/inbox.ts";
import { type Page } from "../support/person.ts";
import { type Answer, type Asking, post, ServerProcess } from "../support/server_process.ts";
import { eventually, redis, redisSnapshot, restoreRedis, sql } from "../support/servers.ts";

const ada = { email: "ada@example.com", password: "correct horse battery staple" };
const kPasswordTries = 7;

let gatehouse: Gatehouse;
let application: Application;
let processes: ServerProcess[];

const db = <Row extends Record<string, unknown>>(text: string, values: unknown[] = []) => sql<Row>(gatehouse.addresses.database_url, text, values);

// Asks both processes in turn, all at once.
const volley = (count: number, path: string, asking: (i: number) => Asking): Promise<Answer[]> =>
  Promise.all(Array.from({ length: count }, (_, i) => processes[i % processes.length]!.ask(path, asking(i))));

const token = (values: Record<string, string>) => processes[0]!.ask("/oauth2/token", post(values));
const refresh = (refreshToken: string) => ({ grant_type: "refresh_token", refresh_token: refreshToken, client_id: application.clientId });

// The form of a page as the request that sends it.
function sending(page: Page, values: Record<string, string>, person: Visitor): { path: string; asking: () => Asking } {
  const fields: Record<string, string> = {};
  for (const [tag] of page.text.matchAll(/<(?:input|button)[^>]*>/g)) {
    const name = /\sname="([^"]*)"/.exec(tag)?.[1];
    if (name !== undefined && !(name in fields)) fields[name] = /\svalue="([^"]*)"/.exec(tag)?.[1] ?? "";
  }
  const cookie = [...person.cookies(page.url)].map(([name, value]) => `${name}=${value}`).join("; ");
  const headers = { cookie, origin: page.url.origin, "sec-fetch-site": "same-origin" };
  return { path: page.url.pathname + page.url.search, asking: () => post({ ...fields, ...values }, headers) };
}

async function passwordPage(person: Visitor, email: string): Promise<Page> {
  const request = await application.authorizationRequest();
  return person.submit(await person.visit(request.url), "login-form", { x_login_id: email });
}

before(async () => {
  gatehouse = await Gatehouse.start();
  application = await Application.discover(gatehouse.addresses);
  await createAccount(gatehouse.addresses, application, ada);
  const config = `${gatehouse.addresses.data}/project/authgear.yaml`;
  const text = await readFile(config, "utf8");
  await writeFile(config, `${text}\nauthentication:\n  lockout:\n    max_attempts: ${kPasswordTries}\n    history_duration: 24h\n    minimum_duration: 10m\n    maximum_duration: 1h\n    backoff_factor: 2\n    lockout_type: per_user\n    password:\n      enabled: true\n`);
  await appendFile(`${gatehouse.addresses.data}/project/gatehouse.yaml`, "oauth: {token_endpoint: {rate_limits: {per_user: {enabled: false}}}}\n"); // one person asks a hundred times
  processes = await Promise.all([ServerProcess.start(gatehouse.addresses), ServerProcess.start(gatehouse.addresses)]);
});
after(async () => {
  await Promise.all((processes ?? []).map((one) => one.stop()));
  await gatehouse.stop();
});

test("lesson 4, lesson 5: of a hundred simultaneous redemptions of one code, at two processes, one succeeds", async () => {
  const values = await freshCode(application, ada);
  const answers = await volley(100, "/oauth2/token", () => post(values));
  const good = answers.filter(({ status }) => status === 200);
  assert.equal(good.length, 1);
  for (const answer of answers.filter(({ status }) => status !== 200)) {
    assert.equal(answer.status, 400);
    assert.equal(JSON.parse(answer.text).error, "invalid_grant");
  }
});

test("a hundred simultaneous refreshes, at two processes, answer one and the same successor", async () => {
  const first = await freshTokens(gatehouse.addresses, application, ada);
  const answers = await volley(100, "/oauth2/token", () => post(refresh(first.refresh_token)));
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
  const successors = new Set(answers.map(({ text }) => (JSON.parse(text) as Tokens).refresh_token));
  assert.equal(successors.size, 1);
  const [successor] = successors;
  assert.notEqual(successor, first.refresh_token);
  assert.equal((await token(refresh(successor!))).status, 200);
});

test("a refresh token that comes again after the grace period ends its own family and no other", async () => {
  const stolen = await freshTokens(gatehouse.addresses, application, ada);
  const other = await freshTokens(gatehouse.addresses, application, ada);
  const next = JSON.parse((await token(refresh(stolen.refresh_token))).text) as Tokens;
  await db("UPDATE _gatehouse_refresh SET rotated_at = rotated_at - interval '1 hour' WHERE rotated_at IS NOT NULL");
  const replayed = await token(refresh(stolen.refresh_token));
  assert.equal(replayed.status, 400);
  assert.equal(JSON.parse(replayed.text).error, "invalid_grant");
  assert.equal((await token(refresh(next.refresh_token))).status, 400);
  assert.equal((await token(refresh(other.refresh_token))).status, 200);
});

test("a guessed refresh token ends nothing", async () => {
  const tokens = await freshTokens(gatehouse.addresses, application, ada);
  const parts = tokens.refresh_token.split(".");
  const secret = parts.pop()!;
  const guesses = [
    [...parts, secret.slice(0, -2) + (secret.endsWith("AA") ? "BB" : "AA")].join("."),
    [...parts, "x".repeat(secret.length)].join("."),
    [...parts, ""].join("."),
    [...parts, secret.split("").reverse().join("")].join("."),
  ];
  for (const guess of guesses) assert.equal((await token(refresh(guess))).status, 400, guess);
  assert.equal((await token(refresh(tokens.refresh_token))).status, 200);
});

test("of simultaneous submissions that finish one sign-in, one makes a session", async () => {
  const person = new Visitor();
  const page = await passwordPage(person, ada.email);
  const { path, asking } = sending(page, { x_password: ada.password }, person);
  const [{ count: before } = { count: "" }] = await db<{ count: string }>("SELECT count(*) FROM _gatehouse_session");
  const answers = await volley(20, path, asking);
  const [{ count: now } = { count: "" }] = await db<{ count: string }>("SELECT count(*) FROM _gatehouse_session");
  assert.equal(Number(now) - Number(before), 1);
  assert.ok(answers.every(({ status }) => status < 500), JSON.stringify(answers.map(({ status }) => status)));
});

test("of simultaneous submissions of one verification code, one makes an account", async () => {
  const person = new Visitor();
  const email = "grace@example.com";
  const request = await application.authorizationRequest();
  const login = await person.visit(request.url);
  const link = /<a[^>]*\sid="signup-link"[^>]*href="([^"]*)"|<a[^>]*href="([^"]*)"[^>]*\sid="signup-link"/.exec(login.text)!;
  const signup = await person.visit(new URL((link[1] ?? link[2])!.replaceAll("&amp;", "&"), login.url));
  const verify = await person.submit(signup, "signup-form", { x_login_id: email });
  const code = await newestCode(gatehouse.addresses.inbox, email);
  const usedCodes = async () => (await db("SELECT 1 FROM _gatehouse_otp WHERE consumed_by IS NOT NULL")).length;
  const before = await usedCodes();
  const check = sending(verify, { x_code: code, x_action: "submit" }, person);
  const answers = await volley(20, check.path, check.asking);
  assert.ok(answers.every(({ status }) => status < 500), JSON.stringify(answers.map(({ status }) => status)));
  assert.equal((await usedCodes()) - before, 1, "one flow holds the code");
  const on = answers.map(({ headers }) => headers["location"]).find((location) => location?.includes("create_password"));
  assert.ok(on, "the sign-up goes on");
  const last = await person.visit(new URL(on as string, gatehouse.endpoint));
  const finish = sending(last, { x_password: ada.password, x_confirm_password: ada.password }, person);
  const finished = await volley(20, finish.path, finish.asking);
  assert.ok(finished.every(({ status }) => status < 500));
  const made = await db("SELECT 1 FROM _auth_identity_login_id WHERE login_id = $1", [email]);
  assert.equal(made.length, 1);
  const [users] = await db<{ count: string }>("SELECT count(*) FROM _auth_user");
  assert.equal(users!.count, "2");
});

test("lesson 6: a Redis that is emptied, or set back to an older state, signs nobody out and lets nothing be used twice", async () => {
  const { redis_url } = gatehouse.addresses;
  const person = new Visitor();
  const values = await freshCode(application, ada, person);
  const waiting = new Visitor();
  const page = await passwordPage(waiting, ada.email);
  const finish = sending(page, { x_password: ada.password }, waiting);
  const snapshot = await redisSnapshot(redis_url);
  const tokens = JSON.parse((await token(values)).text) as Tokens;
  const finished = await processes[0]!.ask(finish.path, finish.asking());
  assert.ok(finished.headers["set-cookie"], finished.text.slice(0, 500));
  const sessions = async () => Number((await db<{ count: string }>("SELECT count(*) FROM _gatehouse_session"))[0]!.count);
  const before = await sessions();

  for (const harm of [() => restoreRedis(redis_url, snapshot), () => redis(redis_url, "FLUSHALL")]) {
    await harm();
    const silent = await application.authorizationRequest({ prompt: "none" });
    const back = await person.visit(silent.url, {}, [application.redirectUri]);
    assert.ok(back.url.searchParams.get("code"), "still signed in");
    const userinfo = await processes[1]!.ask("/oauth2/userinfo", { headers: { authorization: `Bearer ${tokens.access_token}` } });
    assert.equal(userinfo.status, 200);
    const answers = await volley(4, finish.path, finish.asking);
    assert.ok(answers.every(({ status }) => status < 500), JSON.stringify(answers.map(({ status }) => status)));
    assert.equal(await sessions(), before, "the finished sign-in makes no second session");
  }
  await restoreRedis(redis_url, snapshot);
  assert.equal(JSON.parse((await token(values)).text).error, "invalid_grant", "the code stays used");
});

test("lesson 23: of a thousand simultaneous password guesses no more are looked at than the lockout allows", async () => {
  const pages = await Promise.all(
    Array.from({ length: 10 }, async () => {
      const person = new Visitor();
      return sending(await passwordPage(person, ada.email), {}, person);
    }),
  );
  const guess = (i: number): Asking => {
    const one = pages[i % pages.length]!.asking();
    const body = new URLSearchParams(one.body);
    body.set("x_password", `guess-${i}`);
    return { ...one, body: body.toString() };
  };
  const answers = await Promise.all(Array.from({ length: 1000 }, (_, i) => processes[i % 2]!.ask(pages[i % pages.length]!.path, guess(i))));
  // A process that has more to do than it can take says so; what it turns away counts for nothing.
  const unexpected = answers.filter(({ status, headers }) => status >= 500 && !(status === 503 && headers["retry-after"]));
  assert.deepEqual(unexpected.map(({ status }) => status), []);
  assert.ok(answers.some(({ status }) => status < 500), "some are looked at");
  const failed = async () => Number((await sql<{ count: string }>(gatehouse.addresses.audit_database_url, "SELECT count(*) FROM _audit_log WHERE activity_type = 'authentication.primary.password.failed'"))[0]!.count);
  await eventually("the outbox is empty", async () => (await db("SELECT 1 FROM _gatehouse_outbox WHERE kind = 'event' LIMIT 1")).length === 0);
  const looked = await failed();
  assert.ok(looked > 0 && looked <= kPasswordTries, `${looked} guesses were looked at, ${kPasswordTries} are allowed`);
});
