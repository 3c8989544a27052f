/** The one stylesheet of the pages. An issuer's own colours come after it (`brand.ts`). */

export const style = `:root {
  color-scheme: light dark;
  --ground: #f4f1ec; --card: #fffefb; --text: #26211c; --soft: #6b6259; --line: #d9d1c6;
  --accent: #a33b20; --on-accent: #fff; --bad: #a4161a; --bad-ground: #fdecea;
  --low: #2f6b3c; --medium: #8a5a00; --high: #a4161a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #191614; --card: #231f1c; --text: #f0e9e1; --soft: #b5aa9e; --line: #463f38;
    --accent: #f0906f; --on-accent: #2a120a; --bad: #ff9d94; --bad-ground: #3b1d1a;
    --low: #8fd19e; --medium: #f0c36a; --high: #ff9d94;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; min-height: 100vh; display: flex; flex-direction: column; align-items: center;
  background: var(--ground); color: var(--text);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif;
}
header { width: 100%; max-width: 27rem; padding: 2.5rem 1rem 1rem; display: flex; justify-content: space-between; align-items: center; }
.mark { display: flex; align-items: center; gap: .6rem; font-weight: 650; letter-spacing: .01em; }
.mark::before { content: ""; width: 1.4rem; height: 1.4rem; border: .36rem solid var(--accent); border-radius: 50%; }
main {
  width: calc(100% - 2rem); max-width: 25rem; margin-bottom: 3rem; padding: 1.75rem;
  background: var(--card); border: 1px solid var(--line); border-radius: .75rem;
}
h1 { margin: 0 0 .25rem; font-size: 1.5rem; line-height: 1.25; overflow-wrap: anywhere; }
h2 { margin: 1.25rem 0 .5rem; font-size: 1rem; }
p { margin: .25rem 0 .75rem; overflow-wrap: anywhere; }
.soft { color: var(--soft); font-size: .925rem; }
a { color: var(--accent); text-underline-offset: .2em; }
label { display: block; margin: 1rem 0 .3rem; font-weight: 600; }
input, select {
  width: 100%; min-height: 2.75rem; padding: .5rem .75rem; font: inherit; color: inherit;
  background: var(--ground); border: 1px solid var(--soft); border-radius: .4rem;
}
input[readonly] { background: transparent; border-color: var(--line); color: var(--soft); }
.fault { margin: 0 0 .3rem; color: var(--bad); font-size: .875rem; }
input[aria-invalid="true"] { border: 2px solid var(--bad); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.hint { margin: .35rem 0 0; color: var(--soft); font-size: .875rem; }
.actions { display: flex; flex-wrap: wrap; gap: .75rem; margin-top: 1.5rem; }
button {
  flex: 1 1 8rem; min-height: 2.75rem; padding: .5rem 1rem; font: inherit; font-weight: 600; cursor: pointer;
  color: var(--on-accent); background: var(--accent); border: 1px solid var(--accent); border-radius: .4rem;
}
button.quiet { color: var(--text); background: transparent; border-color: var(--soft); }
.errors {
  margin: 1rem 0; padding: .75rem 1rem; color: var(--bad); background: var(--bad-ground);
  border-left: .3rem solid var(--bad); border-radius: .3rem;
}
.errors h2 { margin: 0 0 .25rem; }
.errors ul { margin: 0; padding-left: 1.1rem; }
.errors a { color: inherit; }
ul.scopes { list-style: none; margin: 0; padding: 0; border-top: 1px solid var(--line); }
ul.scopes li { padding: .7rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
.scope { display: flex; justify-content: space-between; align-items: baseline; gap: .75rem; }
.scope strong { font-weight: 600; }
.risk { flex: none; padding: 0 .5rem; font-size: .8rem; border: 1px solid currentColor; border-radius: 1rem; white-space: nowrap; }
.low { color: var(--low); } .medium { color: var(--medium); } .high { color: var(--high); }
ul.scopes code { color: var(--soft); font-size: .8rem; }
ul.scopes p { margin: .2rem 0 0; }
p.high { margin-top: 1rem; }
p.code { font: 600 1.5rem/1.4 ui-monospace, monospace; letter-spacing: .08em; }
article { border-top: 1px solid var(--line); margin-top: 1rem; }
fieldset { margin: 1.25rem 0 0; padding: 0; border: 0; }
legend { margin: 0 0 .5rem; padding: 0; font-weight: 650; }
.scope:has(label.choice) { align-items: center; }
label.choice { display: flex; align-items: center; gap: .75rem; min-height: 2.75rem; margin: 0; cursor: pointer; }
input[type="checkbox"] { flex: none; width: 1.35rem; min-height: 1.35rem; height: 1.35rem; accent-color: var(--accent); }
section.asked { margin: 1rem 0; padding: 0 1rem 1rem; border: 1px solid var(--line); border-radius: .5rem; }
ul.links { list-style: none; padding: 0; } .links a { display: inline-block; padding: .6rem 0; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: .85rem; }
.facts { margin-top: 1.25rem; }
.back { margin: -.75rem 0 .5rem; } .back a { display: inline-block; padding: .6rem 0; }
.done { margin: 1rem 0; padding: .6rem 1rem; border-left: .3rem solid var(--low); border-radius: .3rem; background: var(--ground); }
ul.rows { list-style: none; margin: 1rem 0 0; padding: 0; border-top: 1px solid var(--line); }
ul.rows > li {
  display: flex; justify-content: space-between; align-items: center; gap: .75rem; min-height: 2.75rem;
  padding: .5rem 0; border-bottom: 1px solid var(--line);
}
ul.rows > li > a { flex: 1; padding: .6rem 0; }
ul.rows > li > div { flex: 1; min-width: 0; overflow-wrap: anywhere; }
ul.rows p { margin: .1rem 0 0; }
ul.rows button { flex: none; }
.codes { list-style: none; padding: 1rem; margin: 1rem 0; background: var(--ground); border-radius: .4rem; }
.codes code, .key { font-size: .95rem; white-space: nowrap; }
.key { display: block; white-space: normal; overflow-wrap: anywhere; padding: .75rem; background: var(--ground); border-radius: .4rem; }
.qr { display: block; width: 13rem; max-width: 100%; height: auto; margin: 1rem auto; border-radius: .4rem; }
details { margin-top: 1.25rem; }
summary { min-height: 2.75rem; padding: .6rem 0; color: var(--accent); cursor: pointer; }
a.button {
  flex: 1 1 8rem; min-height: 2.75rem; padding: .5rem 1rem; font-weight: 600; text-align: center; text-decoration: none;
  color: var(--on-accent); background: var(--accent); border: 1px solid var(--accent); border-radius: .4rem;
}
a.quiet { color: var(--text); background: transparent; border-color: var(--soft); }
[hidden] { display: none; }
.ways { display: flex; flex-wrap: wrap; gap: 0 1.5rem; margin: 1rem 0 0; }
.ways a { padding: .6rem 0; }
.facts p { margin: .2rem 0; }
`;
