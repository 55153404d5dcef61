//! `gauntlet package`: making, signing, keys, settings. Looking into packages is `package_show`.

mod build;
mod keys;
mod mutate;
mod secret_file;
mod settings;
mod sign;

use std::fs;
use std::path::Path;

use gauntlet_package::image::firmware;
use gauntlet_package::keys::{PublicKey, SigningKey};
use gauntlet_package::{ReadOptions, read_bytes};
use gauntlet_record::{ExitCode, WriteError};
use gauntlet_reports::write_atomically;

use super::package_show;
use crate::args::package::{KeysVerb, PackageVerb, SettingsVerb};
use crate::failure::Failure;
use crate::output;

pub(super) fn perform(verb: &PackageVerb) -> Result<ExitCode, Failure> {
    match verb {
        PackageVerb::Show(args) => package_show::show(args),
        PackageVerb::Build(args) => build::build(args),
        PackageVerb::Sign(args) => sign::sign(args),
        PackageVerb::Mutate(args) => mutate::mutate(args),
        PackageVerb::Settings(SettingsVerb::Generate(args)) => settings::generate(args),
        PackageVerb::Settings(SettingsVerb::Show(args)) => settings::show(args),
        PackageVerb::Keys(KeysVerb::Create(args)) => keys::create(args),
        PackageVerb::Keys(KeysVerb::Show(args)) => keys::show(args),
    }
}

fn signing_key(path: &Path) -> Result<SigningKey, Failure> {
    let key = SigningKey::load(path).map_err(|source| Failure::Key { path: path.to_owned(), source })?;
    tell_if_published(&key.public_key());
    Ok(key)
}

/// A key that everyone has is good for tests only.
fn tell_if_published(key: &PublicKey) {
    if let Some(published) = key.published() {
        output::tell(&format!(
            "  warning: this is {published}: everyone can sign with it, so a product must not trust it\n"
        ));
    }
}

fn unusable(path: &Path, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Failure {
    Failure::File { path: path.to_owned(), source: source.into() }
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|source| unusable(path, source))
}

/// The image in a firmware file.
fn image(path: &Path) -> Result<Vec<u8>, Failure> {
    firmware(&path.to_string_lossy(), &read(path)?).map_err(|source| unusable(path, source))
}

/// Reads what was just made as a device's owner would, writes it if it passes, and tells what it is.
fn finish(path: &Path, zip: &[u8], key: Option<&SigningKey>, json: bool) -> Result<ExitCode, Failure> {
    let file = path.display().to_string();
    let public_key = key.map(SigningKey::public_key);
    let options = ReadOptions { public_key, ..ReadOptions::default() };
    let package = read_bytes(&file, zip, &options)?;
    write("package", path, zip)?;
    output::print(&package_show::describe(file, &package, public_key.as_ref(), json)?)?;
    Ok(ExitCode::Pass)
}

fn write(what: &'static str, path: &Path, content: &[u8]) -> Result<(), Failure> {
    write_atomically(path, content).map_err(|source| Failure::Write(WriteError::new(what, path, source)))
}
