//! Plans, for terminals and for pull requests.

use respec::report::plan::{Detail, FirstRun, PlanPage, plan_markdown, plan_text};
use respec::report::{Colour, Style, Symbols};

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

#[test]
fn the_same_plan_fits_a_pull_request() {
    let plan = shop().plan();
    same("plan-markdown", &plan_markdown(&page(&plan)));
}

#[test]
fn every_machine_has_its_own_line_when_asked_for() {
    let plan = shop().plan();
    let text = plan_text(&page(&plan), Detail::Verbose, &Style::plain());
    for name in plan.sagas.values().map(|saga| saga.name.as_str()) {
        assert!(text.contains(name), "{name}");
    }
    assert!(!text.contains("more, same"), "{text}");
}

#[test]
fn a_fleet_as_wanted_says_so_in_the_words_other_tools_look_for() {
    let mut world = World::new();
    world.add("web-1", machine("i-bp1"), wants("ecs.g6.large"));
    let plan = world.plan();
    let page = PlanPage {
        machines_read: 1,
        saved_to: None,
        next: None,
        first_run: Some(FirstRun {
            adopted: 1,
            changing: 0,
        }),
        ..page(&plan)
    };
    same(
        "plan-nothing",
        &plan_text(&page, Detail::Brief, &Style::plain()),
    );
    same("plan-nothing-markdown", &plan_markdown(&page));
}

#[test]
fn machines_left_out_by_target_are_not_called_as_wanted() {
    let mut world = shop();
    world.targets = Some([crate::world::id("i-bp1cache00000000001")].into());
    let plan = world.plan();
    let text = plan_text(&page(&plan), Detail::Brief, &Style::plain());
    same("plan-target", &text);
}

/// What other people wrote reaches the plan in reasons, values and file names.
fn hostile() -> World {
    let mut world = World::new();
    let mut locked = machine("i-bp1");
    locked.locks = vec!["\u{1b}[2J`|@team <img src=x> \u{202e}gpj\n# title".to_owned()];
    world.add("a|b`@team`<b>&~x", locked, wants("ecs.g7.large"));
    let mut odd = machine("i-bp2");
    odd.status = respec::model::InstanceStatus::Other("\u{9b}31m```\r\n</details>".to_owned());
    let mut spec = wants("ecs.g7.large");
    spec.power = Some(respec::model::Power::Running);
    world.add("@everyone/https://evil.example", odd, spec);
    world.add("```/</details>|x", machine("i-bp3"), wants("ecs.g7.large"));
    world
}

#[test]
fn what_others_wrote_can_neither_act_on_a_terminal_nor_on_a_page() {
    let plan = hostile().plan();
    let page = PlanPage {
        saved_to: Some("\u{1b}]0;x\u{7}.plan"),
        ..page(&plan)
    };
    let text = plan_text(&page, Detail::Brief, &Style::plain());
    let markdown = plan_markdown(&page);
    for text in [&text, &markdown] {
        let harmless = |c: char| c == '\n' || !(c.is_control() || c == '\u{202e}');
        assert!(text.chars().all(harmless), "{text}");
    }
    same("plan-hostile", &text);
    same("plan-hostile-markdown", &markdown);
}

#[test]
fn a_page_for_a_pull_request_keeps_to_its_size_and_says_what_was_cut() {
    let mut world = World::new();
    for n in 0..2_000 {
        let mut seen = machine(&format!("i-bp{n:04}"));
        seen.max_bandwidth_out = n % 90;
        let mut spec = wants("ecs.g7.large");
        spec.internet.max_bandwidth_out = Some(100);
        world.add(&format!("m-{n}"), seen, spec);
    }
    let plan = world.plan();
    let text = plan_markdown(&page(&plan));
    assert!(text.chars().count() <= 60_000, "{}", text.chars().count());
    let last = text.lines().last().unwrap();
    assert!(last.starts_with("**Cut here**"), "{last}");
    assert_eq!(
        text.matches("<details>").count(),
        text.matches("</details>").count()
    );
}

#[test]
fn colours_change_nothing_but_the_colours() {
    let plan = shop().plan();
    let plain = Style::plain();
    let coloured = Style {
        colour: Colour::Always,
        ..plain
    };
    let text = plan_text(&page(&plan), Detail::Brief, &coloured);
    assert!(text.contains("\u{1b}[1m"));
    assert_eq!(
        anstream::adapter::strip_str(&text).to_string(),
        plan_text(&page(&plan), Detail::Brief, &plain)
    );
}

#[test]
fn a_screen_without_unicode_gets_none() {
    let plan = shop().plan();
    let style = Style {
        symbols: Symbols::Ascii,
        ..Style::plain()
    };
    let text = plan_text(&page(&plan), Detail::Brief, &style);
    assert!(text.is_ascii(), "{text}");
    same("plan-ascii", &text);
}
