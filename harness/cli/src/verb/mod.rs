//! What the verbs do.

mod bench;
mod check;
mod cited;
mod compare;
mod compared;
mod completions;
mod cuts;
mod device;
mod dfu;
mod failures;
mod list;
mod package;
mod package_show;
mod planted_bugs;
mod requirements;
mod run;
mod schema;
mod virtual_device;

use std::path::Path;

use gauntlet_bench::{Backend, Bench, Target, VirtualBench};
use gauntlet_package::keys::PublicKey;
use gauntlet_record::ExitCode;

use crate::args::Verb;
use crate::failure::Failure;

/// Does what was asked for.
///
/// # Errors
/// Why it can't be done; a failed scenario is no error, but an exit code.
pub(crate) fn perform(verb: &Verb) -> Result<ExitCode, Failure> {
    match verb {
        Verb::Run(args) => run::run(args),
        Verb::List(args) => list::list(args),
        Verb::Check(args) => check::check(args),
        Verb::Requirements(args) => requirements::requirements(args),
        Verb::Compare(args) => compare::compare(args),
        Verb::Cuts(args) => cuts::cuts(args),
        Verb::Dfu(args) => dfu::dfu(args),
        Verb::Bench(verb) => bench::perform(verb),
        Verb::Device(verb) => device::perform(verb),
        Verb::Package(verb) => package::perform(verb),
        Verb::Schema(args) => schema::schema(args),
        Verb::Completions(args) => completions::completions(args),
    }
}

/// The bench with this name, reached over `backend`, and with this device on it; the reference device without.
fn bench(name: &str, target: Option<Target>, backend: Backend) -> Result<Box<dyn Bench>, Failure> {
    match name {
        "virtual" => {
            let bench = target.map_or_else(VirtualBench::new, VirtualBench::of_target);
            Ok(Box::new(bench.over(backend)))
        }
        _ => Err(Failure::NoBench { name: crate::display::tame(name) }),
    }
}

/// The public key in a file.
fn public_key(path: &Path) -> Result<PublicKey, Failure> {
    PublicKey::load(path).map_err(|source| Failure::Key { path: path.to_owned(), source })
}
