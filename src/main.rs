//! The respec command.

use std::process::ExitCode;

fn main() -> ExitCode {
    respec::cli::main()
}
