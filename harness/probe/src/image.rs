//! What goes into the flash, or came out of it.

/// Consecutive bytes at an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Address of the first byte.
    pub address: u32,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl Segment {
    /// A segment.
    pub fn new(address: u32, bytes: impl Into<Vec<u8>>) -> Self {
        Self { address, bytes: bytes.into() }
    }

    /// The address behind the last byte; one past 0xFFFFFFFF at most.
    pub fn end(&self) -> u64 {
        u64::from(self.address) + self.bytes.len() as u64
    }
}

/// Segments that are flashed together. They may lie in flash and in UICR, in any order, and may not overlap.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Image {
    segments: Vec<Segment>,
}

impl Image {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same image with one segment more.
    #[must_use]
    pub fn with(mut self, address: u32, bytes: impl Into<Vec<u8>>) -> Self {
        self.add(address, bytes);
        self
    }

    /// Adds a segment.
    pub fn add(&mut self, address: u32, bytes: impl Into<Vec<u8>>) {
        self.segments.push(Segment::new(address, bytes));
    }

    /// The segments, in the order they were added.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }
}

impl FromIterator<Segment> for Image {
    fn from_iter<T: IntoIterator<Item = Segment>>(segments: T) -> Self {
        Self { segments: segments.into_iter().collect() }
    }
}
