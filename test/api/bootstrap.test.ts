// script/bootstrap keeps Debian's services from starting while it installs, and only then.
import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { access, chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";

import { eventually } from "../support/servers.ts";

let root: string;

// Stands for /. Nothing is installed there, and apt-get says what it sees, then waits until it is told how to end.
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "gatehouse-bootstrap-"));
  await mkdir(join(root, "usr/sbin"), { recursive: true });
  await mkdir(join(root, "bin"));
  execFileSync("mkfifo", [join(root, "ends_with")]);
  const programs = {
    "dpkg-query": "exit 1",
    sudo: 'exec "$@"',
    "apt-get": `cp ${root}/usr/sbin/policy-rc.d ${root}/seen; read -r status <${root}/ends_with; exit "$status"`,
  };
  for (const [name, text] of Object.entries(programs)) {
    await writeFile(join(root, "bin", name), `#!/bin/sh\n${text}\n`);
    await chmod(join(root, "bin", name), 0o755);
  }
});
afterEach(() => rm(root, { recursive: true, force: true }));

const policy = () => join(root, "usr/sbin/policy-rc.d");
const isThere = (file: string) => access(file).then(() => true, () => false);

interface Run {
  process: ChildProcess;
  exited: Promise<unknown[]>;
  said: () => string;
}

async function begin(): Promise<Run> {
  await rm(join(root, "seen"), { force: true });
  const process_ = spawn("script/bootstrap", {
    env: { ...process.env, BOOTSTRAP_ROOT: root, PATH: `${root}/bin:${process.env["PATH"]}` },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  process_.stderr!.on("data", (part: Buffer) => (said += part.toString()));
  const exited = once(process_, "exit");
  await eventually("packages are being installed", () => isThere(join(root, "seen")));
  return { process: process_, exited, said: () => said };
}

const aptGetEnds = (status: number) => writeFile(join(root, "ends_with"), `${status}\n`);

for (const [signal, status] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]] as const) {
  test(`${signal} takes the file that keeps services away along`, async () => {
    const run = await begin();
    assert.match(await readFile(join(root, "seen"), "utf8"), /^#!\/bin\/sh\n# Written by Gatehouse.*\nexit 101\n$/);
    run.process.kill(signal);
    await aptGetEnds(1);
    assert.deepEqual(await run.exited, [status, null]);
    assert.equal(await isThere(policy()), false);
  });
}

test("what a killed run left is known as ours by the next one", async () => {
  const killed = await begin();
  killed.process.kill("SIGKILL");
  await killed.exited;
  await aptGetEnds(1);
  assert.equal(await isThere(policy()), true);
  const next = await begin();
  await aptGetEnds(1);
  assert.deepEqual(await next.exited, [1, null]);
  assert.equal(await isThere(policy()), false);
});

test("somebody else's file stays as it is", async () => {
  const theirs = "#!/bin/sh\n# nothing starts in this image\nexit 101\n";
  await writeFile(policy(), theirs);
  const run = await begin();
  run.process.kill("SIGTERM");
  await aptGetEnds(1);
  await run.exited;
  assert.equal(await readFile(policy(), "utf8"), theirs);
  assert.doesNotMatch(run.said(), /note:/);
});

test("what older runs may have left is named", async () => {
  await writeFile(policy(), "#!/bin/sh\nexit 101\n");
  const run = await begin();
  await aptGetEnds(1);
  await run.exited;
  assert.match(run.said(), /note: .*policy-rc\.d keeps every Debian package from starting its service.*\n/);
  assert.equal(await isThere(policy()), true);
});
