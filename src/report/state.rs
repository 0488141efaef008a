//! What respec last recorded, as people read it.

use crate::model::{AppliedFleet, AppliedInstance, Field, InstanceId};

use super::words::{Style, Tone, minute, terminal};

/// What stands for a type that the manifest does not manage.
const UNMANAGED: &str = "-";

/// Name, id and type, one machine a line, sorted by name; as straight for people as for `awk`.
#[must_use]
pub fn state_list(fleet: &AppliedFleet) -> String {
    let mut machines: Vec<(&InstanceId, &AppliedInstance)> = fleet.instances.iter().collect();
    machines.sort_by_key(|(id, record)| (&record.name, *id));
    let widest = |length: fn(&(&InstanceId, &AppliedInstance)) -> usize| {
        machines.iter().map(length).max().unwrap_or(0)
    };
    let name_width = widest(|(_, record)| record.name.as_str().len());
    let id_width = widest(|(id, _)| id.as_str().len());
    let line = |(id, record): &(&InstanceId, &AppliedInstance)| {
        let kind = record.fields.get(&Field::InstanceType);
        let kind = kind.map_or_else(|| UNMANAGED.into(), |kind| terminal(kind));
        format!("{:name_width$}  {id:id_width$}  {kind}\n", record.name)
    };
    machines.iter().map(line).collect()
}

/// Everything recorded about one machine.
#[must_use]
pub fn state_show(id: &InstanceId, record: &AppliedInstance, style: &Style) -> String {
    let group = record.group.as_ref().map_or("-", |group| group.as_str());
    let changed = record
        .changed_at
        .map_or_else(|| "never by respec".to_owned(), minute);
    let facts = [
        ("id", id.to_string()),
        ("group", group.to_owned()),
        ("region", record.region.to_string()),
        ("changes begun", record.change_number.to_string()),
        ("last changed", changed),
        ("recorded", minute(record.recorded_at)),
    ];
    let fields = record.fields.iter();
    let fields = fields.map(|(field, value)| (field.path(), terminal(value).into_owned()));
    let rows: Vec<(&str, String)> = facts.into_iter().chain(fields).collect();
    let widest = rows.iter().map(|(label, _)| label.len()).max().unwrap_or(0);
    let mut text = style.paint(Tone::Strong, record.name.as_str()) + "\n";
    for (label, value) in rows {
        text.push_str(&format!("  {label:widest$}  {value}\n"));
    }
    text
}
