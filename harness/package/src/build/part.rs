//! A firmware file on its way into a package.

use crate::image::{ImageError, firmware, pad_to_word};

/// Endings of firmware files, in any letter case.
const ENDINGS: [&str; 4] = ["hex", "bin", "ihex", "ihx"];

/// One firmware file: the name its entries get, and the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub(super) name: String,
    pub(super) image: Vec<u8>,
}

impl Part {
    /// An image under a name of its own, padded to a word.
    #[must_use]
    pub fn new(name: impl Into<String>, image: Vec<u8>) -> Self {
        Self { name: name.into(), image: pad_to_word(image) }
    }

    /// The image that a firmware file holds, by the rules of [`firmware`]. Its entries are named like the file, whatever its
    /// ending: nrfutil turns `app.HEX` into two entries of one name, of which one is lost.
    ///
    /// # Errors
    /// [`ImageError`].
    pub fn from_file(file_name: &str, content: &[u8]) -> Result<Self, ImageError> {
        let base = file_name.rsplit(['/', '\\']).next().unwrap_or(file_name);
        let name = match base.rsplit_once('.') {
            Some((stem, end)) if !stem.is_empty() && ENDINGS.iter().any(|e| end.eq_ignore_ascii_case(e)) => {
                stem
            }
            _ => base,
        };
        Ok(Self { name: name.to_owned(), image: firmware(base, content)? })
    }

    /// The image, a multiple of four bytes.
    #[must_use]
    pub fn image(&self) -> &[u8] {
        &self.image
    }
}

#[cfg(test)]
mod tests {
    use super::Part;

    #[test]
    fn entries_are_named_like_the_file() {
        let hex = b":0400000001020304F2\n:0410000001020304E2\n:00000001FF\n";
        let hex = [&b":020000040002F8\n"[..], hex].concat();
        let names = [
            ("a/b/app.hex", "app"),
            ("app.HEX", "app"),
            ("my.hexapod.hex", "my.hexapod"),
            ("fw.v2", "fw.v2"),
            (".hex", ".hex"),
        ];
        for (file, name) in names {
            assert_eq!(Part::from_file(file, &hex).map(|part| part.name), Ok(name.to_owned()), "{file}");
        }
        let part = Part::from_file("C:\\fw\\app.bin", &[1, 2, 3]);
        assert_eq!(part, Ok(Part::new("app", vec![1, 2, 3])));
    }
}
