//! `homolog data`: the benchmarks, where their data come from, and getting them.

use std::io::{self, Write};

use clap::{Args, Subcommand};
use homolog::benchmark::fetch::{DataFile, Origin, Sources};
use homolog::benchmark::{BenchmarkSpec, benchmark, built_in_names};
use homolog::progress::Cancel;
use serde_json::json;

use crate::cancel::cancel_on_interrupt;
use crate::exit::Failure;
use crate::progress::Bars;
use crate::run_options::folders;
use crate::table::{Align, Table, printed};

/// The benchmarks, where their data come from, and getting them.
#[derive(Subcommand)]
pub(crate) enum Data {
    /// The built-in benchmarks, and whether their files are here
    List(List),
    /// One benchmark: protocol, files and their origins, what to cite
    Show(Show),
    /// Download a benchmark's files, resuming and checking their hashes
    Fetch(Fetch),
}

impl Data {
    pub(crate) fn run(self) -> Result<(), Failure> {
        match self {
            Self::List(command) => command.run(),
            Self::Show(command) => command.run(),
            Self::Fetch(command) => command.run(),
        }
    }
}

/// `homolog data list`.
#[derive(Args)]
pub(crate) struct List {
    /// One JSON object instead of a table
    #[arg(long)]
    json: bool,
}

impl List {
    fn run(self) -> Result<(), Failure> {
        let sources = sources(&[])?;
        let mut table = Table::new(&[
            ("benchmark", Align::Left),
            ("region", Align::Left),
            ("species", Align::Left),
            ("metric", Align::Left),
            ("files here", Align::Right),
            ("", Align::Left),
        ]);
        let mut listed = Vec::new();
        for name in built_in_names() {
            let spec = find(name)?;
            let here = spec.files.iter().filter(|file| matches!(sources.find(file), Ok(Some(_)))).count();
            let n_files = spec.files.len();
            listed.push(json!({
                "name": spec.name, "version": spec.version, "title": spec.title, "region": spec.region,
                "species": spec.species, "metric": spec.metric.name(), "n_files": n_files, "n_files_here": here,
            }));
            let by_hand = spec.files.iter().any(|file| matches!(file.origin, Origin::ByHand(_)));
            table.row(vec![
                spec.name.clone(),
                spec.region.clone(),
                spec.species.clone(),
                spec.metric.name(),
                format!("{here} of {n_files}"),
                if here < n_files && by_hand { "needs a folder: see data show".to_owned() } else { String::new() },
            ]);
        }
        if self.json {
            let object = json!({ "schema": "homolog.data/1", "benchmarks": listed });
            return printed(|out| writeln!(out, "{object:#}"));
        }
        printed(|out| table.write(out))
    }
}

/// `homolog data show`.
#[derive(Args)]
pub(crate) struct Show {
    /// A built-in benchmark, or a folder with a benchmark.toml
    #[arg(value_name = "NAME|PATH")]
    benchmark: String,
}

impl Show {
    fn run(self) -> Result<(), Failure> {
        let spec = find(&self.benchmark)?;
        let sources = sources(&[])?;
        printed(|out| {
            writeln!(out, "{} (version {})\n{}", spec.name, spec.version, spec.title)?;
            writeln!(out, "region {}, {}; metric {}", spec.region, spec.species, spec.metric.name())?;
            writeln!(out, "cite: {}", spec.citation.text)?;
            writeln!(out, "licence: {}", spec.licence)?;
            for note in &spec.notes {
                writeln!(out, "note: {note}")?;
            }
            spec.files.iter().try_for_each(|file| show_file(out, &sources, file))
        })
    }
}

fn show_file(out: &mut impl Write, sources: &Sources, file: &DataFile) -> io::Result<()> {
    writeln!(out, "\n{}", file.path)?;
    match sources.find(file) {
        Ok(Some(located)) => writeln!(out, "  here: {}", located.place.display())?,
        Ok(None) => writeln!(out, "  not here")?,
        Err(problem) => writeln!(out, "  {problem}")?,
    }
    match &file.origin {
        Origin::Url(url) => writeln!(out, "  origin: {url}"),
        Origin::ByHand(how) => {
            writeln!(out, "  by hand:")?;
            how.trim().lines().try_for_each(|line| writeln!(out, "    {line}"))
        }
    }
}

/// `homolog data fetch`.
#[derive(Args)]
pub(crate) struct Fetch {
    /// Built-in benchmarks, or folders with a benchmark.toml
    #[arg(required = true, value_name = "NAME|PATH")]
    benchmarks: Vec<String>,
    /// Where files are that cannot be fetched; may be repeated
    #[arg(long, value_name = "NAME=FOLDER")]
    data: Vec<String>,
}

impl Fetch {
    fn run(self) -> Result<(), Failure> {
        let (progress, cancel) = (Bars::new(), Cancel::default());
        cancel_on_interrupt(&cancel);
        let sources = sources(&self.data)?;
        for name in &self.benchmarks {
            for file in &find(name)?.files {
                let located = sources.fetch(file, &progress, &cancel).map_err(|problem| {
                    if cancel.is_cancelled() { Failure::interrupted() } else { Failure::from_error(&problem) }
                })?;
                printed(|out| writeln!(out, "{}  {}", located.sha256, located.place.display()))?;
            }
        }
        Ok(())
    }
}

fn find(name: &str) -> Result<BenchmarkSpec, Failure> {
    benchmark(name).map_err(|problem| Failure::from_error(&problem))
}

fn sources(data: &[String]) -> Result<Sources, Failure> {
    let mut sources = Sources::from_environment().map_err(|problem| Failure::from_error(&problem))?;
    sources.given = folders(data)?;
    Ok(sources)
}
