//! Finding the right block in a PEM file, and saying what is wrong with it.

use super::KeyError;
use p256::pkcs8::der::Document;
use std::io::Read;
use std::path::Path;

/// No key file is larger than this; anything larger was named by mistake.
const MAX_KEY_FILE: u64 = 64 * 1024;

pub(super) fn read(path: &Path) -> Result<String, KeyError> {
    let fault = |source| KeyError::Read { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(MAX_KEY_FILE).read_to_end(&mut bytes))
        .map_err(fault)?;
    String::from_utf8(bytes).map_err(|_| KeyError::NotPem)
}

/// One block of a PEM text.
pub(super) struct Block<'a> {
    pub(super) label: &'a str,
    /// The block with lines of 64 digits. Tools disagree about the length of a line (nrfutil writes 76), and the decoder
    /// only takes the one that the standard names.
    pub(super) text: String,
}

/// The first block with one of the labels.
pub(super) fn find<'a>(text: &'a str, wanted: &'static str, labels: &[&str]) -> Result<Block<'a>, KeyError> {
    let mut other = None;
    for block in blocks(text) {
        if labels.contains(&block.label) {
            // The older encrypted form keeps the label and says so in a header line.
            return if block.text.contains(",ENCRYPTED") { Err(KeyError::Encrypted) } else { Ok(block) };
        }
        // `EC PARAMETERS` merely accompanies a key.
        other = other.or(Some(block.label).filter(|label| *label != "EC PARAMETERS"));
    }
    Err(match other {
        None => KeyError::NotPem,
        Some("ENCRYPTED PRIVATE KEY") => KeyError::Encrypted,
        Some("RSA PRIVATE KEY" | "RSA PUBLIC KEY") => KeyError::OtherCurve { found: "an RSA key" },
        Some(found) => KeyError::OtherKind { wanted, found: found.to_owned() },
    })
}

fn blocks(text: &str) -> impl Iterator<Item = Block<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let block = &rest[rest.find("-----BEGIN ")? + "-----BEGIN ".len()..];
        let (label, block) = block.split_once("-----")?;
        let (content, behind) = block.split_once(&format!("-----END {label}-----"))?;
        rest = behind;
        Some(Block { label, text: rewrap(label, content) })
    })
}

fn rewrap(label: &str, content: &str) -> String {
    let digits: Vec<char> = content.chars().filter(|c| !c.is_whitespace()).collect();
    let lines: Vec<String> = digits.chunks(64).map(String::from_iter).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// Object identifiers, with the tag and length in front, of what turns up in key files.
const OTHERS: &[(&[u8], &str)] = &[
    (&[0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x0A], "on the curve secp256k1"),
    (&[0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x22], "on the curve P-384"),
    (&[0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x23], "on the curve P-521"),
    (&[0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x21], "on the curve P-224"),
    (&[0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x01], "on the curve P-192"),
    (&[0x06, 0x09, 0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x07], "on the curve brainpoolP256r1"),
    (&[0x06, 0x03, 0x2B, 0x65, 0x70], "an Ed25519 key"),
    (&[0x06, 0x03, 0x2B, 0x65, 0x6E], "an X25519 key"),
    (&[0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01], "an RSA key"),
];

impl Block<'_> {
    /// Why a block that did not decode did not: another curve if its identifier is inside, else damage. The decoder has
    /// refused the key already; this only finds the words for it.
    pub(super) fn fault(&self) -> KeyError {
        let Ok((_, document)) = Document::from_pem(&self.text) else { return KeyError::Malformed };
        let der = document.as_bytes();
        OTHERS
            .iter()
            .find(|(oid, _)| der.windows(oid.len()).any(|window| window == *oid))
            .map_or(KeyError::Malformed, |&(_, found)| KeyError::OtherCurve { found })
    }
}
