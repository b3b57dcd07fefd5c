// A project that `gatehouse dev` makes hides unknown accounts; otherwise a login says at once that there is none.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Gatehouse } from "./gatehouse.ts";
import { Person } from "./person.ts";
import { eventually } from "./servers.ts";

// Returns when the change is in force.
export async function hideUnknownAccounts(gatehouse: Gatehouse, hidden: boolean): Promise<void> {
  await writeFile(join(gatehouse.addresses.data, "project/gatehouse.yaml"), `authentication:\n  hide_unknown_accounts: ${hidden}\n`);
  await eventually(`unknown accounts are ${hidden ? "hidden" : "shown"}`, async () => {
    const person = new Person();
    const login = await person.visit(`${gatehouse.endpoint}/login`);
    const answer = await person.submit(login, "login-form", { x_login_id: "nobody-yet@example.com" });
    return (answer.url.pathname !== "/login") === hidden;
  });
}
