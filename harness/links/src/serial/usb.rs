//! Whether the device itself is the USB port.

use std::fs;
use std::path::Path;

/// Vendor and product of the USB bootloader (section 5.1).
const BOOTLOADER: (&str, &str) = ("1915", "521f");

/// Whether the port is the bootloader's own USB interface, by what the system says of it under `/sys`. A debugger or an
/// adapter with a UART behind it has other numbers. On systems that do not tell, no port is.
pub(super) fn is_bootloader(port: &Path) -> bool {
    known_to(Path::new("/sys/class/tty"), port)
}

fn known_to(ports: &Path, port: &Path) -> bool {
    // The name may be a link by serial number.
    let real = fs::canonicalize(port).unwrap_or_else(|_| port.to_owned());
    let Some(interface) =
        real.file_name().and_then(|name| fs::canonicalize(ports.join(name).join("device")).ok())
    else {
        return false;
    };
    let number = |file: &str| {
        let text = interface.parent().and_then(|device| fs::read_to_string(device.join(file)).ok());
        text.map(|text| text.trim().to_lowercase())
    };
    number("idVendor").as_deref() == Some(BOOTLOADER.0)
        && number("idProduct").as_deref() == Some(BOOTLOADER.1)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_port_is_known_by_its_numbers() {
        let folder = std::env::temp_dir().join(format!("gauntlet-usb-{}", std::process::id()));
        let numbers = [("ttyACM0", "1915", "521F"), ("ttyACM1", "1366", "0105"), ("ttyACM2", "1915", "c00a")];
        for (name, vendor, product) in numbers {
            let device = folder.join("devices").join(name);
            fs::create_dir_all(device.join("interface")).expect("a folder for the test");
            fs::write(device.join("idVendor"), format!("{vendor}\n")).expect("a file for the test");
            fs::write(device.join("idProduct"), format!("{product}\n")).expect("a file for the test");
            fs::create_dir_all(folder.join("tty").join(name)).expect("a folder for the test");
            symlink(device.join("interface"), folder.join("tty").join(name).join("device")).expect("a link");
        }
        fs::create_dir_all(folder.join("dev")).expect("a folder for the test");
        fs::write(folder.join("dev/ttyACM0"), "").expect("a file for the test");
        symlink(folder.join("dev/ttyACM0"), folder.join("dev/by-id")).expect("a link for the test");
        let known = |port: &str| known_to(&folder.join("tty"), &folder.join("dev").join(port));
        let found = ["ttyACM0", "by-id", "ttyACM1", "ttyACM2", "ttyS0"].map(known);
        fs::remove_dir_all(&folder).expect("the test's own folder");
        assert_eq!(found, [true, true, false, false, false]);
    }
}
