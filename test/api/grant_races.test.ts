// A grant that is made while its session ends, or while another is made. Held rows stop each side where it would lose.
import assert from "node:assert/strict";
import { appendFile } from "node:fs/promises";
import { after, before, test } from "node:test";

import { Gatehouse } from "../support/gatehouse.ts";
import { holdRow } from "../support/held_row.ts";
import type { Page, Person } from "../support/person.ts";
import { type Answer, Client, json, publicClient, signedIn, signedInAgain, type Tokens, until } from "../support/protocol.ts";
import { eventually } from "../support/servers.ts";

let gatehouse: Gatehouse;
let app: Client;
let single: Client;
before(async () => {
  gatehouse = await Gatehouse.start();
  app = publicClient(gatehouse);
  single = new Client(gatehouse.endpoint, "single", "https://single.example/cb");
  await appendFile(
    `${gatehouse.addresses.data}/project/authgear.yaml`,
    '\n  - client_id: single\n    name: Single\n    x_application_type: native\n    x_max_concurrent_session: 1\n    redirect_uris: ["https://single.example/cb"]\n',
  );
  await until(async () => (await single.authorize()).status === 302, "the new client is known");
  await signedIn(gatehouse, "ada@example.com");
});
after(() => gatehouse.stop());

const hold = (select: string) => holdRow(gatehouse.addresses.database_url, select);
const leave = (person: Person, hint: string): Promise<Page> => person.request(`${gatehouse.endpoint}/oauth2/end_session?id_token_hint=${hint}`);
const isWorthNothing = async (answer: Answer): Promise<void> => {
  if (answer.status !== 200) {
    assert.equal(json(answer)["error"], "invalid_grant");
    return;
  }
  const tokens = json(answer) as Tokens;
  await eventually("every lease has ended", async () => (await app.userinfo(tokens.access_token)).status === 401);
};
const online = { scope: "openid" }; // such a grant ends with the session that it was made in

test("a logout that comes while a code is exchanged ends the grant", async () => {
  const person = await signedInAgain(gatehouse, "ada@example.com");
  const hint = (await app.tokens(person)).id_token;
  const made = await app.code(person, online);
  const held = await hold("SELECT 1 FROM _auth_user FOR UPDATE"); // the family's row needs it, after the session was looked at
  const exchange = app.redeem(made);
  await held.waitedFor();
  const logout = leave(person, hint);
  await Promise.race([logout, held.waitedFor(2)]);
  await held.letGo();
  assert.equal((await logout).status, 200);
  await isWorthNothing(await exchange);
});

test("a code that is exchanged while a logout is written gives nothing", async () => {
  const person = await signedInAgain(gatehouse, "ada@example.com");
  const hint = (await app.tokens(person, online)).id_token;
  const made = await app.code(person, online);
  const held = await hold("SELECT 1 FROM _gatehouse_refresh FOR UPDATE"); // the logout ends them, after it ended the session
  const logout = leave(person, hint);
  await held.waitedFor();
  const exchange = app.redeem(made);
  await Promise.race([exchange, held.waitedFor(2)]);
  await held.letGo();
  assert.equal((await logout).status, 200);
  await isWorthNothing(await exchange);
});

test("of two grants that are made at once, where a client may have one, the later one ends the other", async () => {
  const person = await signedInAgain(gatehouse, "ada@example.com");
  const codes = [await single.code(person), await single.code(person)];
  const held = await hold("SELECT 1 FROM _auth_user FOR UPDATE");
  const exchanges = codes.map((made) => single.redeem(made));
  await held.waitedFor(2);
  await held.letGo();
  const tokens = (await Promise.all(exchanges)).map((answer) => json(answer) as Tokens);
  const statuses = await Promise.all(tokens.map(async ({ refresh_token }) => (await single.refresh(refresh_token)).status));
  assert.deepEqual(statuses.sort(), [200, 400]);
});
