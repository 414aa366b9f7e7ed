//! The attributes of a node while it is read: typed, with ONNX's defaults, and errors that name what stands in the file.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Attribute, OpError};
use crate::network::tensor::HostTensor;

/// The attributes of one node of a file, by name.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeAttributes {
    op: &'static str,
    values: BTreeMap<String, Attribute>,
}

impl NodeAttributes {
    /// Attributes of a node of operator `op` (its ONNX name, as the registry spells it).
    pub fn new(op: &'static str, values: BTreeMap<String, Attribute>) -> Self {
        Self { op, values }
    }

    /// ONNX name of the operator.
    pub fn op(&self) -> &'static str {
        self.op
    }

    /// Whether the attribute stands in the file.
    pub fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// An error about attribute `name` of this node, with what stands in the file and what homolog can do.
    pub fn refuse(&self, name: &str, needed: impl Into<String>) -> OpError {
        let found = self.values.get(name).map_or_else(|| "that is missing".to_owned(), Attribute::in_words);
        OpError::Attribute { op: self.op, attribute: name.to_owned(), found, needed: needed.into() }
    }

    /// The integer `name`, or `default` where it is absent.
    pub fn int_or(&self, name: &str, default: i64) -> Result<i64, OpError> {
        match self.values.get(name) {
            None => Ok(default),
            Some(Attribute::Int(value)) => Ok(*value),
            Some(_) => Err(self.refuse(name, "it must be an integer")),
        }
    }

    /// The integer `name`, which must be there.
    pub fn int(&self, name: &str) -> Result<i64, OpError> {
        if self.has(name) { self.int_or(name, 0) } else { Err(self.refuse(name, "it must be an integer")) }
    }

    /// The switch `name` (0 or 1 in the file).
    pub fn switch_or(&self, name: &str, default: bool) -> Result<bool, OpError> {
        match self.int_or(name, i64::from(default))? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(self.refuse(name, "it must be 0 or 1")),
        }
    }

    /// The count `name`, at least 1.
    pub fn count_or(&self, name: &str, default: usize) -> Result<usize, OpError> {
        let value = self.int_or(name, i64::try_from(default).unwrap_or(i64::MAX))?;
        match usize::try_from(value) {
            Ok(count) if count >= 1 => Ok(count),
            _ => Err(self.refuse(name, "it must be at least 1")),
        }
    }

    /// The float `name`, or `default` where it is absent.
    pub fn float_or(&self, name: &str, default: f32) -> Result<f32, OpError> {
        match self.values.get(name) {
            None => Ok(default),
            Some(Attribute::Float(value)) => Ok(*value),
            Some(_) => Err(self.refuse(name, "it must be a float")),
        }
    }

    /// The text `name`, or `default` where it is absent.
    pub fn text_or<'a>(&'a self, name: &str, default: &'a str) -> Result<&'a str, OpError> {
        match self.values.get(name) {
            None => Ok(default),
            Some(Attribute::Text(value)) => Ok(value),
            Some(_) => Err(self.refuse(name, "it must be a text")),
        }
    }

    /// The integers `name`; `None` where they are absent.
    pub fn ints(&self, name: &str) -> Result<Option<Vec<i64>>, OpError> {
        match self.values.get(name) {
            None => Ok(None),
            Some(Attribute::Ints(values)) => Ok(Some(values.clone())),
            Some(_) => Err(self.refuse(name, "it must be a list of integers")),
        }
    }

    /// The counts `name`, each at least `least`; empty where they are absent.
    pub fn counts(&self, name: &str, least: usize) -> Result<Vec<usize>, OpError> {
        let values = self.ints(name)?.unwrap_or_default();
        values
            .into_iter()
            .map(|value| usize::try_from(value).ok().filter(|count| *count >= least))
            .collect::<Option<Vec<usize>>>()
            .ok_or_else(|| self.refuse(name, format!("each number must be at least {least}")))
    }

    /// The tensor `name`; `None` where it is absent.
    pub fn tensor(&self, name: &str) -> Result<Option<Arc<HostTensor>>, OpError> {
        match self.values.get(name) {
            None => Ok(None),
            Some(Attribute::Tensor(value)) => Ok(Some(Arc::clone(value))),
            Some(_) => Err(self.refuse(name, "it must be a tensor")),
        }
    }

    /// What a `Constant` node holds, whichever attribute it stands in; `None` where there is none.
    pub fn constant(&self) -> Result<Option<Arc<HostTensor>>, OpError> {
        for name in ["value", "value_float", "value_floats", "value_int", "value_ints"] {
            let tensor = match self.values.get(name) {
                None => continue,
                Some(Attribute::Tensor(value)) => return Ok(Some(Arc::clone(value))),
                Some(Attribute::Float(value)) => HostTensor::from_f32(&[], vec![*value]),
                Some(Attribute::Floats(values)) => HostTensor::from_f32(&[values.len()], values.clone()),
                Some(Attribute::Int(value)) => HostTensor::from_i64(&[], vec![*value]),
                Some(Attribute::Ints(values)) => HostTensor::from_i64(&[values.len()], values.clone()),
                Some(Attribute::Text(_)) => None,
            };
            return match tensor {
                Some(tensor) => Ok(Some(Arc::new(tensor))),
                None => Err(self.refuse(name, "a constant needs numbers")),
            };
        }
        Ok(None)
    }
}

impl Attribute {
    /// The value as an error message shows it.
    fn in_words(&self) -> String {
        match self {
            Self::Float(value) => format!("{value}"),
            Self::Int(value) => format!("{value}"),
            Self::Text(value) => format!("\"{value}\""),
            Self::Floats(values) => format!("{values:?}"),
            Self::Ints(values) => format!("{values:?}"),
            Self::Tensor(value) => format!("a tensor of shape {:?}", value.shape()),
        }
    }
}

/// Counts as an ONNX attribute.
pub(crate) fn ints_from(counts: &[usize]) -> Attribute {
    Attribute::Ints(counts.iter().map(|count| i64::try_from(*count).unwrap_or(i64::MAX)).collect())
}

/// A count as an ONNX attribute.
pub(crate) fn int_from(count: usize) -> Attribute {
    Attribute::Int(i64::try_from(count).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_of_another_type_is_refused_by_operator_name_and_value() {
        let values = BTreeMap::from([("group".to_owned(), Attribute::Text("two".to_owned()))]);
        let error = NodeAttributes::new("Conv", values).count_or("group", 1).expect_err("a text is no count");
        assert_eq!(error.to_string(), "Conv has attribute group \"two\"; it must be an integer");
    }

    #[test]
    fn an_absent_attribute_takes_the_default() {
        let attributes = NodeAttributes::new("Conv", BTreeMap::new());
        assert_eq!(attributes.count_or("group", 1), Ok(1));
        assert_eq!(attributes.counts("strides", 1), Ok(Vec::new()));
    }
}
