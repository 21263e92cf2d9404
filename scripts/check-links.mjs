// Every relative link and picture in the documents leads to a file, and every #heading to a heading.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

process.chdir(join(import.meta.dirname ?? dirname(new URL(import.meta.url).pathname), ".."));
const documents = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "*.md"], { encoding: "utf8" }).trim().split("\n").filter(existsSync);

const slug = (heading) => heading.trim().toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-");
const withoutCode = (text) => text.replace(/^```.*?^```/gms, "").replace(/`[^`\n]*`/g, (code) => code.slice(1, -1));
const headings = (file) => [...readFileSync(file, "utf8").replace(/^```.*?^```/gms, "").matchAll(/^#+ +(.*)$/gm)].map((m) => slug(m[1]));

const dead = [];
let links = 0;
for (const document of documents) {
  const text = withoutCode(readFileSync(document, "utf8"));
  for (const [, target] of text.matchAll(/\]\(([^)\s]+)(?: "[^"]*")?\)/g)) {
    if (/^(https?|mailto):/.test(target)) continue;
    links++;
    const [path, anchor] = target.split("#");
    const file = path === "" ? document : normalize(join(dirname(document), decodeURIComponent(path)));
    if (!existsSync(file)) dead.push(`${document}: ${target} leads nowhere`);
    else if (anchor && file.endsWith(".md") && !headings(file).includes(anchor)) dead.push(`${document}: ${target}: no such heading`);
  }
}
for (const line of dead) console.error(line);
if (links === 0) console.error("no links found: is this the right folder?");
console.log(`${documents.length} documents, ${links} links, ${dead.length} dead`);
process.exit(dead.length > 0 || links === 0 ? 1 : 0);
