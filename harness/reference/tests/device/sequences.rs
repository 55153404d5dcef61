//! Sessions that chance makes: steps of good and bad updates, some left out, repeated, spoiled or put elsewhere, with resets,
//! lost links and power cuts between them.

/// A deterministic source of chance (SplitMix64).
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^ (word >> 31)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

/// What a host, or the world, does next.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// A request; its answer is waited for.
    Ask(Vec<u8>),
    /// A request; nothing is waited for.
    Request(Vec<u8>),
    /// Object data, split as the host likes.
    Data {
        bytes: Vec<u8>,
        packet: usize,
    },
    /// Bytes on a serial line that are no frame.
    Raw(Vec<u8>),
    Reconnect,
    Unplug,
    LineError,
    PinReset,
    /// The supply fails at this flash operation from now, for a while.
    Cut(u64),
    Wait(u64),
}

/// Init packet and image of an update.
pub(crate) struct Update {
    pub(crate) packet: Vec<u8>,
    pub(crate) image: Vec<u8>,
}

/// The session that `seed` stands for.
pub(crate) fn session(seed: u64, updates: &[Update]) -> Vec<Step> {
    let chance = &mut Chance(seed);
    let mut steps = Vec::new();
    for _ in 0..1 + chance.below(2) {
        // The first two are good ones.
        let choices = if chance.one_in(2) { 2 } else { updates.len() };
        let packet = &updates[chance.below(choices)].packet;
        // Mostly an update as it is, now and then the packet of one with the image of another.
        let other = chance.below(updates.len());
        let own = updates.iter().find(|update| update.packet == *packet);
        let image = own.filter(|_| !chance.one_in(6)).unwrap_or(&updates[other]);
        steps.extend(update(chance, packet, &image.image));
    }
    // One session in eight is as it should be, so that the checks see devices that do run something new.
    if !seed.is_multiple_of(8) {
        for _ in 0..1 + chance.below(5) {
            mutate(chance, &mut steps);
        }
    }
    steps
}

fn update(chance: &mut Chance, packet: &[u8], image: &[u8]) -> Vec<Step> {
    let sized = |kind: u8, size: usize| [&[1, kind][..], &(size as u32).to_le_bytes()].concat();
    let chunk = [20, 64, 128, 244][chance.below(4)];
    let mut steps = vec![
        Step::Ask(vec![2, if chance.one_in(3) { 4 } else { 0 }, 0]),
        Step::Ask(vec![6, 1]),
        Step::Ask(sized(1, packet.len())),
        Step::Data { bytes: packet.to_vec(), packet: chunk },
        Step::Ask(vec![3]),
        Step::Ask(vec![4]),
        Step::Ask(vec![6, 2]),
    ];
    for object in image.chunks(4096) {
        steps.push(Step::Ask(sized(2, object.len())));
        steps.push(Step::Data { bytes: object.to_vec(), packet: chunk });
        steps.push(Step::Ask(vec![3]));
        steps.push(Step::Ask(vec![4]));
    }
    steps
}

fn mutate(chance: &mut Chance, steps: &mut Vec<Step>) {
    let at = chance.below(steps.len());
    match chance.below(8) {
        0 if steps.len() > 1 => drop(steps.remove(at)),
        1 => steps.insert(at, steps[at].clone()),
        2 => {
            let to = chance.below(steps.len());
            steps.swap(at, to);
        }
        3 => spoil(chance, &mut steps[at]),
        4 | 5 => steps.insert(at, disturbance(chance)),
        _ => steps.insert(at, anything(chance)),
    }
}

/// Changes a byte, or the length.
fn spoil(chance: &mut Chance, step: &mut Step) {
    let (Step::Ask(bytes) | Step::Request(bytes) | Step::Raw(bytes) | Step::Data { bytes, .. }) = step else {
        return;
    };
    match chance.below(3) {
        0 if !bytes.is_empty() => {
            let at = chance.below(bytes.len());
            bytes[at] ^= 1 << chance.below(8);
        }
        1 => bytes.truncate(chance.below(bytes.len() + 1)),
        _ => bytes.extend(vec![chance.next() as u8; 1 + chance.below(40)]),
    }
}

fn disturbance(chance: &mut Chance) -> Step {
    match chance.below(7) {
        0 | 1 => Step::Reconnect,
        2 => Step::Unplug,
        3 => Step::LineError,
        4 => Step::PinReset,
        5 => Step::Cut(chance.below(900) as u64),
        _ => Step::Wait([1, 100, 130_000][chance.below(3)]),
    }
}

/// A request that no update would make here.
fn anything(chance: &mut Chance) -> Step {
    let mut bytes = vec![chance.below(14) as u8];
    bytes.extend((0..chance.below(8)).map(|_| if chance.one_in(2) { 0 } else { chance.next() as u8 }));
    match chance.below(6) {
        0 => Step::Request(bytes),
        1 => Step::Raw((0..1 + chance.below(12)).map(|_| [0xC0, 0xDB, 8, 9, 4][chance.below(5)]).collect()),
        2 => Step::Data { bytes, packet: 244 },
        3 => Step::Ask(vec![chance.next() as u8]),
        _ => Step::Ask(bytes),
    }
}
