// Measures everything beside its limit and its peer, and writes the table of bench/README.md.
// Usage: main.ts BUILD_DIRECTORY [--seconds N] [--only ROW,…] [--print]; script/bench starts it.
import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";

import { Bench, type Cost, limitOf, nginxLimit, selectLimit } from "./measure.ts";
import { binarySize, freePort, memoryUse, startTime } from "./process.ts";
import { type GatehouseServer, startGatehouse, startPeer } from "./servers.ts";
import { type Machine, machine, type Results, type Row, tables, write } from "./table.ts";

const [build, ...flags] = process.argv.slice(2);
if (!build) throw new Error("the first argument is the build folder");
const flag = (name: string) => (flags.includes(name) ? flags[flags.indexOf(name) + 1] : undefined);
const seconds = Number(flag("--seconds") ?? 8);
const only = flag("--only")?.split(",");
const kCodes = 6000;
const program = (name: string) => join(build, "bin", `bench_${name}`);
const say = (text: string) => process.stderr.write(`bench: ${text}\n`);

interface Limits {
  nginx: number;
  signatures: number;
  hashes: number;
  selects: number;
}

async function limits(server: GatehouseServer, scratch: string): Promise<Limits> {
  say("limits");
  const document = await (await fetch(`${server.gatehouse.endpoint}/.well-known/openid-configuration`)).text();
  return {
    nginx: await nginxLimit(document, await freePort(), seconds, scratch),
    signatures: await limitOf(program("signature"), [2, seconds / 2]),
    hashes: await limitOf(program("hash"), [2, seconds]),
    selects: await selectLimit(program("select"), server.gatehouse.addresses.database_url, seconds / 2, server.stores.slice(0, 1)),
  };
}

interface Path {
  name: string;
  run(bench: Bench): Promise<Cost>;
  limit(limits: Limits): number;
  basis: string;
  aim: number;
  peer: boolean;
  server?: boolean; // its limit has no stores: only the server's own CPU counts
}

const kPaths: Path[] = [
  { name: "discovery", run: (b) => b.discovery(), limit: (l) => l.nginx, basis: "nginx, a constant of the same size", aim: 0.9, peer: true, server: true },
  { name: "userinfo", run: (b) => b.userinfo(), limit: (l) => l.selects, basis: "prepared selects, same pool", aim: 0.3, peer: true },
  { name: "code exchange", run: (b) => b.codeExchange(kCodes), limit: (l) => l.signatures, basis: "RS256 signatures, one an answer", aim: 0.8, peer: true },
  { name: "refresh with rotation", run: (b) => b.refresh(), limit: (l) => l.signatures, basis: "RS256 signatures, one an answer", aim: 0.8, peer: true },
  { name: "login by password", run: (b) => b.passwordLogin(), limit: (l) => l.hashes, basis: "argon2id verifications", aim: 0.9, peer: false },
  { name: "full login", run: (b) => b.fullLogin(), limit: (l) => l.hashes, basis: "argon2id verifications", aim: 0.85, peer: true },
];

async function run(scratch: string): Promise<Results> {
  const server = await startGatehouse();
  try {
    const bounds = await limits(server, scratch);
    const ours = new Bench(server, seconds, scratch);
    await ours.prepare();
    say("the peer");
    const peerServer = await startPeer(server);
    const theirs = new Bench(peerServer, seconds, scratch);
    const rows: Row[] = [];
    let probe: { p50: number; p99: number } | undefined;
    try {
      await theirs.prepare();
      for (const path of kPaths.filter(({ name }) => !only || only.includes(name))) {
        say(path.name);
        const cost = await path.run(ours);
        if ("probe" in cost) probe = cost.probe as typeof probe;
        const peer = path.peer ? await path.run(theirs) : undefined;
        const counted = path.server ? cost.perServerCpu : cost.perCpu;
        rows.push({ ...path, cost, peer, bound: path.limit(bounds), ratio: counted / path.limit(bounds) });
      }
    } finally {
      theirs.close();
      await peerServer.stop();
    }
    ours.close();
    say("start, memory, size");
    return { rows, probe, start: await startTime(server), ...(await memoryUse(server)), size: await binarySize(scratch) };
  } finally {
    await server.stop();
  }
}

const scratch = await mkdtemp(join(tmpdir(), "gatehouse-bench."));
try {
  const before = loadavg()[0]!;
  const results = await run(scratch);
  const where: Machine = machine(before, JSON.parse(readFileSync(join(build, "build-times.json"), "utf8")) as Machine["build"]);
  const text = tables(results, where);
  if (flags.includes("--print")) console.log(text);
  else await write(join(import.meta.dirname, "README.md"), text, await readFile(join(import.meta.dirname, "README.md"), "utf8"));
} finally {
  await rm(scratch, { recursive: true, force: true });
}
