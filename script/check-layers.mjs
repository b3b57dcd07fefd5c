// The layering rule: includes point down only (main → endpoint, worker → flow → domain → project → platform), two folders of
// endpoint/ never include each other, folders of domain/ form no cycles, endpoint/ holds no SQL and no writes. Prints each breach; exit 1.
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const below = {
  platform: ["platform"],
  project: ["project", "platform"],
  domain: ["domain", "project", "platform"],
  flow: ["flow", "domain", "project", "platform"],
  worker: ["worker", "flow", "domain", "project", "platform"],
  endpoint: ["endpoint", "flow", "domain", "project", "platform"],
  main: ["main", "endpoint", "worker", "flow", "domain", "project", "platform"],
};

function sources(folder) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? sources(path) : /\.(h|cc)$/.test(name) ? [path] : [];
  });
}

const breaches = [];
const uses = new Map(); // folder of domain/ → folders of domain/ it includes

for (const file of sources("src")) {
  const [, layer, room] = file.split("/");
  const text = readFileSync(file, "utf8");
  for (const [, target] of text.matchAll(/^#include "([^"]+)"/gm)) {
    const [targetLayer, targetRoom] = target.split("/");
    const isTest = /_test\.cc$|\/test_\w+\.h$/.test(file); // test_*.h: what the tests of one folder share
    if (isTest && targetLayer === "support") continue;
    if (!below[layer]?.includes(targetLayer)) breaches.push(`${file}: ${layer} must not include ${target}`);
    if (layer === "endpoint" && targetLayer === "endpoint" && room !== targetRoom && target.split("/").length > 2)
      breaches.push(`${file}: endpoint/${room} must not include endpoint/${targetRoom}`);
    if (layer === "domain" && targetLayer === "domain" && room !== targetRoom && !isTest) {
      if (!uses.has(room)) uses.set(room, new Set());
      uses.get(room).add(targetRoom);
    }
  }
  if (layer === "endpoint" && /postgres::(Sql|Batch|Transaction)\b/.test(text)) breaches.push(`${file}: no SQL and no writes in endpoint/: a service of domain/ is missing`);
}

function findCycle(room, trail) {
  if (trail.includes(room)) return [...trail.slice(trail.indexOf(room)), room];
  for (const next of uses.get(room) ?? []) {
    const cycle = findCycle(next, [...trail, room]);
    if (cycle) return cycle;
  }
}
for (const room of uses.keys()) {
  const cycle = findCycle(room, []);
  if (cycle) {
    breaches.push(`domain/: cycle ${cycle.join(" → ")}`);
    break;
  }
}

for (const breach of breaches) console.error(`layers: ${breach}`);
process.exit(breaches.length ? 1 : 0);
