//! The class that each image is of.

use std::collections::BTreeMap;
use std::path::Path;

use homolog::stimuli::StimulusSet;

use crate::exit::Failure;

/// Where labels come from.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Labels {
    /// What the network says to the unchanged image.
    Predicted,
    /// The number at the start of the image's name.
    Names,
    /// A table.
    Table(BTreeMap<String, usize>),
}

impl Labels {
    /// `predicted`, `names`, or a CSV file with the columns `stimulus_id` and `class`.
    pub(super) fn read(text: &str) -> Result<Self, Failure> {
        match text {
            "predicted" => Ok(Self::Predicted),
            "names" => Ok(Self::Names),
            file => Self::table(file),
        }
    }

    fn table(file: &str) -> Result<Self, Failure> {
        let refused = |why: String| {
            Failure::wrong_input(format!(
                "cannot read the labels \"{file}\": {why}. Give predicted, names, or a CSV file with the columns stimulus_id and class"
            ))
        };
        let text = std::fs::read_to_string(Path::new(file)).map_err(|problem| refused(problem.to_string()))?;
        let mut lines = text.lines().map(|line| line.split(',').map(str::trim).collect::<Vec<_>>());
        let header = lines.next().unwrap_or_default();
        let column = |name: &str| {
            let place = header.iter().position(|column| *column == name);
            place.ok_or_else(|| refused(format!("it has no column {name}")))
        };
        let (id, class) = (column("stimulus_id")?, column("class")?);
        let read = |(number, line): (usize, Vec<&str>)| {
            let label = line.get(id).zip(line.get(class).and_then(|class| class.parse().ok()));
            label
                .map(|(id, class)| ((*id).to_owned(), class))
                .ok_or_else(|| refused(format!("line {} has no class number", number + 2)))
        };
        Ok(Self::Table(lines.enumerate().map(read).collect::<Result<_, _>>()?))
    }

    /// The label of each stimulus, in the set's order; `None` where the network is to be asked.
    pub(super) fn of(&self, set: &StimulusSet) -> Result<Vec<Option<usize>>, Failure> {
        let one = |id: &str| match self {
            Self::Predicted => Ok(None),
            Self::Names => {
                let name = id.rsplit('/').next().unwrap_or(id);
                let digits: String = name.chars().take_while(char::is_ascii_digit).collect();
                let class = digits.parse().map_err(|_| {
                    Failure::wrong_input(format!(
                        "cannot tell the class of \"{id}\": its name does not begin with a number. Pass --labels FILE"
                    ))
                });
                class.map(Some)
            }
            Self::Table(table) => {
                let class = table.get(id).copied().map(Some);
                class.ok_or_else(|| Failure::wrong_input(format!("the labels have no class for the image \"{id}\"")))
            }
        };
        set.ids().map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_come_from_names_tables_or_the_network() {
        let folder = tempfile::tempdir().unwrap();
        let image = |name: &str| image::RgbImage::new(4, 4).save(folder.path().join(name)).unwrap();
        image("0012_dog.png");
        image("7.png");
        let set = StimulusSet::open(folder.path(), homolog::stimuli::IdStyle::default()).unwrap();
        assert_eq!(Labels::read("names").unwrap().of(&set).unwrap(), [Some(7), Some(12)]);
        assert_eq!(Labels::read("predicted").unwrap().of(&set).unwrap(), [None, None]);
        let file = folder.path().join("labels.csv");
        std::fs::write(&file, "stimulus_id,class\n7,3\n0012_dog,5\n").unwrap();
        assert_eq!(Labels::read(file.to_str().unwrap()).unwrap().of(&set).unwrap(), [Some(3), Some(5)]);
        std::fs::write(&file, "stimulus_id,class\n7,cat\n").unwrap();
        assert!(Labels::read(file.to_str().unwrap()).unwrap_err().message().contains("line 2"));
        assert!(Labels::read("none.csv").unwrap_err().message().contains("\"none.csv\""));
    }
}
