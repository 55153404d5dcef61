// SPDX-License-Identifier: MIT OR Apache-2.0
// Planted bugs: BUG(NAME) is 1 in a build with -DBUG_NAME=1 and 0 in all others. bugs.yaml says what each one does.
#pragma once

#define BUG_COMMA_1 0,
#define BUG_SECOND(ignored, value, ...) value
#define BUG_VALUE(comma) BUG_SECOND(comma 1, 0)
#define BUG_EXPAND(value) BUG_VALUE(BUG_COMMA_##value)
#define BUG_IS(value) BUG_EXPAND(value)
#define BUG(name) BUG_IS(BUG_##name)
