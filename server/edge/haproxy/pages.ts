/** The pages that the edge itself answers with. HAProxy fills `%[…]` in; a literal percent sign is written `%%`. */
export interface EdgePage {
  name: string;
  status: number;
  title: string;
  text: string;
  /** Seconds after which the browser asks again. */
  refresh?: number;
}

const waiting = 'This page asks again by itself.';
/** One page per backend `notice-<state>`, in the words of `EdgeNotice`. */
export const noticePages: readonly EdgePage[] = [
  { name: 'not-deployed', status: 503, title: 'Not deployed yet', text: `Nothing has gone live at this address so far. ${waiting}`, refresh: 5 },
  { name: 'stopped', status: 503, title: 'Stopped', text: 'This application was stopped by the people who run it.' },
  { name: 'suspended', status: 503, title: 'Suspended', text: 'This application is suspended: the people who run it have stopped it for now.' },
  { name: 'starting', status: 503, title: 'Starting', text: `The application is starting. ${waiting}`, refresh: 2 },
  { name: 'maintenance', status: 503, title: 'Back soon', text: 'This application is being worked on.' },
]; // prettier-ignore
/** What stands in for an application's answer when there is none. */
export const errorPages: readonly EdgePage[] = [
  { name: '502', status: 502, title: 'The answer broke off', text: 'The application closed the connection before it had answered.' },
  { name: '503', status: 503, title: 'No instance answers', text: 'The application is not running right now, or it has crashed. Its owners can see why in its log.' },
  { name: '504', status: 504, title: 'No answer in time', text: 'The application took longer to answer than it is allowed to.' },
]; // prettier-ignore
export const unknownHostPage: EdgePage = {
  name: 'unknown-host',
  status: 404,
  title: 'Nothing here',
  text: 'No application answers at this address. Check it for typing errors.',
};
export const dashboardPage: EdgePage = {
  name: 'dashboard',
  status: 503,
  title: 'One moment',
  text: `The dashboard is starting. Applications keep serving meanwhile. ${waiting}`,
  refresh: 2,
};
export const allPages: readonly EdgePage[] = [...noticePages, ...errorPages, unknownHostPage, dashboardPage];

const style = `
:root { color-scheme: light dark; --page: #f6f7f9; --card: #fff; --line: #e3e6ea; --text: #15181d; --quiet: #606873; --mark: #4f46e5 }
@media (prefers-color-scheme: dark) { :root { --page: #0d0f12; --card: #15181d; --line: #272c34; --text: #eceef1; --quiet: #98a1ad; --mark: #8b8cf8 } }
* { box-sizing: border-box; margin: 0 }
body { min-height: 100vh; display: grid; place-items: center; padding: 24px; background: var(--page); color: var(--text); font: 16px/1.55 system-ui, sans-serif }
main { width: 100%; max-width: 440px; padding: 32px; background: var(--card); border: 1px solid var(--line); border-radius: 14px }
main::before { content: ""; display: block; width: 36px; height: 4px; margin-bottom: 22px; border-radius: 2px; background: var(--mark) }
h1 { font-size: 22px; line-height: 1.3; letter-spacing: -.01em }
p { margin-top: 10px; color: var(--quiet); text-wrap: pretty }
footer { margin-top: 26px; padding-top: 16px; border-top: 1px solid var(--line); color: var(--quiet); font: 12px/1.5 ui-monospace, monospace; overflow-wrap: anywhere }`;

/** The page as a log-format file of HAProxy. */
export function renderPage(page: EdgePage): string {
  const refresh = page.refresh === undefined ? '' : `<meta http-equiv="refresh" content="${page.refresh}">\n`;
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
${refresh}<title>${page.title}</title>
<style>${style}
</style>
</head>
<body>
<main>
<h1>${page.title}</h1>
<p>${page.text}</p>
<footer>${page.status} &middot; request {{request}}</footer>
</main>
</body>
</html>
`;
  return html.replaceAll('%', '%%').replace('{{request}}', '%[var(txn.rid)]');
}
