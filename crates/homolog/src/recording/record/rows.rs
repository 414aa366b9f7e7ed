//! The responses of one stage to all stimuli while a run holds them: in memory, or in a scratch file that is read back by
//! columns.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

use ndarray::{Array2, ArrayView2, s};

/// Whether a stage's block stays in memory or goes to a scratch file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// The n × p block fits the budget.
    Resident,
    /// Rows are written to a scratch file as they come and read back by columns.
    Spilled,
}

/// Rows of one stage, (n_stimuli, n_units), written in any order and read by columns.
#[derive(Debug)]
pub enum StageRows {
    /// In memory.
    Resident(Array2<f32>),
    /// In an unnamed scratch file, row-major, which the system removes when the run ends however it ends.
    Spilled {
        /// The file.
        file: File,
        /// Rows.
        n_stimuli: usize,
        /// Columns.
        n_units: usize,
    },
}

impl StageRows {
    /// Room for `n_stimuli` rows of `n_units`; `scratch` is the folder that a spilled stage's file is made in.
    pub fn new(placement: Placement, n_stimuli: usize, n_units: usize, scratch: &Path) -> io::Result<Self> {
        match placement {
            Placement::Resident => Ok(Self::Resident(Array2::zeros((n_stimuli, n_units)))),
            Placement::Spilled => Ok(Self::Spilled { file: tempfile::tempfile_in(scratch)?, n_stimuli, n_units }),
        }
    }

    /// Number of units.
    pub fn n_units(&self) -> usize {
        match self {
            Self::Resident(rows) => rows.ncols(),
            Self::Spilled { n_units, .. } => *n_units,
        }
    }

    /// Writes `rows` from row `first` on.
    pub fn write(&mut self, first: usize, rows: ArrayView2<'_, f32>) -> io::Result<()> {
        match self {
            Self::Resident(all) => all.slice_mut(s![first..first + rows.nrows(), ..]).assign(&rows),
            Self::Spilled { file, n_units, .. } => {
                // The file lives and dies with this process, so the machine's own byte order serves.
                let rows = rows.as_standard_layout();
                let values = rows.as_slice().unwrap_or_default();
                file.write_all_at(bytemuck::cast_slice(values), position(first, *n_units, 0))?;
            }
        }
        Ok(())
    }

    /// The columns `units` of every row: (n_stimuli, units).
    pub fn columns(&self, units: Range<usize>) -> io::Result<Array2<f32>> {
        match self {
            Self::Resident(rows) => Ok(rows.slice(s![.., units]).to_owned()),
            Self::Spilled { file, n_stimuli, n_units } => {
                let mut block = Array2::zeros((*n_stimuli, units.len()));
                for (stimulus, mut row) in block.rows_mut().into_iter().enumerate() {
                    let position = position(stimulus, *n_units, units.start);
                    if let Some(values) = row.as_slice_mut() {
                        file.read_exact_at(bytemuck::cast_slice_mut(values), position)?;
                    }
                }
                Ok(block)
            }
        }
    }
}

/// Byte position of a unit of a row in the scratch file.
fn position(row: usize, n_units: usize, unit: usize) -> u64 {
    ((row as u64) * (n_units as u64) + unit as u64) * size_of::<f32>() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn rows_written_out_of_order_come_back_by_columns_the_same_from_memory_and_from_file() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for placement in [Placement::Resident, Placement::Spilled] {
            let mut rows = StageRows::new(placement, 3, 4, folder.path()).expect("room");
            rows.write(2, array![[8.0f32, 9.0, 10.0, 11.0]].view()).expect("written");
            rows.write(0, array![[0.0f32, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0]].view()).expect("written");
            let columns = rows.columns(1..3).expect("read");
            assert_eq!(columns, array![[1.0, 2.0], [5.0, 6.0], [9.0, 10.0]], "{placement:?}");
        }
    }
}
