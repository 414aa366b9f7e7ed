//! Stimuli from a CSV table beside images, as BrainIO lays them out.

use std::collections::BTreeMap;
use std::path::Path;

use super::error::StimulusError;
use super::set::Stimulus;
use super::source::Source;
use crate::naming::listed;

/// The column with the ids.
const ID: &str = "stimulus_id";

/// The column with the files, relative to the table's folder.
const FILE: &str = "filename";

/// The rows of the table as stimuli; columns other than the two become properties.
pub(super) fn stimuli(path: &Path) -> Result<Vec<Stimulus>, StimulusError> {
    let wrong = |found: String| StimulusError::Table { place: path.to_owned(), found };
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut reader = csv::Reader::from_path(path).map_err(|error| wrong(error.to_string()))?;
    let header = reader.headers().map_err(|error| wrong(error.to_string()))?.clone();
    let column = |name: &str| {
        header
            .iter()
            .position(|found| found == name)
            .ok_or_else(|| wrong(format!("it has no column {name:?}; its columns are {}", listed(header.iter(), 12))))
    };
    let (id_column, file_column) = (column(ID)?, column(FILE)?);
    let mut stimuli = Vec::new();
    for row in reader.records() {
        let row = row.map_err(|error| wrong(error.to_string()))?;
        let line = row.position().map_or(0, csv::Position::line);
        let (id, file) = (row.get(id_column).unwrap_or(""), row.get(file_column).unwrap_or(""));
        if id.is_empty() || file.is_empty() {
            return Err(wrong(format!("line {line} has no {}", if id.is_empty() { ID } else { FILE })));
        }
        let file = folder.join(file);
        if !file.is_file() {
            return Err(wrong(format!("line {line} names the file {}, which is not there", file.display())));
        }
        let properties: BTreeMap<String, String> = header
            .iter()
            .zip(row.iter())
            .filter(|(name, _)| *name != ID && *name != FILE)
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        stimuli.push(Stimulus { id: id.to_owned(), source: Source::File(file), properties });
    }
    if stimuli.is_empty() {
        return Err(StimulusError::NoStimuli { place: path.to_owned() });
    }
    Ok(stimuli)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(table: &str) -> Result<Vec<Stimulus>, StimulusError> {
        let folder = tempfile::tempdir().unwrap();
        for name in ["one.png", "two.png"] {
            std::fs::write(folder.path().join(name), b"x").unwrap();
        }
        let path = folder.path().join("stimuli.csv");
        std::fs::write(&path, table).unwrap();
        stimuli(&path)
    }

    #[test]
    fn other_columns_become_properties_and_the_order_is_the_tables() {
        let found = read("filename,object_name,stimulus_id\ntwo.png,car,b\none.png,dog,a\n").unwrap();
        assert_eq!(found.iter().map(|stimulus| stimulus.id.as_str()).collect::<Vec<_>>(), ["b", "a"]);
        assert_eq!(found[0].properties, BTreeMap::from([("object_name".to_owned(), "car".to_owned())]));
    }

    #[test]
    fn a_table_with_a_gap_is_refused_with_its_line() {
        let message = |table: &str| read(table).unwrap_err().to_string();
        assert!(
            message("stimulus_id,file\na,one.png\n")
                .ends_with("it has no column \"filename\"; its columns are \"stimulus_id\", \"file\"")
        );
        assert!(message("stimulus_id,filename\na,one.png\nb,three.png\n").contains("line 3 names the file"));
        assert!(message("stimulus_id,filename\n,one.png\n").ends_with("line 2 has no stimulus_id"));
    }
}
