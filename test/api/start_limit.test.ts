// Nobody fills Redis with sign-ins that were only begun.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Gatehouse } from "../support/gatehouse.ts";
import { Person } from "../support/person.ts";
import { newVerifier, publicClient } from "../support/protocol.ts";

let gatehouse: Gatehouse;
before(async () => {
  gatehouse = await Gatehouse.start({ environment: { GATEHOUSE_STARTS_PER_MINUTE: "3" } });
});
after(() => gatehouse.stop());

async function refusedAfterThree(begin: (person: Person) => Promise<{ status: number; headers: Headers }>): Promise<void> {
  const person = new Person();
  for (let i = 0; i < 3; i++) assert.ok((await begin(person)).status < 400);
  const refused = await begin(person);
  assert.equal(refused.status, 429);
  assert.ok(Number(refused.headers.get("retry-after")) > 0);
  assert.ok((await begin(new Person())).status < 400, "another address goes on");
}

test("flows", () => refusedAfterThree((person) => person.request(new URL("/login", gatehouse.endpoint))));

test("sign-in requests", () => {
  const client = publicClient(gatehouse);
  return refusedAfterThree((person) => person.request(client.authorizeUrl(client.parameters(newVerifier()))));
});
