//! The result, as text that is also Markdown.

use std::fmt;

use crate::scenario::{Better, Scenario};

/// One scenario's figures for every stack.
pub struct Table {
    scenario: Scenario,
    rows: Vec<Row>,
}

struct Row {
    stack: String,
    runs: Vec<Vec<f64>>,
    failure: Option<String>,
}

/// With this begins the name of each stack that is ours.
const OURS: &str = "visavis";

impl Table {
    /// A table without figures.
    pub fn new(scenario: Scenario, stacks: &[&str]) -> Table {
        let row = |stack: &&str| Row { stack: (*stack).to_owned(), runs: Vec::new(), failure: None };
        Table { scenario, rows: stacks.iter().map(row).collect() }
    }

    /// Adds a run.
    pub fn add(&mut self, stack: &str, result: Result<Vec<f64>, String>) {
        let Some(row) = self.rows.iter_mut().find(|row| row.stack == stack) else { return };
        match result {
            Ok(figures) => row.runs.push(figures),
            Err(failure) => row.failure = Some(failure),
        }
    }

    /// One of ours beside the best of the others in column `index`.
    fn beside_the_best(&self, ours: &Row, index: usize, better: Better) -> Option<f64> {
        let ours = ours.median(index)?;
        let others = self.rows.iter().filter(|row| !row.is_ours()).filter_map(|row| row.median(index));
        let best = match better {
            Better::More => others.max_by(f64::total_cmp),
            Better::Less => others.min_by(f64::total_cmp),
        };
        Some(ours / best?)
    }
}

impl Row {
    fn is_ours(&self) -> bool {
        self.stack.starts_with(OURS)
    }

    fn median(&self, index: usize) -> Option<f64> {
        let mut figures: Vec<f64> = self.runs.iter().filter_map(|run| run.get(index)).copied().collect();
        figures.sort_by(f64::total_cmp);
        figures.get(figures.len() / 2).copied()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.scenario.columns();
        writeln!(f, "### {}\n", self.scenario.name())?;
        let titles: Vec<&str> = columns.iter().map(|column| column.title).collect();
        writeln!(f, "| stack | {} |", titles.join(" | "))?;
        writeln!(f, "|---{}|", "|---:".repeat(columns.len()))?;
        for row in &self.rows {
            write!(f, "| {} |", row.stack)?;
            if row.runs.is_empty() {
                writeln!(f, " failed: {} |", row.failure.as_deref().unwrap_or("no run"))?;
                continue;
            }
            for index in 0..columns.len() {
                match row.median(index) {
                    Some(figure) if figure < 10.0 => write!(f, " {figure:.2} |")?,
                    Some(figure) if figure < 100.0 => write!(f, " {figure:.1} |")?,
                    Some(figure) => write!(f, " {figure:.0} |")?,
                    None => write!(f, " |")?,
                }
            }
            writeln!(f)?;
        }
        for ours in self.rows.iter().filter(|row| row.is_ours()) {
            write!(f, "| *{} : the best other* |", ours.stack)?;
            for (index, column) in columns.iter().enumerate() {
                match column.better.and_then(|better| self.beside_the_best(ours, index, better)) {
                    Some(ratio) => write!(f, " *{ratio:.2}* |")?,
                    None => write!(f, " |")?,
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
