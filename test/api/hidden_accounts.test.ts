// Where accounts are hidden, nothing tells whether there is one: text, status, headers, limits, time.
// GATEHOUSE_TIMING_ATTEMPTS says how many attempts are timed (300); 10,000 of them take about twenty minutes.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { createAccount, Visitor } from "../support/account.ts";
import { hideUnknownAccounts } from "../support/accounts_shown.ts";
import { Application } from "../support/application.ts";
import { Gatehouse } from "../support/gatehouse.ts";
import { mails, newestMail } from "../support/inbox.ts";
import { hasId, type Page, textOf } from "../support/person.ts";
import { sql } from "../support/servers.ts";
import { summary, welch } from "../support/statistics.ts";

const ada = { email: "ada@example.com", password: "correct horse battery staple" };
const kAttempts = Number(process.env["GATEHOUSE_TIMING_ATTEMPTS"] ?? 300);
const kDistinguishable = 4.5; // standard errors: by chance once in 100,000 comparisons
const kOldHash = `$bcrypt-sha512$$2a$10$${"abcdefghijklmnopqrstuu23JPZtHcGhwXSF41f93o/7vBdDut3Xu"}`;

let gatehouse: Gatehouse;
let application: Application;

const db = (text: string, values: unknown[] = []) => sql(gatehouse.addresses.database_url, text, values);
const at = (path: string): string => gatehouse.endpoint + path;

// Accounts <name>0@example.com … with a password in that format, or without one.
async function addAccounts(name: string, count: number, hash?: string): Promise<void> {
  const all = "SELECT $1 || n AS id, $1 || n || '@example.com' AS email FROM generate_series(0, $2::int - 1) AS n";
  const insert = (text: string, more: unknown[] = []) => db(`WITH made AS (${all}) ${text} FROM made`, [name, count, ...more]);
  await insert("INSERT INTO _auth_user (id, app_id, created_at, updated_at, is_disabled) SELECT id, 'development', now(), now(), false");
  await insert("INSERT INTO _auth_identity (id, app_id, type, user_id, created_at, updated_at) SELECT 'i' || id, 'development', 'login_id', id, now(), now()");
  await insert(
    "INSERT INTO _auth_identity_login_id (id, app_id, login_id_key, login_id_type, login_id, original_login_id, unique_key, claims) " +
      "SELECT 'i' || id, 'development', 'email', 'email', email, email, email, jsonb_build_object('email', email)",
  );
  if (hash === undefined) return;
  await insert("INSERT INTO _auth_authenticator (id, app_id, type, user_id, created_at, updated_at, is_default, kind) SELECT 'a' || id, 'development', 'password', id, now(), now(), false, 'primary'");
  await insert("INSERT INTO _auth_authenticator_password (id, app_id, password_hash) SELECT 'a' || id, 'development', $3", [hash]);
}

before(async () => {
  gatehouse = await Gatehouse.start({ environment: { GATEHOUSE_STARTS_PER_MINUTE: "0" } });
  application = await Application.discover(gatehouse.addresses);
  await createAccount(gatehouse.addresses, application, ada);
  const [{ password_hash }] = (await db("SELECT password_hash FROM _auth_authenticator_password")) as [{ password_hash: string }];
  await addAccounts("known", 40, password_hash);
  await addAccounts("kmigr", 40, kOldHash);
  await addAccounts("kbare", 40);
});
after(() => gatehouse.stop());

// Without what differs between two requests anyway. Addresses are of one length and begin with one letter.
const anonymous = (page: Page, email: string): string => {
  const headers = [...page.headers].filter(([name]) => !["date", "x-request-id", "set-cookie"].includes(name));
  const cookies = page.headers.getSetCookie().map((line) => line.replace(/=[^;]*/, "=…"));
  return `${page.status}\n${JSON.stringify([headers, cookies])}\n${page.text}`
    .replaceAll(/authflowstate_\w+/g, "…")
    .replaceAll(/nonce[-="]+[\w+/=-]+/g, "nonce…")
    .replaceAll(email.split("@")[0]!, "…")
    .replaceAll(/data-wait="\d+"|in \d+ seconds/g, "…");
};

interface Told {
  pages: string[];
  last: Page;
  took: number[]; // milliseconds of each request that tells something
}

// Begins at a page, then sends one form after the other as a browser without scripts does; follows each answer to its page if
// `looking`.
async function tell(start: string, email: string, forms: Record<string, string>[], looking = true): Promise<Told> {
  const person = new Visitor();
  let page = await person.visit(at(start));
  const told: Told = { pages: [], last: page, took: [] };
  for (const form of forms) {
    const headers = { "content-type": "application/x-www-form-urlencoded", origin: gatehouse.endpoint, "sec-fetch-site": "same-origin" };
    const since = performance.now();
    const answer = await person.request(page.url, { method: "POST", body: new URLSearchParams(form).toString(), headers });
    told.took.push(performance.now() - since);
    const next = new URL(answer.headers.get("location")!, page.url);
    page = looking ? await person.request(next) : { ...answer, url: next };
    told.pages.push(anonymous(answer, email), anonymous(page, email));
    told.last = page;
  }
  return told;
}

const loginForms = (email: string) => [{ x_login_id: email, x_action: "login_id" }, { x_password: "wrong" }, { x_password: "wrong again" }];
const signupForms = (email: string) => [{ q_login_id: email, x_login_id: email, q_login_id_type: "email", x_action: "login_id" }, { x_code: "000000", x_action: "submit" }, { x_action: "resend" }];

test("a login with a login ID that nobody has is answered like one with a wrong password", async () => {
  const known = await tell("/login", "known0@example.com", loginForms("known0@example.com"));
  assert.match(known.last.url.pathname, /enter_password/);
  assert.ok(hasId(known.last, "field-error"));
  for (const email of ["knone0@example.com", "kmigr0@example.com", "kbare0@example.com"]) {
    assert.deepEqual((await tell("/login", email, loginForms(email))).pages, known.pages, email);
  }
});

test("a sign-up with a taken address is answered like one with a free address, and only its owner hears of it", async () => {
  const free = await tell("/signup", "knone1@example.com", signupForms("knone1@example.com"));
  assert.match(free.last.url.pathname, /enter_oob_otp/);
  assert.equal((await mails(gatehouse.addresses.inbox, "known1@example.com")).length, 0);
  const taken = await tell("/signup", "known1@example.com", signupForms("known1@example.com"));
  assert.deepEqual(taken.pages, free.pages);
  const mail = await newestMail(gatehouse.addresses.inbox, "known1@example.com");
  assert.match(mail.subject, /You have an account/);
  assert.ok(mail.text.includes(at("/login")) && mail.html.includes(at("/login")));
  assert.doesNotMatch(mail.text, /\b\d{6}\b/);
  const again = await tell("/signup", "known1@example.com", signupForms("known1@example.com").slice(0, 1));
  assert.notEqual(again.last.url.pathname, taken.last.url.pathname, "within a minute nobody is written to again");
  assert.equal((await mails(gatehouse.addresses.inbox, "known1@example.com")).length, 1);
});

test("the statistic finds a difference of one part in twenty", () => {
  const one = (_: unknown, n: number): number => 40 + Math.random() * 10 + (n % 150 === 0 ? 200 : 0);
  const [noise, shuffled] = [Array.from({ length: 300 }, one), Array.from({ length: 300 }, one)];
  assert.ok(Math.abs(welch(noise, shuffled)) < kDistinguishable);
  assert.ok(Math.abs(welch(noise, shuffled.map((x) => x * 1.05))) > kDistinguishable);
});

// Kinds in random order, so that whatever else the machine does meets all of them.
async function time(kinds: Record<string, (n: number) => string>, attempt: (email: string) => Promise<number[]>): Promise<Record<string, number[][]>> {
  const names = Object.keys(kinds);
  const queue = Array.from({ length: kAttempts }, (_, n) => names[n % names.length]!).sort(() => Math.random() - 0.5);
  const took: Record<string, number[][]> = Object.fromEntries(names.map((name) => [name, []]));
  await attempt("warm@example.com");
  for (const [n, name] of queue.entries()) took[name]!.push(await attempt(kinds[name]!(n)));
  return took;
}

function cannotBeToldApart(what: string[], took: Record<string, number[][]>, say: (line: string) => void): void {
  const names = Object.keys(took);
  what.forEach((step, i) => {
    const of = (name: string): number[] => took[name]!.map((attempt) => attempt[i]!);
    const lines = names.map((name) => {
      const { count, mean, variance, median } = summary(of(name));
      return `${name}: n=${count} mean=${mean.toFixed(2)} ms median=${median.toFixed(2)} ms sd=${Math.sqrt(variance).toFixed(2)} t=${welch(of(name), of(names[0]!)).toFixed(2)}`;
    });
    lines.forEach((line) => say(`${step}: ${line}`));
    for (const name of names.slice(1)) assert.ok(Math.abs(welch(of(name), of(names[0]!))) < kDistinguishable, `${step} tells ${name}:\n${lines.join("\n")}`);
  });
}

test("lesson 25: known, unknown and migrated accounts take as long to refuse", async (context) => {
  await db("ANALYZE");
  const address = (name: string) => (n: number) => `${name}${n % 40}@example.com`;
  const kinds = { unknown: address("knone"), known: address("known"), migrated: address("kmigr"), "without a password": address("kbare") };
  const took = await time(kinds, async (email) => (await tell("/login", email, loginForms(email).slice(0, 2), false)).took);
  cannotBeToldApart(["login ID", "password"], took, (line) => context.diagnostic(line));
});

test("lesson 25: taken and free addresses take as long to send a message to", async (context) => {
  await addAccounts("taken", kAttempts);
  await db("ANALYZE");
  const kinds = { free: (n: number) => `free${n}@example.com`, taken: (n: number) => `taken${n}@example.com` };
  const took = await time(kinds, async (email) => (await tell("/signup", email, signupForms(email).slice(0, 2), false)).took);
  cannotBeToldApart(["address", "wrong code"], took, (line) => context.diagnostic(line));
});

test("where they are not hidden, login and sign-up say what the contract says", async () => {
  assert.match(await readFile(join(gatehouse.addresses.data, "project/gatehouse.yaml"), "utf8"), /hide_unknown_accounts: true/);
  await hideUnknownAccounts(gatehouse, false);
  const login = (await tell("/login", "eve@example.com", loginForms("eve@example.com").slice(0, 1))).last;
  assert.equal(login.url.pathname, "/login");
  assert.ok(hasId(login, "field-error"));
  const signup = (await tell("/signup", ada.email, signupForms(ada.email).slice(0, 1))).last;
  assert.equal(signup.url.pathname, "/signup");
  assert.match(textOf(signup, "field-error") ?? "", /account with that already/);
});
