// Asks for user info every 5 ms, beside a load that another process makes.
// Usage: probe.ts ORIGIN PATH TOKEN SECONDS; prints the latencies' percentiles as one line of JSON.
import { setPriority } from "node:os";

import { Client, percentiles } from "./load.ts";

const kInterval = 5; // ms

const [origin, path, token, seconds] = process.argv.slice(2) as [string, string, string, string];
setPriority(-5); // what is measured is the server, not this process's place in the queue for a core
const client = new Client(origin);
const latencies: number[] = [];
const asked: Promise<void>[] = [];

async function ask(): Promise<void> {
  const before = performance.now();
  const { status } = await client.get(path, { authorization: `Bearer ${token}` });
  if (status !== 200) throw new Error(`user info answered ${status}`);
  latencies.push(performance.now() - before);
}

await ask();
latencies.length = 0;
await new Promise<void>((resolve) => {
  const begin = performance.now();
  const timer = setInterval(() => {
    asked.push(ask());
    if (performance.now() - begin < Number(seconds) * 1000) return;
    clearInterval(timer);
    resolve();
  }, kInterval);
});
await Promise.all(asked);
client.close();
console.log(JSON.stringify({ asked: latencies.length, ...percentiles(latencies) }));
