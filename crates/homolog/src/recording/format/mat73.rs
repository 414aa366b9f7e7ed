//! MATLAB's version 7.3 `.mat` files, which are HDF5, and HDF5 in general.
//!
//! In a file of MATLAB every axis order is turned around (MATLAB's first axis runs fastest, HDF5's last), characters are
//! numbers, a structure is a group, a cell array is an array of references into the group `#refs#`, and a structure array is
//! a group of such arrays; the attribute `MATLAB_class` says which. Datasets without that attribute keep HDF5's order.

use std::collections::BTreeMap;

use hdf5_reader::group::Group;
use hdf5_reader::{Dataset, Hdf5File, OpenOptions};

use super::mat5::{row_major, text_array};
use super::npz::MOST_BYTES_INFLATED_FROM_ONE;
use crate::recording::array::{DataArray, Elements, checked_product};
use crate::recording::error::ContentProblem;
use crate::recording::tree::DataTree;

/// Structures in cells in structures go no deeper than this.
const DEEPEST: usize = 64;

/// The group that holds what cells and structure arrays refer to.
const REFERENCES: &str = "#refs#";

/// The variables in the bytes of a version 7.3 `.mat` file, or of another HDF5 file.
///
/// # Errors
/// [`ContentProblem`], which names the variable and what is wrong with it.
pub fn parse(bytes: Vec<u8>) -> Result<DataTree, ContentProblem> {
    let most_bytes = (bytes.len() as u64).saturating_mul(MOST_BYTES_INFLATED_FROM_ONE);
    let limit = usize::try_from(most_bytes).unwrap_or(usize::MAX);
    let options = OpenOptions::default().with_max_chunk_bytes(limit).with_max_read_bytes(limit);
    let file = Hdf5File::from_vec_with_options(bytes, options).map_err(undecodable("the HDF5 file"))?;
    let root = file.root_group().map_err(undecodable("the root group"))?;
    let (groups, datasets) = root.members().map_err(undecodable("the list of variables"))?;
    let mut reader = Reader { referred: BTreeMap::new(), bytes_left: most_bytes };
    if let Some(references) = groups.iter().find(|group| group.name() == REFERENCES) {
        let (groups, datasets) = references.members().map_err(undecodable("the group #refs#"))?;
        reader.referred.extend(groups.into_iter().map(|group| (group.address(), Object::Group(group))));
        reader
            .referred
            .extend(datasets.into_iter().map(|dataset| (dataset.address(), Object::Dataset(Box::new(dataset)))));
    }
    let mut variables = BTreeMap::new();
    for group in groups.iter().filter(|group| !group.name().starts_with('#')) {
        let place = format!("variable \"{}\"", group.name());
        variables.insert(group.name().to_owned(), reader.group(group, &place, 0)?);
    }
    for dataset in &datasets {
        let place = format!("variable \"{}\"", dataset.name());
        variables.insert(dataset.name().to_owned(), reader.dataset(dataset, &place, 0)?);
    }
    Ok(DataTree::named(variables))
}

fn undecodable<E: std::error::Error + Send + Sync + 'static>(place: &str) -> impl Fn(E) -> ContentProblem {
    let place = place.to_owned();
    move |source| ContentProblem::Undecodable { place: place.clone(), source: source.into() }
}

#[derive(Clone)]
enum Object {
    Group(Group),
    Dataset(Box<Dataset>),
}

struct Reader {
    /// What references point to, by address.
    referred: BTreeMap<u64, Object>,
    /// How much more may be decoded: references can point to one dataset over and over.
    bytes_left: u64,
}

impl Reader {
    fn spend(&mut self, n_bytes: u64, place: &str) -> Result<(), ContentProblem> {
        match self.bytes_left.checked_sub(n_bytes.max(64)) {
            Some(left) => {
                self.bytes_left = left;
                Ok(())
            }
            None => Err(ContentProblem::CutShort { place: place.to_owned(), needed: n_bytes, left: self.bytes_left }),
        }
    }

    fn group(&mut self, group: &Group, place: &str, depth: usize) -> Result<DataTree, ContentProblem> {
        self.spend(0, place)?;
        check_depth(place, depth)?;
        let (groups, datasets) = group.members().map_err(undecodable(place))?;
        let is_sparse = group.attribute("MATLAB_sparse").is_ok();
        if is_sparse {
            return Ok(DataTree::Unread { what: "a sparse matrix (save it as full(X))" });
        }
        let is_structure = group.attribute("MATLAB_class").is_ok();
        let is_array = is_structure
            && groups.is_empty()
            && !datasets.is_empty()
            && datasets.iter().all(|dataset| is_reference(dataset) && class_of(dataset).is_none());
        if is_array {
            return self.structure_array(&datasets, place, depth);
        }
        let mut fields = BTreeMap::new();
        for inner in &groups {
            let place = format!("{place}.{}", inner.name());
            fields.insert(inner.name().to_owned(), self.group(inner, &place, depth + 1)?);
        }
        for dataset in &datasets {
            let place = format!("{place}.{}", dataset.name());
            fields.insert(dataset.name().to_owned(), self.dataset(dataset, &place, depth + 1)?);
        }
        Ok(DataTree::named(fields))
    }

    fn structure_array(&mut self, datasets: &[Dataset], place: &str, depth: usize) -> Result<DataTree, ContentProblem> {
        let (mut fields, mut common) = (BTreeMap::new(), None);
        for dataset in datasets {
            let place = format!("{place}.{}", dataset.name());
            let (shape, values) = self.follow_references(dataset, &place, depth)?;
            if common.get_or_insert_with(|| shape.clone()) != &shape {
                return Err(ContentProblem::Unexpected {
                    place,
                    found: format!("of size {shape:?}"),
                    needed: "the size that the other fields of the structure array have",
                });
            }
            fields.insert(dataset.name().to_owned(), values);
        }
        Ok(DataTree::Structures { shape: common.unwrap_or_default(), fields })
    }

    fn dataset(&mut self, dataset: &Dataset, place: &str, depth: usize) -> Result<DataTree, ContentProblem> {
        check_depth(place, depth)?;
        let n_elements = dataset.num_elements().map_err(undecodable(place))?;
        self.spend(n_elements.saturating_mul(8), place)?;
        let class = class_of(dataset);
        if is_reference(dataset) {
            let (shape, cells) = self.follow_references(dataset, place, depth)?;
            return Ok(DataTree::Cells { shape, cells });
        }
        match class.as_deref() {
            None => plain_array(dataset, place),
            Some(class) if dataset.attribute("MATLAB_empty").is_ok() => empty_array(dataset, class, place),
            Some("char") => {
                let (shape, elements) = (matlab_shape(dataset, place)?, numbers(dataset, place)?);
                let Some(Elements::Integer(units)) = elements.map(widened) else {
                    return Ok(DataTree::Unread { what: "text in an encoding that is not supported" });
                };
                let units: Vec<u16> = units.into_iter().map(|unit| unit as u16).collect();
                let characters: Vec<char> = String::from_utf16_lossy(&units).chars().collect();
                text_array(&shape, &characters).map(DataTree::Array).ok_or_else(|| wrong_size(place, &shape))
            }
            Some("function_handle") => Ok(DataTree::Unread { what: "a function handle" }),
            Some(class) => {
                let shape = matlab_shape(dataset, place)?;
                let elements = match (class, numbers(dataset, place)?) {
                    (_, None) => {
                        return Ok(DataTree::Unread { what: "a MATLAB object, or complex numbers" });
                    }
                    ("logical", Some(elements)) => match widened(elements) {
                        Elements::Integer(values) => {
                            Elements::Bool(values.into_iter().map(|value| value != 0).collect())
                        }
                        other => other,
                    },
                    (_, Some(elements)) => elements,
                };
                let array = DataArray::from_column_major(shape.clone(), elements);
                array.map(DataTree::Array).ok_or_else(|| wrong_size(place, &shape))
            }
        }
    }

    /// What an array of references points to, row by row, and its shape as MATLAB has it.
    fn follow_references(
        &mut self,
        dataset: &Dataset,
        place: &str,
        depth: usize,
    ) -> Result<(Vec<usize>, Vec<DataTree>), ContentProblem> {
        let shape = matlab_shape(dataset, place)?;
        let raw = dataset.read_raw_bytes().map_err(undecodable(place))?;
        let (addresses, _) = raw.as_chunks::<8>();
        let mut entries = Vec::new();
        for (number, address) in (1..).zip(addresses) {
            let place = format!("{place}({number})");
            let object = self.referred.get(&u64::from_le_bytes(*address)).cloned();
            entries.push(match object {
                Some(Object::Group(group)) => self.group(&group, &place, depth + 1)?,
                Some(Object::Dataset(dataset)) => self.dataset(&dataset, &place, depth + 1)?,
                None => {
                    return Err(ContentProblem::Unexpected {
                        place,
                        found: "a reference to nothing".to_owned(),
                        needed: "a reference into the group #refs#",
                    });
                }
            });
        }
        if checked_product(&shape) != Some(entries.len()) {
            return Err(wrong_size(place, &shape));
        }
        Ok((shape.clone(), row_major(&shape, entries)))
    }
}

fn check_depth(place: &str, depth: usize) -> Result<(), ContentProblem> {
    if depth <= DEEPEST {
        return Ok(());
    }
    Err(ContentProblem::Unsupported {
        place: place.to_owned(),
        found: format!("nested more than {DEEPEST} levels deep"),
        next_step: "Save the array that is wanted as a variable of its own",
    })
}

fn class_of(dataset: &Dataset) -> Option<String> {
    dataset.attribute("MATLAB_class").ok()?.read_string().ok()
}

fn is_reference(dataset: &Dataset) -> bool {
    matches!(dataset.dtype(), hdf5_reader::Datatype::Reference { size: 8, .. })
}

fn hdf5_shape(dataset: &Dataset, place: &str) -> Result<Vec<usize>, ContentProblem> {
    let shape: Option<Vec<usize>> = dataset.shape().iter().map(|length| usize::try_from(*length).ok()).collect();
    shape.filter(|shape| checked_product(shape).is_some()).ok_or_else(|| wrong_size(place, &[]))
}

fn matlab_shape(dataset: &Dataset, place: &str) -> Result<Vec<usize>, ContentProblem> {
    let mut shape = hdf5_shape(dataset, place)?;
    shape.reverse();
    Ok(shape)
}

/// An array that MATLAB says is empty: what is stored is its size.
fn empty_array(dataset: &Dataset, class: &str, place: &str) -> Result<DataTree, ContentProblem> {
    if class == "char" {
        let text = DataArray::new(Vec::new(), Elements::Text(vec![String::new()]));
        return text.map(DataTree::Array).ok_or_else(|| wrong_size(place, &[]));
    }
    let size = match numbers(dataset, place)?.map(widened) {
        Some(Elements::Integer(size)) => size,
        _ => Vec::new(),
    };
    let shape: Vec<usize> = size.into_iter().filter_map(|length| usize::try_from(length).ok()).collect();
    if class == "cell" {
        return Ok(DataTree::Cells { shape, cells: Vec::new() });
    }
    let array = DataArray::new(shape.clone(), Elements::Float(Vec::new()));
    array.map(DataTree::Array).ok_or_else(|| wrong_size(place, &shape))
}

/// A dataset that is not MATLAB's, in HDF5's own order.
fn plain_array(dataset: &Dataset, place: &str) -> Result<DataTree, ContentProblem> {
    use hdf5_reader::Datatype;
    let shape = hdf5_shape(dataset, place)?;
    let elements = match dataset.dtype() {
        Datatype::String { .. } | Datatype::VarLen { .. } => {
            dataset.read_strings().map(Elements::Text).map(Some).map_err(undecodable(place))?
        }
        _ => numbers(dataset, place)?,
    };
    match elements {
        None => Ok(DataTree::Unread { what: "an HDF5 dataset that holds neither numbers nor text" }),
        Some(elements) => {
            DataArray::new(shape.clone(), elements).map(DataTree::Array).ok_or_else(|| wrong_size(place, &shape))
        }
    }
}

/// The numbers of a dataset in the order they are stored in; None when it holds something else.
fn numbers(dataset: &Dataset, place: &str) -> Result<Option<Elements>, ContentProblem> {
    use hdf5_reader::Datatype;
    fn read<T: hdf5_reader::H5Type>(dataset: &Dataset, place: &str) -> Result<Vec<T>, ContentProblem> {
        Ok(dataset.read_array::<T>().map_err(undecodable(place))?.into_raw_vec_and_offset().0)
    }
    fn integers<T: hdf5_reader::H5Type + Into<i64>>(
        dataset: &Dataset,
        place: &str,
    ) -> Result<Elements, ContentProblem> {
        Ok(Elements::Integer(read::<T>(dataset, place)?.into_iter().map(Into::into).collect()))
    }
    Ok(Some(match dataset.dtype() {
        Datatype::FixedPoint { size: 1, signed: false, .. } => Elements::Byte(read(dataset, place)?),
        Datatype::FixedPoint { size: 1, signed: true, .. } => integers::<i8>(dataset, place)?,
        Datatype::FixedPoint { size: 2, signed: false, .. } => integers::<u16>(dataset, place)?,
        Datatype::FixedPoint { size: 2, signed: true, .. } => integers::<i16>(dataset, place)?,
        Datatype::FixedPoint { size: 4, signed: false, .. } => integers::<u32>(dataset, place)?,
        Datatype::FixedPoint { size: 4, signed: true, .. } => integers::<i32>(dataset, place)?,
        Datatype::FixedPoint { size: 8, signed: true, .. } => integers::<i64>(dataset, place)?,
        Datatype::FixedPoint { size: 8, signed: false, .. } => {
            super::integers_from_u64(&read::<u64>(dataset, place)?, place)?
        }
        Datatype::FloatingPoint { size: 4, .. } => {
            Elements::Float(read::<f32>(dataset, place)?.into_iter().map(f64::from).collect())
        }
        Datatype::FloatingPoint { size: 8, .. } => Elements::Float(read(dataset, place)?),
        _ => return Ok(None),
    }))
}

fn widened(elements: Elements) -> Elements {
    match elements {
        Elements::Byte(values) => Elements::Integer(values.into_iter().map(i64::from).collect()),
        other => other,
    }
}

fn wrong_size(place: &str, shape: &[usize]) -> ContentProblem {
    ContentProblem::Unexpected {
        place: place.to_owned(),
        found: format!("of another number of elements than its size {shape:?} says"),
        needed: "as many elements as the size says",
    }
}
