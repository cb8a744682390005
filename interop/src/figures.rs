//! What benchmarks say.

/// Seconds of the processors that a process (its id and `/stat`), or all together (`stat`), have taken so far.
pub fn processor_time(stat: &str) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{stat}")).expect("it lives");
    // In hundredths. A process has utime and stime as the 14th and 15th field, the name being in parentheses; the machine
    // has user, nice, system, idle, iowait, irq and softirq.
    let (fields, counted): (&str, &[usize]) = match text.strip_prefix("cpu ") {
        Some(rest) => (rest.lines().next().expect("a line"), &[0, 1, 2, 5, 6]),
        None => (text.rsplit(')').next().expect("fields"), &[11, 12]),
    };
    let fields: Vec<&str> = fields.split_whitespace().collect();
    counted.iter().map(|&at| fields[at].parse::<f64>().expect("a number") / 100.0).sum()
}

/// The middle one of some values, of an even number the later of two; there is at least one.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}
