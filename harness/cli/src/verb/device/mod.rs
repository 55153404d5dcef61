//! `gauntlet device`: a virtual device for other programs.

#[cfg(unix)]
mod control;
#[cfg(unix)]
mod firmware;
#[cfg(unix)]
mod radio;
#[cfg(unix)]
mod serve;
#[cfg(unix)]
mod story;
#[cfg(unix)]
mod symlink;

use gauntlet_record::ExitCode;

use crate::args::DeviceVerb;
use crate::failure::Failure;

pub(super) fn perform(verb: &DeviceVerb) -> Result<ExitCode, Failure> {
    match verb {
        #[cfg(unix)]
        DeviceVerb::Serve(args) if args.bluez.is_some() => radio::serve(args),
        #[cfg(unix)]
        DeviceVerb::Serve(args) if args.images.is_empty() && (args.locked || !args.debug.is_empty()) => {
            Err(Failure::Usage {
                what: "the debug port of a device on a serial line is not served".to_owned(),
                advice: "take --image for firmware of your own, or --bluez for a device on the air; --hold keeps the device \
                         for a debug tool at the end"
                    .to_owned(),
            })
        }
        #[cfg(unix)]
        DeviceVerb::Power(args) => control::power(args.what, args.off, &args.control),
        #[cfg(unix)]
        DeviceVerb::Reset(args) => control::reset(&args.control),
        #[cfg(unix)]
        DeviceVerb::Serve(args) if !args.images.is_empty() => firmware::serve(args),
        #[cfg(unix)]
        DeviceVerb::Serve(args) => serve::serve(args),
        #[cfg(not(unix))]
        DeviceVerb::Serve(_) | DeviceVerb::Power(_) | DeviceVerb::Reset(_) => Err(Failure::Usage {
            what: "this system has no pseudo-terminals".to_owned(),
            advice: "`gauntlet device serve` needs Linux, macOS or another Unix".to_owned(),
        }),
    }
}
