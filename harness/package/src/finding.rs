//! What a reader can say about a package: where, which reason, in words, and what to do.

use std::fmt;

/// Where in the reading something was noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// The container.
    Zip,
    /// `manifest.json`.
    Manifest,
    /// A `.dat` entry by itself.
    InitPacket,
    /// Init packet, manifest and firmware held against each other.
    Consistency,
    /// Signatures.
    Signature,
}

impl Stage {
    /// The stable name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Zip => "zip",
            Self::Manifest => "manifest",
            Self::InitPacket => "init_packet",
            Self::Consistency => "consistency",
            Self::Signature => "signature",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

const REBUILD: &str = "make the package again, with `nrfutil pkg generate` or `gauntlet package build`";
const REZIP: &str = "unpack it and zip it again, or make the package again";
const REPAIR_MANIFEST: &str = "repair manifest.json, or make the package again";
const DAMAGED: &str = "the file was damaged on its way; fetch or make it again";
const UNTRUSTED: &str = "do not use this file; such a name or size is no accident";
const SIGN: &str = "sign the package with the private key that belongs to the bootloader";
const LOOK: &str = "check that this is meant";

macro_rules! reasons {
    ($( $(#[$meta:meta])* $variant:ident = $name:literal, $advice:expr; )+) => {
        /// Why a package is refused or remarked upon.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Reason {
            $( $(#[$meta])* $variant, )+
        }

        impl Reason {
            /// Every reason.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable name, for reports and tests.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $( Self::$variant => $name, )+ }
            }

            /// What to do about it.
            #[must_use]
            pub fn advice(self) -> &'static str {
                match self { $( Self::$variant => $advice, )+ }
            }
        }
    };
}

reasons! {
    /// Not a zip, or a broken one.
    BadZip = "bad_zip", DAMAGED;
    /// The compressed data of an entry is broken.
    CorruptData = "corrupt_data", DAMAGED;
    /// The checksum of an entry is wrong.
    Crc = "crc", DAMAGED;
    /// Local header and directory tell different things.
    LocalHeaderMismatch = "local_header_mismatch", REZIP;
    /// Bytes behind the end of the zip.
    TrailingData = "trailing_data", REZIP;
    /// Bytes in front of the zip.
    PrefixData = "prefix_data", REZIP;
    /// Two entries share bytes.
    Overlap = "overlap", UNTRUSTED;
    /// Two entries have one name.
    DuplicateName = "duplicate_name", REZIP;
    /// Two names differ in letter case only.
    NamesDifferOnlyInCase = "names_differ_only_in_case", "rename one of the two entries";
    /// A name leads out of the package.
    UnsafeName = "unsafe_name", UNTRUSTED;
    /// An entry is a symbolic link.
    Symlink = "symlink", UNTRUSTED;
    /// Too large to be what it says.
    TooLarge = "too_large", "look whether this is the right file; the limit is far above every real package";
    /// An entry is not as long as it says.
    SizeLie = "size_lie", UNTRUSTED;
    /// Far too many entries.
    TooManyEntries = "too_many_entries", UNTRUSTED;
    /// Neither stored nor deflated.
    UnsupportedCompression = "unsupported_compression", "zip it again with `zip -0` or plain deflate";
    /// Encrypted entries.
    Encrypted = "encrypted", "zip it again without a password";
    /// An entry nobody refers to.
    UnreferencedFile = "unreferenced_file", "remove the entry, or name it in manifest.json";

    /// No `manifest.json`.
    MissingManifest = "missing_manifest", REBUILD;
    /// Not JSON.
    BadJson = "bad_json", REPAIR_MANIFEST;
    /// JSON of the wrong shape.
    BadShape = "bad_shape", REPAIR_MANIFEST;
    /// A key nobody knows.
    UnknownKey = "unknown_key", REPAIR_MANIFEST;
    /// A key given twice.
    DuplicateKey = "duplicate_key", REPAIR_MANIFEST;
    /// A package of the legacy DFU (SDK 11 and older).
    LegacyFormat = "legacy_format", "make a Secure DFU package; the legacy DFU of SDK 11 and older is another protocol";
    /// A file that the manifest names is not there.
    MissingFile = "missing_file", REBUILD;
    /// One file is used for two things.
    SameFile = "same_file",
        "make the package again from files with different names that end in lower-case .bin or .hex";
    /// No image at all.
    NoImages = "no_images", "make the package again and name a firmware file";
    /// Images that can't be sent together.
    UnsupportedCombination = "unsupported_combination", "make one package for each";
    /// A byte order mark in front.
    Bom = "bom", "save manifest.json as UTF-8 without byte order mark; nrfutil refuses it";
    /// Files in a folder.
    Subfolder = "subfolder", "put the files at the top of the zip, where nrfutil puts them";
    /// The informative part of the manifest contradicts the init packet.
    MetadataMismatch = "metadata_mismatch", "do not trust the manifest here: the init packet is what counts";

    /// An init packet of no bytes.
    Empty = "empty", REBUILD;
    /// Not a protobuf message, or not this one.
    MalformedProtobuf = "malformed_protobuf", DAMAGED;
    /// Bytes that belong to no field.
    TrailingBytes = "trailing_bytes", REBUILD;
    /// A field that no bootloader knows.
    UnknownField = "unknown_field", LOOK;
    /// Fields behind the init command, which the bootloader reads as part of it.
    FieldsBehindInit = "fields_behind_init", UNTRUSTED;
    /// Signed and unsigned form at once.
    BothCommands = "both_command_and_signed_command", REBUILD;
    /// A field given twice.
    DuplicateField = "duplicate_field", REBUILD;
    /// No init command inside.
    NotAnInitCommand = "not_an_init_command", REBUILD;
    /// No operation code, or another one.
    MissingOpCode = "missing_op_code", LOOK;
    /// A needed field is absent, or a needed size is zero.
    MissingField = "missing_field", REBUILD;
    /// A type nobody knows.
    UnknownType = "unknown_type", REBUILD;
    /// A value the bootloader can't hold.
    ValueOutOfRange = "value_out_of_range", REBUILD;
    /// A number written with more bytes than it needs.
    NonCanonicalVarint = "non_canonical_varint", LOOK;
    /// More SoftDevice ids than a bootloader holds.
    TooManySdReq = "too_many_sd_req", "name at most 16 SoftDevice ids in --sd-req";
    /// No SoftDevice id.
    SdReqEmpty = "sd_req_empty", "add --sd-req; a device with a SoftDevice refuses the update";
    /// A SoftDevice id above 16 bits.
    SdReqWide = "sd_req_wide", "look at --sd-req; SoftDevice ids have 16 bits";
    /// "Any SoftDevice" where it does not count.
    SdReqAny = "sd_req_any", "name the real ids; 0xFFFE counts for external applications only";
    /// More boot validation records than a bootloader holds.
    TooManyBootValidation = "too_many_boot_validation", REBUILD;
    /// Boot validation bytes that can't be right.
    BootValidationBytes = "boot_validation_bytes", REBUILD;
    /// Boot validation bytes that nobody reads.
    BootValidationBytesIgnored = "boot_validation_bytes_ignored", LOOK;
    /// A boot validation type nobody knows.
    UnknownBootValidation = "unknown_boot_validation", REBUILD;
    /// A signature of the wrong length.
    BadSignatureLength = "bad_signature_length", SIGN;
    /// A signature type the bootloader can't check.
    UnsupportedSignatureType = "unsupported_signature_type", SIGN;
    /// A hash of the wrong length.
    BadHashLength = "bad_hash_length", REBUILD;
    /// A hash type the bootloader does not take.
    UnsupportedHashType = "unsupported_hash_type", REBUILD;
    /// The debug bit is set.
    DebugBit = "debug_bit", "use it with debug bootloaders only; others ignore the bit and check all versions";

    /// The hash is not that of the firmware.
    HashMismatch = "hash_mismatch", DAMAGED;
    /// The announced size is not that of the firmware.
    SizeMismatch = "size_mismatch", DAMAGED;
    /// Not a multiple of four bytes.
    SizeNotWordAligned = "size_not_word_aligned", LOOK;
    /// Manifest and init packet name different types.
    TypeMismatch = "type_mismatch", REPAIR_MANIFEST;
    /// A SoftDevice image without its info structure: the device refuses it at the very end.
    SoftDeviceInfo = "softdevice_info", "look whether the right SoftDevice file was packed";

    /// No signature.
    UnsignedPackage = "unsigned_package", SIGN;
    /// Numbers that no signature can hold.
    SignatureOutOfRange = "signature_out_of_range", SIGN;
    /// Another key, or other bytes.
    BadSignature = "bad_signature", SIGN;
    /// The same for the signature of the boot validation.
    BootValidationBadSignature = "boot_validation_bad_signature", SIGN;
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One remark about a package: a warning, or the reason of a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Where it was noticed.
    pub stage: Stage,
    /// Which entry of the zip it is about; `None` for the zip as a whole. Control characters are shown escaped.
    pub entry: Option<String>,
    /// Which reason.
    pub reason: Reason,
    /// What was found, in words. Control characters of names in it are shown escaped, and it is never longer than a screen.
    pub message: String,
}

/// A finding that is not a refusal.
pub type Warning = Finding;

impl Finding {
    /// A finding about one entry.
    pub(crate) fn about(stage: Stage, entry: &str, reason: Reason, message: impl Into<String>) -> Self {
        Self { stage, entry: Some(printable(entry)), reason, message: plain(&message.into()) }
    }

    /// A finding about the whole zip.
    pub(crate) fn of_zip(reason: Reason, message: impl Into<String>) -> Self {
        Self { stage: Stage::Zip, entry: None, reason, message: plain(&message.into()) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(entry) = &self.entry {
            write!(f, "{entry}: ")?;
        }
        write!(f, "{}; {}", self.message, self.reason.advice())
    }
}

/// A name from a foreign file, fit for a terminal.
fn printable(name: &str) -> String {
    const MAX: usize = 120;
    let mut out: String = name.chars().take(MAX).flat_map(char::escape_debug).collect();
    if name.chars().nth(MAX).is_some() {
        out.push_str("...");
    }
    out
}

/// A message that may hold names from a foreign file: no control characters, and no endless names.
fn plain(message: &str) -> String {
    const MAX: usize = 400;
    let mut out = String::new();
    for (count, letter) in message.chars().enumerate() {
        if count == MAX {
            out.push_str("...");
            break;
        }
        if letter.is_control() { out.extend(letter.escape_default()) } else { out.push(letter) }
    }
    out
}

/// A package that is not used.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// The file can't be read.
    #[error("the package {file} can't be read")]
    Read {
        /// The file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// The package is refused.
    #[error("the package {file} is refused: {finding}")]
    Refused {
        /// The file, as it was named by the caller.
        file: String,
        /// Where and why.
        finding: Finding,
    },
}

impl PackageError {
    /// Where and why, if the package was refused rather than unreadable.
    #[must_use]
    pub fn finding(&self) -> Option<&Finding> {
        match self {
            Self::Read { .. } => None,
            Self::Refused { finding, .. } => Some(finding),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_snake_case() {
        let mut names: Vec<&str> = Reason::ALL.iter().map(|reason| reason.name()).collect();
        assert!(names.iter().all(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '_')));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Reason::ALL.len());
    }

    #[test]
    fn a_finding_names_entry_fact_and_advice() {
        let finding =
            Finding::about(Stage::Zip, "../x\0\u{1b}[2J", Reason::Encrypted, "the entry is encrypted");
        assert_eq!(
            finding.to_string(),
            "../x\\0\\u{1b}[2J: the entry is encrypted; zip it again without a password"
        );
    }
}
