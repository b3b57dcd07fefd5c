// One browser, several tabs: each finishes its own sign-in at its own application, and what was sent before leads on.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Gatehouse } from "../support/gatehouse.ts";
import { type Page, Person, hasId } from "../support/person.ts";
import { type Client, addClients, newVerifier, password, publicClient, signedIn } from "../support/protocol.ts";

let gatehouse: Gatehouse;
let app: Client;
let more: Record<"spa" | "partner", Client>;
before(async () => {
  gatehouse = await Gatehouse.start();
  app = publicClient(gatehouse);
  more = await addClients(gatehouse);
  await signedIn(gatehouse, "ada@example.com");
  await signedIn(gatehouse, "bea@example.com");
});
after(() => gatehouse.stop());

interface Tab {
  client: Client;
  verifier: string;
  page: Page;
}

const open = async (person: Person, client: Client, state: string, changes = {}): Promise<Tab> => {
  const verifier = newVerifier();
  return { client, verifier, page: await person.visit(client.authorizeUrl(client.parameters(verifier, { state, ...changes }))) };
};
const identify = async (person: Person, tab: Tab, email: string): Promise<void> => {
  tab.page = await person.submit(tab.page, "login-form", { x_login_id: email });
};
const finish = (person: Person, { client, page }: Tab): Promise<Page> => person.submit(page, "password-form", { x_password: password }, { until: [client.redirectUri] });
const redeems = async ({ client, verifier }: Tab, back: Page, state: string): Promise<void> => {
  assert.ok(back.url.href.startsWith(client.redirectUri), `${back.url}: ${back.text.slice(0, 300)}`);
  assert.equal(back.url.searchParams.get("state"), state);
  assert.equal((await client.redeem({ code: back.url.searchParams.get("code")!, verifier })).status, 200);
};
const leadsOn = (page: Page, kind: string): string => {
  assert.equal(page.status, 400);
  assert.match(page.headers.get("content-type")!, /text\/html/);
  assert.match(page.text, new RegExp(`id="problem" data-kind="${kind}"`));
  return /<a class="btn primary block" href="([^"]+)"/.exec(page.text)![1]!;
};

test("two tabs that began one after the other both finish, the earlier one last", async () => {
  const person = new Person();
  const first = await open(person, app, "first");
  const second = await open(person, more.spa, "second");
  await identify(person, first, "ada@example.com");
  await identify(person, second, "ada@example.com");
  await redeems(second, await finish(person, second), "second");
  await redeems(first, await finish(person, first), "first");
});

test("two tabs that began one after the other both finish, the earlier one first, with a person each", async () => {
  const person = new Person();
  const first = await open(person, app, "first");
  await identify(person, first, "ada@example.com");
  const second = await open(person, more.spa, "second");
  await identify(person, second, "bea@example.com");
  await redeems(first, await finish(person, first), "first");
  await redeems(second, await finish(person, second), "second");
});

test("each tab keeps saying whose password it asks for, and what was wrong", async () => {
  const person = new Person();
  const first = await open(person, app, "first");
  const second = await open(person, more.spa, "second");
  await identify(person, first, "ada@example.com");
  await identify(person, second, "bea@example.com");
  const whose = ({ text }: Page): string => /<strong>(.*?)<\/strong>/.exec(text)![1]!.replace("<wbr>", "");
  const wrong = await person.submit(first.page, "password-form", { x_password: "wrong" });
  assert.ok(hasId(wrong, "field-error"));
  assert.equal(whose(wrong), "ada@example.com");
  const other = await person.visit(second.page.url);
  assert.equal(hasId(other, "field-error"), false);
  assert.equal(whose(other), "bea@example.com");
  await redeems(first, await finish(person, first), "first");
  assert.equal(whose(await person.visit(second.page.url)), "bea@example.com", "also after the first has finished");
});

test("the pages' cookie stays small, however many tabs there are and however much was typed", async () => {
  const person = new Person();
  for (let i = 0; i < 12; i++) {
    const tab = await open(person, app, `${i}`);
    await identify(person, tab, `${"a".repeat(200)}${i}@example.com`);
    assert.ok(person.cookies(gatehouse.endpoint).get("web_error_token")!.length < 4000);
  }
});

test("consent waits in one tab while another finishes", async () => {
  const person = new Person();
  const asked = await open(person, more.partner, "asked");
  const other = await open(person, app, "other");
  await identify(person, asked, "ada@example.com");
  asked.page = await finish(person, asked);
  assert.ok(hasId(asked.page, "consent-form"));
  await identify(person, other, "ada@example.com");
  await redeems(other, await finish(person, other), "other");
  await redeems(asked, await person.submit(asked.page, "consent-form", {}, { button: "consent-allow", until: [more.partner.redirectUri] }), "asked");
});

test("consent that waits while the session ends in another tab leads to a new sign-in, and from there to the application", async () => {
  const person = new Person();
  const asked = await open(person, more.partner, "asked", { prompt: "consent" });
  await identify(person, asked, "ada@example.com");
  asked.page = await finish(person, asked);
  assert.ok(hasId(asked.page, "consent-form"));
  const other = await open(person, app, "other", { prompt: "login" });
  await identify(person, other, "ada@example.com");
  await redeems(other, await finish(person, other), "other");
  const allow = async (): Promise<Page> => person.submit(asked.page, "consent-form", {}, { button: "consent-allow", until: [more.partner.redirectUri] });
  asked.page = await allow();
  assert.ok(hasId(asked.page, "login-form"));
  await identify(person, asked, "ada@example.com");
  asked.page = await finish(person, asked);
  assert.ok(hasId(asked.page, "consent-form"));
  await redeems(asked, await allow(), "asked");
});

test("the same authorization request opened in two tabs works in both", async () => {
  const person = new Person();
  const verifier = newVerifier();
  const url = app.authorizeUrl(app.parameters(verifier));
  const tabs = [{ client: app, verifier, page: await person.visit(url) }, { client: app, verifier, page: await person.visit(url) }];
  for (const tab of tabs) await identify(person, tab, "ada@example.com");
  for (const tab of tabs) await redeems(tab, await finish(person, tab), "the state");
});

test("a password that is sent again, and the address that it led to, lead back to the application", async () => {
  const person = new Person();
  const tab = await open(person, app, "s");
  await identify(person, tab, "ada@example.com");
  const consented = await person.submit(tab.page, "password-form", { x_password: password }, { until: [`${gatehouse.endpoint}/oauth2/consent`] });
  await redeems(tab, await person.visit(consented.url, {}, [app.redirectUri]), "s");
  const home = `${new URL(app.redirectUri).origin}/`;
  assert.equal(leadsOn(await finish(person, tab), "finished"), home, "the form again");
  const again = await person.visit(consented.url);
  assert.equal(leadsOn(again, "finished"), home, "the address again");
  assert.match(again.text, /Go on in Demo application/);
});

test("a refused consent that is pressed again leads back to the application", async () => {
  const person = new Person();
  const tab = await open(person, more.partner, "s");
  await identify(person, tab, "bea@example.com");
  const page = await finish(person, tab);
  const deny = (): Promise<Page> => person.submit(page, "consent-form", {}, { button: "consent-deny", until: [more.partner.redirectUri] });
  assert.equal((await deny()).url.searchParams.get("error"), "access_denied");
  assert.equal(leadsOn(await deny(), "finished"), "https://partner.example/");
});

test("the consent page without a sign-in leads to where one can begin", async () => {
  for (const query of ["", "?code=x", `?code=${"A".repeat(32)}`]) {
    assert.equal(leadsOn(await new Person().visit(`${gatehouse.endpoint}/oauth2/consent${query}`), "outdated"), "/");
  }
});

test("the browser's cookie stays the same from sign-in to sign-in, and is in no address", async () => {
  const person = new Person();
  await open(person, app, "1");
  const cookie = person.cookies(gatehouse.endpoint).get("oauth_ui")!;
  assert.match(cookie, /^[0-9A-HJKMNP-TV-Z]{32}$/);
  const tab = await open(person, app, "2");
  await identify(person, tab, "ada@example.com");
  await finish(person, tab);
  assert.equal(person.cookies(gatehouse.endpoint).get("oauth_ui"), cookie);
  assert.ok(person.visited.length > 4 && person.visited.every((url) => !url.href.includes(cookie)));
});
