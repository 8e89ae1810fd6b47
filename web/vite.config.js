// Builds the review page into the package: three files of fixed names, the licences, and the hash of what they were made of.

import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vite";

const OUT = "../pipeline/review/page";
const SOURCES = ["index.html", "package.json", "package-lock.json", "tsconfig.json", "vite.config.js"];
const LICENSED = ["preact", "@preact/signals", "@preact/signals-core"];

function sourcesHash() {
  const files = [...SOURCES, ...readdirSync("src").sort().map((name) => join("src", name))];
  const hash = createHash("sha256");
  for (const file of files) hash.update(`${file.replaceAll("\\", "/")}\n`).update(readFileSync(file)).update("\n");
  return `${hash.digest("hex")}\n`;
}

function packaged() {
  return {
    name: "packaged",
    closeBundle() {
      renameSync(join(OUT, "index.html"), join(OUT, "page.html"));
      const licences = LICENSED.map((name) => `${name}\n\n${readFileSync(`node_modules/${name}/LICENSE`, "utf8").trim()}\n`);
      writeFileSync(join(OUT, "LICENSES.txt"), `page.js contains:\n\n${licences.join("\n")}`);
      writeFileSync(join(OUT, "sources.sha256"), sourcesHash());
    },
  };
}

export default defineConfig({
  base: "./",
  plugins: [packaged()],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: OUT,
    emptyOutDir: true,
    modulePreload: false,
    assetsInlineLimit: 0,
    target: "es2022",
    rollupOptions: { output: { entryFileNames: "page.js", assetFileNames: "page.[ext]" } },
  },
});
