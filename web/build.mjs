// Builds dist/ from src/ and node_modules: bundles with hashed names, the icon sprite, precompressed copies, the licences
// of what went in, and manifest.json, by which the server finds it all. Deterministic; never asks the network.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const root = path.dirname(fileURLToPath(import.meta.url));
const final = path.join(root, "dist");
const out = path.join(root, `.dist-${process.pid}`); // renamed at the end: a build that fails, or a second one, harms nothing
const inside = (...parts) => path.join(root, ...parts);

process.on("exit", () => fs.rmSync(out, { recursive: true, force: true }));
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: ["src/css/app.css", ...fs.readdirSync(inside("src/ts/pages")).sort().map((f) => `src/ts/pages/${f}`)],
  bundle: true,
  format: "esm",
  splitting: true,
  target: ["es2022", "chrome111", "firefox115", "safari16.4"],
  outdir: out,
  entryNames: "[name]-[hash]",
  chunkNames: "chunk-[hash]",
  assetNames: "[name]-[hash]",
  loader: { ".woff2": "file" },
  minify: true,
  metafile: true,
  legalComments: "none",
  logLevel: "warning",
});

const manifest = {};
for (const [file, output] of Object.entries(metafile.outputs)) {
  if (!output.entryPoint) continue;
  manifest[path.basename(output.entryPoint).replace(/\.ts$/, ".js")] = {
    file: path.basename(file),
    imports: output.imports.filter((i) => i.kind === "import-statement").map((i) => path.basename(i.path)),
  };
}
// The letters of most pages: worth fetching before the style sheet asks.
const font = Object.keys(metafile.outputs).find((f) => /inter-latin-wght-normal/.test(f));
manifest["font"] = { file: path.basename(font), imports: [] };

const icons = JSON.parse(fs.readFileSync(inside("node_modules/@iconify-json/tabler/icons.json"), "utf8"));
const wanted = fs.readFileSync(inside("src/icons.txt"), "utf8").split(/\s+/).filter(Boolean).sort();
const symbols = wanted.map((name) => {
  const icon = icons.icons[name] ?? icons.icons[icons.aliases?.[name]?.parent];
  if (!icon) throw new Error(`src/icons.txt names an icon that does not exist: ${name}`);
  return `<symbol id="${name}" viewBox="0 0 24 24">${icon.body}</symbol>`;
});
const sprite = `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`;
const mark = createHash("sha256").update(sprite).digest("hex").slice(0, 8).toUpperCase();
fs.writeFileSync(path.join(out, `icons-${mark}.svg`), sprite);
manifest["icons.svg"] = { file: `icons-${mark}.svg`, imports: [] };

// The sentences scripts say: the server translates them by data/locale, whose test reads this list too.
const sentences = new Set();
for (const file of fs.readdirSync(inside("src/ts"), { recursive: true }).filter((f) => f.endsWith(".ts"))) {
  const source = fs.readFileSync(inside("src/ts", file), "utf8");
  for (const found of source.matchAll(/\bsay\(\s*"((?:[^"\\]|\\.)*)"/g)) sentences.add(JSON.parse(`"${found[1]}"`));
}
fs.writeFileSync(path.join(out, "sentences.json"), JSON.stringify([...sentences].sort(), null, 1));

// Drawings of our own, as files: the mark on the browser's tab.
for (const file of fs.readdirSync(inside("src/icons")).sort()) {
  const body = fs.readFileSync(inside("src/icons", file));
  const digest = createHash("sha256").update(body).digest("hex").slice(0, 8).toUpperCase();
  const { name, ext } = path.parse(file);
  fs.writeFileSync(path.join(out, `${name}-${digest}${ext}`), body);
  manifest[file] = { file: `${name}-${digest}${ext}`, imports: [] };
}

// MIT, 0BSD and OFL want their notices to travel with the code.
const packages = new Set(["@iconify-json/tabler"]);
for (const input of Object.keys(metafile.inputs)) {
  const found = input.match(/node_modules\/((?:@[^/]+\/)?[^/]+)/);
  if (found) packages.add(found[1]);
}
const notices = [...packages].sort().map((name) => {
  const folder = inside("node_modules", name);
  const { version, license } = JSON.parse(fs.readFileSync(path.join(folder, "package.json"), "utf8"));
  const file = fs.readdirSync(folder).find((f) => /^licen[cs]e/i.test(f));
  const text = file ? fs.readFileSync(path.join(folder, file), "utf8").trim() : "(no licence file in the package)";
  return `== ${name} ${version} (${license ?? "see text"})\n${text}\n`;
});
fs.writeFileSync(path.join(out, "THIRD_PARTY.txt"), notices.join("\n"));

fs.writeFileSync(path.join(out, "manifest.json"), JSON.stringify(Object.fromEntries(Object.entries(manifest).sort()), null, 1));
for (const file of fs.readdirSync(out).filter((f) => /\.(js|css|svg)$/.test(f))) {
  const place = path.join(out, file);
  const body = fs.readFileSync(place);
  if (body.length < 1024) continue;
  fs.writeFileSync(place + ".br", brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
  fs.writeFileSync(place + ".gz", gzipSync(body, { level: 9 }));
}

fs.rmSync(final, { recursive: true, force: true });
fs.renameSync(out, final);
