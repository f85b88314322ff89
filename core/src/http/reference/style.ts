/** How the reference looks. */
export const REFERENCE_STYLE = `
.shell{display:grid;grid-template-columns:290px minmax(0,1fr);min-height:100vh}
nav{position:sticky;top:0;height:100vh;display:flex;flex-direction:column;border-right:1px solid var(--line);background:var(--raised)}
nav header{padding:1.15rem 1.15rem .8rem;display:flex;align-items:center;justify-content:space-between}
.find{position:relative;margin:0 1rem .8rem}
.find .icon{position:absolute;left:.7rem;top:.68rem;color:var(--faint)}
.find input{width:100%;padding:.45rem 2.2rem .45rem 2.1rem;border:1px solid var(--line);border-radius:9px;background:var(--page);font-size:.9rem}
.find kbd{position:absolute;right:.6rem;top:.5rem;padding:.05rem .4rem;border:1px solid var(--line);border-radius:5px;color:var(--faint);font-size:.75rem}
.list{position:relative;overflow-y:auto;padding:0 .6rem 2rem;flex:1;overscroll-behavior:contain}
.list h2{font-size:.74rem;font-weight:600;letter-spacing:.02em;color:var(--faint);padding:1rem .55rem .3rem}
.list a{display:grid;grid-template-columns:3.1rem 1fr;gap:.45rem;align-items:baseline;padding:.27rem .55rem;border-radius:7px;color:var(--soft);font-size:.86rem;line-height:1.4}
.list a:hover{background:var(--sunken);color:var(--ink);text-decoration:none}
.list a.here{background:var(--brand-soft);color:var(--ink)}
.list a span:last-child{overflow:hidden;text-overflow:ellipsis}
.verb{font-family:var(--mono);font-size:.68rem;font-weight:650;text-transform:uppercase}
.get{color:var(--get)}.post{color:var(--post)}.put{color:var(--put)}.patch{color:var(--patch)}.delete{color:var(--delete)}
.none{padding:1rem .55rem;color:var(--faint);font-size:.88rem}
main{min-width:0}
.wide{max-width:1320px;padding:0 3rem;margin:0 auto}
.intro{padding:3.4rem 0 2.2rem;border-bottom:1px solid var(--line)}
.intro h1{font-size:2rem}
.intro>p{color:var(--soft);max-width:44rem;margin-top:.7rem}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(205px,1fr));gap:1rem;margin-top:1.8rem}
.fact{border:1px solid var(--line);border-radius:12px;padding:1rem 1.1rem;background:var(--raised)}
.fact h3{font-size:.92rem;margin-bottom:.3rem}
.fact p{color:var(--soft);font-size:.87rem;line-height:1.55}
.fact code{color:var(--ink);overflow-wrap:anywhere}
.group{padding-top:2.6rem}
.group>header{padding-bottom:.4rem}
.group>header h2{font-size:1.4rem}
.group>header p{color:var(--soft);margin-top:.35rem;max-width:46rem}
.group>header .plugin{margin-top:.5rem;display:inline-block;color:var(--faint);font-size:.8rem;font-family:var(--mono)}
.operation{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,27rem);gap:3rem;padding:2.2rem 0;border-bottom:1px solid var(--line);content-visibility:auto;contain-intrinsic-size:auto 520px}
.operation h3{font-size:1.12rem}
.address{display:flex;gap:.6rem;align-items:baseline;margin-top:.45rem;font-family:var(--mono);font-size:.84rem;color:var(--soft);overflow-wrap:anywhere}
.address .verb{font-size:.78rem}
.address em{font-style:normal;color:var(--brand)}
.text{color:var(--soft);margin-top:.8rem;max-width:44rem;white-space:pre-line}
.needs{display:inline-flex;align-items:center;gap:.4rem;margin-top:.85rem;padding:.18rem .6rem;border:1px solid var(--line);border-radius:99px;color:var(--soft);font-size:.79rem;background:var(--raised)}
.needs .icon{width:.85rem;height:.85rem}
.operation h4{margin:1.7rem 0 .2rem;font-size:.8rem;font-weight:600;color:var(--faint)}
.fields{list-style:none;margin:0;padding:0}
.fields li{padding:.62rem 0;border-top:1px solid var(--line)}
.fields li:first-child{border-top:0}
.field{display:flex;flex-wrap:wrap;gap:.25rem .55rem;align-items:baseline}
.field .name{font-weight:600;font-size:.87rem}
.type{color:var(--faint);font-family:var(--mono);font-size:.78rem;overflow-wrap:anywhere}
.must{color:var(--warn);font-size:.76rem}
.fields p{color:var(--soft);font-size:.88rem;margin-top:.12rem}
.fields .limits{color:var(--faint);font-size:.8rem}
.fields details{margin-top:.45rem}
summary{cursor:pointer;color:var(--soft);font-size:.82rem;user-select:none}
summary:hover{color:var(--ink)}
.fields details .fields{margin:.4rem 0 0;padding:.05rem .9rem;border:1px solid var(--line);border-radius:10px}
.answers details{border-top:1px solid var(--line);padding:.55rem 0}
.answers details:first-child{border-top:0}
.answers summary{display:flex;gap:.6rem;align-items:baseline;font-size:.88rem}
.answers summary::before{content:"";width:.42rem;height:.42rem;border-right:1.5px solid;border-bottom:1.5px solid;transform:rotate(-45deg);flex:none;align-self:center;opacity:.6}
.answers details[open]>summary::before{transform:rotate(45deg)}
.answers details.plain>summary{cursor:default}
.answers details.plain>summary::before{visibility:hidden}
.answers code{font-weight:600}
.s2{color:var(--good)}.s3{color:var(--get)}.s4,.sd{color:var(--warn)}.s5{color:var(--bad)}
.answers .fields{padding-left:1.1rem}
.side{position:sticky;top:1.5rem;align-self:start;min-width:0;display:grid;gap:.9rem}
.panel{border:1px solid var(--line);border-radius:12px;background:var(--code);overflow:hidden}
.panel header{display:flex;justify-content:space-between;align-items:center;padding:.35rem .4rem .35rem .95rem;border-bottom:1px solid var(--line);color:var(--faint);font-size:.78rem}
.panel header .ghost{width:1.75rem;height:1.75rem}
.panel header .done{color:var(--good)}
.panel pre{padding:.85rem .95rem;overflow:auto;max-height:21rem;font-size:.79rem;line-height:1.6;tab-size:2}
.k{color:var(--key)}.s{color:var(--str)}.n{color:var(--num)}
.try{justify-self:start}
.form{padding:.9rem .95rem;display:grid;gap:.7rem}
.form label{display:grid;gap:.2rem;font-size:.8rem;color:var(--soft)}
.form label b{font-family:var(--mono);font-weight:600;color:var(--ink)}
.form input,.form textarea{width:100%;padding:.4rem .6rem;border:1px solid var(--line);border-radius:8px;background:var(--page);font-family:var(--mono);font-size:.8rem}
.form textarea{min-height:9rem;resize:vertical;line-height:1.5}
.form .row{display:flex;gap:.6rem;align-items:center;justify-content:space-between}
.form output{font-size:.8rem;color:var(--soft)}
.operation.drop,.group.drop{display:none}
footer{padding:2.5rem 0 3.5rem;color:var(--faint);font-size:.85rem}
.menu{display:none}
@media (max-width:1180px){.operation{grid-template-columns:minmax(0,1fr);gap:1.4rem}.side{position:static}}
@media (max-width:860px){.shell{grid-template-columns:minmax(0,1fr)}nav{position:static;height:auto;border-right:0;border-bottom:1px solid var(--line)}.list{display:none}nav.open .list{display:block;max-height:60vh}.menu{display:inline-grid}.wide{padding:0 1.2rem}.intro{padding-top:2rem}}
`;
