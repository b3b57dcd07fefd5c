// Consent for clients of somebody else: asked once, by the browser that began, and only there.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Gatehouse } from "../support/gatehouse.ts";
import { type Page, Person, signIn, textOf } from "../support/person.ts";
import { type Client, type Parameters, addClients, json, newVerifier, password, signedIn, signedInAgain } from "../support/protocol.ts";

let gatehouse: Gatehouse;
let partner: Client;
before(async () => {
  gatehouse = await Gatehouse.start();
  partner = (await addClients(gatehouse)).partner;
});
after(() => gatehouse.stop());

const ask = (person: Person, changes: Parameters = {}, verifier = newVerifier()): Promise<Page> =>
  person.visit(partner.authorizeUrl(partner.parameters(verifier, changes)), {}, [partner.redirectUri]);
const press = (person: Person, page: Page, button: "allow" | "deny"): Promise<Page> =>
  person.submit(page, "consent-form", {}, { button: `consent-${button}`, until: [partner.redirectUri] });
const isOutdated = (page: Page, kind = "outdated"): void => {
  assert.equal(page.status, 400);
  assert.match(page.text, new RegExp(`data-kind="${kind}"`));
  assert.equal(page.headers.get("location"), null);
};

test("the person is asked by name, allows, and is not asked again for the same scopes", async () => {
  const ada = await signedIn(gatehouse, "ada@example.com");
  const verifier = newVerifier();
  const page = await ask(ada, { scope: "openid email" }, verifier);
  assert.equal(page.status, 200);
  assert.equal(page.url.pathname, "/oauth2/consent");
  assert.match(page.text, /Partner &amp; Sons/);
  assert.match(page.text.replace("<wbr>", ""), /<strong>ada@example\.com<\/strong>/, "whose account it is");
  const back = await press(ada, page, "allow");
  assert.equal(back.status, 303);
  assert.deepEqual([...back.url.searchParams.keys()].sort(), ["code", "iss", "state"]);
  assert.equal((await partner.redeem({ code: back.url.searchParams.get("code")!, verifier })).status, 200);
  const silent = await ask(ada, { scope: "email openid", prompt: "none" });
  assert.ok(silent.url.searchParams.get("code"), "allowed before");
  assert.equal((await ask(ada, { scope: "openid email profile", prompt: "none" })).url.searchParams.get("error"), "consent_required");
  assert.equal((await ask(ada, { scope: "openid email profile" })).url.pathname, "/oauth2/consent");
  assert.equal((await ask(ada, { scope: "openid email", prompt: "consent" })).url.pathname, "/oauth2/consent");
  const elsewhere = await signedInAgain(gatehouse, "ada@example.com");
  assert.ok((await ask(elsewhere, { scope: "openid email", prompt: "none" })).url.searchParams.get("code"), "remembered for the person, not the browser");
});

test("a refusal is access_denied, and nothing is remembered", async () => {
  const bea = await signedIn(gatehouse, "bea@example.com");
  const back = await press(bea, await ask(bea), "deny");
  const sent = back.url.searchParams;
  assert.equal(sent.get("error"), "access_denied");
  assert.ok(sent.get("error_description"));
  assert.equal(sent.get("state"), "the state");
  assert.equal(sent.get("iss"), gatehouse.endpoint);
  assert.equal(sent.get("code"), null);
  assert.equal((await ask(bea, { prompt: "none" })).url.searchParams.get("error"), "consent_required");
});

test("consent bound to another browser: neither a stranger nor another session of the person can give it", async () => {
  const carl = await signedIn(gatehouse, "carl@example.com");
  const page = await ask(carl);
  const stranger = new Person();
  isOutdated(await stranger.visit(page.url));
  const elsewhere = await signedInAgain(gatehouse, "carl@example.com");
  await ask(elsewhere, { prompt: "login" });
  for (const other of [stranger, elsewhere]) {
    isOutdated(await other.request(page.url));
    isOutdated(await press(other, page, "allow"));
    isOutdated(await press(other, page, "deny"));
  }
  assert.ok((await press(carl, page, "allow")).url.searchParams.get("code"), "who began it still can");
});

test("a first sign-in for a client of somebody else ends on the consent page", async () => {
  await signedIn(gatehouse, "dora@example.com");
  const dora = new Person();
  const page = await signIn(dora, await ask(dora), { email: "dora@example.com", password, until: [partner.redirectUri] });
  assert.equal(page.url.pathname, "/oauth2/consent");
  assert.ok((await press(dora, page, "allow")).url.searchParams.get("code"));
});

test("lesson 4, lesson 5: pressing twice, even at once, gives one code", async () => {
  const eve = await signedIn(gatehouse, "eve@example.com");
  const page = await ask(eve);
  const answers = await Promise.all(Array.from({ length: 8 }, () => press(eve, page, "allow")));
  const codes = answers.filter(({ url }) => url.searchParams.get("code") && url.href.startsWith(partner.redirectUri));
  assert.equal(codes.length, 1);
  for (const other of answers) if (other !== codes[0]) isOutdated(other, "finished");
  isOutdated(await press(eve, page, "deny"), "finished");
});

test("what is not one of the page's buttons is refused and uses nothing up", async () => {
  const fay = await signedIn(gatehouse, "fay@example.com");
  const page = await ask(fay);
  for (const body of ["", "x_action=", "x_action=allow", "x_action=cancel&x_action=consent&x_action=x".replace("cancel", "x")]) {
    const answer = await fay.request(page.url, { method: "POST", body, headers: { "content-type": "application/x-www-form-urlencoded", accept: "text/html" } });
    assert.equal(answer.status, 400);
    assert.equal(textOf(answer, "op-error-parameter"), "x_action");
  }
  assert.ok((await press(fay, page, "allow")).url.searchParams.get("code"));
});

test("a code of nobody's sign-in, or none, is out of date", async () => {
  const person = new Person();
  for (const query of ["", "?code=", "?code=x", `?code=${"A".repeat(32)}`, "?code=' OR 1=1", "?code=☃"]) isOutdated(await person.request(`${gatehouse.endpoint}/oauth2/consent${query}`));
});

test("the third party's ID token carries the claims that were allowed", async () => {
  const gus = await signedIn(gatehouse, "gus@example.com");
  const verifier = newVerifier();
  const back = await press(gus, await ask(gus, { scope: "openid email" }, verifier), "allow");
  const tokens = json(await partner.redeem({ code: back.url.searchParams.get("code")!, verifier }));
  const payload = JSON.parse(Buffer.from((tokens["id_token"] as string).split(".")[1]!, "base64url").toString()) as Record<string, unknown>;
  assert.equal(payload["email"], "gus@example.com");
  assert.equal(payload["aud"], partner.id);
});
