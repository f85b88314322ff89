const LIGHT = `--ink:#18181b;--soft:#52525b;--faint:#71717a;--line:#e4e4e7;--page:#fff;--raised:#fafafa;--sunken:#f4f4f5;--brand:#5b4ff5;--brand-soft:#eef0ff;--on-brand:#fff;
--get:#0369a1;--post:#15803d;--put:#a16207;--patch:#a16207;--delete:#b91c1c;--good:#15803d;--warn:#a16207;--bad:#b91c1c;
--code:#f8f8fa;--s1:#6366f1;--s2:#06b6d4;--s3:#10b981;--s4:#f59e0b;--s5:#ec4899;--s6:#8b5cf6;--truth:#18181b;--str:#15803d;--num:#b45309;--key:#4338ca;color-scheme:light`;
const DARK = `--ink:#f4f4f5;--soft:#a1a1aa;--faint:#8b8b95;--line:#2b2b31;--page:#0e0e11;--raised:#151518;--sunken:#1c1c21;--brand:#8b83ff;--brand-soft:#20203a;--on-brand:#0c0c0f;
--get:#7dd3fc;--post:#86efac;--put:#fde047;--patch:#fde047;--delete:#fca5a5;--good:#86efac;--warn:#fde047;--bad:#fca5a5;
--code:#141418;--s1:#818cf8;--s2:#22d3ee;--s3:#34d399;--s4:#fbbf24;--s5:#f472b6;--s6:#a78bfa;--truth:#f4f4f5;--str:#86efac;--num:#fdba74;--key:#a5b4fc;color-scheme:dark`;

/** Colours and the plainest elements of every page. No font, no image, nothing from elsewhere. */
export const BASE_STYLE = `
:root{${LIGHT};--mono:ui-monospace,SFMono-Regular,"SF Mono",Menlo,Consolas,"Liberation Mono",monospace}
@media (prefers-color-scheme:dark){:root:not([data-theme=light]){${DARK}}}
:root[data-theme=dark]{${DARK}}
*{box-sizing:border-box}
html{scroll-padding-top:1.5rem;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.6 Inter,system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;-webkit-font-smoothing:antialiased}
a{color:var(--brand);text-decoration:none}
a:hover{text-decoration:underline;text-underline-offset:3px}
h1,h2,h3{line-height:1.25;letter-spacing:-.015em;font-weight:650;margin:0}
p{margin:0}
code,pre,kbd{font-family:var(--mono);font-size:.86em}
pre{margin:0}
button,input,textarea,select{font:inherit;color:inherit}
button{cursor:pointer}
:focus-visible{outline:2px solid var(--brand);outline-offset:2px;border-radius:6px}
.mark{width:1.6rem;height:1.6rem;color:var(--brand);flex:none}
.icon{width:1rem;height:1rem;flex:none}
.brand{display:inline-flex;align-items:center;gap:.55rem;font-weight:650;letter-spacing:-.015em;color:var(--ink)}
.brand:hover{text-decoration:none}
.ghost{display:inline-grid;place-items:center;width:2rem;height:2rem;border:1px solid transparent;border-radius:8px;background:none;color:var(--soft)}
.ghost:hover{background:var(--sunken);color:var(--ink)}
.button{display:inline-flex;align-items:center;gap:.5rem;padding:.5rem .95rem;border-radius:9px;border:1px solid var(--line);background:var(--page);color:var(--ink);font-weight:550;font-size:.93rem}
.button:hover{background:var(--sunken);text-decoration:none}
.button.primary{background:var(--brand);border-color:var(--brand);color:var(--on-brand)}
.button.primary:hover{filter:brightness(1.07)}
.hidden{display:none!important}
`;
