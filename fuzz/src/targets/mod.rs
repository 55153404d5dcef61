//! The targets.

pub mod device_serial;
pub mod firmware;
pub mod hex;
pub mod init_packet;
pub mod keys;
pub mod messages;
pub mod package_zip;
pub mod settings;
pub mod slip;

use crate::Target;

/// All targets.
pub const TARGETS: &[Target] = &[
    init_packet::TARGET,
    slip::TARGET,
    package_zip::TARGET,
    settings::TARGET,
    hex::TARGET,
    keys::TARGET,
    messages::TARGET,
    device_serial::TARGET,
    firmware::TARGET,
];

#[cfg(test)]
mod tests {
    use super::TARGETS;
    use crate::soak::{Plan, soak};

    /// Every target holds on its own inputs and on some changed ones.
    #[test]
    fn every_target_runs() {
        for target in TARGETS {
            let runs = match target.name {
                "device_serial" => 60,
                "firmware" => 400,
                _ => 3000,
            };
            let account = soak(target, Plan { runs, seed: 1 });
            assert!(account.find.is_none(), "{}: {:?}", target.name, account.find);
            assert!(account.outcomes > 2, "{}: {} kinds of outcome", target.name, account.outcomes);
        }
    }
}
