// One path at a time: what a server does in so many seconds, and what it costs.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { Person } from "../test/support/person.ts";
import { load, type Measured, output, wrk } from "./load.ts";
import { cpuSeconds } from "./processes.ts";
import { Application, type Tokens } from "./provider.ts";
import type { Server } from "./servers.ts";

export interface Sample extends Measured {
  server: number; // CPU seconds of the server's process
  stores: number; // … of PostgreSQL and Redis
  beside?: { p50: number; p99: number }; // user info meanwhile, ms
}

async function costing(server: Server, measured: () => Promise<Measured>): Promise<Sample> {
  const spent = () => ({ server: cpuSeconds(server.server), stores: cpuSeconds(server.stores, { tree: true }) });
  const before = spent();
  const result = await measured();
  const after = spent();
  return { ...result, server: after.server - before.server, stores: after.stores - before.stores };
}

// Of this many operations of the mix, the first signs a person up, the second signs one in, and the others refresh.
const kMix = 26;

export class Bench {
  readonly server: Server;
  readonly scratch: string;
  private readonly application: Application;
  private cookies: string[] = [];
  private issued: Tokens[] = [];
  private refreshTokens: string[] = [];
  private people = 0;

  constructor(server: Server, scratch: string) {
    this.server = server;
    this.scratch = scratch;
    this.application = new Application(server.provider);
  }

  // Everybody signs in once.
  async prepare(): Promise<void> {
    const { provider } = this.server;
    for (let who = 0; who < provider.people; ++who) {
      const person = new Person();
      this.issued.push(await this.application.exchange(await this.application.signIn(person, who)));
      this.cookies.push([...person.cookies(provider.origin)].map(([name, value]) => `${name}=${value}`).join("; "));
    }
    this.refreshTokens = this.issued.map(({ refresh_token }) => refresh_token);
  }

  // The id of one of the people.
  somebody(): string {
    const claims = Buffer.from(this.issued[0]!.id_token.split(".")[1]!, "base64url").toString();
    return (JSON.parse(claims) as { sub: string }).sub;
  }

  constant(path: string, seconds: number): Promise<Sample> {
    return costing(this.server, () => wrk(this.server.provider.origin + path, seconds));
  }

  async userinfo(seconds: number): Promise<Sample> {
    const tokens = join(this.scratch, "tokens");
    await writeFile(tokens, this.issued.map(({ access_token }) => access_token).join("\n") + "\n");
    const { origin, paths } = this.server.provider;
    return costing(this.server, () => wrk(origin + paths.userinfo, seconds, { tokens }));
  }

  // The codes are made before the count begins.
  async codeExchange(seconds: number): Promise<Sample> {
    const made: string[] = [];
    await load(8, 2 * seconds, async (_, turn) => {
      made.push(await this.application.silentCode(this.cookies[turn % this.cookies.length]!));
      return true;
    });
    return costing(this.server, () =>
      load(16, seconds, async () => {
        const code = made.pop();
        return code !== undefined && Boolean(await this.application.exchange(code));
      }),
    );
  }

  refresh(seconds: number): Promise<Sample> {
    return costing(this.server, () => load(16, seconds, (worker) => this.rotate(worker)));
  }

  // Pages and password only, without an application; a probe of user info runs beside it.
  async passwordLogin(seconds: number): Promise<Sample> {
    const { origin, paths, people } = this.server.provider;
    const token = this.issued[0]!.access_token;
    const probe = output(process.execPath, [
      "--disable-warning=ExperimentalWarning", `${import.meta.dirname}/probe.ts`, origin, paths.userinfo, token, String(seconds),
    ]);
    const login = () =>
      load(8, seconds, async (_, turn) => {
        const person = new Person();
        const page = await this.server.provider.signIn(person, await person.visit(`${origin}/login`), turn % people);
        if (page.status !== 200 || !person.cookies(origin).has("session")) throw new Error(`no session after ${page.url}`);
        return true;
      });
    const sample = await costing(this.server, login);
    return { ...sample, beside: JSON.parse(await probe) as { p50: number; p99: number } };
  }

  fullLogin(seconds: number): Promise<Sample> {
    return costing(this.server, () => load(8, seconds, async (_, turn) => (await this.signIn(turn)) > 0));
  }

  // Sign-ups, logins and refreshes, counted in HTTP requests.
  async mixed(seconds: number): Promise<Sample> {
    let requests = 0;
    const sample = await costing(this.server, () =>
      load(16, seconds, async (worker, turn) => {
        const kind = turn % kMix;
        const asked = kind === 0 ? await this.signUp(turn) : kind === 1 ? await this.signIn(turn) : Number(await this.rotate(worker));
        requests += asked;
        return true;
      }),
    );
    return { ...sample, operations: requests };
  }

  close(): void {
    this.application.client.close();
  }

  private async rotate(who: number): Promise<boolean> {
    const before = this.refreshTokens[who]!;
    const after = (await this.application.refresh(before)).refresh_token;
    if (after === before) throw new Error("a refresh token was not rotated");
    this.refreshTokens[who] = after;
    return true;
  }

  // From the application and back with tokens; the requests that it took.
  private async signIn(turn: number): Promise<number> {
    const person = new Person();
    await this.application.exchange(await this.application.signIn(person, turn % this.server.provider.people));
    return person.visited.length + 1;
  }

  // The same for a new person; where nobody can sign up, somebody signs in.
  private async signUp(turn: number): Promise<number> {
    const { signUp } = this.server.provider;
    if (!signUp) return this.signIn(turn);
    const person = new Person();
    const email = `new-${process.pid}-${++this.people}@example.com`;
    await this.application.exchange(await this.application.enter(person, (first) => signUp(person, first, email)));
    return person.visited.length + 1;
  }
}
