//! Applies, while they happen and when they have ended.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use indicatif::{ProgressDrawTarget, TermLike};
use respec::event::EventKind;
use respec::report::json_lines::{Diagnostic, JsonLines};
use respec::report::line::Line;
use respec::report::live::{Canvas, Live};
use respec::report::screenful::Size;
use respec::report::summary::summary;
use respec::report::{Board, Colour, Display, OpenOrder, Style, Symbols, Tally};

use respec::saga::Keeping;

use crate::snapshot::same;
use crate::story::{Story, bad, good, subject};
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
    json.diagnostic(
        &Diagnostic {
            severity: "error",
            summary: "failed to apply".to_owned(),
            detail: String::new(),
        },
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
fn an_apply_with_mishaps_names_everyone_who_needs_a_person() {
    same("apply-summary", &summary(&tally(&bad()), &Style::plain()));
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

#[test]
fn a_terminal_shows_what_is_under_way_and_scrolls_what_is_over() {
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
    for event in &bad().0 {
        live.event(event);
        live.tick(event.elapsed + Duration::from_secs(1));
    }
    live.finish().unwrap();
    let text = screen.0.lock().unwrap().clone();
    for line in [
        "Undone  [ 00:01:26 ]",
        "Stuck  [ 00:06:41 ]",
        "Ordered  [ 00:00:40 ]",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(!text.contains("\u{1b}[31m in"), "{text}");
}
