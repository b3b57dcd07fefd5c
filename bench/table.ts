// The figures as Markdown, between the markers of bench/README.md.
import { writeFile } from "node:fs/promises";
import { cpus, totalmem } from "node:os";

import type { Work } from "./limits.ts";
import type { Sample } from "./measure.ts";
import type { Memory } from "./process.ts";

export interface Row {
  name: string;
  ours: Sample[]; // one a round
  theirs: Sample[];
  limit: Work[];
  basis: string; // what the limit is; nothing where there is none
  aim: number; // of the ratio to it
  ownOnly?: boolean; // the limit has no stores: only the server's own CPU counts
  least?: number; // operations a second that two cores have to reach
}

export interface Footprint {
  start: number; // ms
  idle: Memory;
  crowded: Memory;
}

export interface BuildTime {
  seconds: number;
  cpu: number; // seconds
}

export interface Builds {
  release?: BuildTime;
  dev?: BuildTime;
  change?: BuildTime; // of one .cc file, to a test of it that ran
}

export interface Results {
  rows: Row[];
  ours: Footprint;
  theirs: Footprint;
  size: { built: number; stripped: number }; // MiB
  page: { bytes: number; requests: number };
  builds: Builds;
}

export interface Machine {
  date: string;
  cpu: string;
  cores: number;
  memory: number; // GiB
  loadBefore: number;
  loadAfter: number;
}

export function machine(loadBefore: number, loadAfter: number): Machine {
  const cores = cpus();
  const date = new Date().toISOString().slice(0, 16).replace("T", " ") + " UTC";
  return { date, cpu: cores[0]!.model, cores: cores.length, memory: totalmem() / 2 ** 30, loadBefore, loadAfter };
}

const number = (value: number) => (value < 100 ? value.toFixed(1) : Math.round(value).toLocaleString("en"));
const mark = (met: boolean) => (met ? "met" : "**missed**");
const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

interface Rates {
  rate: number; // a second
  own: number; // for each CPU second of the server's process
  all: number; // … of server, PostgreSQL and Redis together
  p50: number;
  p99: number;
}

function ratesOf(samples: Sample[]): Rates {
  const operations = sum(samples.map((sample) => sample.operations));
  const own = sum(samples.map(({ server }) => server));
  return {
    rate: operations / sum(samples.map(({ seconds }) => seconds)),
    own: operations / own,
    all: operations / (own + sum(samples.map(({ stores }) => stores))),
    p50: median(samples.map(({ p50 }) => p50)),
    p99: median(samples.map(({ p99 }) => p99)),
  };
}

function aimOf(row: Row, ratio: number, counted: number): string {
  const aims: string[] = [];
  if (row.basis) aims.push(`≥ ${row.aim}: ${mark(ratio >= row.aim)}`);
  if (row.least) aims.push(`≥ ${number(row.least)} by two cores: ${number(2 * counted)}, ${mark(2 * counted >= row.least)}`);
  return aims.join("; ");
}

const ratioOf = (row: Row, { own, all }: Rates, bound: number) =>
  row.ownOnly ? (own / bound).toFixed(2) : `${(all / bound).toFixed(2)} (the server alone ${(own / bound).toFixed(2)})`;

function line(row: Row): string {
  const ours = ratesOf(row.ours);
  const counted = row.ownOnly ? ours.own : ours.all;
  const bound = sum(row.limit.map(({ operations }) => operations)) / sum(row.limit.map(({ cpu }) => cpu));
  const ratio = counted / bound;
  const peer = row.theirs.length > 0 ? ratesOf(row.theirs) : undefined;
  const theirs = peer && (row.ownOnly ? peer.own : peer.all);
  const cells = [
    row.name, number(ours.rate), ours.p50.toFixed(1), ours.p99.toFixed(1), number(ours.own), number(ours.all),
    row.basis ? `${number(bound)} (${row.basis})` : "–", row.basis ? ratioOf(row, ours, bound) : "–", aimOf(row, ratio, counted),
    theirs ? number(theirs) : "–", theirs ? `${(counted / theirs).toFixed(1)} ×` : "–",
  ];
  return `| ${cells.join(" | ")} |`;
}

const kHead = [
  "path", "operations/s", "p50 ms", "p99 ms", "per CPU s of the server", "per CPU s with its stores", "limit per CPU s", "ratio", "aim",
  "`oidc-provider` per CPU s", "ahead",
];

function footprint({ ours, theirs, size, page, rows }: Results): string[] {
  const memory = ({ resident, anonymous }: Memory) => `${number(resident)} MiB (${number(anonymous)} anonymous)`;
  const ahead = (own: number, other: number) => `${(other / own).toFixed(1)} ×`;
  const beside = rows.flatMap((row) => row.ours.map((sample) => sample.beside)).filter((found) => found !== undefined);
  const probe = { p50: median(beside.map(({ p50 }) => p50)), p99: median(beside.map(({ p99 }) => p99)) };
  const probed = `| user info while passwords are checked, p50 / p99 | ${number(probe.p50)} / ${number(probe.p99)} ms | p99 ≤ 10 ms: ${mark(probe.p99 <= 10)} | – | – |`;
  return [
    ...(beside.length > 0 ? [probed] : []),
    `| start to first answer, database up | ${number(ours.start)} ms | ≤ 60 ms: ${mark(ours.start <= 60)} | ${number(theirs.start)} ms | ${ahead(ours.start, theirs.start)} |`,
    `| memory resident, idle | ${memory(ours.idle)} | ≤ 15 MiB: ${mark(ours.idle.resident <= 15)} | ${memory(theirs.idle)} | ${ahead(ours.idle.resident, theirs.idle.resident)} |`,
    `| memory resident, 10,000 idle connections | ${memory(ours.crowded)} | ≤ 60 MiB: ${mark(ours.crowded.resident <= 60)} | ${memory(theirs.crowded)} | ${ahead(ours.crowded.resident, theirs.crowded.resident)} |`,
    `| the login page in a browser, styles and script included | ${number(page.bytes / 1024)} KiB, ${page.requests} requests | ≤ 30 KiB, ≤ 4: ${mark(page.bytes <= 30 * 1024 && page.requests <= 4)} | – | – |`,
    `| size of the binary | ${number(size.built)} MiB, ${number(size.stripped)} stripped | | – | – |`,
  ];
}

function buildLines({ release, dev, change }: Builds): string[] {
  const row = (what: string, time: BuildTime | undefined, most: number) =>
    time ? [`| ${what} | ${number(time.seconds)} s (${number(time.cpu)} CPU s) | ≤ ${most} s: ${mark(time.seconds <= most)} | – | – |`] : [];
  return [
    ...row("clean release build, no compiler cache", release, 480),
    ...row("clean development build, no compiler cache", dev, 240),
    ...row("one .cc file changed, to its test's result", change, 15),
  ];
}

export function tables(results: Results, at: Machine): string {
  return [
    `${at.date}; ${at.cpu}, ${at.cores} cores, ${number(at.memory)} GiB; load average before ${at.loadBefore.toFixed(1)}, after ${at.loadAfter.toFixed(1)}`,
    "",
    `| ${kHead.join(" | ")} |`,
    `|${kHead.map(() => "---").join("|")}|`,
    ...results.rows.map(line),
    "",
    "| the process | | aim | `oidc-provider` | ahead |",
    "|---|---|---|---|---|",
    ...footprint(results),
    ...buildLines(results.builds),
  ].join("\n");
}

export async function write(path: string, text: string, readme: string): Promise<void> {
  const [begin, end] = ["<!-- figures: script/bench writes between these marks -->", "<!-- end of figures -->"];
  const before = readme.indexOf(begin);
  const after = readme.indexOf(end);
  if (before < 0 || after < before) throw new Error(`${path} has no marks for the figures`);
  await writeFile(path, `${readme.slice(0, before)}${begin}\n\n${text}\n\n${readme.slice(after)}`);
}
