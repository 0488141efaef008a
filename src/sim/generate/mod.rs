//! Makes up fleets of any size, for trials, tests and benches.
//!
//! In: how many machines, a seed, and how much of the fleet shall differ. Out: a manifest (what is wanted)
//! and a scenario of the simulator (what is there), as YAML. Equal options give equal bytes.
//!
//! Every difference is one the cloud permits, no order is open and the balance covers everything: a fleet
//! made here can be applied to its end. It must never read a clock, a file or chance of its own.
//!
//! To see what a fleet holds, read `blueprints.rs`: a role a row.

mod blueprints;
mod fleet;
mod manifest;
mod cloud;

/// Most machines a made-up fleet has: ten times the largest fleet respec is made for.
///
/// The public addresses (198.18.0.0/15) would reach for 131,072.
pub const MACHINES_MAX: u32 = 100_000;

const ACCOUNT: &str = "1234567890123456";
const REGION: &str = "cn-hangzhou";

/// Why writing a fleet down cannot fail.
const PLAIN: &str = "text, numbers, lists, and maps with text keys always serialise";

/// What fleet to make up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GenerateOptions {
    /// How many machines; read as at least 1 and at most [`MACHINES_MAX`].
    pub machines: u32,
    /// Decides everything that is left to chance.
    pub seed: u64,
    /// How many machines of a hundred differ from the manifest; read as at most 100.
    pub changed_percent: u32,
}

/// A made-up fleet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generated {
    /// The manifest, YAML.
    pub manifest: String,
    /// The scenario, YAML.
    pub cloud: String,
    /// How many machines differ from the manifest.
    pub n_changed: u32,
}

/// Makes up a fleet.
#[must_use]
pub fn generate(options: &GenerateOptions) -> Generated {
    let options = within_limits(*options);
    let fleet = fleet::draw(options);
    let n_changed = fleet
        .iter()
        .filter(|machine| machine.found != machine.target)
        .count();
    let origin = origin(options);
    let text = |written: serde_yaml::Result<String>| written.expect(PLAIN);
    Generated {
        manifest: origin.clone() + &text(serde_yaml::to_string(&manifest::of(options, &fleet))),
        cloud: origin + &text(serde_yaml::to_string(&cloud::of(&fleet))),
        n_changed: u32::try_from(n_changed).expect("MACHINES_MAX fits"),
    }
}

/// The same fleet as values, for whoever goes on with them: its manifest and its scenario.
#[must_use]
pub fn generate_values(options: &GenerateOptions) -> (serde_yaml::Value, serde_yaml::Value) {
    let options = within_limits(*options);
    let fleet = fleet::draw(options);
    let value = |made: serde_yaml::Result<serde_yaml::Value>| made.expect(PLAIN);
    (
        value(serde_yaml::to_value(manifest::of(options, &fleet))),
        value(serde_yaml::to_value(cloud::of(&fleet))),
    )
}

/// First line of both texts: how to get them again.
fn origin(options: GenerateOptions) -> String {
    let GenerateOptions {
        machines,
        seed,
        changed_percent,
    } = options;
    format!(
        "# Made up by: respec sim generate --machines {machines} --seed {seed} --changed {changed_percent}%\n"
    )
}

fn within_limits(options: GenerateOptions) -> GenerateOptions {
    GenerateOptions {
        machines: options.machines.clamp(1, MACHINES_MAX),
        changed_percent: options.changed_percent.min(100),
        ..options
    }
}

#[cfg(test)]
mod tests {
    use super::{GenerateOptions, MACHINES_MAX, within_limits};

    #[test]
    fn sizes_out_of_range_are_brought_into_range() {
        let options = |machines, changed_percent| GenerateOptions {
            machines,
            seed: 7,
            changed_percent,
        };
        assert_eq!(within_limits(options(0, 0)), options(1, 0));
        assert_eq!(
            within_limits(options(u32::MAX, 101)),
            options(MACHINES_MAX, 100)
        );
    }
}
