//! The respec command.
fn main() {}
