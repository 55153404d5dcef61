//! Settings pages: every byte survives, checksums hold after they were set right, and a bad page is never believed.

use crate::{Outcome, Target};
use gauntlet_package::keys::TestKey;
use gauntlet_package::settings::{
    Bank, BankCode, FACTORY_LEN_V1, LoadedFrom, SETTINGS_LEN, Settings, StoredValidation, load,
};

/// The target: two pages, the second one from the middle of the input on.
pub const TARGET: Target =
    Target { name: "settings", run, seeds, words: &[&[0xFF; 16], &[0; 16]], max_len: 2 * 4096 };

fn run(input: &[u8]) -> Outcome {
    let (main, backup) = input.split_at(input.len() / 2);
    let pages = [main, backup].map(page);
    let (loaded, from) = load(main, backup);
    let [first, second] = pages.clone().map(|page| page.is_some_and(|page| page.crc_ok()));
    match from {
        LoadedFrom::Neither => assert_eq!(loaded, Settings::zeroed(2)),
        LoadedFrom::Main => assert!(first && Some(&loaded) == pages[0].as_ref()),
        LoadedFrom::Backup => assert!(second && Some(&loaded) == pages[1].as_ref()),
        LoadedFrom::Both => assert!(first && second),
    }
    // The same pages with right checksums: what a device has written itself is believed. One value of four thousand
    // million is taken for an erased word.
    let repaired = pages.map(|page| page.map(repaired));
    if let [Some(main), Some(backup)] = &repaired
        && [main, backup].iter().all(|page| page.crc != u32::MAX)
    {
        let (loaded, from) = load(&main.to_bytes(), &backup.to_bytes());
        assert_eq!(from, LoadedFrom::Both);
        let mut upgraded = loaded;
        if upgraded.version == 1 {
            upgraded.upgrade_from_v1();
        }
        upgraded.reset_progress();
        assert!(repaired_is_valid(upgraded));
    }
    Outcome::of(&from).with(repaired.iter().flatten().map(|page| u64::from(page.version.min(3))).sum())
}

/// A page that is long enough keeps all its bytes.
fn page(bytes: &[u8]) -> Option<Settings> {
    let Ok(settings) = Settings::parse(bytes) else {
        assert!(bytes.len() < FACTORY_LEN_V1, "only a short page is refused");
        return None;
    };
    let written = settings.to_bytes();
    let shared = bytes.len().min(SETTINGS_LEN);
    assert_eq!(written[..shared], bytes[..shared], "every byte survives");
    assert!(written[shared..].iter().all(|&byte| byte == 0xFF), "what is not there is erased");
    assert_eq!(Settings::parse(&written).as_ref(), Ok(&settings));
    let factory = settings.factory_bytes();
    let before_the_fill = factory.len() - usize::from(settings.version != 1);
    assert_eq!(
        factory[..before_the_fill],
        written[..before_the_fill],
        "what nrfutil would write is the same"
    );
    Some(settings)
}

fn repaired(mut settings: Settings) -> Settings {
    settings.update_crcs();
    settings
}

fn repaired_is_valid(mut settings: Settings) -> bool {
    settings.update_crcs();
    settings.crc == u32::MAX || settings.crc_ok() && settings.valid_as_backup()
}

fn seeds() -> Vec<Vec<u8>> {
    let key = TestKey::Release.signing_key();
    let mut settings = Settings::virgin();
    let mut seeds = vec![vec![0xFF; 2 * SETTINGS_LEN], vec![0; 100], settings.to_bytes().to_vec()];
    let validations = [
        StoredValidation::crc(0x1234_5678),
        StoredValidation::sha256(&[7; 32]),
        StoredValidation::ecdsa(&key.sign(b"x")),
    ];
    for (version, validation) in [1, 2, 2].into_iter().zip(validations) {
        settings.version = version;
        settings.app_version = 3;
        settings.bank_0 = Bank { size: 4096, crc: 0xCFBD_3647, code: BankCode::Application };
        settings.bank_1 = Bank { size: 5000, crc: 1, code: BankCode::SoftDeviceBootloader };
        settings.validation_app = validation;
        settings.update_crcs();
        let page = settings.to_bytes();
        settings.enter_buttonless_dfu = 1;
        settings.update_crcs();
        seeds.push([page, settings.to_bytes()].concat());
        seeds.push([settings.factory_bytes(), page.to_vec()].concat());
    }
    seeds
}
