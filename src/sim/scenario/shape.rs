//! What YAML or its shape has against a scenario, in words short enough to be read.

/// Unknown keys further away than so many letters are no slips of the finger.
const SLIP_LETTERS_MAX: usize = 3;

/// Known keys that are told in full; where there are more, the schema tells them.
const KNOWN_TOLD_MAX: usize = 12;

/// Not YAML, or not of a scenario's shape. Names key, line and column.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", shortened(.whole).as_deref().unwrap_or(.whole))]
pub struct ShapeError {
    whole: String,
}

impl ShapeError {
    /// The reader's own words, with every key it would have taken.
    #[must_use]
    pub fn whole(&self) -> &str {
        &self.whole
    }
}

impl From<&serde_yaml::Error> for ShapeError {
    fn from(error: &serde_yaml::Error) -> Self {
        Self {
            whole: error.to_string(),
        }
    }
}

/// The reader answers an unknown key with every known one; the nearest says more.
fn shortened(told: &str) -> Option<String> {
    let (before, rest) = told.split_once(", expected one of ")?;
    let (_, key) = before.split_once("unknown field `")?;
    let key = key.trim_end_matches('`');
    let (list, place) = rest.rsplit_once(" at line ")?;
    let known: Vec<&str> = list
        .split(", ")
        .map(|name| name.trim_matches('`'))
        .collect();
    let nearest = known
        .iter()
        .min_by_key(|name| strsim::osa_distance(key, name))?;
    let hint = if strsim::osa_distance(key, nearest) <= SLIP_LETTERS_MAX {
        format!("; did you mean `{nearest}`?")
    } else if known.len() <= KNOWN_TOLD_MAX {
        format!("; known here: {}", known.join(", "))
    } else {
        "; `respec schema -scenario` tells what is known".to_owned()
    };
    Some(format!("{before} at line {place}{hint}"))
}

#[cfg(test)]
mod tests {

    fn told(text: &str) -> String {
        let error = crate::sim::Scenario::read(text).unwrap_err();
        error.to_string()
    }

    #[test]
    fn an_unknown_key_is_answered_by_the_nearest_and_not_by_all() {
        assert_eq!(
            told("instances:\n- {InstanceId: i-1, InstanceTyp: ecs.g7.large}\n"),
            "instances[0]: unknown field `InstanceTyp` at line 2 column 21; did you mean `InstanceType`?"
        );
        assert_eq!(
            told("instances:\n- {Colour: red}\n"),
            "instances[0]: unknown field `Colour` at line 2 column 4; \
             `respec schema -scenario` tells what is known"
        );
    }
}
