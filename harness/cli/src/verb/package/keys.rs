//! `gauntlet package keys`.

use std::io;

use gauntlet_package::keys::{PublicKey, SigningKey};
use gauntlet_record::{ExitCode, HexBytes, WriteError};

use super::{secret_file, signing_key, unusable};
use crate::args::package::{CreateKeyArgs, KeyFormat, KeyHalf, ShowKeyArgs};
use crate::display::tame;
use crate::failure::Failure;
use crate::output;

pub(super) fn create(args: &CreateKeyArgs) -> Result<ExitCode, Failure> {
    let key = random_key()?;
    match secret_file::write(&args.file, key.to_pem().as_bytes(), args.force) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && !args.force => {
            return Err(Failure::Usage {
                what: format!("`{}` is there already", tame(&args.file.display().to_string())),
                advice: "a key that is overwritten is lost for ever; --force does it all the same".to_owned(),
            });
        }
        Err(source) => return Err(Failure::Write(WriteError::new("key", &args.file, source))),
    }
    output::print(&format!("{}\n", hex(&key.public_key_le())))?;
    output::tell(&format!(
        "  the private key is in {}; above is its public half, as a bootloader stores it\n",
        tame(&args.file.display().to_string())
    ));
    Ok(ExitCode::Pass)
}

/// A key from the system's source of randomness.
fn random_key() -> Result<SigningKey, Failure> {
    loop {
        let mut number = [0; 32];
        getrandom::fill(&mut number)
            .map_err(|error| unusable("the system's source of randomness".as_ref(), error.to_string()))?;
        // One number of 2^32 is no key.
        if let Ok(key) = SigningKey::from_scalar(&number) {
            return Ok(key);
        }
    }
}

pub(super) fn show(args: &ShowKeyArgs) -> Result<ExitCode, Failure> {
    let text = match args.half {
        KeyHalf::Public => {
            let key = super::super::public_key(&args.file)?;
            super::tell_if_published(&key);
            public(&key, args.format)
        }
        KeyHalf::Private => private(&signing_key(&args.file)?, args.format)?,
    };
    output::print(&text)?;
    Ok(ExitCode::Pass)
}

fn public(key: &PublicKey, format: KeyFormat) -> String {
    match format {
        KeyFormat::Hex => hex(&key.to_le_bytes()) + "\n",
        KeyFormat::Code => key.to_code(false),
        KeyFormat::Dbgcode => key.to_code(true),
        KeyFormat::Pem => key.to_pem(),
    }
}

fn private(key: &SigningKey, format: KeyFormat) -> Result<String, Failure> {
    match format {
        KeyFormat::Hex => Ok(hex(&key.to_le_bytes()) + "\n"),
        KeyFormat::Pem => Ok(key.to_pem()),
        KeyFormat::Code | KeyFormat::Dbgcode => Err(Failure::Usage {
            what: "a private key has no business in source code".to_owned(),
            advice: "show it with --format hex or pem".to_owned(),
        }),
    }
}

fn hex(bytes: &[u8]) -> String {
    HexBytes::from(bytes).to_string()
}
