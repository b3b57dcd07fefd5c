// What the README tells application developers to type does what it says.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

import { Visitor } from "../support/account.ts";
import { Gatehouse } from "../support/gatehouse.ts";

const root = resolve(import.meta.dirname, "../..");

test("the README's snippet leads people to the sign-in page", async () => {
  const [, snippet] = /```ts\n(.*?)```/s.exec(await readFile(join(root, "README.md"), "utf8"))!;
  const gatehouse = await Gatehouse.start();
  const folder = await mkdtemp(join(root, "build/readme-")); // below the packages that it imports
  try {
    const { endpoint, demo } = gatehouse.addresses;
    const text = snippet!.replace("http://localhost:3000", endpoint).replace("http://localhost:3010", demo);
    assert.notEqual(text, snippet);
    await writeFile(join(folder, "snippet.ts"), text);
    const { stdout } = await promisify(execFile)(process.execPath, ["--disable-warning=ExperimentalWarning", join(folder, "snippet.ts")]);
    const page = await new Visitor().visit(new URL(stdout.trim()));
    assert.match(page.text, /id="login-form"/);
  } finally {
    await rm(folder, { recursive: true });
    await gatehouse.stop();
  }
});
