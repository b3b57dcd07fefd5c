// The figures as Markdown, between the markers of bench/README.md.
import { writeFile } from "node:fs/promises";
import { cpus, totalmem } from "node:os";

import type { Cost } from "./measure.ts";
import type { Memory } from "./process.ts";

export interface Row {
  name: string;
  cost: Cost;
  peer: Cost | undefined;
  bound: number;
  basis: string;
  ratio: number;
  aim: number;
  server?: boolean;
}

export interface Results {
  rows: Row[];
  probe: { p50: number; p99: number } | undefined; // ms
  start: number; // ms
  idle: Memory;
  crowded: Memory;
  size: { built: number; stripped: number }; // MiB
}

export interface Machine {
  date: string;
  cpu: string;
  cores: number;
  memory: number; // GiB
  load: number;
  build: { seconds: number; what: string };
}

export function machine(load: number, build: Machine["build"]): Machine {
  const cores = cpus();
  const date = new Date().toISOString().slice(0, 16).replace("T", " ") + " UTC";
  return { date, cpu: cores[0]!.model, cores: cores.length, memory: totalmem() / 2 ** 30, load, build };
}

const number = (value: number) => (value < 100 ? value.toFixed(1) : Math.round(value).toLocaleString("en"));
const mark = (met: boolean) => (met ? "met" : "**missed**");

function line(row: Row): string {
  const { cost, peer } = row;
  const counted = row.server ? cost.perServerCpu : cost.perCpu;
  const theirs = peer && (row.server ? peer.perServerCpu : peer.perCpu);
  const cells = [
    row.name, number(cost.operations / cost.seconds), cost.p50.toFixed(1), cost.p99.toFixed(1), number(cost.perServerCpu), number(cost.perCpu),
    `${number(row.bound)} (${row.basis})`, row.ratio.toFixed(2), `≥ ${row.aim}: ${mark(row.ratio >= row.aim)}`,
    theirs ? number(theirs) : "–", theirs ? `${(counted / theirs).toFixed(1)} ×` : "–",
  ];
  return `| ${cells.join(" | ")} |`;
}

const kHead = [
  "path", "operations/s", "p50 ms", "p99 ms", "per CPU s of the server", "per CPU s with its stores", "limit per CPU s", "ratio", "aim",
  "`oidc-provider` per CPU s", "ahead",
];

export function tables(results: Results, at: Machine): string {
  const { idle, crowded, size, start, probe } = results;
  const memory = ({ resident, anonymous }: Memory) => `${number(resident)} MiB resident, ${number(anonymous)} MiB of it anonymous`;
  return [
    `${at.date}; ${at.cpu}, ${at.cores} cores, ${number(at.memory)} GiB; load average before: ${at.load.toFixed(1)}`,
    "",
    `| ${kHead.join(" | ")} |`,
    `|${kHead.map(() => "---").join("|")}|`,
    ...results.rows.map(line),
    "",
    "| the process | | aim |",
    "|---|---|---|",
    ...(probe ? [`| user info while passwords are checked, p50 / p99 | ${number(probe.p50)} / ${number(probe.p99)} ms | p99 ≤ 10 ms: ${mark(probe.p99 <= 10)} |`] : []),
    `| start to first answer | ${number(start)} ms | ≤ 60 ms: ${mark(start <= 60)} |`,
    `| memory, idle | ${memory(idle)} | ≤ 15 MiB: ${mark(idle.resident <= 15)} |`,
    `| memory with 10,000 idle connections | ${memory(crowded)} | ≤ 60 MiB: ${mark(crowded.resident <= 60)} |`,
    `| size of the binary | ${number(size.built)} MiB, ${number(size.stripped)} MiB stripped | |`,
    `| release build | ${number(at.build.seconds)} s (${at.build.what}) | ≤ 480 s: ${mark(at.build.seconds <= 480)} |`,
  ].join("\n");
}

export async function write(path: string, text: string, readme: string): Promise<void> {
  const [begin, end] = ["<!-- figures: script/bench writes between these marks -->", "<!-- end of figures -->"];
  const before = readme.indexOf(begin);
  const after = readme.indexOf(end);
  if (before < 0 || after < before) throw new Error(`${path} has no marks for the figures`);
  await writeFile(path, `${readme.slice(0, before)}${begin}\n\n${text}\n\n${readme.slice(after)}`);
}
