//! `gauntlet package settings`.

use std::fmt::Write as _;

use gauntlet_package::image::{Segment, read_hex};
use gauntlet_package::settings::{
    FACTORY_LEN_V1, FactorySettings, Family, Settings, StoredValidation, default_backup_page, factory_hex,
};
use gauntlet_record::ExitCode;
use serde::Serialize;

use super::{image, read, signing_key, unusable, write};
use crate::args::package::{GenerateSettingsArgs, ShowSettingsArgs, Validation};
use crate::display::tame;
use crate::failure::Failure;
use crate::output;

/// Size of a flash page in bytes.
const PAGE: u32 = 0x1000;

pub(super) fn generate(args: &GenerateSettingsArgs) -> Result<ExitCode, Failure> {
    let refuse = |what: String, advice: &str| Failure::Usage { what, advice: advice.to_owned() };
    let version = args.application_version.or(args.application_version_string);
    let application = match (&args.application, version) {
        (Some(path), Some(version)) => Some((image(path)?, version)),
        (None, None) => None,
        (Some(_), None) => {
            let what = "the application version is missing".to_owned();
            return Err(refuse(what, "give it with --application-version"));
        }
        (None, Some(_)) => {
            let what = "there is a version of the application, but no application".to_owned();
            return Err(refuse(what, "name the file with --application"));
        }
    };
    let wanted = FactorySettings {
        version: args.bl_settings_version,
        bootloader_version: args.bootloader_version,
        application,
        softdevice: args.softdevice.as_deref().map(image).transpose()?,
        app_boot_validation: args.app_boot_validation.map(Validation::kind),
        sd_boot_validation: args.sd_boot_validation.map(Validation::kind),
        key: args.signing_key.as_deref().map(signing_key).transpose()?,
    };
    let page = args.start_address.unwrap_or(args.family.family().settings_page());
    let backup = (!args.no_backup).then(|| args.backup_address.unwrap_or(default_backup_page(page)));
    let hex = wanted
        .build()
        .and_then(|settings| factory_hex(&settings, page, backup))
        .map_err(|error| refuse(format!("the settings can't be made: {error}"), "see --help"))?;
    write("settings", &args.file, hex.as_bytes())?;
    let backup = backup.map_or_else(|| "none".to_owned(), |backup| format!("0x{backup:08X}"));
    output::print(&format!(
        "{}\n\n  settings page     0x{page:08X}\n  backup page       {backup}\n",
        tame(&args.file.display().to_string())
    ))?;
    Ok(ExitCode::Pass)
}

/// One page, for programs.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct PageFacts {
    /// Nothing for a page from a binary file.
    address: Option<u32>,
    valid: bool,
    crc: u32,
    settings_version: u32,
    app_version: u32,
    bootloader_version: u32,
    bank_0_size: u32,
    bank_0_crc: u32,
    bank_0: String,
    bank_1_size: u32,
    bank_1_crc: u32,
    bank_1: String,
    softdevice_size: u32,
    boot_validation_crc_right: bool,
    softdevice_boot_validation: String,
    app_boot_validation: String,
}

pub(super) fn show(args: &ShowSettingsArgs) -> Result<ExitCode, Failure> {
    let content = read(&args.file)?;
    let pages = if args.file.extension().is_some_and(|end| end == "bin") {
        vec![(None, content)]
    } else {
        let segments = read_hex(&content).map_err(|source| unusable(&args.file, source))?;
        pages(&segments, args.address)
    };
    let facts: Vec<PageFacts> = pages
        .iter()
        .filter_map(|(address, page)| Settings::parse(page).ok().map(|settings| facts(*address, &settings)))
        .collect();
    if facts.is_empty() {
        let what = "no settings page was found; --address says where one is";
        return Err(unusable(&args.file, what));
    }
    let text = if args.json {
        serde_json::to_string_pretty(&facts).map_err(|error| Failure::Stdout(error.into()))? + "\n"
    } else {
        facts.iter().map(describe).collect::<Vec<_>>().join("\n")
    };
    output::print(&text)?;
    if facts.iter().any(|page| page.valid) {
        return Ok(ExitCode::Pass);
    }
    Err(unusable(&args.file, "no settings page in it is valid: every checksum is wrong"))
}

/// Where pages may be: where somebody says, in pages of their own, and where the families have them.
fn pages(segments: &[Segment], address: Option<u32>) -> Vec<(Option<u32>, Vec<u8>)> {
    let mut places: Vec<u32> = match address {
        Some(address) => vec![address],
        None => {
            let families = Family::ALL.into_iter().map(Family::settings_page);
            let backups = families.clone().map(default_backup_page);
            let own = segments.iter().filter(|segment| segment.data.len() <= PAGE as usize);
            families.chain(backups).chain(own.map(|segment| segment.address)).collect()
        }
    };
    places.sort_unstable();
    places.dedup();
    let known = |place: u32| {
        let segment = segments.iter().rev().find(|segment| segment.address <= place)?;
        let page = segment.data.get((place - segment.address) as usize..)?;
        let page = &page[..page.len().min(PAGE as usize)];
        // In the flash of a whole chip, most places of the families hold something else.
        let sure = address.is_some() || segment.data.len() <= PAGE as usize;
        let settings = Settings::parse(page).ok()?;
        (page.len() >= FACTORY_LEN_V1 && (sure || settings.crc_ok())).then(|| (Some(place), page.to_vec()))
    };
    places.into_iter().filter_map(known).collect()
}

fn facts(address: Option<u32>, settings: &Settings) -> PageFacts {
    let validation = |record: &StoredValidation| match settings.version {
        1 => "none in version 1".to_owned(),
        _ => record.kind.name().into_owned(),
    };
    PageFacts {
        address,
        valid: settings.crc_ok(),
        crc: settings.crc,
        settings_version: settings.version,
        app_version: settings.app_version,
        bootloader_version: settings.bootloader_version,
        bank_0_size: settings.bank_0.size,
        bank_0_crc: settings.bank_0.crc,
        bank_0: settings.bank_0.code.to_string(),
        bank_1_size: settings.bank_1.size,
        bank_1_crc: settings.bank_1.crc,
        bank_1: settings.bank_1.code.to_string(),
        softdevice_size: settings.sd_size,
        boot_validation_crc_right: settings.version == 1 || settings.boot_validation_crc_ok(),
        softdevice_boot_validation: validation(&settings.validation_sd),
        app_boot_validation: validation(&settings.validation_app),
    }
}

fn describe(page: &PageFacts) -> String {
    let place = page.address.map_or_else(|| "settings page".to_owned(), |at| format!("page at 0x{at:08X}"));
    let mut text = format!("{place}\n\n");
    let mut row = |label: &str, value: String| {
        let _ = writeln!(text, "  {label:<18}{value}");
    };
    let verdict = if page.valid { "right" } else { "WRONG: a bootloader does not believe this page" };
    row("checksum", format!("0x{:08X}, {verdict}", page.crc));
    row("settings version", page.settings_version.to_string());
    row("application", page.app_version.to_string());
    row("bootloader", page.bootloader_version.to_string());
    let bank = |code: &str, size, crc: u32| format!("{code}, {size} bytes, CRC 0x{crc:08X}");
    row("bank 0", bank(&page.bank_0, page.bank_0_size, page.bank_0_crc));
    row("bank 1", bank(&page.bank_1, page.bank_1_size, page.bank_1_crc));
    row("SoftDevice", format!("{} bytes", page.softdevice_size));
    row(
        "boot validation",
        format!(
            "application {}, SoftDevice {}{}",
            page.app_boot_validation,
            page.softdevice_boot_validation,
            if page.boot_validation_crc_right { "" } else { "; its checksum is WRONG" }
        ),
    );
    text
}
