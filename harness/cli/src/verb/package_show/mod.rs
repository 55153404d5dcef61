//! `gauntlet package show`: what is inside a package, and what is wrong or odd about it.

mod facts;
mod text;

use gauntlet_package::keys::PublicKey;
use gauntlet_package::{Finding, Package, ReadOptions, read_with};
use gauntlet_record::ExitCode;
use serde::Serialize;

use crate::args::package::ShowArgs;
use crate::failure::{Failure, about};
use crate::output;

use facts::ImageFacts;
pub(super) use facts::Remark;

/// The answer, for programs.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Answer {
    file: String,
    accepted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<Remark>,
    images: Vec<ImageFacts>,
    warnings: Vec<Remark>,
}

pub(super) fn show(args: &ShowArgs) -> Result<ExitCode, Failure> {
    let public_key = args.key.as_deref().map(super::public_key).transpose()?;
    let options = ReadOptions { public_key, ..ReadOptions::default() };
    let file = args.file.display().to_string();
    match read_with(&args.file, &options) {
        Ok(package) => {
            output::print(&describe(file, &package, public_key.as_ref(), args.json)?)?;
            Ok(ExitCode::Pass)
        }
        Err(error) => {
            if let Some(finding) = error.finding().filter(|_| args.json) {
                let refusal = Some(Remark::of(finding));
                output::print(&json(&Answer {
                    file,
                    accepted: false,
                    refusal,
                    images: Vec::new(),
                    warnings: Vec::new(),
                })?)?;
            }
            Err(error.into())
        }
    }
}

/// A package that passed, for a person or as JSON.
pub(super) fn describe(
    file: String,
    package: &Package,
    key: Option<&PublicKey>,
    as_json: bool,
) -> Result<String, Failure> {
    let images = package.images.iter().map(|image| ImageFacts::of(image, key)).collect();
    let warnings = package.warnings.iter().map(Remark::of).collect();
    let answer = Answer { file, accepted: true, refusal: None, images, warnings };
    if as_json { json(&answer) } else { Ok(text::of(&answer)) }
}

/// What is odd about a package, on stderr.
pub(super) fn tell_warnings(warnings: &[Finding]) {
    for warning in warnings {
        output::tell(&format!("  warning: {}; {}\n", about(warning), warning.reason.advice()));
    }
}

fn json(answer: &Answer) -> Result<String, Failure> {
    // Numbers and texts: there is nothing in an answer that JSON could not hold.
    let json = serde_json::to_string_pretty(answer).map_err(|error| Failure::Stdout(error.into()))?;
    Ok(json + "\n")
}

/// Whether a signature belongs to a key.
fn verifies(key: &PublicKey, message: &[u8], signature: &[u8]) -> bool {
    key.verify(message, signature).is_ok()
}
