//! Inputs a little different from ones that were good.

use rand::{Rng as _, RngExt as _};
use rand_chacha::ChaCha8Rng;

/// Most changes made to one input.
const CHANGES_MAX: usize = 8;

/// Longest stretch that is cut out or doubled.
const STRETCH_MAX: usize = 64;

/// Inputs are kept below this, so that many fit into a second.
const INPUT_BYTES_MAX: usize = 64 * 1024;

/// Values at which readers go wrong.
const NUMBERS: &[&str] = &[
    "0",
    "-1",
    "1",
    "255",
    "256",
    "65536",
    "2147483647",
    "2147483648",
    "4294967296",
    "9007199254740993",
    "18446744073709551616",
    "-9223372036854775809",
    "1e999",
    "0.1",
    "NaN",
];

const BYTES: &[u8] = b"\0\x1b\x7f\xff\xc0\xed\xf4\"'{}[]:,#&*!|>%@`-\\\n\t ";

/// One of the bases, changed at a few places.
pub(crate) fn mutated(bases: &[Vec<u8>], words: &[&str], numbers: &mut ChaCha8Rng) -> Vec<u8> {
    let mut input = pick(bases, numbers).clone();
    for _ in 0..numbers.random_range(1..=CHANGES_MAX) {
        change(&mut input, bases, words, numbers);
    }
    input.truncate(INPUT_BYTES_MAX);
    input
}

fn change(input: &mut Vec<u8>, bases: &[Vec<u8>], words: &[&str], numbers: &mut ChaCha8Rng) {
    let at = numbers.random_range(0..=input.len());
    let until = input.len().min(at + numbers.random_range(0..=STRETCH_MAX));
    match numbers.random_range(0..9) {
        0 if at < input.len() => input[at] ^= 1 << numbers.random_range(0..8),
        1 if at < input.len() => input[at] = *pick(BYTES, numbers),
        2 => drop(input.drain(at..until)),
        3 => {
            let stretch = input[at..until].to_vec();
            insert(input, at, &stretch);
        }
        4 => insert(input, at, pick(words, numbers).as_bytes()),
        5 => replace_number(input, at, pick(NUMBERS, numbers).as_bytes()),
        6 => {
            let other = pick(bases, numbers);
            let from = numbers.random_range(0..=other.len());
            input.truncate(at);
            input.extend_from_slice(&other[from..]);
        }
        7 => input.truncate(at),
        _ => insert(
            input,
            at,
            &[u8::try_from(numbers.next_u32() & 0xff).unwrap()],
        ),
    }
}

/// The next digits become another number.
fn replace_number(input: &mut Vec<u8>, from: usize, number: &[u8]) {
    let Some(at) = input[from..].iter().position(u8::is_ascii_digit) else {
        return;
    };
    let begin = from + at;
    let digits = input[begin..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    input.splice(begin..begin + digits, number.iter().copied());
}

fn insert(input: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    input.splice(at..at, bytes.iter().copied());
}

fn pick<'a, T>(from: &'a [T], numbers: &mut ChaCha8Rng) -> &'a T {
    &from[numbers.random_range(0..from.len())]
}
