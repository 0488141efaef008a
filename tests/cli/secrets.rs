//! The key's secret in every form in which it could slip out, and a search for any of them.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// Files of the simulated cloud itself, which knows every key as the real one does.
const OF_THE_CLOUD: [&str; 2] = ["world.json", ".cloud.yaml"];

/// One secret in six encodings, and in the forms it is signed with.
pub(crate) struct Secret {
    forms: Vec<(&'static str, Vec<u8>)>,
}

impl Secret {
    pub(crate) fn new(secret: &str) -> Self {
        let bytes = secret.as_bytes();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let percent: String = bytes.iter().map(|byte| format!("%{byte:02X}")).collect();
        let encoded: String = form_urlencoded::byte_serialize(bytes).collect();
        // What stands before it shifts the groups of three, and what stands behind it changes the last one.
        let shifted = |before: &str| {
            let text = STANDARD.encode([before.as_bytes(), bytes].concat());
            let from = if before.is_empty() { 0 } else { 4 };
            text.as_bytes()[from..text.len() - 4].to_vec()
        };
        Self {
            forms: vec![
                ("as it is", bytes.to_vec()),
                ("reversed", bytes.iter().rev().copied().collect()),
                ("in base64", shifted("")),
                ("in base64, one byte on", shifted("a")),
                ("in base64, two bytes on", shifted("ab")),
                (
                    "in base64 for addresses",
                    URL_SAFE_NO_PAD.encode(secret).into_bytes(),
                ),
                ("in hexadecimal", hex.clone().into_bytes()),
                ("in capital hexadecimal", hex.to_uppercase().into_bytes()),
                ("percent-encoded", percent.into_bytes()),
                ("form-encoded", encoded.into_bytes()),
                ("as a list of bytes", list_of_bytes(bytes).into_bytes()),
            ],
        }
    }

    /// How it stands there, if it does.
    pub(crate) fn found_in(&self, bytes: &[u8]) -> Option<&'static str> {
        let is_there = |form: &[u8]| bytes.windows(form.len()).any(|part| part == form);
        let found = self.forms.iter().find(|(_, form)| is_there(form));
        found.map(|(name, _)| *name)
    }

    /// Stops the test if any file below the folder holds it.
    #[track_caller]
    pub(crate) fn is_in_no_file_below(&self, folder: &Path) {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            let name = path.to_string_lossy().into_owned();
            if path.is_dir() {
                self.is_in_no_file_below(&path);
            } else if path.is_file() && !OF_THE_CLOUD.iter().any(|ending| name.ends_with(ending)) {
                // What another process renames away meanwhile is read under its new name.
                let bytes = fs::read(&path).unwrap_or_default();
                assert_eq!(self.found_in(&bytes), None, "the secret stands in {name}");
            }
        }
    }
}

fn list_of_bytes(bytes: &[u8]) -> String {
    let numbers: Vec<String> = bytes.iter().map(u8::to_string).collect();
    numbers.join(",")
}

#[test]
fn every_form_is_found_wherever_it_stands() {
    let secret = Secret::new("marked+secret/with=odd&signs");
    for (name, form) in &secret.forms {
        let text = [b"before ", form.as_slice(), b" behind"].concat();
        assert!(secret.found_in(&text).is_some(), "{name}");
    }
    for before in ["", "x", "xy", "xyz"] {
        let text = STANDARD.encode(format!("{before}marked+secret/with=odd&signs{before}"));
        assert!(secret.found_in(text.as_bytes()).is_some(), "{before}");
    }
    assert_eq!(secret.found_in(b"marked+secret"), None);
}
