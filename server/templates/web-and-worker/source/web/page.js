const escapes = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escape = (text) => String(text).replace(/[&<>"']/g, (character) => escapes[character]);

const facts = (values) =>
  Object.entries(values)
    .map(([name, value]) => `<div><dt>${escape(name)}</dt><dd>${escape(value)}</dd></div>`)
    .join('');

export const page = ({ greeting, runtime, values }) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(greeting)}</title>
<style>
  :root { color-scheme: light dark; --ink: #14171f; --soft: #5b6472; --card: #ffffff; --line: #e4e7ec; --back: #f5f6f8; --accent: #c2571b; }
  @media (prefers-color-scheme: dark) { :root { --ink: #f3f4f6; --soft: #9aa3b2; --card: #161a22; --line: #262c38; --back: #0d1016; --accent: #f08a4b; } }
  * { box-sizing: border-box; margin: 0; }
  body { min-height: 100vh; display: grid; place-items: center; padding: 2rem; background: radial-gradient(60rem 40rem at 85% -10rem, color-mix(in srgb, var(--accent) 22%, transparent), transparent), var(--back); color: var(--ink); font: 16px/1.6 system-ui, sans-serif; }
  main { width: min(40rem, 100%); }
  .badge { display: inline-flex; align-items: center; gap: .5rem; padding: .25rem .75rem; border: 1px solid var(--line); border-radius: 99px; background: var(--card); color: var(--soft); font-size: .875rem; }
  .badge::before { content: ""; width: .5rem; height: .5rem; border-radius: 50%; background: var(--accent); }
  h1 { margin: 1.25rem 0 .75rem; font-size: clamp(2.25rem, 7vw, 3.5rem); line-height: 1.1; letter-spacing: -.03em; overflow-wrap: anywhere; }
  p { color: var(--soft); font-size: 1.125rem; }
  dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: 1px; margin-top: 2rem; border: 1px solid var(--line); border-radius: .75rem; background: var(--line); overflow: hidden; }
  dl div { padding: .9rem 1.1rem; background: var(--card); }
  dt { color: var(--soft); font-size: .8125rem; }
  dd { margin: 0; font: 600 1rem/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
  code { font: .9em ui-monospace, monospace; color: var(--ink); }
</style>
</head>
<body>
<main>
  <span class="badge">${escape(runtime)} is running</span>
  <h1>${escape(greeting)}</h1>
  <p>Edit <code>web/page.js</code>, push, and deploy: the next release takes over without a lost request.</p>
  <dl>${facts(values)}</dl>
</main>
</body>
</html>
`;
