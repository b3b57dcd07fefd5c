// nginx in front, set up as docs/operate says.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";

import { Gatehouse } from "../support/gatehouse.ts";
import { ask, freePort } from "../support/server_process.ts";
import { eventually } from "../support/servers.ts";

let gatehouse: Gatehouse;
let folder: string;
let port: number;
let stop: () => Promise<void>;

before(async () => {
  gatehouse = await Gatehouse.start({ environment: { LOG_LEVEL: "info" } });
  folder = await mkdtemp(join(tmpdir(), "gatehouse-proxy-"));
  port = await freePort();
  const [, example] = /```nginx\n(.*?)```/s.exec(await readFile(resolve(import.meta.dirname, "../../docs/operate/README.md"), "utf8"))!;
  const server = example!
    .replace("10.0.0.5:3000", new URL(gatehouse.endpoint).host.replace("localhost", "127.0.0.1"))
    .replace("listen 443 ssl http2;", `listen 127.0.0.1:${port};`)
    .replace(/^ *ssl_certificate.*\n/gm, "");
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/${name};`).join(" ");
  const user = process.getuid?.() === 0 ? "user root;" : "";
  await writeFile(
    join(folder, "nginx.conf"),
    `${user} daemon off; pid ${folder}/pid; error_log stderr error; events {} http { access_log off; ${paths}\n${server}}`,
  );
  const nginx = spawn("/usr/sbin/nginx", ["-c", join(folder, "nginx.conf"), "-p", folder, "-e", "stderr"], { stdio: ["ignore", "ignore", "inherit"] });
  stop = async () => {
    nginx.kill("SIGTERM");
    if (nginx.exitCode === null) await once(nginx, "exit");
  };
  await eventually("nginx answers", () => ask(port, "auth.example.com", "/healthz").then((answer) => answer.status === 200, () => false));
});
after(async () => {
  await stop();
  await gatehouse.stop();
  await rm(folder, { recursive: true, force: true });
});

// The client's address that Gatehouse took, of a request that comes from 127.0.0.2 through nginx.
async function clientOf(headers: Record<string, string>): Promise<string> {
  const path = `/healthz/${Math.random().toString().slice(2, 12)}`;
  const host = new URL(gatehouse.endpoint).host;
  const sent = request({ host: "127.0.0.1", localAddress: "127.0.0.2", port, path, agent: false, headers: { host, ...headers } });
  sent.end();
  const [answer] = await once(sent, "response");
  answer.resume();
  const line = await eventually("the request is logged", async () => gatehouse.logged().split("\n").find((one) => one.includes(path)));
  const record = JSON.parse(line) as { client_ip: string; host: string };
  assert.equal(record.host, host, "the Host is passed on");
  return record.client_ip;
}

test("the documented proxy says who the client is, whatever the client says", async () => {
  assert.equal(await clientOf({}), "127.0.0.2");
  assert.equal(await clientOf({ "x-forwarded-for": "192.0.2.1", forwarded: "for=192.0.2.1", "x-forwarded-proto": "https" }), "127.0.0.2");
});

test("the documented proxy tells nobody the metrics", async () => {
  assert.equal((await ask(port, "localhost", "/metrics")).status, 404);
  assert.equal((await ask(port, "localhost", "/metrics/../metrics")).status, 404);
});
