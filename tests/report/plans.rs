//! Plans, for terminals and for pull requests.

use respec::report::plan_text::{FirstRun, PlanPage, plan_text};
use respec::report::{Detail, Style};

use crate::snapshot::{fits, same};
use crate::world::{World, machine, shop, wants};

fn page(plan: &respec::plan::SavedPlan) -> PlanPage<'_> {
    PlanPage {
        plan,
        machines_read: 25,
        first_run: None,
        saved_to: Some("prod.plan"),
        next: Some("respec apply prod.plan"),
    }
}

#[test]
fn a_plan_of_many_kinds_reads_well_at_80_columns() {
    let plan = shop().plan();
    let text = plan_text(&page(&plan), Detail::Brief, &Style::plain());
    fits(80, &text);
    same("plan", &text);
}
