//! A page on which an activation atlas is moved and enlarged; it needs nothing beside it.

use std::path::Path;

use serde::Serialize;

use super::figure::{Thumbnail, escape};
use super::page::document;
use super::{ReportError, write_file};
use crate::stimuli::Image;

/// An atlas as a page shows it.
#[derive(Clone, Debug)]
pub struct AtlasPage {
    /// The heading.
    pub title: String,
    /// The command line that made it.
    pub command: String,
    /// What it shows, in a few sentences.
    pub lead: String,
    /// All icons of all layers in one picture, in rows.
    pub sprite: Image,
    /// Side of an icon in the sprite, in pixels.
    pub icon_px: usize,
    /// Cells along each side.
    pub n_cells: usize,
    /// The whole stage, and each class.
    pub layers: Vec<AtlasPageLayer>,
    /// Every image.
    pub points: Vec<AtlasPoint>,
    /// What determined it: names and values.
    pub provenance: Vec<(String, String)>,
}

/// One grid of an [`AtlasPage`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AtlasPageLayer {
    /// What it is of.
    pub name: String,
    /// Its icons.
    pub cells: Vec<AtlasPageCell>,
}

/// One icon of an [`AtlasPageLayer`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AtlasPageCell {
    /// From above.
    pub row: usize,
    /// From the left.
    pub column: usize,
    /// Side as a part of the cell's.
    pub side: f64,
    /// The icon's number in the sprite, row by row.
    pub icon: usize,
    /// How many images.
    pub n: usize,
    /// Which classes they drive, in words.
    pub classes: String,
    /// Some of the images.
    pub images: String,
}

/// One image of an [`AtlasPage`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AtlasPoint {
    /// Across, in [0, 1].
    pub x: f64,
    /// Down, in [0, 1].
    pub y: f64,
    /// Its id.
    pub id: String,
}

/// What the script reads.
#[derive(Serialize)]
struct Data<'a> {
    sprite: &'a str,
    icon_px: usize,
    per_row: usize,
    n_cells: usize,
    layers: &'a [AtlasPageLayer],
    points: &'a [AtlasPoint],
}

const STYLE: &str = r#"
#atlas{display:block;width:100%;height:min(78vh,62rem);background:var(--panel);border:1px solid var(--rule);border-radius:4px;touch-action:none;cursor:grab}
#atlas:active{cursor:grabbing}
#atlas:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.tools{display:flex;flex-wrap:wrap;gap:.5rem .9rem;align-items:center;margin:.8rem 0 .5rem}
.tools button,.tools select{font:inherit;color:inherit;background:var(--panel);border:1px solid var(--rule);border-radius:4px;padding:.2rem .65rem}
.told{min-height:3.2em;margin-top:.5rem}
"#;

const SCRIPT: &str = r#"
{const data=JSON.parse(document.getElementById("atlas-data").textContent);
const canvas=document.getElementById("atlas"),pen=canvas.getContext("2d"),told=document.getElementById("told");
const layers=document.getElementById("layer"),dots=document.getElementById("dots");
const sprite=new Image();let layer=data.layers[0],scale=1,left=0,top=0,lit=null,moved=false;
data.layers.forEach((one,i)=>layers.add(new Option(one.name,i)));
const side=()=>Math.min(canvas.clientWidth,canvas.clientHeight)*scale;
const colour=name=>getComputedStyle(document.documentElement).getPropertyValue(name);
function draw(){
 const ratio=devicePixelRatio||1,w=canvas.clientWidth,h=canvas.clientHeight;
 if(canvas.width!==Math.round(w*ratio)||canvas.height!==Math.round(h*ratio)){canvas.width=Math.round(w*ratio);canvas.height=Math.round(h*ratio)}
 pen.setTransform(ratio,0,0,ratio,0,0);pen.clearRect(0,0,w,h);
 const all=side(),cell=all/data.n_cells,px=data.icon_px;
 if(dots.checked){pen.fillStyle=colour("--quiet");for(const point of data.points){pen.beginPath();pen.arc(left+point.x*all,top+point.y*all,Math.max(1.2,scale),0,7);pen.fill()}}
 pen.imageSmoothingQuality="high";
 for(const one of layer.cells){
  const size=one.side*cell*.97,x=left+(one.column+.5)*cell-size/2,y=top+(one.row+.5)*cell-size/2;
  if(x>w||y>h||x+size<0||y+size<0)continue;
  pen.drawImage(sprite,one.icon%data.per_row*px,Math.floor(one.icon/data.per_row)*px,px,px,x,y,size,size);
  if(one===lit){pen.lineWidth=2;pen.strokeStyle=colour("--accent");pen.strokeRect(x-1,y-1,size+2,size+2)}
 }
 if(dots.checked&&scale>3){pen.fillStyle=colour("--ink");for(const point of data.points){pen.beginPath();pen.arc(left+point.x*all,top+point.y*all,1.5,0,7);pen.fill()}}
}
function home(){moved=false;scale=1;left=(canvas.clientWidth-side())/2;top=(canvas.clientHeight-side())/2;draw()}
function zoom(by,x=canvas.clientWidth/2,y=canvas.clientHeight/2){
 const next=Math.min(40,Math.max(.5,scale*by));moved=true;by=next/scale;scale=next;left=x-(x-left)*by;top=y-(y-top)*by;draw()}
function tell(one){if(one===lit)return;lit=one;
 told.textContent=one?`Row ${one.row+1}, column ${one.column+1}: ${one.n} image${one.n===1?"":"s"}. ${one.classes} ${one.images}`:"";draw()}
function at(x,y){const cell=side()/data.n_cells,column=Math.floor((x-left)/cell),row=Math.floor((y-top)/cell);
 return layer.cells.find(one=>one.row===row&&one.column===column)??null}
const fingers=new Map();
canvas.addEventListener("pointerdown",event=>{canvas.setPointerCapture(event.pointerId);fingers.set(event.pointerId,[event.offsetX,event.offsetY])});
for(const end of ["pointerup","pointercancel"])canvas.addEventListener(end,event=>fingers.delete(event.pointerId));
canvas.addEventListener("pointermove",event=>{
 const now=[event.offsetX,event.offsetY],before=fingers.get(event.pointerId);
 if(before&&fingers.size===2){const other=[...fingers].find(([id])=>id!==event.pointerId)[1];
  const far=(a,b)=>Math.hypot(a[0]-b[0],a[1]-b[1]);zoom(far(now,other)/Math.max(1,far(before,other)),other[0],other[1])}
 else if(before){moved=true;left+=now[0]-before[0];top+=now[1]-before[1];draw()}
 if(before)fingers.set(event.pointerId,now);
 tell(at(...now))});
canvas.addEventListener("wheel",event=>{event.preventDefault();zoom(Math.exp(-event.deltaY*(event.deltaMode?.05:.0016)),event.offsetX,event.offsetY)},{passive:false});
canvas.addEventListener("keydown",event=>{
 const step={ArrowLeft:[40,0],ArrowRight:[-40,0],ArrowUp:[0,40],ArrowDown:[0,-40]}[event.key];
 if(step){moved=true;left+=step[0];top+=step[1];draw()}
 else if(event.key==="+"||event.key==="=")zoom(1.3);else if(event.key==="-")zoom(1/1.3);else if(event.key==="0")home();else return;
 event.preventDefault();tell(at(canvas.clientWidth/2,canvas.clientHeight/2))});
layers.addEventListener("change",()=>{layer=data.layers[layers.value];lit=null;told.textContent="";draw()});
dots.addEventListener("change",draw);
document.getElementById("nearer").addEventListener("click",()=>zoom(1.5));
document.getElementById("farther").addEventListener("click",()=>zoom(1/1.5));
document.getElementById("whole").addEventListener("click",home);
new ResizeObserver(()=>moved?draw():home()).observe(canvas);
matchMedia("(prefers-color-scheme:dark)").addEventListener("change",draw);
sprite.addEventListener("load",home);sprite["src"]=data.sprite;home();}
"#;

impl AtlasPage {
    /// The page as one HTML document; `None` where the sprite has no picture.
    fn html(&self) -> Option<String> {
        let sprite = Thumbnail::within(&self.sprite, usize::MAX)?;
        let data = Data {
            sprite: sprite.uri(),
            icon_px: self.icon_px,
            per_row: (self.sprite.width() / self.icon_px.max(1)).max(1),
            n_cells: self.n_cells,
            layers: &self.layers,
            points: &self.points,
        };
        // A name that ends the element cannot: "<" stands for "<" in JSON all the same.
        let data = serde_json::to_string(&data).ok()?.replace('<', "\\u003c");
        let program = format!("{} {}", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
        let entry = |(name, value): &(String, String)| {
            format!("<dt>{}</dt><dd><code>{}</code></dd>", escape(name), escape(value))
        };
        let body = format!(
            "<style>{STYLE}</style><header><h1>{title}</h1><p>{lead}</p></header>\n\
             <div class=\"tools\"><label>Show <select id=\"layer\"></select></label>\
             <label><input type=\"checkbox\" id=\"dots\" checked> images as dots</label>\
             <button type=\"button\" id=\"nearer\" aria-label=\"Enlarge\">+</button>\
             <button type=\"button\" id=\"farther\" aria-label=\"Make smaller\">\u{2212}</button>\
             <button type=\"button\" id=\"whole\">Whole</button>\
             <span class=\"quiet\">Drag, scroll, pinch, or use the arrow keys, + and \u{2212}.</span></div>\n\
             <canvas id=\"atlas\" tabindex=\"0\" role=\"img\" aria-label=\"{title}\"></canvas>\n\
             <p class=\"told\" id=\"told\" aria-live=\"polite\"></p>\n\
             <script type=\"application/json\" id=\"atlas-data\">{data}</script><script>{SCRIPT}</script>\n\
             <h2>Where it comes from</h2><pre><code>{command}</code></pre>\
             <dl><dt>Program</dt><dd><code>{program}</code></dd>{provenance}</dl>\n",
            title = escape(&self.title),
            lead = escape(&self.lead),
            command = escape(&self.command),
            provenance = self.provenance.iter().map(entry).collect::<String>(),
        );
        Some(document(&self.title, &program, &body))
    }

    /// Writes the page, whole or not at all.
    ///
    /// # Errors
    /// [`ReportError::Io`] when its folder cannot be written to.
    pub fn write(&self, path: &Path) -> Result<(), ReportError> {
        let unwritten = || std::io::Error::other("the icons have no picture");
        let html = self.html().ok_or_else(|| ReportError::Io { path: path.to_path_buf(), source: unwritten() })?;
        write_file(path, html.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> AtlasPage {
        let cell = AtlasPageCell {
            row: 0,
            column: 1,
            side: 0.5,
            icon: 1,
            n: 3,
            classes: "Class </script>.".to_owned(),
            images: "a.png".to_owned(),
        };
        AtlasPage {
            title: "An <atlas>".to_owned(),
            command: "homolog atlas a&b".to_owned(),
            lead: "What a stage sees.".to_owned(),
            sprite: Image::filled(8, 4, [1, 2, 3]).unwrap(),
            icon_px: 4,
            n_cells: 2,
            layers: vec![AtlasPageLayer { name: "all images".to_owned(), cells: vec![cell] }],
            points: vec![AtlasPoint { x: 0.25, y: 0.5, id: "a.png".to_owned() }],
            provenance: vec![("Seed".to_owned(), "0".to_owned())],
        }
    }

    #[test]
    fn a_page_holds_its_icons_and_loads_nothing() {
        let html = page().html().unwrap();
        for words in ["An &lt;atlas&gt;", "a&amp;b", "data:image/png;base64,", "\"per_row\":2", "\"column\":1"] {
            assert!(html.contains(words), "{words}");
        }
        for loading in ["src=", "<link", "@import", "url(", "fetch(", "http"] {
            assert!(!html.contains(loading), "{loading}");
        }
    }

    #[test]
    fn a_name_cannot_end_the_data() {
        let html = page().html().unwrap();
        let data = html.split("id=\"atlas-data\">").nth(1).unwrap().split("</script>").next().unwrap();
        let read: serde_json::Value = serde_json::from_str(data).unwrap();
        assert_eq!(read["layers"][0]["cells"][0]["classes"], "Class </script>.");
    }
}
