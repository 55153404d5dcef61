//! The figures by which backends are compared, and how much worse one may be.

use std::fmt;
use std::str::FromStr;

use gauntlet_record::Millis;
use serde::Serialize;

use super::Figures;

/// Which clock throughput and time to the first byte are told by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Clock {
    /// The device's: on a virtual bench it does not depend on the load of this machine.
    #[default]
    Device,
    /// The wall's: what a person waits for.
    Wall,
}

impl Clock {
    /// In one word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Wall => "wall",
        }
    }
}

/// A figure by which backends are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// New bytes of object data per second, from the first byte to the last answer.
    Throughput,
    /// From the beginning of an update to its first byte of object data.
    FirstByte,
    /// Bytes sent again.
    Resent,
    /// Times the link was made again.
    Reconnects,
    /// Time of this host's processors.
    Cpu,
    /// Wall time of the case.
    Wall,
    /// Device time of the case.
    DeviceTime,
}

impl Metric {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 7] = [
        Self::Throughput,
        Self::FirstByte,
        Self::Resent,
        Self::Reconnects,
        Self::Cpu,
        Self::Wall,
        Self::DeviceTime,
    ];

    /// As it is written in a threshold.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Throughput => "throughput",
            Self::FirstByte => "first-byte",
            Self::Resent => "resent",
            Self::Reconnects => "reconnects",
            Self::Cpu => "cpu",
            Self::Wall => "wall",
            Self::DeviceTime => "device-time",
        }
    }

    /// As people say it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Throughput => "throughput",
            Self::FirstByte => "first data byte",
            Self::Resent => "bytes resent",
            Self::Reconnects => "reconnects",
            Self::Cpu => "host CPU",
            Self::Wall => "wall time",
            Self::DeviceTime => "device time",
        }
    }

    /// More of it is better.
    pub const fn more_is_better(self) -> bool {
        matches!(self, Self::Throughput)
    }

    /// Its value: bytes per second, seconds, bytes or a count; nothing where it was not measured.
    pub fn of(self, figures: &Figures, clock: Clock) -> Option<f64> {
        let times = match clock {
            Clock::Device => &figures.device,
            Clock::Wall => &figures.wall,
        };
        let seconds = |time: Millis| time.as_seconds();
        match self {
            Self::Throughput => {
                let (bytes, span) = (figures.new_bytes(), seconds(times.sending_ms));
                (bytes > 0 && span > 0.0).then(|| bytes as f64 / span)
            }
            Self::FirstByte => times.first_byte_ms.map(seconds),
            Self::Resent => (figures.updates > 0).then_some(figures.resent as f64),
            Self::Reconnects => (figures.updates > 0).then_some(f64::from(figures.reconnects)),
            Self::Cpu => figures.cpu_ms.map(seconds),
            Self::Wall => Some(seconds(figures.wall.case_ms)),
            Self::DeviceTime => Some(seconds(figures.device.case_ms)),
        }
    }

    /// A value with its unit, in at most 10 columns.
    pub fn show(self, value: f64) -> String {
        match self {
            Self::Throughput => rate(value),
            Self::Resent => format!("{value:.0} B"),
            Self::Reconnects => format!("{value:.0}"),
            Self::FirstByte | Self::Cpu | Self::Wall | Self::DeviceTime => span(value),
        }
    }
}

/// Bytes per second, in steps of 1000, with three digits.
fn rate(value: f64) -> String {
    let (value, unit) = match value {
        value if value >= 999_500.0 => (value / 1e6, "MB/s"),
        value if value >= 999.5 => (value / 1e3, "kB/s"),
        value => (value, "B/s"),
    };
    format!("{} {unit}", digits(value))
}

/// Seconds, with three digits.
fn span(seconds: f64) -> String {
    match seconds {
        value if value >= 99.95 => format!("{value:.0} s"),
        value if value >= 0.9995 => format!("{} s", digits(value)),
        value if value >= 0.000_999_5 => format!("{} ms", digits(value * 1e3)),
        value => format!("{:.0} µs", value * 1e6),
    }
}

fn digits(value: f64) -> String {
    match value {
        value if value >= 99.95 => format!("{value:.0}"),
        value if value >= 9.995 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

/// How much worse than the baseline a figure may be: `throughput=10%`, `resent=4096`, `first-byte=50ms`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    /// Of which figure.
    pub metric: Metric,
    /// How much.
    pub slack: Slack,
    /// Only the totals are held against it, not each case.
    pub total: bool,
}

/// How much worse something may be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Slack {
    /// A part of the baseline's value; 0.1 is ten percent.
    Part(f64),
    /// So much of the figure's unit: seconds, bytes, bytes per second, times.
    Amount(f64),
}

impl Threshold {
    /// Whether `found` is worse than `baseline` by more than it may be.
    pub fn is_exceeded(&self, baseline: f64, found: f64) -> bool {
        let worse = if self.metric.more_is_better() { baseline - found } else { found - baseline };
        let allowed = match self.slack {
            Slack::Part(part) => baseline * part,
            Slack::Amount(amount) => amount,
        };
        // A rounding error is no news.
        worse > allowed + 1e-9
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = if self.total { "total:" } else { "" };
        let name = self.metric.name();
        match self.slack {
            Slack::Part(part) => write!(f, "{total}{name}={}%", (part * 1e5).round() / 1e3),
            Slack::Amount(amount) => match self.metric {
                Metric::FirstByte | Metric::Cpu | Metric::Wall | Metric::DeviceTime => {
                    write!(f, "{total}{name}={}ms", (amount * 1e6).round() / 1e3)
                }
                Metric::Throughput | Metric::Resent | Metric::Reconnects => {
                    write!(f, "{total}{name}={amount}")
                }
            },
        }
    }
}

impl Serialize for Threshold {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Why a text is no threshold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadThreshold {
    /// There is no such figure.
    #[error("there is no figure `{name}`; there are {}", names())]
    Metric {
        /// What was asked for.
        name: String,
    },
    /// It has another form.
    #[error(
        "`{0}` is no threshold: a figure and how much worse it may be, like throughput=10%, resent=4096 or first-byte=50ms"
    )]
    Form(String),
}

fn names() -> String {
    Metric::ALL.map(Metric::name).join(", ")
}

impl FromStr for Threshold {
    type Err = BadThreshold;

    fn from_str(text: &str) -> Result<Self, BadThreshold> {
        let bad = || BadThreshold::Form(text.to_owned());
        let (name, amount) = text.split_once('=').ok_or_else(bad)?;
        let (total, name) = match name.trim().strip_prefix("total:") {
            Some(name) => (true, name),
            None => (false, name.trim()),
        };
        let metric = Metric::ALL.into_iter().find(|metric| metric.name() == name);
        let metric = metric.ok_or_else(|| BadThreshold::Metric { name: name.to_owned() })?;
        let is_time = matches!(metric, Metric::FirstByte | Metric::Cpu | Metric::Wall | Metric::DeviceTime);
        let amount = amount.trim();
        let number = |text: &str| {
            let value: f64 = text.trim().parse().ok()?;
            (value.is_finite() && value >= 0.0).then_some(value)
        };
        let slack = if let Some(percent) = amount.strip_suffix('%') {
            number(percent).map(|percent| Slack::Part(percent / 100.0))
        } else if !is_time {
            number(amount).map(Slack::Amount)
        } else if let Some(millis) = amount.strip_suffix("ms") {
            number(millis).map(|millis| Slack::Amount(millis / 1e3))
        } else {
            amount.strip_suffix('s').and_then(number).map(Slack::Amount)
        };
        Ok(Self { metric, slack: slack.ok_or_else(bad)?, total })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exceeded(threshold: &str, baseline: f64, found: f64) -> bool {
        threshold.parse::<Threshold>().unwrap().is_exceeded(baseline, found)
    }

    #[test]
    fn worse_is_less_of_throughput_and_more_of_everything_else() {
        assert!(exceeded("throughput=10%", 100.0, 89.9));
        assert!(!exceeded("throughput=10%", 100.0, 90.0));
        assert!(!exceeded("throughput=10%", 100.0, 1000.0));
        assert!(exceeded("resent=4096", 0.0, 4097.0) && !exceeded("resent=4096", 0.0, 4096.0));
        assert!(exceeded("first-byte=50ms", 0.1, 0.1501) && !exceeded("first-byte=0.05s", 0.1, 0.15));
        assert!(exceeded("reconnects=50%", 0.0, 1.0) && !exceeded("reconnects=0", 2.0, 1.0));
    }

    #[test]
    fn thresholds_are_written_as_they_are_read() {
        for text in ["throughput=12.5%", "total:wall=1500ms", "resent=4096", "device-time=0%"] {
            assert_eq!(text.parse::<Threshold>().unwrap().to_string(), text);
        }
        for wrong in [
            "",
            "throughput",
            "throughput=",
            "throughput=-1%",
            "wall=5",
            "resent=1ms",
            "cpu=nan%",
            "cpu=infs",
        ] {
            assert_eq!(wrong.parse::<Threshold>(), Err(BadThreshold::Form(wrong.to_owned())), "{wrong}");
        }
        let unknown = "speed=10%".parse::<Threshold>().unwrap_err().to_string();
        assert!(unknown.contains("throughput, first-byte, resent"), "{unknown}");
    }

    #[test]
    fn values_have_three_digits() {
        let shown = [0.5, 5.0, 50.0, 999.4, 999.6, 12_345.0, 1e6].map(|value| Metric::Throughput.show(value));
        assert_eq!(
            shown,
            ["0.50 B/s", "5.00 B/s", "50.0 B/s", "999 B/s", "1.00 kB/s", "12.3 kB/s", "1.00 MB/s"]
        );
        let shown = [0.0, 0.0005, 0.0123, 0.5, 1.0, 59.99, 125.0].map(|value| Metric::Wall.show(value));
        assert_eq!(shown, ["0 µs", "500 µs", "12.3 ms", "500 ms", "1.00 s", "60.0 s", "125 s"]);
    }
}
