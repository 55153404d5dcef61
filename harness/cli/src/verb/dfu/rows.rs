//! What every account of an update says, with a probe or without: what was sent, and what it took.

use std::fmt::Write as _;
use std::path::Path;

use gauntlet_package::Image;
use gauntlet_runner::figures::{Amounts, Figures, ImageFigures};

use crate::display::{tame, time};

/// Columns of a label.
const LABEL: usize = 14;

/// A headline and rows below it.
pub(super) struct Rows(String);

impl Rows {
    pub(super) fn below(headline: &str) -> Self {
        Self(format!("{headline}\n\n"))
    }

    pub(super) fn add(&mut self, label: &str, value: &str) {
        let _ = writeln!(self.0, "  {label:<LABEL$}{}", tame(value));
    }

    pub(super) fn text(self) -> String {
        self.0
    }

    /// The package, and of several images each one.
    pub(super) fn package(&mut self, file: &Path, images: &[Image], figures: &Figures) {
        let bytes: usize = images.iter().map(|image| image.firmware.len()).sum();
        let file = file.display();
        if let [image] = images {
            let kind = image.kind.to_string();
            let what = if kind == "application" { String::new() } else { format!("{kind}, ") };
            self.add("package", &format!("{file}: {what}{bytes} bytes of firmware{}", version(image)));
            return;
        }
        self.add("package", &format!("{file}: {} images, {bytes} bytes of firmware", images.len()));
        for (number, image) in (1..).zip(images) {
            let what = format!("{}, {} bytes{}", image.kind, image.firmware.len(), version(image));
            let last = figures.images.iter().rfind(|image| image.number == number);
            self.add(&format!("image {number}"), &format!("{what}: {}", fate(last, number, figures)));
        }
    }

    /// Bytes, time and speed.
    pub(super) fn amounts(&mut self, amounts: &Amounts, completed: bool) {
        let mut sent = format!("{} bytes", amounts.bytes_sent);
        if amounts.resumed_at > 0 {
            let _ = write!(sent, ", behind {} that were there already", amounts.resumed_at);
        }
        if amounts.bytes_resent > 0 || amounts.reconnects > 0 {
            let _ =
                write!(sent, ", {} of them again, {} reconnects", amounts.bytes_resent, amounts.reconnects);
        }
        if let Some(speed) = amounts.bytes_per_second.filter(|_| completed) {
            let _ = write!(sent, ", {:.1} kB/s", speed / 1000.0);
        }
        self.add("sent", &sent);
        let spent = amounts.phases.iter().filter(|(_, spent)| !spent.is_zero());
        let phases: Vec<String> =
            spent.map(|(phase, spent)| format!("{phase} {}", time((*spent).into()))).collect();
        if !phases.is_empty() {
            self.add("time", &phases.join(", "));
        }
    }
}

fn version(image: &Image) -> String {
    image.init.init.fw_version.map(|version| format!(", version {version}")).unwrap_or_default()
}

/// What became of an image, by the client's word.
fn fate(image: Option<&ImageFigures>, number: u32, figures: &Figures) -> String {
    let Some(image) = image else { return "not sent".to_owned() };
    if let Some(reason) = &image.skipped {
        return format!("skipped, {reason}");
    }
    // The one behind it was begun, so this one must have been taken.
    let taken = image.accepted || figures.images.iter().any(|other| other.number > number);
    if taken { "accepted" } else { "not accepted" }.to_owned()
}
