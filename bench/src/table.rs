//! The result, as text that is also Markdown.

use std::fmt;

use crate::measure::{Outcome, Scenario};

/// One scenario's figures for every stack.
pub struct Table {
    scenario: Scenario,
    rows: Vec<Row>,
}

struct Row {
    stack: String,
    outcomes: Vec<Outcome>,
    failure: Option<String>,
}

impl Table {
    /// A table without figures.
    pub fn new(scenario: Scenario, stacks: &[&str]) -> Table {
        let row = |stack: &&str| Row { stack: (*stack).to_owned(), outcomes: Vec::new(), failure: None };
        Table { scenario, rows: stacks.iter().map(row).collect() }
    }

    /// Adds a run.
    pub fn add(&mut self, stack: &str, result: Result<Outcome, String>) {
        let Some(row) = self.rows.iter_mut().find(|row| row.stack == stack) else { return };
        match result {
            Ok(outcome) => row.outcomes.push(outcome),
            Err(failure) => row.failure = Some(failure),
        }
    }

    /// The two figures of a run, in the scenario's units: what it got done, and what that cost.
    fn figures(&self, outcome: &Outcome) -> (f64, f64) {
        let Outcome { amount, wall, cpu, .. } = *outcome;
        match self.scenario {
            Scenario::Bulk => (amount / 1e6 / wall, cpu / (amount / 1e9)),
            Scenario::PingPong => (wall / amount * 1e6, cpu / amount * 1e6),
            Scenario::SetUp => (wall / amount * 1e3, cpu / amount * 1e3),
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (done, cost) = match self.scenario {
            Scenario::Bulk => ("MB/s", "CPU s/GB"),
            Scenario::PingPong => ("round trip, us", "CPU us"),
            Scenario::SetUp => ("set-up, ms", "CPU ms"),
        };
        writeln!(f, "### {}\n", self.scenario.name())?;
        writeln!(f, "| stack | {done} | {cost} | peak MiB | x visavis | CPU x visavis |")?;
        writeln!(f, "|---|---:|---:|---:|---:|---:|")?;
        let base = self.rows.iter().find(|row| row.stack == "visavis").and_then(|row| self.medians(row));
        for row in &self.rows {
            let Some((done, cost, memory)) = self.medians(row) else {
                writeln!(f, "| {} | failed: {} |||||", row.stack, row.failure.as_deref().unwrap_or("no run"))?;
                continue;
            };
            let (a, b) = base.map_or((f64::NAN, f64::NAN), |(d, c, _)| (done / d, cost / c));
            writeln!(f, "| {} | {done:.1} | {cost:.2} | {memory:.0} | {a:.2} | {b:.2} |", row.stack)?;
        }
        Ok(())
    }
}

impl Table {
    fn medians(&self, row: &Row) -> Option<(f64, f64, f64)> {
        let median = |mut numbers: Vec<f64>| {
            numbers.sort_by(f64::total_cmp);
            numbers.get(numbers.len() / 2).copied()
        };
        let figures: Vec<_> = row.outcomes.iter().map(|outcome| self.figures(outcome)).collect();
        Some((
            median(figures.iter().map(|figure| figure.0).collect())?,
            median(figures.iter().map(|figure| figure.1).collect())?,
            median(row.outcomes.iter().map(|outcome| outcome.memory).collect())?,
        ))
    }
}
