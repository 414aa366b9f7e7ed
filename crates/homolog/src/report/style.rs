//! The style sheet and the small script of the page.

/// Everything but figures, which bring their own.
pub(super) const PAGE: &str = r#"
:root{--paper:#fff;--ink:#1c1c1c;--quiet:#5f5f5f;--rule:#d9d6cf;--panel:#f6f4ef;--accent:#0072b2;--mark:#d3e4ef;--warn:#8a4b00;--warn-paper:#fdf1dd}
@media screen and (prefers-color-scheme:dark){:root{--paper:#15171a;--ink:#ececec;--quiet:#a8a8a8;--rule:#3a3d42;--panel:#1e2125;--accent:#5fb4f0;--mark:#25485f;--warn:#ffcf8a;--warn-paper:#3a2c14}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 "Helvetica Neue",Helvetica,Arial,"Liberation Sans","DejaVu Sans",sans-serif}
main{max-width:62rem;margin:0 auto;padding:2.2rem 1.25rem 4rem}
h1{font-size:1.7rem;line-height:1.2;margin:0 0 .3rem;font-weight:650;letter-spacing:-.01em;overflow-wrap:anywhere}
h2{font-size:1.2rem;margin:3rem 0 .2rem;padding-top:1rem;border-top:1px solid var(--rule);font-weight:650}
h3{font-size:.95rem;margin:1.8rem 0 .5rem;font-weight:650}
p{margin:.3rem 0 .8rem;max-width:46rem}
a{color:var(--accent)}
code{font:.86em ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
pre{margin:.6rem 0 0;padding:.6rem .8rem;background:var(--panel);border-radius:4px;white-space:pre-wrap;overflow-wrap:anywhere}
.quiet{color:var(--quiet)}
.badge{display:inline-block;padding:.1rem .55rem;border-radius:3px;background:var(--warn-paper);color:var(--warn);font-size:.8rem;font-weight:650;vertical-align:.18em;white-space:nowrap}
.scroll{overflow-x:auto;margin:.6rem 0 1rem}
table{border-collapse:collapse;width:100%;font-size:.84rem;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.34rem .75rem .34rem 0;border-bottom:1px solid var(--rule);vertical-align:baseline;white-space:nowrap}
th:last-child,td:last-child{padding-right:.2rem}
th{font-weight:600;color:var(--quiet);border-bottom-color:var(--ink)}
td.number,th.number{text-align:right}
td.name{white-space:normal;overflow-wrap:anywhere;min-width:6rem;max-width:16rem}
td.wrap{white-space:normal;min-width:12rem}
tr.best td{background:linear-gradient(var(--mark),var(--mark))}
th button{all:unset;cursor:pointer;color:inherit}
th button:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
th[aria-sort=ascending] button::after{content:" \2191"}
th[aria-sort=descending] button::after{content:" \2193"}
.meter{display:inline-block;width:3.5rem;height:.5rem;margin-left:.5rem;background:var(--panel);box-shadow:inset 0 0 0 1px var(--rule);vertical-align:.06em}
.meter i{display:block;height:100%;background:var(--accent)}
figure{margin:1rem 0 .4rem}
figcaption{color:var(--quiet);font-size:.85rem;max-width:46rem;margin-top:.3rem}
.row{display:flex;flex-wrap:wrap;gap:1.2rem 2rem}
.narrow{display:none}
.notes{margin:.4rem 0 .8rem;padding-left:1.1rem;max-width:46rem;font-size:.9rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;font-size:.88rem;margin:.5rem 0}
dt{color:var(--quiet)}
dd{margin:0;overflow-wrap:anywhere}
details{margin:.5rem 0}
summary{cursor:pointer;color:var(--quiet)}
.failure{border-left:3px solid var(--warn);padding:.2rem 0 .2rem .8rem;margin:.6rem 0;overflow-wrap:anywhere}
@media (max-width:44rem){main{padding:1.4rem 1rem 3rem}.wide{display:none}.narrow{display:block}h1{font-size:1.4rem}dl{grid-template-columns:1fr}dt{margin-top:.35rem}}
@media print{body{font-size:10.5pt}main{max-width:none;padding:0}h2,section>p{break-after:avoid}figure,tr,.failure{break-inside:avoid}.scroll{overflow:visible}details::details-content{content-visibility:visible}a{color:inherit}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
"#;

/// Sorts a table by the column whose heading is pressed; without it the table stands in the order of the run.
pub(super) const SORT: &str = r#"
document.querySelectorAll("table.sortable").forEach(table=>{
 const body=table.tBodies[0],heads=[...table.tHead.rows[0].cells];
 heads.forEach((head,column)=>{
  const button=document.createElement("button");button.type="button";button.textContent=head.textContent;head.replaceChildren(button);
  button.addEventListener("click",()=>{
   const up=head.getAttribute("aria-sort")==="descending";
   heads.forEach(other=>other.removeAttribute("aria-sort"));
   head.setAttribute("aria-sort",up?"ascending":"descending");
   const key=row=>row.cells[column].dataset.value??row.cells[column].textContent;
   const rows=[...body.rows].sort((a,b)=>{
    const x=key(a),y=key(b);
    if(x===""||y==="")return (x==="")-(y==="");
    const order=isNaN(x)||isNaN(y)?x.localeCompare(y,undefined,{numeric:true}):x-y;
    return up?order:-order});
   body.append(...rows)})})});
"#;
