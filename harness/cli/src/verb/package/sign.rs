//! `gauntlet package sign`.

use gauntlet_package::{build, read};
use gauntlet_record::ExitCode;

use super::{finish, signing_key, unusable};
use crate::args::package::SignArgs;
use crate::failure::Failure;

pub(super) fn sign(args: &SignArgs) -> Result<ExitCode, Failure> {
    let key = signing_key(&args.signing_key)?;
    let package = read(&args.package)?;
    let signed = build::sign(&package, &key).map_err(|source| unusable(&args.package, source))?;
    finish(&args.signed, &signed, Some(&key), args.json)
}
