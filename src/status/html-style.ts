/** The status page's style: light and dark, wide and narrow. @module */

/** As it stands in the page; the policy of html-page.ts names its digest. */
export const pageStyle: string = `
:root{--back:#f6f7f9;--card:#fff;--text:#1b1f24;--soft:#59636e;--line:#d8dee4;--first:#0b62c4;--second:#8a5a00;--third:#c0262d;
--idle:#6e7781;--busy:#0b62c4;--good:#1a7f37;--warn:#8a5a00;--bad:#c0262d}
@media (prefers-color-scheme:dark){:root{--back:#0f1318;--card:#181d24;--text:#e6edf3;--soft:#9aa5b1;--line:#2f3741;
--first:#6cb0ff;--second:#e3b341;--third:#ff8b85;--idle:#8b949e;--busy:#6cb0ff;--good:#56d364;--warn:#e3b341;--bad:#ff8b85}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--text);font:15px/1.45 system-ui,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:76rem;margin:0 auto;padding:1.25rem 1rem 3rem}
h1{font-size:1.4rem;margin:0;overflow-wrap:anywhere}
h2{font-size:1.05rem;margin:2rem 0 .6rem}
h2 small,header p,dd span,.legend,.plot span,.links{color:var(--soft);font-weight:400;font-size:.85rem}
header p{margin:.15rem 0 1.25rem}
.badge{display:inline-block;padding:0 .55em;border:1px solid currentColor;border-radius:1em;font-size:.8rem;font-weight:600;
line-height:1.5;vertical-align:middle;color:var(--idle)}
.badge.running{color:var(--good)}
.badge.busy{color:var(--busy)}
.badge.starting,.badge.reloading,.badge.retiring,.badge.draining,.badge.stopping{color:var(--warn)}
.badge.blocked,.badge.killed{color:var(--bad)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(10.5rem,1fr));gap:.75rem;margin:0}
.tiles>div,figure,.details{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:.7rem .9rem}
.tiles dt,figcaption{font-size:.85rem;font-weight:600}
.tiles dd{margin:.1rem 0 0;overflow-wrap:anywhere}
.tiles b{display:block;font-size:1.6rem;line-height:1.25}
.tiles .bad b{color:var(--bad)}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(19rem,1fr));gap:.75rem}
figure{margin:0;min-width:0}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:0 1rem;margin:.1rem 0 .4rem;padding:0}
.legend b{color:var(--text)}
.legend li::before{content:"";display:inline-block;width:.9em;height:.2em;margin-right:.4em;vertical-align:middle;background:currentColor}
.legend .first::before{color:var(--first)}.legend .second::before{color:var(--second)}.legend .third::before{color:var(--third)}
.plot{position:relative;padding-bottom:1.3rem}
.plot svg{display:block;width:100%;height:7rem;border-bottom:1px solid var(--line)}
.plot span{position:absolute;font-size:.75rem}
.plot .top{top:0;left:0}.plot .bottom{bottom:1.35rem;left:0}.plot .from{bottom:0;left:0}.plot .to{bottom:0;right:0}
path{fill:none;stroke-width:2;vector-effect:non-scaling-stroke;stroke-linejoin:round;stroke-linecap:round}
path.first{stroke:var(--first)}path.second{stroke:var(--second)}path.third{stroke:var(--third)}
path.grid{stroke:var(--line);stroke-width:1}
.fleet{list-style:none;display:flex;flex-wrap:wrap;gap:.35rem;margin:0 0 .75rem;padding:0}
.fleet svg{display:block;width:2.5rem;height:2.5rem;color:var(--idle)}
.fleet .busy svg{color:var(--busy)}
.fleet .starting svg,.fleet .retiring svg,.fleet .draining svg{color:var(--warn)}
.fleet .blocked svg,.fleet .killed svg{color:var(--bad)}
.fleet .frame{fill:none;stroke:currentColor;stroke-width:3}
.fleet .starting .frame,.fleet .draining .frame{stroke-dasharray:6 4}
.fleet .fill{fill:currentColor;opacity:.35}
.fleet text{fill:var(--text);font-size:16px;font-weight:600}
table{width:100%;border-collapse:collapse;background:var(--card);border:1px solid var(--line);font-size:.85rem}
th,td{padding:.4rem .55rem;text-align:left;border-bottom:1px solid var(--line);vertical-align:top}
td{white-space:nowrap}
td:last-child{white-space:normal;overflow-wrap:anywhere}
.details{display:grid;grid-template-columns:minmax(9rem,max-content) 1fr;gap:.3rem 1.2rem;margin:0}
.details dt{color:var(--soft);overflow-wrap:anywhere}
.details dd{margin:0;overflow-wrap:anywhere}
a{color:var(--first)}
.old main{opacity:.55}
#lost{position:fixed;inset:auto 0 0;margin:0;padding:.6rem 1rem;background:var(--bad);color:var(--back);text-align:center;font-weight:600}
#lost:empty{display:none}
@media (max-width:75rem){
thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
table,tbody,tr,td{display:block}
table{border:0;background:none}
tr{background:var(--card);border:1px solid var(--line);border-radius:.6rem;margin-bottom:.6rem;padding:.3rem .9rem;
display:grid;grid-template-columns:repeat(auto-fill,minmax(8.5rem,1fr))}
td{border:0;padding:.25rem 0}
td:last-child{grid-column:1/-1}
.tiles{grid-template-columns:repeat(3,1fr)}
td::before{content:attr(data-name);display:block;color:var(--soft);font-size:.75rem}
}
@media (max-width:30rem){.details{grid-template-columns:1fr}.details dd{margin-bottom:.4rem}.tiles{grid-template-columns:1fr 1fr}}
`;
