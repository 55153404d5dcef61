//! `gauntlet cuts`: power cuts at every flash operation of an update of real firmware.

mod answer;
mod story;

use std::io::{self, IsTerminal};
use std::num::NonZeroUsize;

use gauntlet_bench::Backend;
use gauntlet_bench::sweep::Tears;
use gauntlet_package::{Image, read};
use gauntlet_record::ExitCode;
use gauntlet_runner::Stopper;
use gauntlet_runner::cuts::{CutsEnd, CutsOptions, CutsProgress, cuts as sweep};
use indicatif::{ProgressBar, ProgressStyle};

use super::package_show::tell_warnings;
use super::run::{confirm, processors};
use crate::args::{CutsArgs, TearsChoice};
use crate::display::tame;
use crate::failure::Failure;
use crate::{interrupt, output, targets};

pub(super) fn cuts(args: &CutsArgs) -> Result<ExitCode, Failure> {
    let to = args.to_op.unwrap_or(NonZeroUsize::MAX);
    if args.from_op > to {
        return Err(nothing(format!("no flash operation lies from {} to {to}", args.from_op)));
    }
    let package = args.package.as_deref().map(application).transpose()?;
    let Some(target) = targets::find(&args.target(), args.planted_bug.as_deref())? else {
        return Err(Failure::Usage {
            what: "the reference device can't be swept: its bootloader is a model, not code in its flash"
                .to_owned(),
            advice: "choose a target with firmware, such as `--target demo-uart`".to_owned(),
        });
    };
    let bench = super::bench("virtual", Some(target.clone()), Backend::Direct)?;
    confirm(&*bench, args.seed)?;
    let stopper = Stopper::new();
    interrupt::stops(&stopper, "what was seen until then is still told");
    let options = CutsOptions {
        seed: args.seed,
        tears: match args.tears {
            TearsChoice::Clean => Tears::Clean,
            TearsChoice::Random => Tears::Random,
            TearsChoice::All => Tears::All,
        },
        operations: args.from_op.get() - 1..to.get(),
        every: args.every.get(),
        updates: args.updates,
        jobs: args.jobs.map_or_else(processors, NonZeroUsize::get),
        package,
        may_lose_application: args.may_lose_application,
        stopper,
    };
    let mut progress = Progress::on_stderr();
    let end = sweep(&*bench, &target, &options, &mut |at| progress.show(at));
    progress.clear();
    let end = end.map_err(Failure::Trouble)?;
    if end.states() == 0 && !end.interrupted {
        return Err(nothing(format!("the update has {} flash operations", end.operations)));
    }
    output::print(&if args.json {
        answer::of(args, &target.name, &end)?
    } else {
        story::of(args, &target.name, &end)
    })?;
    Ok(judged(&end))
}

fn judged(end: &CutsEnd) -> ExitCode {
    let code = if end.bad.is_empty() { ExitCode::Pass } else { ExitCode::Failed };
    if end.interrupted { code.and(ExitCode::Interrupted) } else { code }
}

fn nothing(what: String) -> Failure {
    let advice = "choose others with --from-op and --to-op; they count from 1 at the first one of the update";
    Failure::NothingSelected { what, advice: advice.to_owned() }
}

/// The application of a package, which must hold nothing else: what an update of more gives up on the way is another question.
fn application(path: &std::path::Path) -> Result<Image, Failure> {
    let package = read(path)?;
    tell_warnings(&package.warnings);
    match <[Image; 1]>::try_from(package.images) {
        Ok([image]) if image.kind.to_string() == "application" => Ok(image),
        _ => Err(Failure::Usage {
            what: format!(
                "the package {} holds more than an application, or none",
                tame(&path.to_string_lossy())
            ),
            advice: "only updates of an application are swept".to_owned(),
        }),
    }
}

/// How far it is, on stderr.
enum Progress {
    /// A line that moves.
    Bar(ProgressBar),
    /// A line for each tenth.
    Lines { tenth: usize },
}

impl Progress {
    fn on_stderr() -> Self {
        if !io::stderr().is_terminal() {
            return Self::Lines { tenth: 0 };
        }
        // The template is fixed, and a bar in the library's own style is still a bar.
        let style = ProgressStyle::with_template("    {bar:24}  {pos}/{len}  {wide_msg}");
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        Self::Bar(ProgressBar::new(0).with_style(style.progress_chars("━╸─")))
    }

    fn show(&mut self, at: CutsProgress) {
        let (words, done, of) = match at {
            CutsProgress::Recording => ("the update without a cut", 0, 0),
            CutsProgress::Sweeping { done, of } => ("operations swept", done, of),
            CutsProgress::Updating { number, of } => ("updates of devices that came back", number, of),
        };
        match self {
            Self::Bar(bar) => {
                bar.set_length(of as u64);
                bar.set_position(done as u64);
                bar.set_message(words);
            }
            Self::Lines { tenth } => {
                let now = done * 10 / of.max(1);
                if now != *tenth || of == 0 {
                    let count = if of == 0 { String::new() } else { format!("{done}/{of} ") };
                    output::tell(&format!("  {count}{words}\n"));
                }
                *tenth = now;
            }
        }
    }

    fn clear(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}
