//! Objectives from text.

use super::{Objective, ObjectiveError, Quantity, Term};

/// Words that stand for a quantity rather than for a stage.
const WORDS: [&str; 7] = ["logit", "probability", "direction", "cosine", "inversion", "caricature", "diversity"];

/// How deep parentheses may be nested.
const MAX_DEPTH: usize = 32;

/// Whether a stage's name may have this letter without quotes.
pub(super) fn is_name_letter(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '.' | '_' | '/')
}

/// Whether a name is one of the words and has to be quoted to stand for a stage.
pub(super) fn is_word(name: &str) -> bool {
    WORDS.contains(&name)
}

impl std::str::FromStr for Objective {
    type Err = ObjectiveError;

    /// Reads an objective; see the table of [the module](super).
    fn from_str(text: &str) -> Result<Self, ObjectiveError> {
        let mut reader = Reader { text, rest: text, depth: 0 };
        let terms = reader.sum()?;
        if reader.peek().is_some() {
            return Err(reader.expected("+, - or the end"));
        }
        Ok(Self { terms })
    }
}

struct Reader<'a> {
    text: &'a str,
    rest: &'a str,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn expected(&self, needed: &'static str) -> ObjectiveError {
        let at = self.rest.trim_start();
        let at = if at.is_empty() { "the end".to_owned() } else { at.chars().take(24).collect() };
        ObjectiveError::Unreadable { text: self.text.to_owned(), at, needed }
    }

    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start();
        self.rest.chars().next()
    }

    /// Takes `sign` if it comes next.
    fn takes(&mut self, sign: char) -> bool {
        let is_next = self.peek() == Some(sign);
        if is_next {
            self.rest = self.rest.get(sign.len_utf8()..).unwrap_or("");
        }
        is_next
    }

    fn demand(&mut self, sign: char, needed: &'static str) -> Result<(), ObjectiveError> {
        if self.takes(sign) { Ok(()) } else { Err(self.expected(needed)) }
    }

    /// Takes the longest start of letters that `is_taken`.
    fn word(&mut self, is_taken: impl Fn(char) -> bool) -> &'a str {
        self.rest = self.rest.trim_start();
        let end = self.rest.find(|letter| !is_taken(letter)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn sum(&mut self) -> Result<Vec<Term>, ObjectiveError> {
        let mut terms = Vec::new();
        let mut sign = if self.takes('-') { -1.0 } else { 1.0 };
        loop {
            let weight = sign * self.weight();
            for term in self.atom()? {
                terms.push(Term { weight: weight * term.weight, ..term });
            }
            sign = match self.peek() {
                Some('+') => 1.0,
                Some('-') => -1.0,
                _ => return Ok(terms),
            };
            self.rest = self.rest.get(1..).unwrap_or("");
        }
    }

    /// A number with a star after it, or 1.
    fn weight(&mut self) -> f64 {
        let before = self.rest;
        let number = self.number();
        match number {
            Some(number) if self.takes('*') => number,
            _ => {
                self.rest = before;
                1.0
            }
        }
    }

    /// A finite number, if one comes next.
    fn number(&mut self) -> Option<f64> {
        let is_negative = self.takes('-');
        let digits = self.word(|letter| letter.is_ascii_digit() || letter == '.');
        let mut text = digits.to_owned();
        let exponent = self.rest.strip_prefix(['e', 'E']).map(|rest| rest.strip_prefix(['-', '+']).unwrap_or(rest));
        if exponent.is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_digit())) {
            let signed = self.rest.chars().take_while(|letter| matches!(letter, 'e' | 'E' | '-' | '+')).count();
            let end = self.rest.get(signed..)?.find(|letter: char| !letter.is_ascii_digit());
            let end = end.map_or(self.rest.len(), |end| end + signed);
            text.push_str(self.rest.get(..end)?);
            self.rest = self.rest.get(end..)?;
        }
        let number: f64 = text.parse().ok().filter(|number: &f64| number.is_finite())?;
        Some(if is_negative { -number } else { number })
    }

    fn index(&mut self) -> Result<usize, ObjectiveError> {
        let before = self.rest;
        let digits = self.word(|letter| letter.is_ascii_digit());
        digits.parse().map_err(|_| {
            self.rest = before;
            self.expected("a whole number from 0")
        })
    }

    fn atom(&mut self) -> Result<Vec<Term>, ObjectiveError> {
        if self.takes('(') {
            self.depth += 1;
            if self.depth > MAX_DEPTH {
                return Err(self.expected("fewer parentheses"));
            }
            let terms = self.sum()?;
            self.demand(')', "a closing parenthesis")?;
            self.depth -= 1;
            return Ok(terms);
        }
        let is_quoted = self.peek() == Some('"');
        let before = self.rest;
        let name = self.name()?;
        let quantity = if !is_quoted && is_word(&name) { self.special(&name, before)? } else { self.units(name)? };
        Ok(vec![Term { weight: 1.0, quantity }])
    }

    /// A stage's name, quoted or plain.
    fn name(&mut self) -> Result<String, ObjectiveError> {
        if self.takes('"') {
            let end = self.rest.find('"').ok_or_else(|| self.expected("a closing quote"))?;
            let (name, rest) = self.rest.split_at(end);
            self.rest = rest.get(1..).unwrap_or("");
            return Ok(name.to_owned());
        }
        let name = self.word(is_name_letter);
        if name.is_empty() { Err(self.expected("the name of a stage")) } else { Ok(name.to_owned()) }
    }

    /// What follows a stage's name.
    fn units(&mut self, stage: String) -> Result<Quantity, ObjectiveError> {
        if self.takes(':') {
            let channel = self.index()?;
            return Ok(Quantity::Channel { stage, channel });
        }
        if !self.takes('[') {
            return Ok(Quantity::Layer { stage });
        }
        let mut place = vec![self.index()?];
        while self.takes(',') {
            place.push(self.index()?);
        }
        self.demand(']', "a comma or a closing bracket")?;
        Ok(Quantity::Unit { stage, place })
    }

    /// What follows one of the [`WORDS`].
    fn special(&mut self, word: &str, before: &'a str) -> Result<Quantity, ObjectiveError> {
        if matches!(word, "logit" | "probability") {
            self.demand(':', "a colon and a class, as in logit:281")?;
            let class = self.index()?;
            return Ok(if word == "logit" { Quantity::Logit { class } } else { Quantity::Probability { class } });
        }
        self.demand('(', "an opening parenthesis and a stage")?;
        let stage = self.name()?;
        let mut vector = Vec::new();
        while self.takes(',') {
            let channel = self.index()?;
            self.demand('=', "= and a weight, as in 3=0.5")?;
            vector.push((channel, self.number().ok_or_else(|| self.expected("a number"))?));
        }
        self.demand(')', "a closing parenthesis")?;
        let has_vector = matches!(word, "direction" | "cosine");
        if has_vector == vector.is_empty() {
            self.rest = before;
            return Err(self.expected(if has_vector {
                "channels with weights, as in direction(features.8, 3=1, 5=-0.5)"
            } else {
                "a stage alone"
            }));
        }
        Ok(match word {
            "direction" => Quantity::Direction { stage, vector },
            "cosine" => Quantity::Cosine { stage, vector },
            "inversion" => Quantity::Inversion { stage },
            "caricature" => Quantity::Caricature { stage },
            _ => Quantity::Diversity { stage },
        })
    }
}
