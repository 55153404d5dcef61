//! Pages that need no network and no server: style, plots and a little script are in the file.
//!
//! Without the script everything is there and legible; it filters, sorts and switches colours.

mod comparison;
mod plot;
mod run;
mod shell;

pub use comparison::comparison_page;
pub use run::{HtmlReport, run_page};
