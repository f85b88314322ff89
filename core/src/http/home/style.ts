/** How the start page looks. */
export const HOME_STYLE = `
.wide{max-width:1120px;margin:0 auto;padding:0 2rem}
.top{display:flex;align-items:center;justify-content:space-between;padding:1.3rem 0}
.top nav{display:flex;align-items:center;gap:1.4rem;font-size:.93rem}
.top nav a{color:var(--soft)}
.top nav a:hover{color:var(--ink)}
.hero{padding:4.2rem 0 3.4rem;max-width:47rem}
.hero h1{font-size:clamp(2.1rem,5vw,3.3rem);line-height:1.08;letter-spacing:-.03em}
.hero p{color:var(--soft);font-size:1.1rem;margin-top:1.2rem;max-width:40rem}
.actions{display:flex;flex-wrap:wrap;gap:.7rem;margin-top:1.9rem}
.result{border:1px solid var(--line);border-radius:16px;margin-bottom:1.6rem;overflow:hidden;background:var(--page)}
.result>header{padding:1.3rem 1.5rem .2rem}
.result h2{font-size:1.15rem}
.result header p{color:var(--soft);font-size:.93rem;margin-top:.35rem;max-width:54rem}
.chart{margin:0;padding:1rem 1.5rem .4rem}
.chart svg{display:block;width:100%;height:auto}
.chart text{font-size:11.5px;fill:var(--faint);text-anchor:end}
.chart .label{text-anchor:middle;fill:var(--soft)}
.grid line{stroke:var(--line)}
.truth{stroke:var(--truth);stroke-width:2.5;stroke-linecap:round}
.c1{fill:var(--s1);background:var(--s1)}.c2{fill:var(--s2);background:var(--s2)}.c3{fill:var(--s3);background:var(--s3)}.c4{fill:var(--s4);background:var(--s4)}.c5{fill:var(--s5);background:var(--s5)}.c6{fill:var(--s6);background:var(--s6)}
figcaption{display:flex;flex-wrap:wrap;align-items:center;gap:.35rem .45rem;padding:.2rem 0 .6rem 3.2rem;color:var(--soft);font-size:.84rem}
.key{width:.7rem;height:.7rem;border-radius:3px;margin-left:.75rem}
.key.line{height:3px;border-radius:2px;background:var(--truth);margin-left:0;width:1rem}
.unit{margin-left:.75rem;color:var(--faint)}
.scroll{overflow-x:auto;border-top:1px solid var(--line)}
table{border-collapse:collapse;width:100%;font-size:.88rem;font-variant-numeric:tabular-nums}
th{font-weight:550;color:var(--faint);text-align:right;padding:.65rem .9rem;white-space:nowrap;font-size:.82rem}
td{text-align:right;padding:.55rem .9rem;border-top:1px solid var(--line);white-space:nowrap}
th:first-child,td:first-child{text-align:left;padding-left:1.5rem}
th:last-child,td:last-child{padding-right:1.5rem}
td.word{text-align:left;color:var(--soft)}th.word{text-align:left}
tr.real td{font-weight:600;background:var(--raised)}
td.real{font-weight:600}
.empty{border:1px dashed var(--line);border-radius:16px;padding:2.2rem;color:var(--soft);display:flex;gap:1.2rem;align-items:center;justify-content:space-between;flex-wrap:wrap}
.empty code{background:var(--sunken);border-radius:7px;padding:.35rem .6rem;color:var(--ink)}
.ways{display:grid;grid-template-columns:repeat(auto-fit,minmax(240px,1fr));gap:1.2rem;padding:2.2rem 0 1rem}
.ways h3{font-size:1rem}
.ways p{color:var(--soft);font-size:.92rem;margin-top:.3rem}
footer{display:flex;flex-wrap:wrap;gap:.4rem 1.4rem;padding:2.4rem 0 3rem;color:var(--faint);font-size:.86rem;border-top:1px solid var(--line);margin-top:2rem}
footer a{color:var(--soft)}
.chart{overflow-x:auto}.chart svg{min-width:34rem}
@media (max-width:640px){.wide{padding:0 1.1rem}.hero{padding:2.4rem 0 2.2rem}.top nav{gap:.9rem}.chart{padding:1rem .6rem .2rem}}
`;
