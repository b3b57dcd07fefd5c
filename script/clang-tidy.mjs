// Runs clang-tidy-19 over the sources of src/ and test/support/, two at a time; tests by the fewer checks of test/.clang-tidy,
// since all of them would take twice as long. A file that was clean before is passed over while its text, the headers of this
// repository, the checks and the compiler stay the same (stamps in the user's cache, so that they outlive a fresh build). The
// precompiled headers of the build folder must be there. Usage: node script/clang-tidy.mjs BUILD_DIR [PART_OF_PATH]
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, homedir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = resolve(dirname(new URL(import.meta.url).pathname), "..");
const build = resolve(process.argv[2]);
const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "gatehouse", "clang-tidy");
mkdirSync(cache, { recursive: true });

const texts = new Map();
const read = (path) => {
  if (!texts.has(path)) texts.set(path, existsSync(path) ? readFileSync(path, "utf8") : undefined);
  return texts.get(path);
};

const checksOf = (file) => join(root, /_test\.cc$|^test\//.test(relative(root, file)) ? "test/.clang-tidy" : ".clang-tidy");

// The text of a file and of every file of this repository that it includes, in a stable order.
function fingerprint(file) {
  const seen = new Set();
  const walk = (path) => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const [, name] of (read(path) ?? "").matchAll(/^#include "([^"]+)"/gm))
      for (const base of ["src", "test"]) if (read(join(root, base, name)) !== undefined) walk(join(root, base, name));
  };
  walk(file);
  const hash = createHash("sha256").update(read(checksOf(file)));
  for (const path of [...seen].sort()) hash.update(relative(root, path)).update("\0").update(read(path));
  return hash.digest("hex");
}

// One command a file: a source that several programs compile is looked at once.
const part = process.argv[3] ?? "";
const commands = new Map();
for (const entry of JSON.parse(readFileSync(join(build, "compile_commands.json"), "utf8"))) {
  const file = resolve(entry.directory, entry.file);
  const wanted = /^(src|test\/support)\/.*\.cc$/.test(relative(root, file)) && file.includes(part);
  if (wanted && !commands.has(file)) commands.set(file, entry);
}
const files = [...commands.keys()].sort();
const database = join(build, "clang-tidy");
mkdirSync(database, { recursive: true });
writeFileSync(join(database, "compile_commands.json"), JSON.stringify([...commands.values()]));

const pending = files
  .map((file) => ({ file, stamp: join(cache, fingerprint(file)) }))
  .filter(({ stamp }) => !existsSync(stamp));

let failures = 0;
async function worker() {
  for (let next = pending.shift(); next; next = pending.shift()) {
    try {
      await run("clang-tidy-19", ["-p", database, "--quiet", `--config-file=${checksOf(next.file)}`, next.file], { maxBuffer: 64 * 1024 * 1024 });
      writeFileSync(next.stamp, "");
    } catch (error) {
      failures++;
      process.stderr.write(`${error.stdout ?? ""}${error.code === 1 ? "" : (error.stderr ?? "")}`);
    }
  }
}
process.stderr.write(`clang-tidy: ${pending.length} of ${files.length} files to look at\n`);
await Promise.all(cpus().map(worker));
process.exit(failures ? 1 : 0);
