//! Applies, while they happen and when they have ended.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use indicatif::{ProgressDrawTarget, TermLike};
use respec::event::{EventKind, Subject};
use respec::report::run::{
    Board, Canvas, Diagnostic, Display, JsonLines, Line, Live, OpenOrder, Size, Tally, summary,
};
use respec::report::{Colour, Style, Symbols};

use respec::model::InstanceName;
use respec::saga::{FailureCause, Halt, Keeping, SagaOutcome};

use crate::snapshot::same;
use crate::story::{Story, bad, good, step, subject};
use crate::world::now;

/// A `Write` that can be read while somebody else holds it.
#[derive(Clone, Default)]
struct Paper(Rc<RefCell<Vec<u8>>>);

impl Paper {
    fn text(&self) -> String {
        String::from_utf8(self.0.borrow().clone()).unwrap()
    }
}

impl io::Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn lines(story: &Story, style: Style) -> String {
    let paper = Paper::default();
    let mut line = Line::new(paper.clone(), style);
    for event in &story.0 {
        line.event(event);
    }
    line.finish().unwrap();
    paper.text()
}

fn tally(story: &Story) -> Tally {
    let mut tally = Tally::default();
    for event in &story.0 {
        tally.take(event);
    }
    tally
}

#[test]
fn a_log_has_a_line_for_every_event() {
    let text = lines(&bad(), Style::plain());
    assert_eq!(text.lines().count(), bad().0.len());
    same("apply-lines", &text);
}

#[test]
fn a_log_can_do_with_ascii() {
    let style = Style {
        symbols: Symbols::Ascii,
        ..Style::plain()
    };
    assert!(lines(&bad(), style).is_ascii());
}

#[test]
fn colours_are_written_only_when_asked_for() {
    assert!(!lines(&good(), Style::plain()).contains('\u{1b}'));
    let style = Style {
        colour: Colour::Always,
        ..Style::plain()
    };
    assert!(lines(&good(), style).contains('\u{1b}'));
}

#[test]
fn a_long_silence_is_broken_by_a_heartbeat() {
    let paper = Paper::default();
    let mut line = Line::new(paper.clone(), Style::plain());
    for event in bad().0.iter().take(4) {
        line.event(event);
    }
    let before = paper.text().len();
    line.tick(Duration::from_secs(40));
    assert_eq!(paper.text().len(), before, "25 seconds are no silence");
    line.tick(Duration::from_secs(46));
    line.tick(Duration::from_secs(47));
    assert_eq!(
        &paper.text()[before..],
        "     Running  [ 00:00:46 ]  0/6  1 under way\n"
    );
}

#[test]
fn a_wait_is_told_once_and_again_only_when_it_gets_long() {
    let web = subject("web/i-bp1", "i-bp1");
    let mut story = Story::default();
    for second in (0..70).step_by(2) {
        let waiting = EventKind::Waiting {
            subject: web.clone(),
            reason: "Starting → Running".to_owned(),
        };
        story = story.at(second, waiting);
    }
    let text = lines(&story, Style::plain());
    assert_eq!(text.lines().count(), 3, "{text}");
}

#[test]
fn a_machine_that_cools_down_is_told_with_the_time_at_which_it_begins() {
    let postponed = EventKind::Postponed {
        subject: subject("web/i-bp1", "i-bp1"),
        until: "2026-11-22T02:05:27Z".parse().unwrap(),
        reason: "it was changed less than five minutes before (R52)".to_owned(),
    };
    let text = lines(&Story::default().at(3, postponed), Style::plain());
    let told = "web/i-bp1: not before 02:05:27 UTC: it was changed less than five minutes before";
    assert!(text.contains(told), "{text}");
}

#[test]
fn a_display_that_cannot_write_stays_silent_and_says_so_in_the_end() {
    struct Broken;
    impl io::Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut line = Line::new(Broken, Style::plain());
    for event in &good().0 {
        line.event(event);
    }
    assert_eq!(line.finish().unwrap_err().kind(), io::ErrorKind::BrokenPipe);
}

#[test]
fn machines_read_terraforms_envelope() {
    let paper = Paper::default();
    let mut json = JsonLines::new(paper.clone(), "0.1.0", now());
    for event in &bad().0 {
        json.event(event);
    }
    json.failed(
        &Diagnostic {
            severity: "error",
            summary: "failed to apply".to_owned(),
            detail: String::new(),
        },
        1,
        now(),
    );
    json.finish().unwrap();
    let text = paper.text();
    for (n, line) in text.lines().enumerate() {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(value["sequence"], n, "{line}");
        for key in ["@level", "@message", "@module", "@timestamp", "type"] {
            assert!(value[key].is_string(), "{key}: {line}");
        }
    }
    same("apply-json", &text);
}

#[test]
fn the_last_line_for_machines_has_the_sentence_other_tools_look_for() {
    let paper = Paper::default();
    let mut json = JsonLines::new(paper.clone(), "0.1.0", now());
    for event in &good().0 {
        json.event(event);
    }
    let text = paper.text();
    let last: serde_json::Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!(last["type"], "change_summary");
    assert_eq!(last["changes"]["change"], 1);
    assert_eq!(
        last["@message"],
        "Apply complete! Resources: 0 added, 1 changed, 0 destroyed."
    );
}

#[test]
fn an_apply_that_did_it_all_says_so_in_terraforms_words() {
    let text = summary(&tally(&good()), &Style::plain());
    assert_eq!(
        text,
        "Apply complete! Resources: 0 added, 1 changed, 0 destroyed.\n"
    );
}

#[test]
fn an_apply_beside_blocked_machines_is_not_complete() {
    let mut tally = tally(&good());
    tally.know_blocked(2);
    let said = "Apply not complete: of 3 machines, 1 changed, 2 blocked.";
    assert_eq!(summary(&tally, &Style::plain()), format!("{said}\n"));
    let style = Style {
        colour: Colour::Always,
        ..Style::plain()
    };
    let bold = format!("\u{1b}[1m{said}\u{1b}[0m\n");
    assert_eq!(summary(&tally, &style), bold, "it is not good news");
}

#[test]
fn an_apply_with_mishaps_names_everyone_who_needs_a_person() {
    same("apply-summary", &summary(&tally(&bad()), &Style::plain()));
}

/// One machine that is drained, changed, looked at and put back; the other's health check fails.
fn cared_for() -> Story {
    let (one, two) = (subject("web/i-bp1", "i-bp1"), subject("web/i-bp2", "i-bp2"));
    let way = |story: Story, who, from| {
        let story = Story::did(
            story,
            from,
            who,
            step(1, 6, "before_stop", "./drain.sh"),
            20,
        );
        let story = story.did(from + 20, who, step(2, 6, "stop", "KeepCharging"), 14);
        let story = story.did(from + 34, who, step(3, 6, "modify", ""), 3);
        story.did(from + 37, who, step(4, 6, "start", ""), 19)
    };
    let story = way(Story::default().run(2, 12), &one, 0)
        .did(56, &one, step(5, 6, "health", "tcp"), 30)
        .did(86, &one, step(6, 6, "after_start", "./undrain.sh"), 4)
        .closed(90, &one, SagaOutcome::Done, "");
    way(story, &two, 100)
        .at(
            400,
            EventKind::StepFailed {
                subject: two.clone(),
                step: step(5, 6, "health", "tcp"),
                cause: FailureCause::Unhealthy,
                message: "not good after 5m".to_owned(),
                code: None,
                request_id: None,
            },
        )
        .did(401, &two, step(6, 6, "after_start", "./undrain.sh"), 4)
        .at(
            410,
            EventKind::Halted {
                subject: two,
                halt: Halt::Held,
                note: "it runs and is not good".to_owned(),
            },
        )
}

#[test]
fn a_machine_is_out_of_service_until_it_is_good_and_put_back() {
    let text = lines(&cared_for(), Style::plain());
    assert!(
        text.contains("web/i-bp1: down for 36s, out of service for 1m 30s"),
        "{text}"
    );
    // The second was never good again: it is out of service until the end.
    let page = summary(&tally(&cared_for()), &Style::plain());
    let wanted = "Out of service: 2 machines, 3m 20s on average, 5m 10s at most (web/i-bp2)\n";
    assert!(page.contains(wanted), "{page}");
    assert!(!summary(&tally(&good()), &Style::plain()).contains("Out of service"));
}

#[test]
fn who_asks_to_stop_is_told_what_is_finished_for_how_many() {
    let interrupted = |n: usize| {
        let names = (0..n).map(|n| InstanceName::new(format!("web-{n}")).unwrap());
        let doing = (0..n).map(|n| {
            if n % 3 == 0 {
                "start"
            } else {
                "modify, then start"
            }
        });
        let kind = EventKind::Interrupted {
            finishing: names.collect(),
            doing: doing.map(str::to_owned).collect(),
        };
        lines(&Story::default().run(50, 150).at(9, kind), Style::plain())
    };
    let few = interrupted(2);
    let wanted = "finishing 2 machines: web-0 (start), web-1 (modify, then start)\n";
    assert!(few.contains(wanted), "{few}");
    let many = interrupted(40);
    let wanted = "finishing 40 machines: 26 to modify, then start; 14 to start\n";
    assert!(many.contains(wanted), "{many}");
}

#[test]
fn orders_of_an_earlier_program_are_not_forgotten() {
    let mut tally = tally(&good());
    tally.know_order(OpenOrder {
        order_id: respec::model::OrderId::new("210000000099999").unwrap(),
        subject: subject("db-9", "i-bp9"),
    });
    let text = summary(&tally, &Style::plain());
    assert!(text.contains("210000000099999  db-9 (i-bp9)"), "{text}");
}

/// A terminal that keeps what is written on it.
#[derive(Debug, Clone, Default)]
struct Screen(Arc<Mutex<String>>);

impl Screen {
    fn put(&self, text: &str) -> io::Result<()> {
        self.0.lock().unwrap().push_str(text);
        Ok(())
    }
}

impl TermLike for Screen {
    fn width(&self) -> u16 {
        80
    }
    fn move_cursor_up(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn write_line(&self, text: &str) -> io::Result<()> {
        self.put(&format!("{text}\n"))
    }
    fn write_str(&self, text: &str) -> io::Result<()> {
        self.put(text)
    }
    fn clear_line(&self) -> io::Result<()> {
        Ok(())
    }
    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}

/// Everything that is written on a terminal while this happens.
fn drawn(story: &Story) -> String {
    let screen = Screen::default();
    let target = ProgressDrawTarget::term_like_with_hz(Box::new(screen.clone()), 200);
    let shop = crate::world::shop();
    let board = Board::of(&shop.plan(), &shop.observed, Keeping::Hours, (now(), 1));
    let canvas = Canvas {
        style: Style::plain(),
        size: Box::new(|| Size {
            rows: 24,
            columns: 80,
        }),
        due: Box::new(|| true),
    };
    let mut live = Live::new(target, board, canvas);
    for event in &story.0 {
        live.event(event);
        live.tick(event.elapsed + Duration::from_secs(1));
    }
    live.finish().unwrap();
    screen.0.lock().unwrap().clone()
}

/// The log of a CI job is read by its runner, too, and some jobs lend their commands a terminal.
#[test]
fn no_line_of_a_run_is_a_command_to_a_ci_runner() {
    let (colons, hashes) = (
        subject("::error::x", "i-bp1"),
        subject("##[error]x", "i-bp2"),
    );
    let begun = |of: &Subject| EventKind::Begun {
        subject: of.clone(),
    };
    let story = Story::default()
        .run(2, 6)
        .at(0, begun(&hashes))
        .at(1, begun(&colons))
        .did(2, &colons, step(1, 3, "stop", "KeepCharging"), 14)
        .closed(20, &hashes, SagaOutcome::Undone, "it said ##[error]x");
    assert_eq!(
        lines(&story, Style::plain()),
        "    Applying  [ 00:00:00 ]  0/2  2 machines, 6 steps, plan 64879f7d6b96, run 20261121-0800-7f2c\n       \
         Begun  [ 00:00:00 ]  0/2  ##\\[error]x (i-bp2)\n       \
         Begun  [ 00:00:01 ]  0/2  ::error::x (i-bp1)\n    \
         Stopping  [ 00:00:02 ]  0/2  ::error::x (i-bp1): 1/3 KeepCharging\n     \
         Stopped  [ 00:00:16 ]  0/2  ::error::x (i-bp1): 1/3 KeepCharging, 14s\n      \
         Undone  [ 00:00:20 ]  1/2  ##\\[error]x (i-bp2): it said ##\\[error]x; down for 36s\n"
    );
    let text = drawn(&story);
    assert!(!text.contains("##["), "{text}");
    for line in ["  ##\\[error]x (i-bp2)", "  \\::error::x (i-bp1)  stop 1/3"] {
        assert!(text.contains(line), "{line}: {text}");
    }
}

#[test]
fn a_terminal_shows_what_is_under_way_and_scrolls_what_is_over() {
    let text = drawn(&bad());
    for line in [
        "Undone  [ 00:01:26 ]",
        "Stuck  [ 00:06:41 ]",
        "Ordered  [ 00:00:40 ]",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(!text.contains("\u{1b}[31m in"), "{text}");
}
