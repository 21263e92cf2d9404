// The rules of Dockerfile, compose.yaml and .dockerignore that matter here. No container engine is needed.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

process.chdir(join(dirname(fileURLToPath(import.meta.url)), ".."));
const faults = [];
const expect = (isTrue, fault) => { if (!isTrue) faults.push(fault); };

const text = readFileSync("Dockerfile", "utf8");
const lines = text.replace(/^\s*#.*\n/gm, "").replace(/\\\n/g, " ").split("\n").map((l) => l.trim()).filter(Boolean);
const of = (word, from = lines) => from.filter((l) => l.split(/\s/)[0].toUpperCase() === word);
const known = new Set("FROM RUN CMD LABEL EXPOSE ENV ADD COPY ENTRYPOINT VOLUME USER WORKDIR ARG STOPSIGNAL HEALTHCHECK SHELL ONBUILD".split(" "));
for (const line of lines) expect(known.has(line.split(/\s/)[0]), `no instruction: ${line.slice(0, 60)}`);

const stages = of("FROM").map((l) => l.match(/^FROM (?:--platform=\S+ )?(\S+)(?: AS (\S+))?$/));
expect(stages.every(Boolean), "a FROM is not understood");
for (const [, image] of stages) expect(/:.+/.test(image) && !image.endsWith(":latest"), `${image}: name a version`);
const names = stages.map((s) => s[2]);
for (const [, name] of text.matchAll(/COPY --from=(\S+)/g)) expect(names.includes(name), `COPY --from=${name}: no such stage`);
for (const line of of("COPY").filter((l) => !l.includes("--from="))) {
  for (const source of line.split(/\s+/).slice(1, -1)) expect(existsSync(source), `COPY ${source}: not in the project`);
}
for (const line of of("RUN").filter((l) => l.includes("apt-get install"))) {
  expect(line.includes("apt-get update") && line.includes("--no-install-recommends") && line.includes("rm -rf /var/lib/apt/lists"), "apt-get: update, --no-install-recommends and clean-up belong in one RUN");
}
for (const word of ["CMD", "ENTRYPOINT"]) for (const line of of(word)) {
  let form = null;
  try { form = JSON.parse(line.slice(word.length)); } catch { /* said below */ }
  expect(Array.isArray(form), `${word}: JSON form, so that signals arrive`);
}
expect(of("ADD").length === 0, "ADD: use COPY");

const final = lines.slice(lines.lastIndexOf(of("FROM").at(-1)));
const user = of("USER", final).at(-1)?.split(/\s+/)[1] ?? "root";
expect(/^[1-9]\d*(:[1-9]\d*)?$/.test(user), `USER ${user}: a number that is not 0, so that Kubernetes can see it is not root`);
expect(final.indexOf(of("USER", final).at(-1)) < final.indexOf(of("ENTRYPOINT", final)[0]), "USER stands before ENTRYPOINT");
expect(of("HEALTHCHECK", final).length === 1, "one HEALTHCHECK");
expect(of("VOLUME", final).join().includes("/data"), "VOLUME /data");
expect(of("EXPOSE", final).join().includes("5080"), "EXPOSE 5080");
expect(!/(ENCRYPTION_KEY|PASSWORD|TOKEN)=/.test(text), "a secret has no place in an image");
for (const major of [13, 14, 15, 16, 17, 18]) expect(text.includes(`postgresql-client-${major}`), `client tools of PostgreSQL ${major}`);
const health = of("HEALTHCHECK", final)[0] ?? "";
expect(JSON.parse(health.slice(health.indexOf("["))).length === 3, "HEALTHCHECK: JSON form");

const compose = readFileSync("compose.yaml", "utf8");
expect(!compose.includes("\t"), "compose.yaml: tabs");
for (const rule of [/read_only: true/, /cap_drop:\s+- ALL/, /no-new-privileges:true/, /tmpfs:\s+- \/tmp/, /vault-data:\/data/, /ENCRYPTION_KEY:/, /ENCRYPTION_KEY_FILE:/, /TZ:/, /user: "1000:1000"/]) {
  expect(rule.test(compose), `compose.yaml lacks ${rule.source}`);
}
expect(!/ENCRYPTION_KEY: *[0-9a-f]{64}/.test(compose), "compose.yaml holds a key");

const ignored = readFileSync(".dockerignore", "utf8").split("\n");
expect(ignored[0] === "**" && !ignored.some((l) => /^!.*(\.env|data|backups)/.test(l)), ".dockerignore lets in what was not named");

for (const fault of faults) console.error(fault);
console.log(faults.length === 0 ? "Dockerfile, compose.yaml, .dockerignore: good" : `${faults.length} faults`);
process.exit(faults.length === 0 ? 0 : 1);
