//! Stages by what a user writes: `all`, `blocks`, names, patterns.

use std::collections::BTreeMap;

use super::checked::{Network, Stage};
use super::error::GraphError;

impl Network {
    /// The stages that `text` names, each once.
    ///
    /// `all` are the listed ones; `blocks` those that are not inside another (of torchvision's `layer1.0.conv1`,
    /// `layer1.0` and `layer1`, which is the same value as its last block: `layer1.0`). Anything else is a list of names
    /// and patterns (`features.*`) with commas between, in its order; a pattern's stages are in the network's.
    ///
    /// # Errors
    /// [`GraphError::UnknownStage`] for a name or a pattern that no stage has.
    pub fn select_stages(&self, text: &str) -> Result<Vec<Stage>, GraphError> {
        let mut selected: Vec<Stage> = Vec::new();
        let mut add = |stage: &Stage| {
            if selected.iter().all(|earlier| earlier.value != stage.value) {
                selected.push(stage.clone());
            }
        };
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            match part {
                "all" => self.stages().for_each(&mut add),
                "blocks" => self.blocks().into_iter().for_each(&mut add),
                pattern if pattern.contains(['*', '?', '[', '{']) => {
                    let is_match = |stage: &&Stage| names(stage).any(|name| fast_glob::glob_match(pattern, name));
                    let mut matching = self.stages().filter(is_match).peekable();
                    if matching.peek().is_none() {
                        self.stage(pattern)?;
                    }
                    matching.for_each(&mut add);
                }
                name => add(self.stage(name)?),
            }
        }
        if selected.is_empty() {
            self.stage(text)?;
        }
        Ok(selected)
    }

    fn blocks(&self) -> Vec<&Stage> {
        let values: BTreeMap<&str, &str> =
            self.stages().flat_map(|stage| names(stage).map(|name| (name, stage.value.as_str()))).collect();
        // A name whose value is that of a stage listed under one of its own parts only groups them.
        let is_group = |outer: &str| {
            let value = values.get(outer);
            self.stages().any(|stage| is_inside(&stage.name, outer) && Some(&stage.value.as_str()) == value)
        };
        let is_block = |name: &str| {
            let outer =
                name.char_indices().filter(|(_, letter)| *letter == '.').filter_map(|(place, _)| name.get(..place));
            !is_group(name) && outer.filter(|outer| values.contains_key(outer)).all(is_group)
        };
        let is_block_stage = |stage: &&Stage| {
            is_block(&stage.name) || (is_group(&stage.name) && stage.aliases.iter().any(|alias| is_block(alias)))
        };
        self.stages().filter(is_block_stage).collect()
    }
}

fn names(stage: &Stage) -> impl Iterator<Item = &str> {
    std::iter::once(stage.name.as_str()).chain(stage.aliases.iter().map(String::as_str))
}

/// Whether `inner` is a part of `outer`: `layer1.0` of `layer1`.
fn is_inside(inner: &str, outer: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.'))
}
