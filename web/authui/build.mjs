// Builds the hosted pages: one style sheet and one script, minified and named by their content, the templates, and
// manifest.json, which says how the two are named: {"app.css": "app.<hash>.css", "app.js": "app.<hash>.js"}.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

async function bundle(entry) {
  const result = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    target: "esnext",
    format: "iife",
    charset: "utf8",
    legalComments: "none",
    logLevel: "warning",
  });
  return result.outputFiles[0].contents;
}

// Blank lines and line breaks between tags are for the reader of the template.
function tidy(template) {
  return template.replaceAll(/\n\s*\n/g, "\n").trimEnd();
}

export async function buildPages(sourceDir, outDir) {
  const manifest = {};
  for (const [name, entry] of [
    ["app.css", "styles/app.css"],
    ["app.js", "src/app.ts"],
  ]) {
    const content = await bundle(join(sourceDir, entry));
    const hash = createHash("sha256").update(content).digest("hex").slice(0, 12);
    manifest[name] = name.replace(".", `.${hash}.`);
    writeFileSync(join(outDir, manifest[name]), content);
  }
  writeFileSync(join(outDir, "manifest.json"), JSON.stringify(manifest));

  mkdirSync(join(outDir, "templates"), { recursive: true });
  for (const file of readdirSync(join(sourceDir, "templates"))) {
    writeFileSync(join(outDir, "templates", file), tidy(readFileSync(join(sourceDir, "templates", file), "utf8")));
  }
}
