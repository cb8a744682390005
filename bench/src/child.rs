//! One measurement in a process of its own.

use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::measure::{Outcome, Scenario};

/// A stack that has not finished by then is recorded as failed.
const LIMIT: Duration = Duration::from_secs(90);

/// Runs `scenario` on `stack` in a child process and reads its one line of output.
pub fn run(stack: &str, scenario: Scenario) -> Result<Outcome, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut child = Command::new(program)
        .args(["measure", stack, scenario.name()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let started = Instant::now();
    let status = loop {
        match child.try_wait().map_err(|error| error.to_string())? {
            Some(status) => break status,
            None if started.elapsed() > LIMIT => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("not done after {} s", LIMIT.as_secs()));
            }
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    let (mut output, mut errors) = (String::new(), String::new());
    let _ = child.stdout.take().map(|mut pipe| pipe.read_to_string(&mut output));
    let _ = child.stderr.take().map(|mut pipe| pipe.read_to_string(&mut errors));
    if !status.success() {
        return Err(errors.lines().last().unwrap_or("failed without a word").to_owned());
    }
    output.lines().find_map(Outcome::parse).ok_or_else(|| "printed no result".to_owned())
}
