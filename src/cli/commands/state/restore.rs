//! `respec state restore`: the state from an export, or from the journal of another one.

use serde_json::json;

use crate::cli::args::Global;
use crate::cli::args::state::RestoreArgs;
use crate::cli::context::Context;
use crate::cli::failure::{Done, Failure, Situation};
use crate::cli::input::Input;
use crate::cli::screen::Screen;
use crate::model::Lineage;
use crate::report::json::document;
use crate::report::words::{count, minute};
use crate::store::{Figures, Restored, Store, StoreError};

/// Makes the state from the file.
///
/// # Errors
/// [`Failure`] when the file is damaged or belongs to another fleet, or a state is there that nobody said
/// to replace; then nothing was changed.
pub(super) fn run(
    context: &Context,
    global: &Global,
    args: &RestoreArgs,
    input: &Input,
    screen: &Screen,
) -> Result<Done, Failure> {
    let file = args.file.display();
    let read = Store::read_export(&args.file);
    let coming = read.map_err(|error| {
        Failure::from_error(Situation::BadInput, &format!("take {file}"), &error)
    })?;
    is_of_this_fleet(&coming, input)?;
    let dir = context.store_dir(&input.fleet.fleet);
    may_be_replaced(
        Store::peek(&dir).map(|there| there.map(|there| Figures::of(&there))),
        &coming,
        args,
    )?;
    context.make_home()?;
    let restored = Store::restore(&dir, &args.file, &context.access(global.lock_timeout))
        .map_err(|error| Failure::store("restore the state", &error))?;
    let mut text = format!("Restored from {file}: {}.\n", told(&restored.figures));
    if let Some(replaced) = &restored.replaced {
        text.push_str(&format!("The old state is in {}.\n", replaced.display()));
    }
    if let Some(until) = &restored.figures.until {
        text.push_str(&format!(
            "It tells what was done until {}. If a run was under way later: look for machines that it left stopped, \
             for they count as meant to be stopped, and wait half an hour before the next apply.\n",
            minute(*until)
        ));
    }
    if let Some(run) = &restored.figures.open_run {
        text.push_str(&format!(
            "Run {run} is open: `respec apply` goes on with it.\n"
        ));
    }
    screen.told(&text, || as_json(&restored));
    Ok(Done::Fine)
}

fn as_json(restored: &Restored) -> String {
    let figures = &restored.figures;
    document(json!({"restored": {
        "entries": figures.entries,
        "serial": figures.stamp.serial,
        "machines": figures.machines,
        "orders": figures.orders,
        "open_run": figures.open_run,
        "until": figures.until,
        "replaced": restored.replaced.as_ref().map(|path| path.display().to_string()),
    }}))
}

/// Where the manifest names the account, the lineage is known without asking anybody. Otherwise the next
/// apply finds out.
fn is_of_this_fleet(coming: &Figures, input: &Input) -> Result<(), Failure> {
    let Some(account) = &input.fleet.account else {
        return Ok(());
    };
    let ours = Lineage::of(account, &input.fleet.fleet);
    if *coming.lineage() == ours {
        return Ok(());
    }
    let message = format!(
        "the file belongs to lineage {}, fleet {} of account {account} to {}",
        coming.lineage().as_str(),
        input.fleet.fleet,
        ours.as_str()
    );
    Err(Failure::new(Situation::BadInput, message).hint("look for the export of this fleet"))
}

fn may_be_replaced(
    there: Result<Option<Figures>, StoreError>,
    coming: &Figures,
    args: &RestoreArgs,
) -> Result<(), Failure> {
    let described = match &there {
        Ok(None) => return Ok(()),
        Ok(Some(there)) => told(there),
        Err(StoreError::Damaged { what, .. }) => format!("damaged ({what})"),
        Err(error) => return Err(Failure::store("read the state that is there", error)),
    };
    if let Ok(Some(there)) = &there
        && there.lineage() != coming.lineage()
    {
        let message = "the state that is there belongs to another fleet or account";
        return Err(Failure::new(Situation::BadInput, message)
            .hint("use another --state, or move that one away"));
    }
    if args.replace {
        return Ok(());
    }
    let mut failure = Failure::new(Situation::Refused, "there is a state already");
    failure.details = vec![
        format!("there  {described}"),
        format!("file   {}", told(coming)),
    ];
    Err(failure.hint("if the file is the better one, pass --replace; the other is kept beside it"))
}

fn told(figures: &Figures) -> String {
    let open = match &figures.open_run {
        Some(run) => format!("run {run} open"),
        None => "no run open".to_owned(),
    };
    format!(
        "{} entries, serial {}, {}, {}, {open}",
        figures.entries,
        figures.stamp.serial,
        count(figures.machines, "machine"),
        count(figures.orders, "order"),
    )
}
