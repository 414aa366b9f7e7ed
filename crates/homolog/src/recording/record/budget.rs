//! How much memory a run may take, and how much it took.

use std::fs;

/// Bytes in a mebibyte.
const MIB: u64 = 1 << 20;

/// A number of bytes with a unit that is not understood.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "cannot read \"{text}\" as an amount of memory: it needs a number and one of B, KiB, MiB, GiB, TiB, KB, MB, GB, TB, as in 4GiB"
)]
pub struct ByteSizeError {
    /// What the user wrote.
    pub text: String,
}

/// Reads an amount of memory as people write it: `4GiB`, `800 MB`, `1073741824`.
///
/// Units of 1,000 (KB, MB, GB, TB) and of 1,024 (KiB, MiB, GiB, TiB) are told apart; a bare number is bytes.
pub fn parse_bytes(text: &str) -> Result<u64, ByteSizeError> {
    let refused = || ByteSizeError { text: text.to_owned() };
    let trimmed = text.trim();
    let split = trimmed.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(trimmed.len());
    let (number, unit) = trimmed.split_at(split);
    let number: f64 = number.parse().map_err(|_| refused())?;
    let factor: f64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "kb" => 1e3,
        "mb" => 1e6,
        "gb" => 1e9,
        "tb" => 1e12,
        "k" | "kib" => 1024.0,
        "m" | "mib" => 1024f64.powi(2),
        "g" | "gib" => 1024f64.powi(3),
        "t" | "tib" => 1024f64.powi(4),
        _ => return Err(refused()),
    };
    let bytes = number * factor;
    if (1.0..1e18).contains(&bytes) { Ok(bytes as u64) } else { Err(refused()) }
}

/// Bytes as people read them: the largest unit of 1,024 that gives at least 1, with one decimal.
pub fn show_bytes(bytes: u64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < units.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{bytes} B") } else { format!("{value:.1} {}", units[unit]) }
}

/// What this process may still take: the least of the machine's available memory and what the control group leaves, less
/// a tenth as a margin. `None` where the system does not say.
pub fn available_bytes() -> Option<u64> {
    let machine = fs::read_to_string("/proc/meminfo").ok().and_then(|text| kib_line(&text, "MemAvailable:"));
    let group = group_limit().map(|(limit, used)| limit.saturating_sub(used));
    let least = match (machine, group) {
        (Some(machine), Some(group)) => machine.min(group),
        (one, other) => one.or(other)?,
    };
    Some(least - least / 10)
}

/// The largest resident size that this process has had, as the operating system counts it. `None` where it does not say.
pub fn peak_resident_bytes() -> Option<u64> {
    fs::read_to_string("/proc/self/status").ok().and_then(|text| kib_line(&text, "VmHWM:"))
}

/// The size that this process has resident now. `None` where the operating system does not say.
pub fn resident_bytes() -> Option<u64> {
    fs::read_to_string("/proc/self/status").ok().and_then(|text| kib_line(&text, "VmRSS:"))
}

/// The budget that is used where the user names none: what is available, or 2 GiB where the system does not say.
pub fn default_budget() -> u64 {
    available_bytes().unwrap_or(2048 * MIB)
}

fn kib_line(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib * 1024)
}

/// Limit and use of the control group, version 2 or 1; `None` where there is no limit.
fn group_limit() -> Option<(u64, u64)> {
    let read = |path: &str| fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    let pairs = [
        ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
        ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    ];
    // Version 1 writes a number near 2^63 where there is no limit.
    pairs.iter().find_map(|(limit, used)| Some((read(limit).filter(|bytes| *bytes < 1 << 60)?, read(used)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_of_memory_are_read_as_people_write_them() {
        assert_eq!(parse_bytes("1GiB"), Ok(1 << 30));
        assert_eq!(parse_bytes("1.5 GB"), Ok(1_500_000_000));
        assert_eq!(parse_bytes("4096"), Ok(4096));
        assert_eq!(parse_bytes("800MB"), Ok(800_000_000));
        for bad in ["", "GiB", "-1GiB", "1 parsec", "1e400GiB", "0"] {
            assert!(parse_bytes(bad).is_err(), "{bad} was taken");
        }
    }

    #[test]
    fn bytes_are_shown_in_the_largest_unit_that_fits() {
        assert_eq!(show_bytes(512), "512 B");
        assert_eq!(show_bytes(1 << 30), "1.0 GiB");
        assert_eq!(show_bytes(1536 * 1024), "1.5 MiB");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_peak_is_at_least_what_is_resident_now() {
        let now = resident_bytes().expect("Linux says it");
        let peak = peak_resident_bytes().expect("Linux says it");
        assert!(peak >= now && now > MIB / 4);
    }
}
