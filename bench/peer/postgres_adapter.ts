// oidc-provider's storage in PostgreSQL: one table, a row for each artefact, written before it is answered.
import type pg from "pg";

type Payload = Record<string, unknown> & { grantId?: string; userCode?: string; uid?: string };

export class PostgresAdapter {
  static readonly schema = `
    CREATE TABLE IF NOT EXISTS artefact (
      model text NOT NULL, id text NOT NULL, payload jsonb NOT NULL, grant_id text, user_code text, uid text,
      expires_at timestamptz, consumed_at timestamptz, PRIMARY KEY (model, id));
    CREATE INDEX IF NOT EXISTS artefact_grant ON artefact (grant_id);
    CREATE INDEX IF NOT EXISTS artefact_uid ON artefact (model, uid);`;

  private readonly pool: pg.Pool;
  private readonly model: string;

  constructor(pool: pg.Pool, model: string) {
    this.pool = pool;
    this.model = model;
  }

  async upsert(id: string, payload: Payload, expiresIn?: number): Promise<void> {
    await this.run(
      "upsert",
      `INSERT INTO artefact (model, id, payload, grant_id, user_code, uid, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
       ON CONFLICT (model, id) DO UPDATE SET payload = $3, grant_id = $4, user_code = $5, uid = $6, expires_at = $7`,
      [id, payload, payload.grantId ?? null, payload.userCode ?? null, payload.uid ?? null, expiresIn ? new Date(Date.now() + expiresIn * 1000) : null],
    );
  }

  find(id: string): Promise<Payload | undefined> {
    return this.findBy("id", id);
  }
  findByUid(uid: string): Promise<Payload | undefined> {
    return this.findBy("uid", uid);
  }
  findByUserCode(code: string): Promise<Payload | undefined> {
    return this.findBy("user_code", code);
  }

  async consume(id: string): Promise<void> {
    await this.run("consume", "UPDATE artefact SET consumed_at = now() WHERE model = $1 AND id = $2", [id]);
  }
  async destroy(id: string): Promise<void> {
    await this.run("destroy", "DELETE FROM artefact WHERE model = $1 AND id = $2", [id]);
  }
  async revokeByGrantId(grantId: string): Promise<void> {
    await this.run("revoke", "DELETE FROM artefact WHERE model = $1 AND grant_id = $2", [grantId]);
  }

  private async findBy(column: "id" | "uid" | "user_code", value: string): Promise<Payload | undefined> {
    const rows = await this.run(
      `find-${column}`,
      `SELECT payload, consumed_at FROM artefact WHERE model = $1 AND ${column} = $2 AND (expires_at IS NULL OR expires_at > now())`,
      [value],
    );
    const row = rows[0] as { payload: Payload; consumed_at: Date | null } | undefined;
    return row && { ...row.payload, ...(row.consumed_at ? { consumed: Math.floor(row.consumed_at.getTime() / 1000) } : {}) };
  }

  private async run(name: string, text: string, values: unknown[]): Promise<unknown[]> {
    const { rows } = await this.pool.query({ name, text, values: [this.model, ...values] });
    return rows;
  }
}
