//! What hands trained on Terraform type: long options with one dash, and commands that are not there.

use std::ffi::OsString;

use clap::CommandFactory as _;

use super::Cli;

/// Rewrites Terraform's `-option` to `--option`.
///
/// Without this, `-out=x` would be read as `-o`, `-u`, `-t`. A word that begins with one of our short
/// options (`-ffleet.yaml`) is only taken for a long one when there is exactly that one; any other word
/// is, so that a misspelt `-detailed-exitcod` is named whole and the right one suggested. Everything
/// behind `--` is left alone.
#[must_use]
pub fn normalise(args: Vec<OsString>) -> Vec<OsString> {
    files_last(two_dashes(args))
}

/// clap keeps only the later of `-f a plan -f b`; together behind the subcommand it keeps both.
fn files_last(args: Vec<OsString>) -> Vec<OsString> {
    let end = args
        .iter()
        .position(|arg| arg == "--")
        .unwrap_or(args.len());
    let mut words = args;
    let behind = words.split_off(end);
    let (mut others, mut files) = (Vec::new(), Vec::new());
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        // A file's name need not be Unicode.
        let text = word.as_encoded_bytes();
        let takes_next = text == b"-f" || text == b"--file";
        if takes_next || text.starts_with(b"-f") || text.starts_with(b"--file=") {
            files.push(word);
            if takes_next {
                files.extend(words.next());
            }
        } else {
            others.push(word);
        }
    }
    others.extend(files);
    others.extend(behind);
    others
}

fn two_dashes(args: Vec<OsString>) -> Vec<OsString> {
    let command = Cli::command();
    let known = long_options(&command);
    let shorts = short_options(&command);
    let mut rest_is_plain = false;
    args.into_iter()
        .map(|arg| {
            let Some(text) = arg.to_str() else { return arg };
            rest_is_plain |= text == "--";
            let single = text.strip_prefix('-').filter(|name| !name.starts_with('-'));
            let Some(name) = single.filter(|_| !rest_is_plain) else {
                return arg;
            };
            let bare = name.split('=').next().unwrap_or(name);
            let begins_short = shorts.iter().any(|short| name.starts_with(*short));
            let begins_word = name.starts_with(|c: char| c.is_ascii_lowercase());
            let is_known = known.iter().any(|known| known == bare);
            if bare.len() >= 2 && (is_known || begins_word && !begins_short) {
                OsString::from(format!("-{text}"))
            } else {
                arg
            }
        })
        .collect()
}

fn long_options(command: &clap::Command) -> Vec<String> {
    let own = command
        .get_arguments()
        .filter_map(|arg| arg.get_long().map(str::to_owned));
    let deeper = command.get_subcommands().flat_map(long_options);
    own.chain(deeper)
        .chain(["help".to_owned(), "version".to_owned()])
        .collect()
}

fn short_options(command: &clap::Command) -> Vec<char> {
    let own = command.get_arguments().filter_map(clap::Arg::get_short);
    let deeper = command.get_subcommands().flat_map(short_options);
    own.chain(deeper).chain(['h', 'V']).collect()
}

/// What to say to hands that type a word of Terraform's which respec does not have.
#[must_use]
pub fn hint_for_unknown_command(word: &str) -> Option<&'static str> {
    match word {
        "init" => Some("nothing has to be initialised: run `respec plan`"),
        "destroy" => Some("respec changes machines and never releases them"),
        "refresh" => Some("every plan looks at the fleet; `respec drift` shows what moved"),
        "taint" | "untaint" => Some("machines are changed in place; nothing is ever replaced"),
        "workspace" => Some("a fleet's name is its workspace: write another `fleet:`"),
        "force-unlock" | "unlock" => Some("the lock ends with the process that holds it"),
        "resume" => Some("`respec apply` continues an open run by itself"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::path::PathBuf;

    use clap::Parser as _;

    fn normal(args: &[&str]) -> Vec<String> {
        let args = args.iter().map(OsString::from).collect();
        normalise(args)
            .into_iter()
            .map(|arg| arg.into_string().unwrap())
            .collect()
    }

    #[test]
    fn terraform_hands_may_use_one_dash() {
        assert_eq!(
            normal(&[
                "respec",
                "plan",
                "-out=x",
                "-detailed-exitcode",
                "-f",
                "a.yaml",
                "-input=false"
            ]),
            [
                "respec",
                "plan",
                "--out=x",
                "--detailed-exitcode",
                "--input=false",
                "-f",
                "a.yaml"
            ]
        );
        assert_eq!(
            normal(&["respec", "apply", "--", "-out"]),
            ["respec", "apply", "--", "-out"]
        );
    }

    #[test]
    fn a_misspelt_option_is_named_whole_and_short_options_stay_short() {
        assert_eq!(
            normal(&[
                "respec",
                "plan",
                "-detailed-exitcod",
                "-ffleet.yaml",
                "-h",
                "-"
            ]),
            [
                "respec",
                "plan",
                "--detailed-exitcod",
                "-h",
                "-",
                "-ffleet.yaml"
            ]
        );
    }

    #[test]
    fn files_before_and_behind_the_subcommand_are_all_kept() {
        for before in ["-f a", "-fa", "-f=a", "-file=a", "--file a"] {
            for behind in ["-f b", "-fb", "-f=b", "--file=b"] {
                let line = format!("respec {before} plan {behind}");
                let args = line.split_whitespace().map(OsString::from).collect();
                let cli = Cli::try_parse_from(normalise(args)).unwrap();
                let files = [PathBuf::from("a"), PathBuf::from("b")];
                assert_eq!(cli.global.files, files, "{line}");
            }
        }
    }

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
