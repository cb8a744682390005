//! Counting what passed and what failed.

use std::ops::AddAssign;

/// Tests and checks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl Tally {
    /// One check that passed or failed.
    pub(crate) fn one(passed: bool) -> Tally {
        Tally { passed: passed.into(), failed: (!passed).into() }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// The counts in "test result: ok. 5 passed; 0 failed; ...".
pub(crate) fn parse_result(line: &str) -> Option<Tally> {
    let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let mut numbers = counts.split("; ").map(|part| part.split_once(' '));
    let (passed, "passed") = numbers.next()?? else { return None };
    let (failed, "failed") = numbers.next()?? else { return None };
    Some(Tally { passed: passed.parse().ok()?, failed: failed.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn result_lines_are_counted() {
        let line = "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s";
        assert_eq!(parse_result(line), Some(Tally { passed: 12, failed: 3 }));
        assert_eq!(
            parse_result("test result: ok. 1 passed; 0 failed; 0 ignored"),
            Some(Tally { passed: 1, failed: 0 })
        );
    }

    #[test]
    fn other_lines_are_not() {
        for line in [
            "",
            "test foo ... ok",
            "test result: ok.",
            "running 5 tests",
            "test result: ok. x passed; 0 failed;",
        ] {
            assert_eq!(parse_result(line), None, "{line}");
        }
    }
}
