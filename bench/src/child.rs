//! One measurement in a process of its own.

use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::scenario::Scenario;
use crate::stack;

/// A stack that has not finished by then is recorded as failed.
const LIMIT: Duration = Duration::from_secs(120);

/// Runs `scenario` on `stack` in a child process and reads its one line of output.
pub fn run(stack: &str, scenario: Scenario) -> Result<Vec<f64>, String> {
    let _buffers = match stack {
        "webrtc-buffers" => Some(Buffers::enlarge()?),
        _ => None,
    };
    let mut child = command(stack, scenario)?
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
    let figures =
        output.lines().find_map(|line| line.strip_prefix("figures ")).ok_or("printed no figures")?;
    figures.split(' ').map(|figure| figure.parse().map_err(|_| format!("not a figure: {figure}"))).collect()
}

fn command(stack: &str, scenario: Scenario) -> Result<Command, String> {
    let mut command = match stack::program(stack) {
        Some(script) => {
            let mut node = Command::new("node");
            node.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join(script));
            node
        }
        None => {
            let mut program = Command::new(std::env::current_exe().map_err(|error| error.to_string())?);
            program.args(["measure", stack]);
            program
        }
    };
    command.arg(scenario.name());
    Ok(command)
}

/// The buffers that new sockets get, as an administrator may set them for the whole machine. Set back when dropped.
struct Buffers(Vec<(&'static str, String)>);

const BUFFER_SETTINGS: [&str; 2] = ["/proc/sys/net/core/rmem_default", "/proc/sys/net/core/wmem_default"];
const LARGE: &str = "4194304";

impl Buffers {
    fn enlarge() -> Result<Buffers, String> {
        let mut before = Buffers(Vec::new());
        for setting in BUFFER_SETTINGS {
            let read = std::fs::read_to_string(setting).map_err(|error| format!("{setting}: {error}"))?;
            before.0.push((setting, read));
            std::fs::write(setting, LARGE).map_err(|error| format!("{setting}: {error}"))?;
        }
        Ok(before)
    }
}

impl Drop for Buffers {
    fn drop(&mut self) {
        for (setting, value) in &self.0 {
            if let Err(error) = std::fs::write(setting, value) {
                eprintln!("{setting} could not be set back to {}: {error}", value.trim());
            }
        }
    }
}
