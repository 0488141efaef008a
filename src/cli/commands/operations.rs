//! `respec sim operations`: what the simulated cloud answers.

use serde_json::json;

use crate::cli::args::Global;
use crate::cli::failure::{Done, Failure};
use crate::cli::screen::Screen;
use crate::report::json::document;
use crate::sim::{Offered, operations};

/// Lists every operation with its product and version, and whether it changes anything.
///
/// # Errors
/// [`Failure`] when it cannot be written.
pub fn run(global: &Global, screen: &Screen) -> Result<Done, Failure> {
    let all: Vec<Offered> = operations().collect();
    let text = if global.json {
        document(json!({ "operations": all }))
    } else {
        table(&all)
    };
    screen.result(&text)?;
    Ok(Done::Fine)
}

fn table(all: &[Offered]) -> String {
    let width = all.iter().map(|one| one.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    let mut product = "";
    for one in all {
        if one.product != product {
            let gap = if product.is_empty() { "" } else { "\n" };
            text.push_str(&format!("{gap}{} {}\n", one.product, one.version));
            product = one.product;
        }
        let unsigned = match one.caller {
            "anyone" => ", unsigned",
            _ => "",
        };
        let row = format!("  {:width$}  {}{unsigned}", one.name, one.kind);
        text.push_str(&row);
        text.push('\n');
    }
    text
}
