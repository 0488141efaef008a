//! What is known of one machine, and texts of the manifest with places to fill in: `http://{private_ip}/`.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

/// What stays as it is inside an address: RFC 3986 calls it unreserved.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The words that can be filled in, in order of the alphabet.
pub const FACT_WORDS: [&str; 9] = [
    "fleet",
    "group",
    "id",
    "instance_type",
    "name",
    "private_ip",
    "public_ip",
    "region",
    "zone",
];

/// What a probe or a command is told of its machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// The fleet's name.
    pub fleet: String,
    /// The group it belongs to.
    pub group: Option<String>,
    /// Its id.
    pub id: String,
    /// Its type, as it was seen last.
    pub instance_type: String,
    /// How people call it.
    pub name: String,
    /// Its first private address.
    pub private_ip: Option<String>,
    /// Its elastic address, or its static one.
    pub public_ip: Option<String>,
    /// Its region.
    pub region: String,
    /// Its zone.
    pub zone: String,
}

impl Facts {
    /// The fact of this name; none when the machine has none, or when there is no such word.
    #[must_use]
    pub fn of(&self, word: &str) -> Option<&str> {
        match word {
            "fleet" => Some(&self.fleet),
            "group" => self.group.as_deref(),
            "id" => Some(&self.id),
            "instance_type" => Some(&self.instance_type),
            "name" => Some(&self.name),
            "private_ip" => self.private_ip.as_deref(),
            "public_ip" => self.public_ip.as_deref(),
            "region" => Some(&self.region),
            "zone" => Some(&self.zone),
            _ => None,
        }
    }

    /// Every fact that is known, by its word.
    pub fn known(&self) -> impl Iterator<Item = (&'static str, &str)> {
        FACT_WORDS
            .into_iter()
            .filter_map(|word| Some((word, self.of(word)?)))
    }
}

/// Text with words in braces that stand for facts.
///
/// Braces around anything else than small letters and underscores are text, so that a command can be
/// given a piece of JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Template(pub String);

/// A word that the machine cannot fill in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{{{0}}}` cannot be filled in: the machine has none")]
pub struct MissingFact(pub String);

impl Template {
    /// The words in braces, in order, known or not.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.pieces().filter_map(|piece| match piece {
            Piece::Word(word) => Some(word),
            Piece::Text(_) => None,
        })
    }

    /// The text with all facts filled in.
    ///
    /// # Errors
    /// [`MissingFact`] when the machine has not got what is asked for.
    pub fn fill(&self, facts: &Facts) -> Result<String, MissingFact> {
        self.fill_with(facts, str::to_owned)
    }

    /// The same for an address, in which names must not become parts of its grammar.
    ///
    /// # Errors
    /// [`MissingFact`] when the machine has not got what is asked for.
    pub fn fill_address(&self, facts: &Facts) -> Result<String, MissingFact> {
        self.fill_with(facts, |fact| utf8_percent_encode(fact, ESCAPED).to_string())
    }

    fn fill_with(
        &self,
        facts: &Facts,
        write: impl Fn(&str) -> String,
    ) -> Result<String, MissingFact> {
        let filled = self.pieces().map(|piece| match piece {
            Piece::Text(text) => Ok(text.to_owned()),
            Piece::Word(word) => {
                let fact = facts.of(word);
                fact.map(&write).ok_or_else(|| MissingFact(word.to_owned()))
            }
        });
        filled.collect()
    }

    fn pieces(&self) -> Pieces<'_> {
        Pieces { rest: &self.0 }
    }
}

impl std::fmt::Display for Template {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

enum Piece<'a> {
    Text(&'a str),
    Word(&'a str),
}

struct Pieces<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        if let Some((word, rest)) = word_at_the_start(self.rest) {
            self.rest = rest;
            return Some(Piece::Word(word));
        }
        let end = self
            .rest
            .char_indices()
            .skip(1)
            .find(|(at, _)| word_at_the_start(&self.rest[*at..]).is_some());
        let (text, rest) = self
            .rest
            .split_at(end.map_or(self.rest.len(), |(at, _)| at));
        self.rest = rest;
        Some(Piece::Text(text))
    }
}

fn word_at_the_start(text: &str) -> Option<(&str, &str)> {
    let (word, rest) = text.strip_prefix('{')?.split_once('}')?;
    let is_word = |c: char| c.is_ascii_lowercase() || c == '_';
    (!word.is_empty() && word.chars().all(is_word)).then_some((word, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        Facts {
            name: "web 1&2".to_owned(),
            private_ip: Some("10.0.0.1".to_owned()),
            ..Facts::default()
        }
    }

    #[test]
    fn facts_are_filled_in_and_other_braces_stay() {
        let filled = |text: &str| Template(text.to_owned()).fill(&facts());
        assert_eq!(
            filled("http://{private_ip}:80/{\"a\": 1}").as_deref(),
            Ok("http://10.0.0.1:80/{\"a\": 1}")
        );
        assert_eq!(filled("{}{ id }").as_deref(), Ok("{}{ id }"));
        assert_eq!(
            filled("{public_ip}"),
            Err(MissingFact("public_ip".to_owned()))
        );
    }

    #[test]
    fn a_name_cannot_become_a_part_of_an_address() {
        let address = Template("http://h/?n={name}".to_owned());
        assert_eq!(
            address.fill_address(&facts()).as_deref(),
            Ok("http://h/?n=web%201%262")
        );
    }

    #[test]
    fn every_word_that_is_listed_is_a_fact() {
        let all = Facts {
            group: Some("g".to_owned()),
            public_ip: Some("p".to_owned()),
            ..facts()
        };
        assert_eq!(all.known().count(), FACT_WORDS.len());
        assert!(FACT_WORDS.is_sorted());
    }
}
