//! A bootloader that nothing leads into DFU mode can be updated by nobody, the clean update in the end included.

use crate::case::Case;
use crate::diagnostics::ProblemKind;
use crate::read::Cx;
use crate::yaml::{Node, Step};

pub(super) fn check(case: &Case, root: &Node, cx: &mut Cx<'_>) {
    let bootloader = &case.device.bootloader;
    if bootloader.enter_by_register || bootloader.enter_by_pin_reset {
        return;
    }
    let at = root.find(&[Step::Key("device"), Step::Key("bootloader"), Step::Key("enter_by_register")]);
    let message = "nothing leads this device into DFU mode";
    let problem = cx
        .problem(ProblemKind::Contradiction, at, message)
        .label("the probe asks by this register")
        .help("add `enter_by_pin_reset: true`, which leads there in the steps and for the clean update in the end");
    cx.report(problem);
}
