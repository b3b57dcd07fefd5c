// A running Gatehouse for tests: `gatehouse dev --json` with a data folder of its own on free ports.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

export interface Addresses {
  endpoint: string;
  demo: string;
  inbox: string;
  public_client_id: string;
  confidential_client_id: string;
  confidential_client_secret: string;
  database_url: string;
  audit_database_url: string;
  redis_url: string;
  data: string;
}

const root = resolve(import.meta.dirname, "../..");
export const binary = process.env["GATEHOUSE_BINARY"] ?? join(root, "build/dev/bin/gatehouse");

// A folder for the data of one server. As root PostgreSQL runs as a user of its own, who has to come through: otherwise its
// files would lie elsewhere and outlive the test.
export async function temporaryData(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "gatehouse-"));
  await chmod(folder, 0o711);
  return folder;
}

// Runs the program to its end.
export async function run(words: string[], environment: Record<string, string> = {}): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(binary, words, { stdio: ["ignore", "pipe", "pipe"], env: { PATH: process.env["PATH"]!, ...environment } });
  const text = { out: "", err: "" };
  child.stdout.on("data", (part: Buffer) => (text.out += part.toString()));
  child.stderr.on("data", (part: Buffer) => (text.err += part.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, ...text };
}

export class Gatehouse {
  readonly addresses: Addresses;
  private child: ChildProcess;
  private log: string[];

  private constructor(child: ChildProcess, addresses: Addresses, log: string[]) {
    this.child = child;
    this.addresses = addresses;
    this.log = log;
  }

  // Starts a server; `data` to go on with the data of an earlier one.
  static async start(options: { data?: string; arguments?: string[]; environment?: Record<string, string> } = {}): Promise<Gatehouse> {
    const data = options.data ?? (await temporaryData());
    const child = spawn(binary, ["dev", "--json", "--data", data, "--port", "0", ...(options.arguments ?? [])], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...options.environment },
    });
    const log: string[] = [];
    createInterface({ input: child.stderr! }).on("line", (line) => log.push(line));
    const lines = createInterface({ input: child.stdout! });
    const first = await Promise.race([
      once(lines, "line").then(([line]) => line as string),
      once(child, "exit").then(([code]) => {
        throw new Error(`gatehouse dev ended with ${code}:\n${log.join("\n")}`);
      }),
    ]);
    return new Gatehouse(child, JSON.parse(first) as Addresses, log);
  }

  get endpoint(): string {
    return this.addresses.endpoint;
  }

  get pid(): number {
    return this.child.pid!;
  }

  // What it has logged so far.
  logged(): string {
    return this.log.join("\n");
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  async exited(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, "exit");
    return this.child.exitCode;
  }

  // Ends it; the data folder goes with it unless it is kept. Fails where a request failed for a reason that nobody
  // foresaw: that is a defect, whatever the answer was.
  async stop({ keepData = false } = {}): Promise<number | null> {
    this.child.kill("SIGTERM");
    const code = await this.exited();
    const unexpected = this.log.filter((line) => line.includes("a request failed unexpectedly"));
    if (!keepData) await rm(this.addresses.data, { recursive: true, force: true });
    if (unexpected.length > 0) throw new Error(unexpected.join("\n"));
    return code;
  }
}
