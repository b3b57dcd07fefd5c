// Rows that another transaction holds: what needs them waits until they are let go.
import pg from "pg";

import { databaseParts, eventually, sql } from "./servers.ts";

export async function holdRow(url: string, select: string): Promise<{ waitedFor(statements?: number): Promise<void>; letGo(): Promise<void> }> {
  const client = new pg.Client(databaseParts(url));
  client.on("error", () => {}); // the server may be stopped while the row is held
  await client.connect();
  await client.query("BEGIN");
  await client.query(select);
  return {
    async waitedFor(statements = 1) {
      await eventually(`${statements} statements wait for the row`, async () => (await sql(url, "SELECT 1 FROM pg_locks WHERE NOT granted")).length >= statements);
    },
    async letGo() {
      await client.query("ROLLBACK");
      await client.end();
    },
  };
}
