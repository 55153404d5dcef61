//! The whole flash as a file.

use std::path::{Path, PathBuf};

use gauntlet_package::image::{Segment, write_hex};
use gauntlet_record::WriteError;
use gauntlet_reports::write_atomically;

use crate::display::tame;
use crate::failure::Failure;

/// Where the flash is written to, and how.
pub(in crate::verb) struct Dump {
    pub(in crate::verb) path: PathBuf,
    hex: bool,
}

impl Dump {
    /// The name of the file says how.
    pub(in crate::verb) fn to(path: &Path) -> Result<Self, Failure> {
        let hex = match path.extension().and_then(|end| end.to_str()) {
            Some("hex") => true,
            Some("bin") => false,
            _ => {
                return Err(Failure::Usage {
                    what: format!("the flash can't be written to `{}`", tame(&path.display().to_string())),
                    advice: "the name must end in .bin or .hex, which says how it is written".to_owned(),
                });
            }
        };
        Ok(Self { path: path.to_owned(), hex })
    }

    /// Writes the flash, whose first byte has address 0.
    pub(in crate::verb) fn write(&self, flash: &[u8]) -> Result<(), Failure> {
        let written = if self.hex {
            let segment = Segment { address: 0, data: flash.to_vec() };
            write_atomically(&self.path, write_hex(&[segment]).as_bytes())
        } else {
            write_atomically(&self.path, flash)
        };
        written.map_err(|source| Failure::Write(WriteError::new("flash", &self.path, source)))
    }
}
