// Leads a browser to the pages that need a moment of their own: an account that is locked, a rule that changed, a server that is
// away. Each leaves the project as it found it.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Page } from "playwright-core";

import type { Gatehouse } from "./gatehouse.ts";
import { Server, sql } from "./servers.ts";
import { goToConsent, goToLogin, goToPassword, goToSignedIn, password, type Stop, until } from "./tour.ts";

// What GATEHOUSE_STARTS_PER_MINUTE has to be for the page "rate".
export const startsPerMinute = 60;

// Runs with more in the project's configuration; the answer of `isSo` tells when it is in force.
export async function withConfiguration(gatehouse: Gatehouse, yaml: string, isSo: () => Promise<boolean>, run?: () => Promise<unknown>): Promise<void> {
  const path = join(gatehouse.addresses.data, "project/authgear.yaml");
  const before = await readFile(path, "utf8");
  await writeFile(path, before + yaml);
  try {
    await until(isSo);
    await run?.();
  } finally {
    await writeFile(path, before);
  }
  await until(async () => !(await isSo()));
}

// A person who has signed up, in a browser that is not this one.
async function newPerson(page: Page, gatehouse: Gatehouse): Promise<string> {
  const other = await page.context().browser()!.newContext({ extraHTTPHeaders: { "x-forwarded-for": "203.0.113.77" } });
  const email = await goToSignedIn(await other.newPage(), gatehouse);
  await other.close();
  return email;
}

export async function signInWith(page: Page, gatehouse: Gatehouse, email: string): Promise<void> {
  await goToLogin(page, gatehouse);
  await goToPassword(page, gatehouse, email);
  await page.fill("#password", password);
  await page.click("#password-submit");
  await page.waitForLoadState("load");
}

// Signs in as a person whose row was changed before.
const asAccount = (change: string) => async (page: Page, gatehouse: Gatehouse) => {
  const email = await newPerson(page, gatehouse);
  const user = "SELECT user_id FROM _auth_identity_login_id l JOIN _auth_identity i USING (id) WHERE l.login_id = $1";
  await sql(gatehouse.addresses.database_url, change.replace("(PERSON)", `(${user})`), [email]);
  await signInWith(page, gatehouse, email);
  await page.waitForSelector("#problem");
};

// The page where a password that the rules no longer take has to be changed; the rules are as before afterwards.
export async function goToChangePassword(page: Page, gatehouse: Gatehouse): Promise<string> {
  const email = await newPerson(page, gatehouse);
  await withConfiguration(gatehouse, "authenticator:\n  password:\n    policy:\n      min_length: 40\n", async () => {
    const other = await page.context().browser()!.newContext({ extraHTTPHeaders: { "x-forwarded-for": "203.0.113.78" } });
    const there = await other.newPage();
    await signInWith(there, gatehouse, email);
    const asked = (await there.locator("#change-password-form").count()) === 1;
    await other.close();
    return asked;
  }, async () => {
    await signInWith(page, gatehouse, email);
    await page.waitForSelector("#change-password-form");
  });
  return email;
}

const problem = (kind: string, ids: string[], go: Stop["go"]): Stop => ({ name: kind, ids: ["problem", ...ids], go });

export const moments: Stop[] = [
  { name: "change-password", ids: ["change-password-form", "password", "change-password-submit"], go: goToChangePassword },
  problem("finished", ["back-to-app"], async (page, gatehouse) => {
    await goToConsent(page, gatehouse);
    const address = page.url();
    await page.click("#consent-allow");
    await page.waitForURL(`${gatehouse.addresses.demo}/**`);
    await page.goto(address);
  }),
  problem("forgery", ["start-again"], async (page, gatehouse) => {
    await page.goto("about:blank");
    await page.setContent(`<form method="post" action="${gatehouse.endpoint}/login"><button>go</button></form>`);
    await page.click("button");
    await page.waitForSelector("#problem");
  }),
  problem("malformed", ["start-again"], (page, gatehouse) => page.goto(`${gatehouse.endpoint}/login?x=%zz`)),
  problem("method", ["start-again"], (page, gatehouse) => page.goto(`${gatehouse.endpoint}/oauth2/token`)),
  problem("too_large", ["start-again"], async (page, gatehouse) => {
    await goToLogin(page, gatehouse);
    await page.evaluate(`{
      const field = document.createElement("textarea");
      field.name = "x_more";
      field.value = "a".repeat(1100000);
      const form = document.querySelector("#login-form");
      form.append(field);
      HTMLFormElement.prototype.submit.call(form);
    }`);
    await page.waitForSelector("#problem");
  }),
  { name: "host", ids: ["problem"], go: (page, gatehouse) => page.goto(`${gatehouse.endpoint.replace("localhost", "127.0.0.1")}/login`) },
  problem("rate", ["start-again"], async (page, gatehouse) => {
    const login = `${gatehouse.endpoint}/login`;
    const useUp = (): Promise<unknown> => Promise.all(Array.from({ length: startsPerMinute }, () => page.request.get(login, { maxRedirects: 0 })));
    // One more is allowed each second, and on a busy machine the browser may be slower than that.
    await until(async () => {
      await useUp();
      return (await page.goto(login))!.status() === 429;
    });
  }),
  problem("unexpected", ["start-again", "reference"], (page, gatehouse) => page.goto(`${gatehouse.endpoint}/v2/errors/error`)),
  problem("unavailable", ["start-again"], async (page, gatehouse) => {
    const redis = await Server.redis(gatehouse.addresses.redis_url);
    redis.pause();
    try {
      await page.goto(`${gatehouse.endpoint}/login`);
    } finally {
      redis.resume();
    }
  }),
  problem("closed", ["start-again"], (page, gatehouse) => {
    const signup = `${gatehouse.endpoint}/signup`;
    const isClosed = async (): Promise<boolean> => (await (await page.request.get(signup, { maxRedirects: 1 })).text()).includes('data-kind="closed"');
    return withConfiguration(gatehouse, "authentication:\n  public_signup_disabled: true\n", isClosed, () => page.goto(signup));
  }),
  problem("disabled", [], asAccount("UPDATE _auth_user SET is_disabled = true WHERE id = (PERSON)")),
  problem("deletion", [], asAccount("UPDATE _auth_user SET is_disabled = true, delete_at = now() + interval '30 days' WHERE id = (PERSON)")),
  problem("period", [], asAccount("UPDATE _auth_user SET account_valid_from = now() + interval '2 days' WHERE id = (PERSON)")),
  problem(
    "unsupported",
    [],
    asAccount("INSERT INTO _auth_authenticator SELECT 'second', app_id, 'totp', id, now(), now(), true, 'secondary' FROM _auth_user WHERE id = (PERSON)"),
  ),
];
