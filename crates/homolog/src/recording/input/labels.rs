//! One label or number for each stimulus: categories, positions, ids.

use super::align::StimulusIds;
use super::columns::{check_column_names, content, id_column};
use super::error::InputError;
use super::location::{Kind, Location, ReadArray};
use crate::recording::coordinate::Coordinate;
use crate::recording::format::table::Table;

/// One label or number for each stimulus.
#[derive(Clone, Debug, PartialEq)]
pub struct StimulusLabels {
    /// The input, as the user named it.
    pub input: String,
    /// The value of each stimulus, of the kind that the file has.
    pub values: Coordinate,
    /// The stimuli, in the order of the values.
    pub stimuli: StimulusIds,
}

impl StimulusLabels {
    /// The values at a place: a column of a table (`table.csv:category`; its name may be left out where there is one beside the
    /// ids), or an array of one axis of numbers or text.
    ///
    /// # Errors
    /// [`InputError::File`] when the file cannot be read or has no such column; [`InputError::PartNotNamed`];
    /// [`InputError::NotAVector`]; [`InputError::RepeatedIds`].
    pub fn read(location: &Location) -> Result<StimulusLabels, InputError> {
        if location.kind() == Kind::Table {
            return Self::of_table(location);
        }
        let ReadArray { array, ids, .. } = location.array()?;
        let shape = array.shape().to_vec();
        // MATLAB has no arrays of one axis: a row or a column is one.
        if shape.iter().filter(|length| **length != 1).count() > 1 || shape.is_empty() {
            return Err(InputError::NotAVector { input: location.text.clone(), shape });
        }
        let values = array.into_elements().into_coordinate();
        let stimuli = match ids.filter(|ids| ids.len() == values.len()) {
            Some(ids) => StimulusIds::named(&location.text, ids)?,
            None => StimulusIds::Positional(values.len()),
        };
        Ok(StimulusLabels { input: location.text.clone(), values, stimuli })
    }

    fn of_table(location: &Location) -> Result<StimulusLabels, InputError> {
        let table = Table::read(&location.path)?;
        check_column_names(&location.text, &table)?;
        let content = |source| content(&location.path, source);
        let id_column = match id_column(&table).map_err(content)? {
            // A first column of text is the labels themselves where it is asked for, or where there is no other.
            Some(name)
                if name != "stimulus_id" && (location.part.as_ref() == Some(&name) || table.names().len() == 1) =>
            {
                None
            }
            id_column => id_column,
        };
        let others: Vec<&String> = table.names().iter().filter(|name| Some(*name) != id_column.as_ref()).collect();
        let column = match (&location.part, others.as_slice()) {
            (Some(name), _) => name.clone(),
            (None, [only]) => (*only).clone(),
            (None, _) => {
                let parts = others.into_iter().cloned().collect();
                return Err(InputError::PartNotNamed { input: location.text.clone(), what: "column", parts });
            }
        };
        let values = table.coordinate(&column).map_err(content)?;
        let stimuli = match id_column {
            Some(name) => StimulusIds::named(&location.text, table.column(&name).map_err(content)?.to_vec())?,
            None => StimulusIds::Positional(table.n_rows()),
        };
        Ok(StimulusLabels { input: location.text.clone(), values, stimuli })
    }

    /// The values as labels.
    pub fn texts(&self) -> Vec<String> {
        self.values.to_texts()
    }

    /// The values as numbers.
    ///
    /// # Errors
    /// [`InputError::NotANumber`], which names the first stimulus whose value is none; one without a value is none either.
    pub fn numbers(&self) -> Result<Vec<f64>, InputError> {
        let numbers = self.values.to_numbers().unwrap_or_else(|| vec![f64::NAN; self.values.len()]);
        match numbers.iter().position(|number| !number.is_finite()) {
            Some(stimulus) => Err(InputError::NotANumber {
                input: self.input.clone(),
                stimulus: self.stimuli.text(stimulus),
                found: self.texts().get(stimulus).cloned().unwrap_or_default(),
            }),
            None => Ok(numbers),
        }
    }

    /// The stimuli at these positions, in this order; positions that are not there are left out.
    pub fn select_stimuli(&self, stimuli: &[usize]) -> StimulusLabels {
        let stimuli: Vec<usize> = stimuli.iter().copied().filter(|stimulus| *stimulus < self.values.len()).collect();
        StimulusLabels {
            input: self.input.clone(),
            values: self.values.pick(&stimuli),
            stimuli: self.stimuli.select(&stimuli),
        }
    }
}
