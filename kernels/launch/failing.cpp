#include "kernels/launch/failing.h"

#include <atomic>

namespace ceir {
namespace {

const Runtime* inner_ = nullptr;
FailurePlan plan_;
std::atomic<int64_t> calls{0};
Runtime table;

// The function of the table that counts, and then fails or passes on to the same function of the inner table.
template <auto member> struct Counted;
template <class... P, int (*Runtime::*member)(P...)>
struct Counted<member> {
  static int call(P... arguments) {
    if (calls.fetch_add(1) == plan_.call) return plan_.code;
    return (inner_->*member)(arguments...);
  }
};

}  // namespace

const Runtime& failing_runtime(const Runtime& inner, FailurePlan plan) {
  inner_ = &inner, plan_ = plan, calls = 0;
  table = inner;  // the functions that never fail stay
  table.device_count = Counted<&Runtime::device_count>::call;
  table.describe = Counted<&Runtime::describe>::call;
  table.use_device = Counted<&Runtime::use_device>::call;
  table.allocate = Counted<&Runtime::allocate>::call;
  table.allocate_pinned = Counted<&Runtime::allocate_pinned>::call;
  table.copy_in = Counted<&Runtime::copy_in>::call;
  table.copy_out = Counted<&Runtime::copy_out>::call;
  table.copy_within = Counted<&Runtime::copy_within>::call;
  table.fill = Counted<&Runtime::fill>::call;
  table.create_stream = Counted<&Runtime::create_stream>::call;
  table.synchronize = Counted<&Runtime::synchronize>::call;
  table.create_event = Counted<&Runtime::create_event>::call;
  table.record_event = Counted<&Runtime::record_event>::call;
  table.wait_event = Counted<&Runtime::wait_event>::call;
  table.elapsed_ms = Counted<&Runtime::elapsed_ms>::call;
  table.launch = Counted<&Runtime::launch>::call;
  table.error_text = [](int code) {
    return calls > plan_.call && plan_.call >= 0 && code == plan_.code ? std::string("a failure on purpose") : inner_->error_text(code);
  };
  return table;
}

int64_t failing_runtime_calls() { return calls; }

}  // namespace ceir
