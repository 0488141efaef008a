//! Stars over what looks like a secret in somebody's file, before any of its lines is shown.
//!
//! No key of a manifest takes a secret. Where one is written all the same, under a key that is not known
//! or in an address, the finding about it must not carry it into a log.

use std::ops::Range;

/// What the name of a key says that holds a secret, without case, `-` and `_`.
const SECRETIVE: [&str; 8] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "accesskey",
    "privatekey",
    "credential",
];

/// Lines above one that are looked through for the key it belongs to.
const LINES_ABOVE_MAX: usize = 200;

/// Bytes of the lines above that are looked through; a longer line is no key's.
const BYTES_ABOVE_MAX: usize = 64 * 1024;

/// One line of a file with a star for each byte of what looks like a secret.
pub(super) fn veiled(bytes: &[u8], line: Range<usize>) -> Vec<u8> {
    let mut shown = bytes[line.clone()].to_vec();
    if belongs_to_a_secret(bytes, line.start, indent(&shown)) {
        let from = indent(&shown);
        hide(&mut shown, from..usize::MAX);
        return shown;
    }
    let text = shown.clone();
    for value in values(&text).into_iter().chain(passwords(&text)) {
        hide(&mut shown, value);
    }
    shown
}

fn hide(line: &mut [u8], part: Range<usize>) {
    let end = part.end.min(line.len());
    for byte in line.iter_mut().take(end).skip(part.start) {
        *byte = b'*';
    }
}

/// Whether the lines above are a key that looks like a secret, with this line as its value.
fn belongs_to_a_secret(bytes: &[u8], start: usize, mut within: usize) -> bool {
    let from = start.saturating_sub(BYTES_ABOVE_MAX);
    let above = bytes[from..start]
        .split(|byte| *byte == b'\n')
        .rev()
        .skip(1);
    for line in above.take(LINES_ABOVE_MAX) {
        let own = indent(line);
        let is_blank = own == line.len();
        if is_blank || own >= within {
            continue;
        }
        within = own;
        let key = line[own..].split(|byte| *byte == b':').next();
        // A value on the key's own line is not continued by a mapping below it.
        if key.is_some_and(|key| key.len() < line.len() - own && is_secretive(key)) {
            return true;
        }
        if own == 0 {
            return false;
        }
    }
    false
}

fn indent(line: &[u8]) -> usize {
    let is_space = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\r');
    line.iter().take_while(is_space).count()
}

/// The values of keys that look like secrets: from behind the colon to the end of the item.
fn values(line: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(colon) = line[at..].iter().position(|b| matches!(b, b':' | b'=')) {
        let colon = at + colon;
        at = colon + 1;
        let key = line[..colon].rsplit(|b| matches!(b, b'{' | b',' | b'[' | b'?' | b'&'));
        if !key.take(1).any(is_secretive) {
            continue;
        }
        let from = colon + 1 + indent(&line[colon + 1..]);
        let end = end_of_value(line, from);
        found.push(from..end);
        at = end.max(at);
    }
    found
}

/// A quoted value ends with its quote; a plain one with the item of a flow mapping, or with the line.
fn end_of_value(line: &[u8], from: usize) -> usize {
    let Some(first) = line.get(from) else {
        return line.len();
    };
    let rest = &line[from + 1..];
    let in_flow = line[..from].contains(&b'{');
    let end = match first {
        quote @ (b'"' | b'\'') => rest.iter().position(|byte| byte == quote),
        b'{' | b'[' => None,
        _ if in_flow => {
            let end = rest.iter().position(|byte| matches!(byte, b',' | b'}'));
            return end.map_or(line.len(), |end| from + 1 + end);
        }
        _ => None,
    };
    end.map_or(line.len(), |end| from + 2 + end)
}

fn is_secretive(key: &[u8]) -> bool {
    let letters = key.iter().filter(|byte| byte.is_ascii_alphanumeric());
    let key: String = letters
        .map(|b| char::from(b.to_ascii_lowercase()))
        .collect();
    SECRETIVE.iter().any(|word| key.contains(word))
}

/// Passwords of addresses: `http://user:password@host`.
fn passwords(line: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(scheme) = line[at..].windows(3).position(|part| part == b"://") {
        let from = at + scheme + 3;
        let is_end = |byte: &u8| matches!(byte, b'/' | b' ' | b'"' | b'\'' | b'?' | b'#');
        let end = line[from..].iter().position(is_end);
        let end = end.map_or(line.len(), |end| from + end);
        at = end.max(from);
        let authority = &line[from..end];
        let Some(host) = authority.iter().rposition(|byte| *byte == b'@') else {
            continue;
        };
        if let Some(colon) = authority[..host].iter().position(|byte| *byte == b':') {
            found.push(from + colon + 1..from + host);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn last_line(text: &str) -> String {
        let start = text.rfind('\n').map_or(0, |at| at + 1);
        String::from_utf8(veiled(text.as_bytes(), start..text.len())).unwrap()
    }

    #[test]
    fn values_under_secretive_keys_are_stars() {
        for (text, shown) in [
            ("password: hunter2", "password: *******"),
            ("  db_Password: \"a b\" # why", "  db_Password: ***** # why"),
            (
                "{id: i-1, access_key_secret: abc, spec: {}}",
                "{id: i-1, access_key_secret: ***, spec: {}}",
            ),
            ("access-key: [a, b]", "access-key: ******"),
            ("http: \"http://u:p%w@h/\"", "http: \"http://u:***@h/\""),
            ("url: http://h/?token=abc", "url: http://h/?token=***"),
            ("instance_type: ecs.g7.large", "instance_type: ecs.g7.large"),
            (
                "command: [./drain.sh, \"a@b:c\"]",
                "command: [./drain.sh, \"a@b:c\"]",
            ),
            ("a: 1\nsecret: |\n  line one\n  line two", "  ********"),
            ("a:\n  secret:\n    - x\n    - y: z", "    ******"),
            ("secret: x\nplain: y", "plain: y"),
        ] {
            assert_eq!(last_line(text), shown, "{text}");
        }
    }

    #[test]
    fn any_line_of_any_bytes_is_survived() {
        let bytes = b"secret: \"\xff\n ://:@:=\n\n\tpassword={\n '";
        for start in 0..bytes.len() {
            for end in start..bytes.len() {
                assert_eq!(veiled(bytes, start..end).len(), end - start);
            }
        }
    }
}
