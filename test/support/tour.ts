// Leads a browser to every hosted page, so that tests and pictures see the pages as people do.
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Page } from "playwright-core";

import { hideUnknownAccounts } from "./accounts_shown.ts";
import type { Gatehouse } from "./gatehouse.ts";
import { mails, newestCode } from "./inbox.ts";
import { eventually, redis } from "./servers.ts";

export const password = "correct horse battery staple";
export const thirdParty = "calendar";

export interface Stop {
  name: string;
  ids: string[]; // of docs/automation.md that the page has with a script
  go: (page: Page, gatehouse: Gatehouse) => Promise<unknown>;
}

let people = 0;
export const newAddress = (): string => `ada.lovelace${++people}@example.com`;

// Adds a client of another company, which has to ask for consent, and waits until the server knows it.
export async function addThirdParty(gatehouse: Gatehouse, name = "Calendar by Northwind"): Promise<void> {
  const path = join(gatehouse.addresses.data, "project/authgear.yaml");
  const text = await readFile(path, "utf8");
  const client = {
    client_id: thirdParty,
    name,
    client_name: name,
    client_uri: "https://calendar.example/",
    x_application_type: "third_party_app",
    redirect_uris: [`${gatehouse.addresses.demo}/callback`],
  };
  await writeFile(path, text.replace("  clients:\n", `  clients:\n  - ${JSON.stringify(client)}\n`));
  const secrets = join(gatehouse.addresses.data, "project/authgear.secrets.yaml");
  const item = `    - ${JSON.stringify({ client_id: thirdParty, keys: [{ kid: "calendar", kty: "oct", k: "Y2FsZW5kYXItY2xpZW50LXNlY3JldA", created_at: 1700000000 }] })}\n`;
  await writeFile(secrets, (await readFile(secrets, "utf8")).replace("    items:\n", `    items:\n${item}`));
  await until(async () => (await fetch(authorizeUrl(gatehouse, { client_id: thirdParty }), { redirect: "manual" })).status === 302);
}

// Sets a text of the project, such as its name, and waits until a page shows it.
export async function setText(gatehouse: Gatehouse, key: string, value: string, shown: string): Promise<void> {
  const path = join(gatehouse.addresses.data, "project/templates/en/translation.json");
  const texts = JSON.parse(await readFile(path, "utf8")) as Record<string, string>;
  await writeFile(path, JSON.stringify({ ...texts, [key]: value }));
  await until(async () => {
    const page = await fetch(authorizeUrl(gatehouse, { client_id: "nobody" }), { headers: { accept: "text/html" } });
    return (await page.text()).includes(shown);
  });
}

export async function appendConfiguration(gatehouse: Gatehouse, yaml: string): Promise<void> {
  await appendFile(join(gatehouse.addresses.data, "project/authgear.yaml"), yaml);
}

export async function until(condition: () => Promise<boolean>, withinMs = 10_000): Promise<void> {
  const end = Date.now() + withinMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`not within ${withinMs} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export function authorizeUrl(gatehouse: Gatehouse, extra: Record<string, string> = {}): string {
  const parameters = new URLSearchParams({
    client_id: gatehouse.addresses.public_client_id,
    redirect_uri: `${gatehouse.addresses.demo}/callback`,
    response_type: "code",
    scope: "openid offline_access",
    state: "state",
    code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    code_challenge_method: "S256",
    ...extra,
  });
  return `${gatehouse.endpoint}/oauth2/authorize?${parameters}`;
}

export const goToLogin = (page: Page, gatehouse: Gatehouse, extra: Record<string, string> = {}) => page.goto(authorizeUrl(gatehouse, extra));

async function send(page: Page, id: string): Promise<void> {
  await page.click(`#${id}`, { noWaitAfter: false });
  await page.waitForLoadState("load");
}

export async function goToCode(page: Page, gatehouse: Gatehouse, email = newAddress()): Promise<string> {
  if (!page.url().startsWith(`${gatehouse.endpoint}/`)) await goToLogin(page, gatehouse);
  await send(page, "signup-link");
  await page.fill("#login-id", email);
  await send(page, "signup-submit");
  await page.waitForSelector("#code-form");
  return email;
}

export async function goToCreatePassword(page: Page, gatehouse: Gatehouse, email?: string): Promise<string> {
  const address = await goToCode(page, gatehouse, email);
  await page.fill("#code", await newestCode(gatehouse.addresses.inbox, address));
  await send(page, "code-submit");
  await page.waitForSelector("#create-password-form");
  return address;
}

export async function choosePassword(page: Page, chosen = password): Promise<void> {
  await page.fill("#password", chosen);
  if (await page.locator("#password-again").isVisible()) await page.fill("#password-again", chosen);
  await send(page, "create-password-submit");
}

// A new person, signed in in this browser and on the page that says so.
export async function goToSignedIn(page: Page, gatehouse: Gatehouse): Promise<string> {
  await page.goto(`${gatehouse.endpoint}/login`);
  const email = await goToCreatePassword(page, gatehouse);
  await choosePassword(page);
  await page.waitForURL("**/authflow/v2/finish*");
  return email;
}

const account = new WeakMap<Gatehouse, Promise<string>>();

// The address of a person who has signed up, made by the first who asks.
export function knownAddress(page: Page, gatehouse: Gatehouse): Promise<string> {
  let made = account.get(gatehouse);
  if (made === undefined) {
    made = (async () => {
      const other = await page.context().browser()!.newContext({ extraHTTPHeaders: { "x-forwarded-for": "203.0.113.9" } });
      const email = await goToSignedIn(await other.newPage(), gatehouse);
      await other.close();
      return email;
    })();
    account.set(gatehouse, made);
  }
  return made;
}

export async function goToPassword(page: Page, gatehouse: Gatehouse, email?: string): Promise<void> {
  const address = email ?? (await knownAddress(page, gatehouse));
  if (!page.url().startsWith(`${gatehouse.endpoint}/login`)) await goToLogin(page, gatehouse);
  await page.fill("#login-id", address);
  await send(page, "login-submit");
  await page.waitForSelector("#password-form");
}

export async function goToConsent(page: Page, gatehouse: Gatehouse): Promise<void> {
  await goToLogin(page, gatehouse, { client_id: thirdParty, scope: "openid profile email offline_access" });
  await goToPassword(page, gatehouse);
  await page.fill("#password", password);
  await send(page, "password-submit");
  await page.waitForSelector("#consent-form");
}

export const stops: Stop[] = [
  { name: "login", ids: ["login-form", "login-id", "login-submit", "signup-link"], go: (page, gatehouse) => goToLogin(page, gatehouse) },
  {
    name: "login-refused",
    ids: ["login-form", "login-id", "field-error"],
    go: async (page, gatehouse) => {
      await hideUnknownAccounts(gatehouse, false);
      await goToLogin(page, gatehouse);
      await page.fill("#login-id", "nobody@localhost");
      await send(page, "login-submit");
      await hideUnknownAccounts(gatehouse, true);
    },
  },
  {
    name: "signup",
    ids: ["signup-form", "login-id", "signup-submit", "login-link"],
    go: async (page, gatehouse) => {
      await goToLogin(page, gatehouse);
      await send(page, "signup-link");
    },
  },
  {
    name: "code",
    ids: ["code-form", "code", "code-submit", "code-resend", "start-over"],
    go: (page, gatehouse) => goToCode(page, gatehouse),
  },
  {
    name: "code-refused",
    ids: ["code-form", "code", "field-error"],
    go: async (page, gatehouse) => {
      const email = await goToCode(page, gatehouse);
      const code = await newestCode(gatehouse.addresses.inbox, email);
      await page.fill("#code", code === "000000" ? "000001" : "000000");
      await send(page, "code-submit");
      await page.waitForSelector("#field-error");
    },
  },
  {
    name: "create-password",
    ids: ["create-password-form", "password", "create-password-submit"],
    go: (page, gatehouse) => goToCreatePassword(page, gatehouse),
  },
  {
    name: "create-password-refused",
    ids: ["create-password-form", "password", "field-error"],
    go: async (page, gatehouse) => {
      await goToCreatePassword(page, gatehouse);
      await choosePassword(page, "short");
      await page.waitForSelector("#field-error");
    },
  },
  {
    name: "password",
    ids: ["password-form", "password", "password-submit", "change-account", "start-over"],
    go: (page, gatehouse) => goToPassword(page, gatehouse),
  },
  {
    name: "password-refused",
    ids: ["password-form", "password", "field-error"],
    go: async (page, gatehouse) => {
      await goToPassword(page, gatehouse);
      await page.fill("#password", "wrong");
      await send(page, "password-submit");
      await page.waitForSelector("#field-error");
    },
  },
  { name: "consent", ids: ["consent-form", "consent-allow", "consent-deny"], go: goToConsent },
  { name: "signed-in", ids: ["sign-out"], go: goToSignedIn },
  {
    name: "logout",
    ids: ["logout-form", "logout-confirm", "logout-stay"],
    go: async (page, gatehouse) => {
      await goToSignedIn(page, gatehouse);
      await send(page, "sign-out");
    },
  },
  { name: "signed-out", ids: ["sign-in-again"], go: (page, gatehouse) => page.goto(`${gatehouse.endpoint}/logout`) },
  {
    name: "op-error",
    ids: ["op-error", "op-error-code", "op-error-parameter"],
    go: (page, gatehouse) => goToLogin(page, gatehouse, { redirect_uri: "https://elsewhere.example/callback" }),
  },
  {
    name: "outdated",
    ids: ["problem", "start-again"],
    go: (page, gatehouse) => page.goto(`${gatehouse.endpoint}/authflow/v2/enter_password?x_step=authflowstate_0000000000000000000000000000`),
  },
  {
    name: "another-browser",
    ids: ["problem", "start-again"],
    go: async (page, gatehouse) => {
      await goToLogin(page, gatehouse);
      const address = page.url();
      await page.context().clearCookies();
      await page.goto(address);
    },
  },
  { name: "not-found", ids: ["problem"], go: (page, gatehouse) => page.goto(`${gatehouse.endpoint}/nowhere`) },
];

// The pages that only a developer sees; they show no hosted page's ids.
export const developmentStops: Stop[] = [
  { name: "demo", ids: [], go: (page, gatehouse) => page.goto(gatehouse.addresses.demo) },
  { name: "demo-signed-in", ids: [], go: signInAtDemo },
  { name: "inbox", ids: [], go: (page, gatehouse) => page.goto(gatehouse.addresses.inbox) },
  {
    name: "inbox-message",
    ids: [],
    go: async (page, gatehouse) => {
      await knownAddress(page, gatehouse);
      await page.goto(gatehouse.addresses.inbox);
      await page.click(".mails a");
      await page.waitForSelector("#code");
    },
  },
  {
    name: "verification-email",
    ids: [],
    go: async (page, gatehouse) => {
      const sent = await mails(gatehouse.addresses.inbox, await knownAddress(page, gatehouse));
      await page.setContent(sent.find(({ subject }) => subject.includes("code"))!.html); // the inbox shows it in a sandbox, where nothing can look at it
    },
  },
  {
    name: "account-exists-email",
    ids: [],
    go: async (page, gatehouse) => {
      const email = await knownAddress(page, gatehouse);
      await redis(gatehouse.addresses.redis_url, "FLUSHALL"); // an address that was written to has to wait
      await goToLogin(page, gatehouse);
      await goToCode(page, gatehouse, email);
      const mail = await eventually("the message", async () => (await mails(gatehouse.addresses.inbox, email)).find(({ subject }) => subject.includes("account")));
      await page.goto("about:blank"); // the policy of the page before would hold for the message
      await page.setContent(mail.html);
    },
  },
];

async function signInAtDemo(page: Page, gatehouse: Gatehouse): Promise<void> {
  const email = await knownAddress(page, gatehouse);
  await page.goto(gatehouse.addresses.demo);
  await send(page, "sign-in");
  await goToPassword(page, gatehouse, email);
  await page.fill("#password", password);
  await send(page, "password-submit");
  await page.waitForSelector("#id-token");
}
