//! `respec plan`: read, look, compare, decide, show. Changes nothing.

use crate::cli::args::{Format, Global, PlanArgs};
use crate::cli::context::Context;
use crate::cli::failure::{Done, Failure, Situation};
use crate::cli::input::Input;
use crate::cli::planning::rights;
use crate::cli::planning::windows::fits_its_windows;
use crate::cli::planning::{Planning, make_plan};
use crate::cli::private_files::write_private;
use crate::cli::screen::Screen;
use crate::report::plan::{Detail, FirstRun, PlanPage, plan_markdown, plan_text};

/// Makes a plan, shows it, and saves it when asked to.
///
/// # Errors
/// [`Failure`]; nothing was changed.
pub async fn run(
    context: &Context,
    global: &Global,
    args: &PlanArgs,
    input: &Input,
    screen: &Screen,
) -> Result<Done, Failure> {
    let format = format(global, args)?;
    screen.talk(&input.warnings);
    let mut planning = make_plan(context, input, &args.planning, screen.paint()).await?;
    screen.talk(&planning.warnings);
    // Who may only read may still plan: what an apply would lack is shown, not refused.
    let checks = rights::show(context.cloud.as_ref(), planning.plan.sagas.values()).await?;
    planning.plan.sheet.checks.extend(checks);
    let fits = fits_its_windows(&planning.plan);
    if let Some(path) = args.out.as_ref().filter(|_| fits.is_ok()) {
        write_private(path, planning.plan.seal().as_bytes())?;
    }
    let saved_to = args.out.as_ref().filter(|_| fits.is_ok());
    let saved_to = saved_to.map(|path| path.display().to_string());
    let detail = if args.verbose {
        Detail::Verbose
    } else {
        Detail::Brief
    };
    let text = shown(&planning, saved_to.as_deref(), format, detail, screen);
    match format {
        Format::Text | Format::Markdown => screen.result(&text)?,
        // The plan file itself: every byte of it is under its seal.
        Format::Json => screen.document(&text)?,
    }
    fits?;
    let plan = &planning.plan;
    let differs = !plan.sagas.is_empty() || !plan.sheet.blocked.is_empty();
    Ok(if differs && args.detailed_exitcode {
        Done::Differs
    } else {
        Done::Fine
    })
}

fn format(global: &Global, args: &PlanArgs) -> Result<Format, Failure> {
    match (global.json, args.format) {
        (true, Format::Markdown) => Err(Failure::new(
            Situation::Usage,
            "-json and --format markdown ask for two forms of one plan",
        )),
        (true, Format::Text | Format::Json) => Ok(Format::Json),
        (false, format) => Ok(format),
    }
}

fn shown(
    planning: &Planning,
    saved_to: Option<&str>,
    format: Format,
    detail: Detail,
    screen: &Screen,
) -> String {
    let page = page(planning, saved_to);
    match format {
        Format::Text => plan_text(&page, detail, &screen.out),
        Format::Markdown => plan_markdown(&page),
        Format::Json => planning.plan.seal(),
    }
}

/// A plan with what the reader should know about how it came to be.
pub(super) fn page<'a>(planning: &'a Planning, saved_to: Option<&'a str>) -> PlanPage<'a> {
    let contents = planning.contents.as_ref();
    let never_recorded = contents
        .is_none_or(|contents| contents.applied.stamp.serial == 0 && contents.runs.is_empty());
    PlanPage {
        plan: &planning.plan,
        machines_read: planning.observed.instances.len(),
        first_run: never_recorded.then_some(FirstRun {
            adopted: planning.plan.sheet.unchanged.len(),
            changing: planning.plan.sagas.len(),
        }),
        saved_to,
        next: None,
    }
}
