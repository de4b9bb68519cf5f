#include "kernels/launch/failing.h"

#include <atomic>

namespace ceir {
namespace {

const Runtime* passed_on_to = nullptr;
FailurePlan failure_plan;
std::atomic<int64_t> failing_calls{0};
Runtime failing_table;

// The function of the table that counts, and then fails or passes on to the same function of the inner failing_table.
template <auto member> struct Counted;
template <class... P, int (*Runtime::*member)(P...)>
struct Counted<member> {
  static int call(P... arguments) {
    if (failing_calls.fetch_add(1) == failure_plan.call) return failure_plan.code;
    return (passed_on_to->*member)(arguments...);
  }
};

}  // namespace

const Runtime& failing_runtime(const Runtime& inner, FailurePlan plan) {
  passed_on_to = &inner, failure_plan = plan, failing_calls = 0;
  failing_table = inner;  // the functions that never fail stay
  failing_table.device_count = Counted<&Runtime::device_count>::call;
  failing_table.describe = Counted<&Runtime::describe>::call;
  failing_table.use_device = Counted<&Runtime::use_device>::call;
  failing_table.allocate = Counted<&Runtime::allocate>::call;
  failing_table.allocate_pinned = Counted<&Runtime::allocate_pinned>::call;
  failing_table.copy_in = Counted<&Runtime::copy_in>::call;
  failing_table.copy_out = Counted<&Runtime::copy_out>::call;
  failing_table.copy_within = Counted<&Runtime::copy_within>::call;
  failing_table.fill = Counted<&Runtime::fill>::call;
  failing_table.fill_words = Counted<&Runtime::fill_words>::call;
  failing_table.create_stream = Counted<&Runtime::create_stream>::call;
  failing_table.synchronize = Counted<&Runtime::synchronize>::call;
  failing_table.create_event = Counted<&Runtime::create_event>::call;
  failing_table.record_event = Counted<&Runtime::record_event>::call;
  failing_table.wait_event = Counted<&Runtime::wait_event>::call;
  failing_table.elapsed_ms = Counted<&Runtime::elapsed_ms>::call;
  failing_table.launch = Counted<&Runtime::launch>::call;
  failing_table.begin_capture = Counted<&Runtime::begin_capture>::call;
  failing_table.end_capture = Counted<&Runtime::end_capture>::call;
  failing_table.instantiate = Counted<&Runtime::instantiate>::call;
  failing_table.launch_graph = Counted<&Runtime::launch_graph>::call;
  failing_table.describe_matrix = Counted<&Runtime::describe_matrix>::call;
  failing_table.error_text = [](int code) {
    return failing_calls > failure_plan.call && failure_plan.call >= 0 && code == failure_plan.code ? std::string("a failure on purpose") : passed_on_to->error_text(code);
  };
  return failing_table;
}

int64_t failing_runtime_calls() { return failing_calls; }

}  // namespace ceir
