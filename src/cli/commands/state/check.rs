//! `respec state check`: every byte of the state, and how much there is of everything.

use serde_json::json;

use crate::cli::args::Global;
use crate::cli::failure::{Done, Failure};
use crate::cli::screen::Screen;
use crate::report::json;
use crate::store::{Store, Survey};

/// Checks the state.
///
/// # Errors
/// [`Failure`] with the first thing that is not as it was written.
pub(super) async fn run(store: &Store, global: &Global, screen: &Screen) -> Result<Done, Failure> {
    let survey = store.survey().await.map_err(|error| {
        Failure::store("check the state", &error)
            .hint("keep a copy of the folder; docs/recovery.md says how to mend it")
    })?;
    if global.json {
        screen.result(&as_json(&survey))?;
    } else {
        screen.result(&as_text(&survey))?;
    }
    Ok(Done::Fine)
}

fn as_text(survey: &Survey) -> String {
    let figures = &survey.figures;
    let open = match &figures.open_run {
        Some(run) => format!("{run} is open"),
        None => "none open".to_owned(),
    };
    let kib = |bytes: u64| bytes.div_ceil(1024);
    let rows = [
        ("lineage", figures.lineage().as_str().to_owned()),
        ("serial", figures.stamp.serial.to_string()),
        ("machines", figures.machines.to_string()),
        ("runs", format!("{}, {open}", figures.runs)),
        ("orders", figures.orders.to_string()),
        ("plans", survey.plans.to_string()),
        (
            "entries",
            format!("{}, alike in both copies", figures.entries),
        ),
        (
            "size",
            format!(
                "database {} KiB, journal.jsonl {} KiB",
                kib(survey.database_bytes),
                kib(survey.black_box_bytes)
            ),
        ),
    ];
    let mut text = "The state is whole.\n".to_owned();
    for (label, value) in rows {
        text.push_str(&format!("  {label:8}  {value}\n"));
    }
    text
}

fn as_json(survey: &Survey) -> String {
    let figures = &survey.figures;
    json::document(json!({
        "lineage": figures.lineage(),
        "serial": figures.stamp.serial,
        "machines": figures.machines,
        "runs": figures.runs,
        "open_run": figures.open_run,
        "orders": figures.orders,
        "plans": survey.plans,
        "entries": figures.entries,
        "database_bytes": survey.database_bytes,
        "journal_bytes": survey.black_box_bytes,
    }))
}
