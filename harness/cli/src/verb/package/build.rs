//! `gauntlet package build`.

use std::path::Path;

use gauntlet_package::build::{Part, RequestError, UpdatePackage};
use gauntlet_record::ExitCode;

use super::{finish, read, signing_key, unusable};
use crate::args::package::{BuildArgs, Validation};
use crate::failure::Failure;

pub(super) fn build(args: &BuildArgs) -> Result<ExitCode, Failure> {
    let part = |path: &Option<_>| path.as_deref().map(part).transpose();
    let key = args.signing_key.as_deref().map(signing_key).transpose()?;
    let update = UpdatePackage {
        application: part(&args.application)?,
        application_version: args.application_version.or(args.application_version_string),
        external: args.external,
        bootloader: part(&args.bootloader)?,
        bootloader_version: args.bootloader_version,
        softdevice: part(&args.softdevice)?,
        hw_version: args.hw_version,
        sd_req: args.sd_req.clone(),
        sd_id: args.sd_id.clone(),
        debug: args.debug_mode,
        app_boot_validation: args.app_boot_validation.map(Validation::kind),
        sd_boot_validation: args.sd_boot_validation.map(Validation::kind),
        // As with nrfutil, which has no option for it.
        bl_boot_validation: None,
        key: key.clone(),
        even_if_useless: false,
    };
    let built = update.build().map_err(refused)?;
    finish(&args.package, &built.zip, key.as_ref(), args.json)
}

fn part(path: &Path) -> Result<Part, Failure> {
    Part::from_file(&path.to_string_lossy(), &read(path)?).map_err(|source| unusable(path, source))
}

fn refused(error: RequestError) -> Failure {
    let advice = match &error {
        RequestError::NoFirmware => "name a file with --application, --bootloader or --softdevice",
        RequestError::BootloaderAndApplication => "the bootloader goes first, then the application",
        RequestError::Missing { .. } => {
            "give it with --hw-version, --sd-req, --sd-id, --application-version or --bootloader-version"
        }
        RequestError::VersionWithoutImage { .. } | RequestError::ValidationWithoutImage { .. } => {
            "name the file too, or leave the option out"
        }
        RequestError::ExternalNotAlone => "--external goes with --application only",
        RequestError::TooManySdReq { .. } => "leave out ids that no device in the field has",
        RequestError::BadName { .. } => "rename the file",
        RequestError::Build(_) => "name a key with --signing-key",
    };
    Failure::Usage { what: format!("the package can't be made: {error}"), advice: advice.to_owned() }
}
