// A runtime whose N-th call fails, for tests: whatever the device refuses, the program must say so and stay right.
#pragma once
#include "kernels/launch/runtime.h"

namespace ceir {

struct FailurePlan {
  int64_t call = -1;  // which call fails, counted from 0 over all functions of the table; -1: none
  int code = 2;       // with what: 2 is out of memory, 719 a launch that failed
};

// Passes every call on to `inner` except the one of the plan. One at a time: the plan and the count are the process's.
// Only calls that give something back nothing depends on (release, destroy) are never the one that fails: they pass and
// are not counted.
const Runtime& failing_runtime(const Runtime& inner, FailurePlan plan);
int64_t failing_runtime_calls();  // so far, since failing_runtime()

}  // namespace ceir
