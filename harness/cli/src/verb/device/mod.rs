//! `gauntlet device`: a virtual device for other programs.

#[cfg(unix)]
mod firmware;
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
        DeviceVerb::Serve(args) if !args.images.is_empty() => firmware::serve(args),
        #[cfg(unix)]
        DeviceVerb::Serve(args) => serve::serve(args),
        #[cfg(not(unix))]
        DeviceVerb::Serve(_) => Err(Failure::Usage {
            what: "this system has no pseudo-terminals".to_owned(),
            advice: "`gauntlet device serve` needs Linux, macOS or another Unix".to_owned(),
        }),
    }
}
