//! The worst of many runs, figure by figure.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::run::{Figures, longest};

/// One run and the seed of its faults.
#[derive(Debug, Clone, Serialize)]
pub struct Day {
    /// Equal seeds give equal days.
    pub seed: u64,
    /// What it took.
    pub figures: Figures,
}

/// A figure, and the day it was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Extreme<T> {
    /// The figure.
    pub value: T,
    /// The seed of that day.
    pub seed: u64,
}

/// The worst of each figure.
#[derive(Debug, Clone, Serialize)]
pub struct Worst {
    /// Days in all.
    pub days: usize,
    /// How many days ended with each exit code.
    pub exit_codes: BTreeMap<u8, usize>,
    /// The longest run.
    pub makespan: Extreme<Duration>,
    /// The longest any one machine was down.
    pub downtime: Extreme<Duration>,
    /// The longest any one machine was out of service, where there are hooks or health checks.
    pub out_of_service: Option<Extreme<Duration>>,
    /// Most machines down at one moment.
    pub peak: Extreme<usize>,
    /// Most calls.
    pub calls: Extreme<u64>,
    /// Days that leave something to a person, with the first such line of each.
    pub left_to_do: Vec<(u64, String)>,
}

impl Worst {
    /// The worst of these days; none of no days.
    #[must_use]
    pub fn of(days: &[Day]) -> Option<Self> {
        let mut exit_codes = BTreeMap::new();
        for day in days {
            *exit_codes.entry(day.figures.exit_code).or_insert(0) += 1;
        }
        let left = days.iter().filter_map(|day| {
            let first = day.figures.left_to_do.first()?;
            Some((day.seed, first.clone()))
        });
        Some(Self {
            days: days.len(),
            exit_codes,
            makespan: most(days, |figures| figures.makespan)?,
            downtime: most(days, |figures| {
                figures
                    .longest_downtime()
                    .map_or(Duration::ZERO, |(_, longest)| longest)
            })?,
            out_of_service: most(days, |figures| {
                longest(&figures.out_of_service).map(|(_, time)| time)
            })
            .and_then(|worst| {
                let seed = worst.seed;
                worst.value.map(|value| Extreme { value, seed })
            }),
            peak: most(days, |figures| figures.peak)?,
            calls: most(days, Figures::n_calls)?,
            left_to_do: left.collect(),
        })
    }
}

/// The first day among equals, so that the answer does not depend on who ran faster.
fn most<T: Ord + Copy>(days: &[Day], figure: impl Fn(&Figures) -> T) -> Option<Extreme<T>> {
    let all = days.iter().map(|day| Extreme {
        value: figure(&day.figures),
        seed: day.seed,
    });
    all.reduce(|worst, next| {
        if next.value > worst.value {
            next
        } else {
            worst
        }
    })
}
