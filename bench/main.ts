// Measures everything beside its limit and its peer, and writes the table of bench/README.md.
// Usage: main.ts BUILD_DIRECTORY [--seconds N] [--rounds N] [--only ROW,…] [--print]; script/bench starts it.
import { existsSync, readFileSync } from "node:fs";
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";

import { type Limit, Nginx, programLimit, selectLimit } from "./limits.ts";
import { Bench, type Sample } from "./measure.ts";
import { loginPageWeight } from "./page.ts";
import { binarySize, freePort, gatehouseProcess, memoryUse, peerProcess, type Startable, startTime } from "./process.ts";
import { analyze, type GatehouseServer, type PeerServer, startGatehouse, startPeer } from "./servers.ts";
import { type Builds, type Footprint, machine, type Results, type Row, tables, write } from "./table.ts";

const [build, ...flags] = process.argv.slice(2);
if (!build) throw new Error("the first argument is the build folder");
const flag = (name: string) => (flags.includes(name) ? flags[flags.indexOf(name) + 1] : undefined);
const seconds = Number(flag("--seconds") ?? 4);
const rounds = Number(flag("--rounds") ?? 3);
const only = flag("--only")?.split(",");
const program = (name: string) => join(build, "bin", `bench_${name}`);
const say = (text: string) => process.stderr.write(`bench: ${text}\n`);

const kDiscovery = "/.well-known/openid-configuration";

interface Path extends Omit<Row, "ours" | "theirs" | "limit"> {
  limit?: Limit;
  ours(bench: Bench): Promise<Sample>;
  theirs?(bench: Bench): Promise<Sample>;
}

// The hosted pages' style sheet.
async function styleSheet(origin: string): Promise<string> {
  const page = await (await fetch(`${origin}/login`)).text();
  return /<link[^>]*\shref="([^"]+\.css)"/.exec(page)![1]!;
}

async function constantPaths(server: GatehouseServer, nginx: (sizes: Record<string, number>) => Promise<Nginx>): Promise<Path[]> {
  const { origin, paths } = server.provider;
  const style = await styleSheet(origin);
  const size = async (path: string) => (await (await fetch(origin + path, { headers: { "accept-encoding": "identity" } })).arrayBuffer()).byteLength;
  const limits = await nginx({ discovery: await size(kDiscovery), jwks: await size(paths.jwks), static: await size(style) });
  const same = { basis: "nginx, a constant of the same size", aim: 0.9, ownOnly: true };
  return [
    { name: "discovery", ...same, limit: limits.limit("discovery"), ours: (b) => b.constant(kDiscovery, seconds), theirs: (b) => b.constant(kDiscovery, seconds) },
    { name: "JWKS", ...same, limit: limits.limit("jwks"), ours: (b) => b.constant(paths.jwks, seconds), theirs: (b) => b.constant("/jwks", seconds) },
    { name: "static file", ...same, limit: limits.limit("static"), ours: (b) => b.constant(style, seconds) },
  ];
}

function storePaths(server: GatehouseServer, user: string): Path[] {
  const signatures = { limit: programLimit(program("signature"), 2), basis: "RS256 signatures, one an answer", aim: 0.8 };
  const hashes = { limit: programLimit(program("hash"), 2), basis: "argon2id verifications" };
  const selects = selectLimit(program("select"), server.gatehouse.addresses.database_url, server.stores.slice(0, 1), user);
  return [
    { name: "user info", limit: selects, basis: "prepared selects, same pool", aim: 0.3, least: 24_000, ours: (b) => b.userinfo(seconds), theirs: (b) => b.userinfo(seconds) },
    { name: "code exchange", ...signatures, ours: (b) => b.codeExchange(seconds), theirs: (b) => b.codeExchange(seconds) },
    { name: "refresh with rotation", ...signatures, ours: (b) => b.refresh(seconds), theirs: (b) => b.refresh(seconds) },
    { name: "login by password", ...hashes, aim: 0.9, ours: (b) => b.passwordLogin(seconds) },
    { name: "full login", ...hashes, aim: 0.85, ours: (b) => b.fullLogin(seconds), theirs: (b) => b.fullLogin(seconds) },
    { name: "mix, in HTTP requests", basis: "", aim: 0, least: 1000, ours: (b) => b.mixed(seconds), theirs: (b) => b.mixed(seconds) },
  ];
}

// Limit, ours and theirs in turn, so that what the machine does meanwhile is the same for all.
async function measure(path: Path, ours: Bench, theirs: Bench): Promise<Row> {
  say(path.name);
  const row: Row = { ...path, ours: [], theirs: [], limit: [] };
  for (let round = 0; round < rounds; ++round) {
    if (path.limit) row.limit.push(await path.limit(seconds));
    row.ours.push(await path.ours(ours));
    if (path.theirs) row.theirs.push(await path.theirs(theirs));
  }
  return row;
}

async function footprint(what: Startable): Promise<Footprint> {
  return { start: await startTime(what), ...(await memoryUse(what)) };
}

async function run(scratch: string, cleanUp: (() => Promise<unknown>)[]): Promise<Results> {
  const server = await startGatehouse(scratch);
  cleanUp.push(() => server.stop());
  const peer: PeerServer = await startPeer(server);
  cleanUp.push(() => peer.stop());
  const [ours, theirs] = [new Bench(server, scratch), new Bench(peer, scratch)];
  cleanUp.push(async () => [ours, theirs].forEach((bench) => bench.close()));
  say("everybody signs in once");
  await ours.prepare();
  await theirs.prepare();
  await analyze(server.gatehouse.addresses.database_url, peer.url);
  const nginx = async (sizes: Record<string, number>) => {
    const started = await Nginx.start(sizes, await freePort(), scratch);
    cleanUp.push(() => started.stop());
    return started;
  };
  const paths = [...(await constantPaths(server, nginx)), ...storePaths(server, ours.somebody())];
  const rows: Row[] = [];
  for (const path of paths.filter(({ name }) => !only || only.includes(name))) rows.push(await measure(path, ours, theirs));
  say("start, memory, size, page");
  const times = join(build!, "build-times.json");
  return {
    rows,
    ours: await footprint(gatehouseProcess(server)),
    theirs: await footprint(peerProcess(peer)),
    size: await binarySize(scratch),
    page: await loginPageWeight(server.provider.origin),
    builds: existsSync(times) ? (JSON.parse(readFileSync(times, "utf8")) as Builds) : {},
  };
}

const scratch = await mkdtemp(join(tmpdir(), "gatehouse-bench."));
await chmod(scratch, 0o755);
const cleanUp: (() => Promise<unknown>)[] = [() => rm(scratch, { recursive: true, force: true })];
try {
  const before = loadavg()[0]!;
  const results = await run(scratch, cleanUp);
  const text = tables(results, machine(before, loadavg()[0]!));
  const readme = join(import.meta.dirname, "README.md");
  if (flags.includes("--print")) console.log(text);
  else await write(readme, text, await readFile(readme, "utf8"));
} finally {
  for (const step of cleanUp.reverse()) await step();
}
