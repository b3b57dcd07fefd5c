// Writes <build>/embedded.S: the files under migrations/, resources/ and the built web/authui, each as one .incbin, and a
// table of them. Usage: node embed.mjs SOURCE_DIR BUILD_DIR
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";

const [source, build] = process.argv.slice(2);

function filesUnder(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const path = join(folder, name);
      return statSync(path).isDirectory() ? filesUnder(path) : [path];
    });
}

const entries = ["migrations", "resources"].flatMap((root) =>
  filesUnder(join(source, root)).map((path) => ({ name: relative(source, path), path })),
);

// web/authui/build.mjs, where there is one, bundles the pages' styles and script into BUILD_DIR/web/authui.
const pagesBuild = join(source, "web/authui/build.mjs");
if (existsSync(pagesBuild)) {
  const out = join(build, "web/authui");
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  await (await import(pathToFileURL(pagesBuild))).buildPages(join(source, "web/authui"), out);
  entries.push(...filesUnder(out).map((path) => ({ name: join("web/authui", relative(out, path)), path })));
}

const quote = (text) => JSON.stringify(text);
const lines = ['  .section .note.GNU-stack,"",@progbits', "  .section .rodata"];
entries.forEach(({ name, path }, i) => {
  lines.push(`n${i}: .asciz ${quote(name)}`, `d${i}: .incbin ${quote(path)}`, `e${i}: .byte 0`);
});
lines.push("  .section .data.rel.ro,\"aw\"", "  .balign 8", "  .global gatehouse_embedded_table", "gatehouse_embedded_table:");
entries.forEach((_, i) => lines.push(`  .quad n${i}, d${i}, e${i} - d${i}`));
lines.push("  .quad 0, 0, 0", "");
writeFileSync(join(build, "embedded.S"), lines.join("\n"));
