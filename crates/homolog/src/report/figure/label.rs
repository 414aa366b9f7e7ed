//! Names that are too long for where they stand.

/// What a model is called where there is little room: the file name of a path, and of `name@weights` the name alone.
pub fn short_model_name(name: &str) -> &str {
    let named = name.split_once('@').map_or(name, |(model, _)| model);
    let named = if named.is_empty() { name } else { named };
    named.trim_end_matches('/').rsplit('/').next().filter(|end| !end.is_empty()).unwrap_or(named)
}

/// What each of several models is called where there is little room: its [`short_model_name`] where no other has the same, else
/// with the file name of its weights, else whole. Equal names stay equal.
pub fn short_model_names(names: &[String]) -> Vec<String> {
    let forms: [fn(&str) -> String; 3] =
        [|name| short_model_name(name).to_owned(), with_weights_file, |name| name.to_owned()];
    let is_clear =
        |name: &String, form: fn(&str) -> String| names.iter().all(|other| other == name || form(other) != form(name));
    names
        .iter()
        .map(|name| {
            forms.into_iter().find(|form| is_clear(name, *form)).map_or_else(|| name.clone(), |form| form(name))
        })
        .collect()
}

/// `name@file` of `name@folders/file`.
fn with_weights_file(name: &str) -> String {
    match name.split_once('@') {
        Some((model, weights)) => format!("{model}@{}", short_model_name(weights)),
        None => short_model_name(name).to_owned(),
    }
}

/// A name of at most so many letters: its beginning and its end, since names of models and stages differ at either.
pub fn shortened(name: &str, most_letters: usize) -> String {
    let letters: Vec<char> = name.chars().collect();
    if letters.len() <= most_letters {
        return name.to_owned();
    }
    let kept = most_letters.saturating_sub(1);
    let (start, end) = (kept / 2, kept - kept / 2);
    letters[..start].iter().chain(&['\u{2026}']).chain(&letters[letters.len() - end..]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_called_by_its_name_and_not_by_where_its_weights_are() {
        assert_eq!(short_model_name("squeezenet1_1@/data/weights/squeezenet1_1.pth"), "squeezenet1_1");
        assert_eq!(short_model_name("/home/me/models/vgg_face.onnx"), "vgg_face.onnx");
        assert_eq!(short_model_name("random:small?seed=1"), "random:small?seed=1");
        assert_eq!(short_model_name("@/"), "@");
    }

    #[test]
    fn models_of_one_name_are_told_apart_by_their_weights_or_by_their_folder() {
        let names = ["net@/a/first.pth", "net@/a/second.pth", "/a/own.onnx", "/b/own.onnx", "alexnet@/a/x.pth"];
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let short = ["net@first.pth", "net@second.pth", "/a/own.onnx", "/b/own.onnx", "alexnet"];
        assert_eq!(short_model_names(&names), short);
    }

    #[test]
    fn a_long_name_keeps_its_beginning_and_its_end() {
        assert_eq!(shortened("features.10", 12), "features.10");
        assert_eq!(shortened("a_very_long_name_of_a_model", 11), "a_ver\u{2026}model");
        assert_eq!(shortened("abc", 0), "\u{2026}");
    }
}
